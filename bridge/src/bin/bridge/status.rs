//! `bridge status`.

use crate::{
    args::StatusArgs,
    context::Context,
    ending,
    node::{MessageStatus, WithdrawalStatus},
    output::{Answer, ether},
    slash,
    withdraw::is_ripe,
};
use alloy::primitives::{Address, U256};
use ballast_bridge::{
    amount,
    bindings::Withdrawals,
    forced::{FeeState, Forced},
    l1::L1,
};
use eyre::Result;
use serde_json::{Value, json};

/// A withdrawal and how far it has come.
struct Progress {
    withdrawal: WithdrawalStatus,
    stage: &'static str,
}

pub(crate) async fn run(context: &Context, args: &StatusArgs) -> Result<Answer> {
    let head = context.l1.head().await?;
    let posted = context.l1.batch_count().await?.saturating_sub(1);
    let finalized = context.l1.finalized_count().await?.saturating_sub(1);
    let queued = context.l1.inbox(head.hash, 0).await?.count;
    let (on_l1, _) = context.l1.messages_consumed().await?;
    let mut exchange = Exchange { trouble: None };
    let node = exchange.told(context.node.status().await);
    let open = node.as_ref().map(|node| node.open_batch);
    let by_exchange = node.and_then(|node| node.l1).map(|l1| l1.messages);
    let mut lines = vec![
        format!("L1 head          {}", head.number),
        format!(
            "inbox messages   {queued} queued, {on_l1} consumed by posted batches{}",
            or_more(by_exchange)
        ),
        format!("batches          {posted} posted, {finalized} final{}", and_open(open)),
    ];
    let mut json = json!({
        "l1Head": head.number, "messagesQueued": queued, "messagesConsumedOnL1": on_l1,
        "messagesConsumedByExchange": by_exchange, "batchesPosted": posted, "batchesFinal": finalized,
        "openBatch": open,
    });
    let (text, ending) = ending::tell(context, head.time).await?;
    lines.extend(text);
    json["ending"] = ending;
    if let Some((line, bond)) = slash::bond(context).await? {
        lines.push(line);
        json["bond"] = bond;
    }
    if let Some(owner) = args.owner.or_else(|| context.address()) {
        json["owner"] = json!(owner);
        if exchange.answers()
            && let Some((text, accounts)) = exchange.told(accounts(context, owner, posted, finalized).await)
        {
            lines.extend(text);
            json["accounts"] = Value::Array(accounts);
        }
        let (text, forced) = forced(context, &mut exchange, owner, head.time).await?;
        lines.extend(text);
        json["forced"] = forced;
    }
    if let Some(trouble) = &exchange.trouble {
        lines.push(format!("exchange         {trouble}"));
    }
    json["exchangeError"] = json!(exchange.trouble);
    Ok(Answer { text: lines.join("\n"), json })
}

fn or_more(by_exchange: Option<u64>) -> String {
    by_exchange.map_or_else(String::new, |count| format!(", {count} by the exchange"))
}

fn and_open(batch: Option<u64>) -> String {
    batch.map_or_else(String::new, |batch| format!(", batch {batch} is open"))
}

/// How the exchange answers: where it does not, or not as it should, what L1 knows is told all the same.
struct Exchange {
    /// The first answer that was none.
    trouble: Option<String>,
}

impl Exchange {
    fn answers(&self) -> bool {
        self.trouble.is_none()
    }

    /// What it tells, if it does.
    fn told<T>(&mut self, answer: Result<T>) -> Option<T> {
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.trouble.get_or_insert_with(|| format!("{error:#}"));
                None
            }
        }
    }
}

/// The owner's forced requests that wait for something, and what of fees can be pulled.
async fn forced(
    context: &Context,
    exchange: &mut Exchange,
    owner: Address,
    now: u64,
) -> Result<(Vec<String>, Value)> {
    let (mut lines, mut requests) = (Vec::new(), Vec::new());
    for request in context.l1.forced_requests(owner).await? {
        // L1 does not know what came of it.
        let outcome = match exchange.answers() {
            true => exchange.told(context.node.forced(request.message_index).await).flatten(),
            false => None,
        };
        lines.extend(line(&request, outcome.as_ref(), now));
        requests.push(json!({
            "id": request.id, "account": request.account, "request": request.name(),
            "messageIndex": request.message_index, "fee": request.fee.to_string(), "due": request.due,
            "consumed": request.consumed, "feeState": fee_state(&request.fee_state),
            "outcome": outcome.as_ref().map(MessageStatus::json),
        }));
    }
    let credit = context.l1.forced_credit(owner).await?;
    if credit > 0 {
        lines.push(format!("credit           {}: `bridge refund` pays it", ether(U256::from(credit))));
    }
    Ok((lines, json!({ "requests": requests, "credit": credit.to_string() })))
}

const fn fee_state(state: &FeeState) -> &'static str {
    match state {
        FeeState::Settled => "settled",
        FeeState::NotDue => "notDue",
        FeeState::Late(_) => "late",
        FeeState::InTime => "inTime",
    }
}

/// A request in words. Of what was consumed and cannot be refunded nothing is left to say.
fn line(request: &Forced, outcome: Option<&MessageStatus>, now: u64) -> Option<String> {
    let over = matches!(request.fee_state, FeeState::Settled | FeeState::InTime);
    if request.consumed && over {
        return None;
    }
    let told = match &request.fee_state {
        FeeState::Settled => "its fee was settled".to_owned(),
        FeeState::NotDue => format!("due in {} s", request.due.saturating_sub(now)),
        FeeState::Late(_) => "late: `bridge refund` brings its fee back".to_owned(),
        FeeState::InTime => "it was in time".to_owned(),
    };
    Some(format!(
        "forced request {:<5} {} of account {}, message {}, fee {}, {}{}, {told}",
        request.id,
        request.name(),
        request.account,
        request.message_index,
        ether(U256::from(request.fee)),
        if request.consumed { "consumed" } else { "not consumed on L1" },
        outcome.map_or_else(String::new, |outcome| format!(", the exchange says {}", outcome.in_words())),
    ))
}

/// The owner's accounts with their money and their withdrawals.
async fn accounts(
    context: &Context,
    owner: Address,
    posted: u64,
    finalized: u64,
) -> Result<(Vec<String>, Vec<Value>)> {
    let (mut lines, mut json) = (Vec::new(), Vec::new());
    for account in context.node.accounts(owner).await? {
        let (cash, holdings) = context.node.money(account).await?;
        let sign = if cash < 0 { "-" } else { "" };
        lines.push(format!("account {account:<8} {sign}{}", amount::display(cash.unsigned_abs())));
        lines.extend(holdings.iter().map(|held| {
            let amount = amount::display_in(held.asset, held.amount);
            format!("  holding          {amount}, as margin worth {}", amount::display(held.value))
        }));
        let holdings = holdings.iter().map(|held| {
            json!({ "asset": held.asset, "amount": held.amount.to_string(), "value": held.value.to_string() })
        });
        let holdings: Vec<_> = holdings.collect();
        let mut withdrawals = Vec::new();
        for Progress { withdrawal: w, stage } in progress(context, account, posted, finalized).await? {
            lines.push(format!(
                "  withdrawal {:<5} {} to {}, {stage}",
                w.id,
                amount::display_in(w.asset, w.amount),
                w.recipient
            ));
            withdrawals.push(json!({
                "id": w.id, "account": w.account, "asset": w.asset, "amount": w.amount.to_string(), "recipient": w.recipient,
                "batch": w.batch, "stage": stage,
            }));
        }
        let mut queued = Vec::new();
        for waiting in context.node.queued(account).await? {
            let (amount, place) = (amount::display(waiting.amount), waiting.place());
            lines.push(format!("  ticket {:<9} {amount} to {}, {place}", waiting.ticket, waiting.recipient));
            queued.push(json!({
                "ticket": waiting.ticket, "amount": waiting.amount.to_string(), "recipient": waiting.recipient,
                "ahead": waiting.ahead.to_string(),
            }));
        }
        json.push(json!({
            "account": account, "cash": cash.to_string(), "holdings": holdings, "withdrawals": withdrawals, "queued": queued,
        }));
    }
    if lines.is_empty() {
        lines.push(format!("{owner} owns no account"));
    }
    Ok((lines, json))
}

async fn progress(context: &Context, account: u32, posted: u64, finalized: u64) -> Result<Vec<Progress>> {
    let contract = Withdrawals::new(context.deployment.withdrawals, context.reader()?);
    let mut all = Vec::new();
    for withdrawal in context.node.withdrawals(account).await? {
        let stage = match withdrawal.batch {
            Some(batch) if batch <= finalized || (batch <= posted && is_ripe(context, batch).await?) => {
                if contract.isClaimed(withdrawal.id).call().await? {
                    "paid"
                } else {
                    "claimable"
                }
            }
            Some(batch) if batch <= posted => "posted",
            _ => "in an unposted batch",
        };
        all.push(Progress { withdrawal, stage });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use eyre::eyre;

    #[test]
    fn what_the_exchange_does_not_tell_is_a_line_and_no_end() {
        let mut exchange = Exchange { trouble: None };
        assert_eq!(exchange.told(Ok(7)), Some(7));
        assert!(exchange.answers());
        assert_eq!(exchange.told::<u64>(Err(eyre!("the answer to ballast_status"))), None);
        assert_eq!(exchange.told::<u64>(Err(eyre!("another"))), None);
        assert_eq!(exchange.trouble.as_deref(), Some("the answer to ballast_status"));
    }

    #[test]
    fn a_request_is_told_as_long_as_something_is_to_come_of_it() {
        let mut request = Forced {
            id: 3,
            account: 7,
            request: 2,
            message_index: 9,
            fee: 1_000_000_000_000_000,
            due: 50,
            consumed: false,
            fee_state: FeeState::NotDue,
        };
        let told = line(&request, None, 20).expect("it waits");
        assert_eq!(
            told,
            "forced request 3     exit of account 7, message 9, fee 0.001 ETH, not consumed on L1, due in 30 s"
        );
        (request.consumed, request.fee_state) = (true, FeeState::InTime);
        assert_eq!(line(&request, None, 60), None);
    }
}
