//! `bridge status`.

use crate::{args::StatusArgs, context::Context, node::WithdrawalStatus, output::Answer, withdraw::is_ripe};
use alloy::primitives::Address;
use ballast_bridge::{amount, bindings::Withdrawals, l1::L1};
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
    let node = context.node.status().await?;
    let consumed = node.l1.as_ref().map_or(0, |l1| l1.messages);
    let mut lines = vec![
        format!("L1 head          {}", head.number),
        format!("inbox messages   {queued} queued, {consumed} consumed"),
        format!("batches          {posted} posted, {finalized} final, batch {} is open", node.open_batch),
    ];
    let mut json = json!({
        "l1Head": head.number, "messagesQueued": queued, "messagesConsumed": consumed,
        "batchesPosted": posted, "batchesFinal": finalized, "openBatch": node.open_batch,
    });
    if let Some(owner) = args.owner.or_else(|| context.address()) {
        let (text, accounts) = accounts(context, owner, posted, finalized).await?;
        lines.extend(text);
        json["owner"] = json!(owner);
        json["accounts"] = Value::Array(accounts);
    }
    Ok(Answer { text: lines.join("\n"), json })
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
        let cash = context.node.cash(account).await?;
        let sign = if cash < 0 { "-" } else { "" };
        lines.push(format!("account {account:<8} {sign}{}", amount::display(cash.unsigned_abs())));
        let mut withdrawals = Vec::new();
        for Progress { withdrawal: w, stage } in progress(context, account, posted, finalized).await? {
            lines.push(format!(
                "  withdrawal {:<5} {} to {}, {stage}",
                w.id,
                amount::display(w.amount),
                w.recipient
            ));
            withdrawals.push(json!({
                "id": w.id, "account": w.account, "amount": w.amount.to_string(), "recipient": w.recipient,
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
            "account": account, "cash": cash.to_string(), "withdrawals": withdrawals, "queued": queued,
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
