//! `bridge transfer`.

use crate::{
    args::TransferArgs,
    context::{Context, persist},
    node::Event,
    output::{Answer, say},
    withdraw::{LIFE_MS, separator},
};
use alloy::signers::SignerSync;
use ballast_auth::command_digest;
use ballast_bridge::amount;
use ballast_types::{
    AccountId, Millis, Nonce, PoolId, Quote, Signature, Transfer, UserCommand, limits::NEW_ACCOUNT,
};
use eyre::{Result, bail, eyre};
use serde_json::json;

pub(crate) async fn run(context: &Context, args: &TransferArgs) -> Result<Answer> {
    let micros = amount::parse(&args.amount)?;
    let signer = context.signer()?;
    let separator = separator(context).await?;
    let command = Transfer {
        account: AccountId(args.account),
        nonce: Nonce(context.node.next_nonce(args.account, signer.address()).await?),
        expires: Millis(context.node.now().await?.saturating_add(LIFE_MS)),
        to: AccountId(args.to.unwrap_or(NEW_ACCOUNT)),
        pool: PoolId(args.pool),
        amount: Quote(i64::try_from(micros)?),
    };
    let digest = command_digest(separator, &UserCommand::Transfer(command.clone()));
    let signature = Signature(signer.sign_hash_sync(&digest)?.as_bytes());

    let entered = context.node.transfer(&command, &signature).await?;
    if entered.status != "accepted" {
        let why = entered.rejection.map_or_else(|| "no reason given".to_owned(), |r| r.message);
        bail!("the exchange rejects the transfer: {why}");
    }
    let events = persist(async || context.node.events(entered.seq).await).await?;
    let to = events.iter().find_map(|event| match event {
        Event::Transferred { to } => Some(*to),
        _ => None,
    });
    let to = to.ok_or_else(|| eyre!("the exchange accepted input {} and moved nothing", entered.seq))?;
    say(&format!("{} went from account {} to account {to}", amount::display(micros), args.account));
    let json = json!({ "account": args.account, "to": to, "pool": args.pool, "amount": micros.to_string(), "seq": entered.seq });
    Ok(Answer { text: to.to_string(), json })
}
