//! `bridge force-exit` and its like: what is asked of the exchange through L1. Needs L1 alone: the exchange is asked
//! whether the account is the sender's, when it answers.

use crate::{
    args::{ForceArgs, ForceExitArgs, ForceWithdrawArgs},
    asset,
    context::{Context, POLL, persist},
    node::{MessageStatus, Unreachable},
    output::{Answer, ether, say},
    transaction::{price, receipt, send, unsigned},
};
use alloy::{
    contract::RawCallBuilder,
    primitives::{Address, B256, Bytes, U256},
    providers::DynProvider,
    rpc::types::TransactionReceipt,
    sol_types::SolCall,
};
use ballast_bridge::{
    amount,
    bindings::Inbox::{
        ForcedRequested, InboxErrors, forceCancelAllCall, forceExitCall, forceLiquidateCall,
        forceWithdrawCall,
    },
};
use ballast_types::limits::{MAX_ACCOUNTS, MIN_WITHDRAWAL};
use eyre::{Result, WrapErr, bail, eyre};
use serde_json::json;

/// What is sent, as a multiple of the fee: others may come first and raise it. What is too much is credited.
const OFFER: u64 = 2;
const WHAT: &str = "the request";

/// What is asked for.
struct Request {
    data: Bytes,
    /// In words.
    what: String,
    /// What comes of it, when all is well.
    then: &'static str,
    /// Whether only the owner may ask for it.
    owners: bool,
}

pub(crate) async fn exit(context: &Context, args: &ForceExitArgs) -> Result<Answer> {
    let (account, recipient) = (args.force.account, recipient(context, args.recipient)?);
    let request = Request {
        data: forceExitCall { account, recipient }.abi_encode().into(),
        what: format!("exit of account {account}, paid to {recipient}"),
        then: "its positions are being closed, and it is paid out: see `bridge status`",
        owners: true,
    };
    run(context, &args.force, &request).await
}

pub(crate) async fn withdraw(context: &Context, args: &ForceWithdrawArgs) -> Result<Answer> {
    let (account, recipient) = (args.force.account, recipient(context, args.recipient)?);
    let symbol = asset::symbol(context, args.asset).await?;
    let micros = amount::parse_of(&symbol, &args.amount)?;
    let least = if args.asset == 0 { MIN_WITHDRAWAL.unsigned_abs() } else { 1 };
    if micros < least {
        bail!("a withdrawal is at least {}", amount::display_of(&symbol, least));
    }
    let request = Request {
        data: forceWithdrawCall { account, recipient, asset: args.asset, amount: micros }.abi_encode().into(),
        what: format!(
            "withdrawal of {} from account {account} to {recipient}",
            amount::display_of(&symbol, micros)
        ),
        then: "the withdrawal is made, if the account may withdraw: see `bridge status`",
        owners: true,
    };
    run(context, &args.force, &request).await
}

pub(crate) async fn cancel(context: &Context, args: &ForceArgs) -> Result<Answer> {
    let account = args.account;
    let request = Request {
        data: forceCancelAllCall { account }.abi_encode().into(),
        what: format!("cancellation of all orders of account {account}"),
        then: "the orders are cancelled",
        owners: true,
    };
    run(context, args, &request).await
}

pub(crate) async fn liquidate(context: &Context, args: &ForceArgs) -> Result<Answer> {
    let account = args.account;
    let request = Request {
        data: forceLiquidateCall { account }.abi_encode().into(),
        what: format!("liquidation of account {account}"),
        then: "a step of its liquidation was taken, if it lacked maintenance margin",
        owners: false,
    };
    run(context, args, &request).await
}

fn recipient(context: &Context, given: Option<Address>) -> Result<Address> {
    match given.or_else(|| context.address()) {
        Some(Address::ZERO) => bail!("the recipient is the zero address: nobody would be paid"),
        Some(recipient) => Ok(recipient),
        None => bail!("this needs a key, or --recipient ADDRESS to say who is paid"),
    }
}

async fn run(context: &Context, args: &ForceArgs, request: &Request) -> Result<Answer> {
    if args.account >= MAX_ACCOUNTS {
        bail!("there is no account {}", args.account);
    }
    // Who will sign what is printed is not known here.
    if request.owners && !args.unchecked && !args.print {
        check_owner(context, args).await?;
    }
    let value = offer(context, args).await?;
    if args.print {
        return Ok(printed(context, request, value));
    }
    let sent = submit(context, request, value).await?;
    if !args.wait {
        say("the exchange has to take it: follow it with `bridge status`");
        return Ok(answer(&sent, None));
    }
    let (sent, batch) = consumed(context, sent).await?;
    // L1 shows no more than that it was consumed. What came of it the exchange may tell, and nothing hangs on it.
    let outcome = context.node.forced(sent.event.messageIndex).await.ok().flatten();
    let came = match &outcome {
        Some(outcome) if outcome.is_accepted() => request.then.to_owned(),
        Some(outcome) => outcome.in_words(),
        None => format!("if it was not rejected, {}", request.then),
    };
    say(&format!("consumed, as batch {batch} on L1 shows: {came}"));
    Ok(answer(&sent, Some((batch, outcome))))
}

/// Refuses to pay for a request that would come to nothing. When the exchange does not answer, L1 is all there is.
async fn check_owner(context: &Context, args: &ForceArgs) -> Result<()> {
    let Some(owner) = context.address() else { return Ok(()) };
    let account = args.account;
    match context.node.accounts(owner).await {
        Ok(accounts) if accounts.contains(&account) => Ok(()),
        Ok(_) => bail!(
            "the exchange says that account {account} is not {owner}'s: the request would come to nothing, and cost its \
             fee. Add --unchecked to send it all the same"
        ),
        Err(error) if error.is::<Unreachable>() => {
            say(&format!("the exchange does not answer: make sure that account {account} is {owner}'s"));
            Ok(())
        }
        Err(error) => {
            Err(error).wrap_err("whose the account is cannot be asked (--unchecked sends it all the same)")
        }
    }
}

/// What to send along: more than the fee as it is, for requests that come first.
async fn offer(context: &Context, args: &ForceArgs) -> Result<U256> {
    let price = context.l1.forced_price().await?;
    let fee = U256::from(price.fee);
    say(&format!(
        "the fee is {} now, requests open: {}; it goes back when no batch has consumed the request within {} s",
        ether(fee),
        price.open,
        price.refund_after
    ));
    if fee > args.max_fee {
        bail!("that is more than {}: try later, or allow more with --max-fee", ether(args.max_fee));
    }
    Ok(offered(fee, U256::from(price.most), args.max_fee))
}

/// Of a fee that rises to `most` at most, and of which no more than `allowed` is to be paid.
fn offered(fee: U256, most: U256, allowed: U256) -> U256 {
    fee.saturating_mul(U256::from(OFFER)).min(most).min(allowed)
}

/// The transaction, for another hand to sign.
fn printed(context: &Context, request: &Request, value: U256) -> Answer {
    let from = if request.owners { "the owner of the account" } else { "anybody" };
    say(&format!("{}: to be sent by {from}, and soon, for the fee may rise", request.what));
    say(
        "`bridge refund --print --owner` that sender prints how he gets back what is too much, and late fees",
    );
    unsigned(context, context.deployment.inbox, &request.data, value)
}

/// A request that is on L1.
struct Sent {
    transaction: B256,
    block: u64,
    event: ForcedRequested,
}

async fn submit(context: &Context, request: &Request, value: U256) -> Result<Sent> {
    let wallet = context.wallet()?;
    let call = RawCallBuilder::new_raw(&wallet, request.data.clone());
    let call = call.from(context.signer()?.address()).to(context.deployment.inbox).value(value);
    let gas = price::<_, InboxErrors>(&call, WHAT).await?;
    say(&format!(
        "{}: sending {}, of which the fee is taken and the rest credited (`bridge refund` pays it); about {} of \
         gas besides",
        request.what,
        ether(value),
        ether(gas.cost)
    ));
    let receipt = send::<_, InboxErrors>(call.gas(gas.limit), WHAT).await?;
    let sent = found(context, &receipt)?;
    say(&format!(
        "in block {}, request {}, message {}; fee {}",
        sent.block,
        sent.event.id,
        sent.event.messageIndex,
        ether(U256::from(sent.event.fee))
    ));
    Ok(sent)
}

fn found(context: &Context, receipt: &TransactionReceipt) -> Result<Sent> {
    let logs = receipt.logs().iter().filter(|log| log.address() == context.deployment.inbox);
    let event = logs.filter_map(|log| log.log_decode::<ForcedRequested>().ok()).next();
    let event = event.ok_or_else(|| eyre!("nothing was queued: is the deployment file right?"))?;
    Ok(Sent {
        transaction: receipt.transaction_hash,
        block: receipt.block_number.unwrap_or_default(),
        event: event.inner.data,
    })
}

/// Waits until a posted batch has consumed the request: where it is on L1 in the end, and the last batch by then. L1 may
/// put it elsewhere meanwhile.
async fn consumed(context: &Context, sent: Sent) -> Result<(Sent, u64)> {
    let wallet: DynProvider = context.wallet()?;
    let mut told = "";
    let mut tell = |stage: &'static str| {
        if told != stage {
            say(stage);
            told = stage;
        }
    };
    loop {
        let receipt = persist(async || receipt(&wallet, sent.transaction).await).await?;
        match receipt.map(|receipt| found(context, &receipt)).transpose()? {
            None => tell("L1 was reorganised: waiting for the transaction to be in a block again"),
            Some(sent) => {
                let (messages, batch) = persist(async || Ok(context.l1.messages_consumed().await?)).await?;
                if messages > sent.event.messageIndex {
                    return Ok((sent, batch));
                }
                tell("waiting for a batch on L1 that has consumed it");
            }
        }
        tokio::time::sleep(POLL).await;
    }
}

fn answer(sent: &Sent, consumed: Option<(u64, Option<MessageStatus>)>) -> Answer {
    let Sent { transaction, block, event } = sent;
    let (batch, outcome) = consumed.unzip();
    let json = json!({
        "id": event.id, "account": event.account, "messageIndex": event.messageIndex,
        "fee": event.fee.to_string(), "block": block, "transaction": transaction, "shownByBatch": batch,
        "outcome": outcome.flatten().map(|outcome| outcome.json()),
    });
    Answer { text: event.id.to_string(), json }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_fee_is_offered_within_what_is_allowed_and_can_be_asked() {
        let of = |fee: u64, most: u64, allowed: u64| {
            offered(U256::from(fee), U256::from(most), U256::from(allowed))
        };
        assert_eq!(of(5, 100, 100), U256::from(10));
        assert_eq!(of(60, 100, 1_000), U256::from(100), "it never costs more");
        assert_eq!(of(60, 1_000, 90), U256::from(90), "nor is more to be paid");
        assert_eq!(offered(U256::MAX, U256::MAX, U256::MAX), U256::MAX);
    }
}
