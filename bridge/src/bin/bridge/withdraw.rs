//! `bridge withdraw`.

use crate::{
    args::WithdrawArgs,
    asset,
    context::{Context, POLL, persist},
    node::Event,
    output::{Answer, say},
};
use alloy::{primitives::B256, signers::SignerSync};
use ballast_auth::{Domain, command_digest};
use ballast_bridge::{amount, l1::L1};
use ballast_types::{
    AccountId, AssetId, Millis, Nonce, Quote, Signature, UserCommand, Withdraw, limits::RATIO_WHOLE,
};
use eyre::{Result, bail, eyre};
use serde_json::json;

/// How long the exchange may take the command, in milliseconds.
pub(crate) const LIFE_MS: u64 = 60_000;

pub(crate) async fn run(context: &Context, args: &WithdrawArgs) -> Result<Answer> {
    let symbol = asset::symbol(context, args.asset).await?;
    let micros = amount::parse_of(&symbol, &args.amount)?;
    let signer = context.signer()?;
    let recipient = args.to.unwrap_or(signer.address());
    let separator = separator(context).await?;
    if args.asset == 0
        && let (pool, Some(ratio)) = context.node.pool(args.account).await?
    {
        let paid = u128::from(micros) * u128::from(ratio) / u128::from(RATIO_WHOLE);
        let paid = amount::display(u64::try_from(paid)?);
        say(&format!("pool {pool} was resolved: of {} it pays {paid}", amount::display(micros)));
    }
    let command = Withdraw {
        account: AccountId(args.account),
        nonce: Nonce(context.node.next_nonce(args.account, signer.address()).await?),
        expires: Millis(context.node.now().await?.saturating_add(LIFE_MS)),
        asset: AssetId(args.asset),
        amount: Quote(i64::try_from(micros)?),
        recipient,
    };
    let digest = command_digest(separator, &UserCommand::Withdraw(command.clone()));
    let signature = Signature(signer.sign_hash_sync(&digest)?.as_bytes());

    let entered = context.node.withdraw(&command, &signature).await?;
    if entered.status != "accepted" {
        let why = entered.rejection.map_or_else(|| "no reason given".to_owned(), |r| r.message);
        bail!("the exchange rejects the withdrawal: {why}");
    }
    say(&format!("accepted as input {}", entered.seq));
    let events = persist(async || context.node.events(entered.seq).await).await?;
    let ticket = events.iter().find_map(|event| match event {
        Event::WithdrawalQueued { ticket } => Some(*ticket),
        _ => None,
    });
    if let Some(ticket) = ticket {
        return queued(context, args, micros, entered.seq, ticket).await;
    }
    let made = events.iter().find_map(|event| match event {
        Event::Withdrawn { id, amount } => Some((*id, *amount)),
        _ => None,
    });
    let (id, paid) = made
        .ok_or_else(|| eyre!("the exchange accepted input {} but made no withdrawal of it", entered.seq))?;
    say(&format!("withdrawal {id} of {} to {recipient}", amount::display_of(&symbol, paid)));
    if args.wait {
        wait_final(context, id).await?;
        say(&format!("final: claim it with `bridge claim {id}`"));
    }
    let json = json!({ "id": id, "amount": micros.to_string(), "paid": paid.to_string(), "recipient": recipient, "seq": entered.seq, "final": args.wait });
    Ok(Answer { text: id.to_string(), json })
}

/// The answer of a withdrawal that waits for its turn to leave the pool. It leaves in parts when it is large, each a
/// withdrawal of its own.
async fn queued(
    context: &Context,
    args: &WithdrawArgs,
    micros: u64,
    seq: u64,
    ticket: u64,
) -> Result<Answer> {
    let mut told = None;
    loop {
        let waiting = persist(async || context.node.queued(args.account).await).await?;
        // What is left of it, and what was asked for later, has later tickets.
        let waiting: Vec<_> = waiting.into_iter().filter(|queued| queued.ticket >= ticket).collect();
        match waiting.first() {
            Some(first) if told != Some(first.ahead) => {
                say(&format!("withdrawal of {}: {}", amount::display(micros), first.place()));
                told = Some(first.ahead);
            }
            Some(_) => {}
            None => say("it has left the queue: claim it with `bridge claim --all --wait`"),
        }
        if waiting.is_empty() || !args.wait {
            let left = waiting.is_empty();
            let ahead = waiting.first().map(|first| first.ahead.to_string());
            let json = json!({
                "ticket": ticket, "amount": micros.to_string(), "seq": seq, "left": left, "ahead": ahead,
            });
            return Ok(Answer { text: format!("ticket {ticket}"), json });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The domain to sign for. It comes from the deployment file, never from the node: a node that lies about it gets a
/// signature that is worth nothing elsewhere.
pub(crate) async fn separator(context: &Context) -> Result<B256> {
    let domain = Domain { chain_id: context.deployment.chain_id, exchange: context.deployment.rollup };
    let ours = domain.separator();
    if context.node.status().await?.domain.separator != ours {
        bail!("the node at --node runs another exchange than the deployment file names");
    }
    Ok(ours)
}

/// Refuses the number of a withdrawal that nobody made.
pub(crate) async fn exists(context: &Context, id: u64) -> Result<()> {
    let made = context.node.status().await?.withdrawals;
    if id < made {
        return Ok(());
    }
    bail!("there is no withdrawal {id}: the exchange has made {made}, numbered from 0")
}

/// Whether the batch is final, or would be if L1 were told that its window is over.
pub(crate) async fn is_ripe(context: &Context, batch: u64) -> Result<bool> {
    if context.l1.finalized_count().await? > batch {
        return Ok(true);
    }
    let (from, head) = (context.l1.final_from(batch).await?, context.l1.head().await?);
    Ok(from.is_some_and(|from| from <= head.time))
}

/// Waits until the challenge window of the withdrawal's batch is over.
pub(crate) async fn wait_final(context: &Context, id: u64) -> Result<()> {
    let mut told = "";
    let mut tell = |stage: &'static str| {
        if told != stage {
            say(&format!("withdrawal {id}: {stage}"));
            told = stage;
        }
    };
    loop {
        match persist(async || context.node.claim(id).await).await? {
            None => {
                persist(async || exists(context, id).await).await?;
                tell("waiting for its batch to be posted");
            }
            Some(claim) if persist(async || is_ripe(context, claim.header.index).await).await? => {
                return Ok(());
            }
            Some(_) => tell("posted, waiting for the challenge window"),
        }
        tokio::time::sleep(POLL).await;
    }
}
