//! `bridge refund`: what of forced requests' fees is somebody's own comes back to him. Anybody may have fees settled; only
//! the owner can pull what is credited to him.

use crate::{
    args::RefundArgs,
    context::Context,
    output::{Answer, ether, say},
    transaction::{price, send, unsigned},
};
use alloy::{
    primitives::{Address, B256, U256},
    providers::DynProvider,
    sol_types::SolCall,
};
use ballast_batch::BatchHeader;
use ballast_bridge::{
    bindings::{
        Inbox,
        Inbox::{InboxErrors, InboxInstance, settleForcedCall, withdrawCreditCall},
    },
    forced::{FeeState, Forced},
};
use eyre::{Result, bail, eyre};
use serde_json::json;

const SETTLEMENT: &str = "the settlement";
const PAYMENT: &str = "the payment";

pub(crate) async fn run(context: &Context, args: &RefundArgs) -> Result<Answer> {
    let owner = match args.owner {
        Some(owner) => owner,
        None => context.signer()?.address(),
    };
    let to = args.to.unwrap_or(owner);
    if to.is_zero() {
        bail!("the zero address would be paid: nobody could use it");
    }
    let late = late(context, owner).await?;
    if args.print {
        return printed(context, owner, to, &late).await;
    }
    let sender = context.signer()?.address();
    let inbox = Inbox::new(context.deployment.inbox, context.wallet()?);
    let mut settled = Vec::new();
    for (forced, header) in &late {
        if settle(&inbox, sender, forced, header).await? {
            settled.push(forced.id);
        }
    }
    let credit = U256::from(context.l1.forced_credit(owner).await?);
    let pulled = match credit.is_zero() {
        true => None,
        false if owner != sender => {
            say(&format!("{} are {owner}'s alone to pull: --print prints how", ether(credit)));
            None
        }
        false => pull(&inbox, owner, to, credit).await?,
    };
    let (paid, transaction) = pulled.unzip();
    let json = json!({
        "owner": owner, "settled": settled, "paid": paid.unwrap_or_default().to_string(), "to": to,
        "transaction": transaction,
    });
    Ok(Answer { text: paid.map_or_else(|| "nothing was paid".to_owned(), ether), json })
}

/// The owner's requests that were late and whose fees were not settled, with the headers that show it.
async fn late(context: &Context, owner: Address) -> Result<Vec<(Forced, BatchHeader)>> {
    let mut late = Vec::new();
    for mut forced in context.l1.forced_requests(owner).await? {
        if let FeeState::Late(header) = core::mem::replace(&mut forced.fee_state, FeeState::Settled) {
            say(&format!(
                "request {} ({}) was late: its fee of {} goes back",
                forced.id,
                forced.name(),
                ether(U256::from(forced.fee))
            ));
            late.push((forced, *header));
        }
    }
    Ok(late)
}

/// Has the fee of a late request settled. False when that costs more than it brings, or when somebody else did it: the
/// others can go on.
async fn settle(
    inbox: &InboxInstance<DynProvider>,
    sender: Address,
    forced: &Forced,
    header: &BatchHeader,
) -> Result<bool> {
    match try_settle(inbox, sender, forced, header).await {
        Err(error) if !inbox.forcedRecord(forced.id).call().await?.settled => Err(error),
        Err(_) => {
            say(&format!("the fee of request {} was settled by somebody else", forced.id));
            Ok(false)
        }
        done => done,
    }
}

async fn try_settle(
    inbox: &InboxInstance<DynProvider>,
    sender: Address,
    forced: &Forced,
    header: &BatchHeader,
) -> Result<bool> {
    let call = inbox.settleForced(forced.id, header.into()).from(sender);
    let gas = price::<_, InboxErrors>(&call, SETTLEMENT).await?;
    if !pays(&format!("the fee of request {}", forced.id), U256::from(forced.fee), gas.cost) {
        return Ok(false);
    }
    send::<_, InboxErrors>(call.gas(gas.limit), SETTLEMENT).await?;
    Ok(true)
}

/// Pulls the credit: how much came, and the transaction. `None` when it is not worth its gas.
async fn pull(
    inbox: &InboxInstance<DynProvider>,
    owner: Address,
    to: Address,
    credit: U256,
) -> Result<Option<(U256, B256)>> {
    let call = inbox.withdrawCredit(to).from(owner);
    let gas = price::<_, InboxErrors>(&call, PAYMENT).await?;
    if !pays("the credit", credit, gas.cost) {
        return Ok(None);
    }
    say(&format!("pulling {} to {to}", ether(credit)));
    let receipt = send::<_, InboxErrors>(call.gas(gas.limit), PAYMENT).await?;
    let paid = receipt.logs().iter().find_map(|log| log.log_decode::<Inbox::CreditWithdrawn>().ok());
    let paid = paid.ok_or_else(|| eyre!("nothing was paid: is the deployment file right?"))?;
    Ok(Some((paid.inner.data.amount, receipt.transaction_hash)))
}

/// Whether something brings more than its gas costs; says so, when not.
fn pays(what: &str, brings: U256, costs: U256) -> bool {
    let pays = brings > costs;
    if !pays {
        say(&format!("{what} is {}, and the gas to get it {}: it is left", ether(brings), ether(costs)));
    }
    pays
}

/// All of it, for other hands to sign, whatever the gas costs them.
async fn printed(
    context: &Context,
    owner: Address,
    to: Address,
    late: &[(Forced, BatchHeader)],
) -> Result<Answer> {
    let mut all = Vec::new();
    let mut credit = U256::from(context.l1.forced_credit(owner).await?);
    for (forced, header) in late {
        let data = settleForcedCall { id: forced.id, header: header.into() }.abi_encode().into();
        all.push(unsigned(context, context.deployment.inbox, &data, U256::ZERO));
        credit += U256::from(forced.fee);
    }
    if !credit.is_zero() {
        say(&format!(
            "the last transaction pays {} to {to} and is to be sent by {owner}; those before it settle late fees, \
             anybody may send them",
            ether(credit)
        ));
        all.push(unsigned(
            context,
            context.deployment.inbox,
            &withdrawCreditCall { to }.abi_encode().into(),
            U256::ZERO,
        ));
    }
    let (texts, jsons): (Vec<_>, Vec<_>) = all.into_iter().map(|one| (one.text, one.json)).unzip();
    let text = if texts.is_empty() { "nothing to pay".to_owned() } else { texts.join("\n\n") };
    Ok(Answer { text, json: json!({ "owner": owner, "to": to, "transactions": jsons }) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_covers_its_gas_is_left() {
        assert!(pays("it", U256::from(2), U256::ONE));
        assert!(!pays("it", U256::ONE, U256::ONE));
        assert!(!pays("it", U256::ZERO, U256::ONE));
    }
}
