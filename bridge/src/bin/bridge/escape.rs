//! `bridge escape`: out of an exchange that is frozen. Every step may be done by anybody, and is passed over when it was
//! done: whoever calls it again goes on where it stopped.

use crate::{
    args::EscapeArgs,
    claim::make_final,
    context::{Context, POLL, persist},
    output::{Answer, ether, say},
    rebuild::rebuild,
    transaction::send,
};
use alloy::primitives::{Address, B256};
use ballast_batch::{EscapeClaim, EscapePayout};
use ballast_bridge::{
    amount,
    bindings::{Escape as Contract, Escape::EscapeErrors},
    escape::{Step, Unconsumed},
    l1::L1,
    rebuild::Target,
};
use ballast_engine::Escape;
use eyre::{Result, bail};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Whose money is to come.
enum Whose {
    Everyones,
    Of(Vec<Address>),
}

impl Whose {
    fn has(&self, owner: Address) -> bool {
        match self {
            Self::Everyones => true,
            Self::Of(owners) => owners.contains(&owner),
        }
    }
}

/// What was done, and what remains.
#[derive(Default)]
struct Account {
    refunded: Vec<Value>,
    paid: Vec<Value>,
    failed: Vec<String>,
    /// By asset.
    sum: BTreeMap<u16, u64>,
}

pub(crate) async fn run(context: &Context, args: &EscapeArgs) -> Result<Answer> {
    let whose = whose(context, args)?;
    let mut account = Account::default();
    if let Some(waits) = settle(context, args).await? {
        return Ok(waits);
    }
    refund(context, args, &whose, &mut account).await?;
    let state = rebuild(context, &args.data, Target::Final).await?;
    let escape = Escape::of(state.leaves());
    let claim = escape.claim(state.header().hash());
    let mine: Vec<_> = escape.payouts().iter().filter(|payout| whose.has(payout.recipient)).collect();
    let mut owed = BTreeMap::new();
    mine.iter().for_each(|payout| add(&mut owed, payout));
    say(&format!("payouts: {}, in all {}", mine.len(), amount::display_each(&owed)));
    warn(context, claim.hash()).await?;
    if let Some(waits) = agree(context, args, &claim).await? {
        return Ok(waits);
    }
    for payout in mine {
        pay(context, args, &escape, payout, &mut account).await?;
    }
    bond(context, args).await?;
    Ok(answer(&claim, &owed, &account))
}

fn whose(context: &Context, args: &EscapeArgs) -> Result<Whose> {
    if args.everyone {
        return Ok(Whose::Everyones);
    }
    if !args.of.is_empty() {
        return Ok(Whose::Of(args.of.clone()));
    }
    Ok(Whose::Of(vec![context.signer()?.address()]))
}

/// For what the caller was told that it is waited.
#[derive(Default)]
struct Waiting(String);

impl Waiting {
    /// Lets a while go by, when the caller waits for what nobody can hasten: until `from` at least. Else it is the answer.
    async fn wait(
        &mut self,
        args: &EscapeArgs,
        what: &str,
        step: &str,
        [from, now]: [u64; 2],
    ) -> Option<Answer> {
        let left = from.saturating_sub(now);
        if !args.wait || args.look {
            let text =
                format!("waiting for {what}, {left} s more at least: call this again then, or add --wait");
            return Some(Answer { text, json: json!({ "step": step, "from": from, "left": left }) });
        }
        if self.0 != what {
            say(&format!("waiting for {what}, {left} s more"));
            what.clone_into(&mut self.0);
        }
        tokio::time::sleep(POLL).await;
        None
    }
}

/// Makes the posted batches final; what it waits for, if it does.
async fn settle(context: &Context, args: &EscapeArgs) -> Result<Option<Answer>> {
    let mut waiting = Waiting::default();
    loop {
        let step = persist(async || Ok(context.l1.escape_step(None).await?)).await?;
        let now = persist(async || Ok(context.l1.head().await?)).await?.time;
        let (what, from) = match step {
            Step::NotFrozen => bail!(
                "the exchange is not frozen: as long as it runs, `bridge withdraw` and `bridge force-exit` are the way out; \
                 see `bridge freeze`"
            ),
            Step::Settle(from) if now < from => ("the challenge window of the last batches".to_owned(), from),
            Step::Settle(from) if args.look => ("somebody to make the last batches final".to_owned(), from),
            Step::Settle(_) => {
                let last = context.l1.batch_count().await?.saturating_sub(1);
                let Err(error) = make_final(context, last).await else { continue };
                let Some(index) = context.l1.first_disputed().await? else { return Err(error) };
                (format!("the dispute about batch {index}"), now)
            }
            _ => return Ok(None),
        };
        if let Some(answer) = waiting.wait(args, &what, "settle", [from, now]).await {
            return Ok(Some(answer));
        }
    }
}

/// Says what others claim that this state does not come to: it is for somebody to dispute.
async fn warn(context: &Context, ours: B256) -> Result<()> {
    for proposal in context.l1.proposals().await? {
        let hash = proposal.claim.hash();
        if hash != ours {
            say(&format!(
                "WARNING: {} proposed claim {hash}, which is not what the last final batch comes to. Unless somebody \
                 disputes it, as validators with a key and the program do, it can be accepted",
                proposal.proposer
            ));
        }
    }
    Ok(())
}

/// Has our claim proposed and accepted; what it waits for, if it does.
async fn agree(context: &Context, args: &EscapeArgs, claim: &EscapeClaim) -> Result<Option<Answer>> {
    let hash = claim.hash();
    let mut waiting = Waiting::default();
    loop {
        let step = persist(async || Ok(context.l1.escape_step(Some(hash)).await?)).await?;
        let now = persist(async || Ok(context.l1.head().await?)).await?.time;
        let (what, word, from) = match step {
            Step::Accepted => return Ok(None),
            Step::Other(other) => bail!(
                "claim {other} was accepted, which is not what the last final batch comes to ({hash}): nothing can be paid \
                 by this state"
            ),
            Step::Propose if args.look => ("somebody to propose the claim", "propose", now),
            Step::Propose => {
                propose(context, claim).await?;
                continue;
            }
            Step::Accept(from) if now >= from && !args.look => {
                accept(context, hash).await?;
                continue;
            }
            Step::Accept(from) => ("the claim to be undisputed for the challenge window", "accept", from),
            Step::Disputed => {
                let what = "the dispute about our claim: a validator with a key and the program defends it";
                (what, "dispute", now)
            }
            Step::Fallen => bail!(
                "our claim {hash} was challenged, nobody defended it in time, and it has fallen: it can never be accepted"
            ),
            Step::NotFrozen | Step::Settle(_) => bail!("L1 was reorganised: try again in a minute"),
        };
        if let Some(answer) = waiting.wait(args, what, word, [from, now]).await {
            return Ok(Some(answer));
        }
    }
}

async fn propose(context: &Context, claim: &EscapeClaim) -> Result<()> {
    let bond = context.l1.escape_bond().await?;
    say(&format!(
        "proposing what everybody is paid: {} payouts, {} in all assets. The bond of {} comes back when it is accepted",
        claim.payoutCount,
        amount::format(claim.total),
        ether(bond)
    ));
    let contract = Contract::new(context.deployment.escape, context.wallet()?);
    let sent = send::<_, EscapeErrors>(contract.propose(claim.into()).value(bond), "the claim").await;
    // Somebody else may have been first.
    if sent.is_err() && context.l1.proposal(claim.hash()).await?.is_some() {
        return Ok(());
    }
    sent.map(drop)
}

async fn accept(context: &Context, claim: B256) -> Result<()> {
    let contract = Contract::new(context.deployment.escape, context.wallet()?);
    let sent = send::<_, EscapeErrors>(contract.accept(claim), "the acceptance of the claim").await;
    if sent.is_err() && context.l1.accepted_claim().await? == Some(claim) {
        return Ok(());
    }
    sent.map(drop)
}

/// Has a payout paid that was not.
async fn pay(
    context: &Context,
    args: &EscapeArgs,
    escape: &Escape,
    payout: &EscapePayout,
    account: &mut Account,
) -> Result<()> {
    if args.look || context.l1.is_paid(payout.index).await? {
        return Ok(());
    }
    let contract = Contract::new(context.deployment.escape, context.wallet()?);
    let proof = escape.proof(u32::try_from(payout.index)?);
    let to = args.to.unwrap_or(payout.recipient);
    let what =
        format!("payout {} of {} to {to}", payout.index, amount::display_in(payout.asset, payout.amount));
    let sent = match args.to {
        Some(to) => send::<_, EscapeErrors>(contract.claimTo(payout.into(), proof, to), &what).await,
        None => send::<_, EscapeErrors>(contract.claim(payout.into(), proof), &what).await,
    };
    match sent {
        Ok(receipt) => {
            add(&mut account.sum, payout);
            account.paid.push(json!({
                "index": payout.index, "recipient": payout.recipient, "to": to, "asset": payout.asset,
                "amount": payout.amount.to_string(), "transaction": receipt.transaction_hash,
            }));
        }
        Err(_) if context.l1.is_paid(payout.index).await? => {}
        // One who cannot be paid is not to stop the others.
        Err(error) => fail(account, &error),
    }
    Ok(())
}

fn fail(account: &mut Account, error: &eyre::Report) {
    let text = format!("{error:#}");
    say(&text);
    account.failed.push(text);
}

/// Has deposits go back that no final batch has consumed.
async fn refund(context: &Context, args: &EscapeArgs, whose: &Whose, account: &mut Account) -> Result<()> {
    for deposit in context.l1.unconsumed(None).await? {
        if !whose.has(deposit.owner) {
            continue;
        }
        let to = args.to.unwrap_or(deposit.owner);
        let what = format!("the refund of {} to {to}", amount::display_in(deposit.asset, deposit.amount));
        if args.look {
            say(&format!("{what} is due"));
            continue;
        }
        let Unconsumed { message_index, l1_block, l1_time, .. } = deposit;
        let contract = Contract::new(context.deployment.escape, context.wallet()?);
        let of = deposit.deposit();
        let sent = match args.to {
            Some(to) => {
                let call = contract.refundTo(message_index, l1_block, l1_time, of, to);
                send::<_, EscapeErrors>(call, &what).await
            }
            None => {
                send::<_, EscapeErrors>(contract.refund(message_index, l1_block, l1_time, of), &what).await
            }
        };
        match sent {
            Ok(receipt) => account.refunded.push(json!({
                "messageIndex": message_index, "owner": deposit.owner, "to": to,
                "asset": deposit.asset, "amount": deposit.amount.to_string(),
                "transaction": receipt.transaction_hash,
            })),
            Err(error) => fail(account, &error),
        }
    }
    Ok(())
}

/// Pulls the bond that came back to the key's address.
async fn bond(context: &Context, args: &EscapeArgs) -> Result<()> {
    let Some(owner) = context.address().filter(|_| !args.look) else { return Ok(()) };
    let credit = context.l1.escape_credit(owner).await?;
    if credit.is_zero() {
        return Ok(());
    }
    let contract = Contract::new(context.deployment.escape, context.wallet()?);
    send::<_, EscapeErrors>(contract.withdrawCredit(owner), "the return of the bond").await?;
    say(&format!("the bond came back: {}", ether(credit)));
    Ok(())
}

/// Counts what is paid with the others of its asset.
fn add(sums: &mut BTreeMap<u16, u64>, payout: &EscapePayout) {
    let sum = sums.entry(payout.asset).or_default();
    *sum = sum.saturating_add(payout.amount);
}

fn answer(claim: &EscapeClaim, owed: &BTreeMap<u16, u64>, account: &Account) -> Answer {
    let (paid, due) = (amount::display_each(&account.sum), amount::display_each(owed));
    let mut text = format!("paid {paid} of {due}");
    let of =
        |sums: &BTreeMap<u16, u64>, asset: u16| sums.get(&asset).copied().unwrap_or_default().to_string();
    let others = owed.keys().filter(|asset| **asset != 0).map(
        |asset| json!({ "asset": asset, "owed": of(owed, *asset), "paidNow": of(&account.sum, *asset) }),
    );
    let others: Vec<_> = others.collect();
    if account.sum != *owed && account.failed.is_empty() {
        text.push_str("; the rest was paid before, or is not to be");
    }
    let json = json!({
        "step": "accepted", "claimHash": claim.hash(), "owed": of(owed, 0), "paidNow": of(&account.sum, 0), "others": others,
        "paid": account.paid, "refunded": account.refunded, "failed": account.failed,
    });
    Answer { text, json }
}
