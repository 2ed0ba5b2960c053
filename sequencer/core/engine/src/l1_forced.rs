//! What an owner asks for through L1, without the sequencer's leave.

use alloc::vec::Vec;

use ballast_types::{
    AccountId, Address, AssetId, CancelFilter, Event, ForcedRequest, L1Message, Quote, RejectCode, Rejection,
};

use crate::{
    authority,
    cancel_all::{cancel_all, cancel_if_due},
    exchange::Exchange,
    exit, facts, holdings, inbox,
    liquidate::{check_account, liquidate},
    withdraw,
};

/// What the inbox says that somebody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forced {
    /// What is asked for.
    pub(crate) request: ForcedRequest,
    /// Who sent it on L1.
    pub(crate) sender: Address,
    /// Of which account.
    pub(crate) account: AccountId,
    /// Who is to be paid on L1, where somebody is.
    pub(crate) recipient: Address,
    /// The asset of a withdrawal.
    pub(crate) asset: AssetId,
    /// How much of it, in units of 10^-6.
    pub(crate) amount: Quote,
}

/// Consumes `message` and does what it asks for, if that may be done.
///
/// # Errors
/// All of them consume the message, and change nothing else: [`RejectCode::UnknownAccount`]; [`RejectCode::ForeignAccount`]
/// when the sender does not own the account, but for a liquidation; and those of what is asked for.
pub(crate) fn l1_forced(
    x: &mut Exchange,
    message: &L1Message,
    forced: &Forced,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    inbox::consume(&mut x.state, message);
    let &Forced { request, sender, account, .. } = forced;
    check_account(x, account)?;
    x.load_account(account);
    if request != ForcedRequest::Liquidate && facts::account(&x.state, account).owner != sender {
        return Err(RejectCode::ForeignAccount.into());
    }
    events.push(Event::ForcedRequest { index: message.index, account, request });
    let done = carry_out(x, forced, events);
    if done.is_err() {
        events.clear();
    }
    done
}

fn carry_out(x: &mut Exchange, forced: &Forced, events: &mut Vec<Event>) -> Result<(), Rejection> {
    let &Forced { request, account, recipient, asset, amount, .. } = forced;
    match request {
        ForcedRequest::CancelAll => {
            cancel_if_due(x, account, events);
            cancel_all(x, account, 0, &CancelFilter::ALL, events)
        }
        ForcedRequest::Withdraw => {
            authority::check_stays(&x.state, account)?;
            withdraw::check_recipient(recipient)?;
            if asset != AssetId::USDC {
                return holdings::withdraw_most(x, account, recipient, (asset, amount), events);
            }
            withdraw::check_amount(amount)?;
            withdraw::withdraw_most(x, account, amount, recipient, events)
        }
        ForcedRequest::Exit => exit::begin(x, account, recipient, events),
        ForcedRequest::Liquidate => liquidate(x, account, events),
    }
}

#[cfg(test)]
mod tests;
