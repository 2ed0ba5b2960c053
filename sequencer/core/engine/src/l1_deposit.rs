//! Money arrived in the vault, or another asset.

mod in_kind;

use alloc::vec::Vec;

use ballast_state::Account;
use ballast_types::{
    AccountId, Address, AssetId, Event, L1Message, PoolId, Quote, RejectCode, Rejection,
    limits::{FUND_ACCOUNT, MAX_AMOUNT, NEW_ACCOUNT},
};

use crate::{
    exchange::Exchange,
    facts, fund, inbox,
    open_account::{has_room, open_account},
    pacing, withdraw,
};
use in_kind::in_kind;

/// What the vault says that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deposit {
    /// Which asset.
    pub(crate) asset: AssetId,
    /// Who owns the account asked for; who is to own the one that is opened when that is not so.
    pub(crate) owner: Address,
    /// The account asked for.
    pub(crate) account: AccountId,
    /// How much, in 10^-6 of it.
    pub(crate) amount: Quote,
}

/// Where a deposit goes.
enum Destination {
    /// To this account, whose cash becomes this.
    Existing(AccountId, Quote),
    /// To a new account.
    New,
    /// To the insurance fund of a pool.
    Fund(PoolId),
    /// Back to its owner on L1.
    Back,
}

/// The pool of accounts that a deposit opens; what has to go back goes through it.
const MAIN_POOL: PoolId = PoolId(0);

impl Destination {
    /// The pool that the deposit is credited to.
    fn pool(&self, x: &Exchange) -> PoolId {
        match self {
            Self::Existing(account, _) => facts::account(&x.state, *account).pool,
            Self::Fund(pool) => *pool,
            Self::New | Self::Back => MAIN_POOL,
        }
    }
}

/// Consumes `message` and credits the account that it names. Nothing that the vault took is lost, and nothing
/// goes to a stranger: an account that does not exist, is not the deposit's owner's (ids are given in the order
/// of deposits, which a reorganisation of L1 changes), or could not hold so much, gives way to a new one of
/// that owner; when no more accounts can be opened, the deposit turns into a withdrawal to the owner.
///
/// # Errors
/// [`RejectCode::WithdrawalsFull`] when a deposit has to go back and the open batch has no room: the message
/// is not consumed and can be taken after the seal. All others consume it and credit nothing, and the vault
/// rules them out: [`RejectCode::UnknownAsset`], [`RejectCode::InvalidAmount`], and [`RejectCode::Overflow`]
/// when more than 2^60 would ever have been credited to a pool, or withdrawn from it.
pub(crate) fn l1_deposit(
    x: &mut Exchange,
    message: &L1Message,
    deposit: &Deposit,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    if deposit.asset != AssetId::USDC {
        return in_kind(x, message, deposit, events);
    }
    let destination = destination(x, deposit);
    let pool = destination.pool(x);
    x.load_pool(pool);
    if matches!(destination, Destination::Back) {
        withdraw::check_room(x)?;
    }
    inbox::consume(&mut x.state, message);
    check(deposit)?;
    let &Deposit { owner, asset, amount, .. } = deposit;
    let ledger = facts::pool(&x.state, pool);
    assert!(ledger.held() >= 0, "what left had arrived (INV-48)");
    let credited = ledger.credited.checked_add(amount).ok_or(RejectCode::Overflow)?;
    let withdrawn = match destination {
        Destination::Back => ledger.withdrawn.checked_add(amount).ok_or(RejectCode::Overflow)?,
        _ => ledger.withdrawn,
    };
    if let Destination::Fund(pool) = destination {
        fund::give(&mut x.state, pool, amount)?;
    }
    let ledger = facts::pool_mut(&mut x.state, pool);
    (ledger.credited, ledger.withdrawn) = (credited, withdrawn);
    match destination {
        Destination::Existing(account, cash) => {
            facts::account_mut(&mut x.state, account).cash = cash;
            let ledger = facts::pool_mut(&mut x.state, pool);
            if ledger.ratio().is_some() {
                ledger.debts = Quote((ledger.debts.0 - amount.0).max(0));
            }
            events.push(Event::Deposited { account, owner, asset, amount, opened: false });
        }
        Destination::New => {
            let account = open_account(&mut x.state, owner, pool, amount);
            pacing::begin(x, account);
            events.push(Event::Deposited { account, owner, asset, amount, opened: true });
        }
        Destination::Fund(pool) => events.push(Event::FundDeposited { owner, amount, pool }),
        Destination::Back => withdraw::add_leaf(x, AccountId(NEW_ACCOUNT), owner, (asset, amount), events),
    }
    Ok(())
}

fn check(deposit: &Deposit) -> Result<(), Rejection> {
    if deposit.amount.0 < 1 || deposit.amount.0 > MAX_AMOUNT {
        return Err(Rejection::new(RejectCode::InvalidAmount, deposit.amount.0, MAX_AMOUNT));
    }
    Ok(())
}

fn destination(x: &mut Exchange, deposit: &Deposit) -> Destination {
    if let Some(pool) = pool_of_fund(x, deposit.account) {
        return Destination::Fund(pool);
    }
    if facts::has_account(&x.state, deposit.account) {
        x.load_account(deposit.account);
        let account = facts::account(&x.state, deposit.account);
        if let Some(cash) = account.cash.checked_add(deposit.amount)
            && account.owner == deposit.owner
            && (!facts::pool(&x.state, account.pool).is_ending() || pays_debt(x, account, cash))
        {
            return Destination::Existing(deposit.account, cash);
        }
    }
    x.load_pool(MAIN_POOL);
    let is_open = !facts::pool(&x.state, MAIN_POOL).is_ending();
    if is_open && has_room(&x.state) { Destination::New } else { Destination::Back }
}

/// Whether the account owes in a pool that was resolved, and with `cash` still would or would no more.
fn pays_debt(x: &Exchange, account: &Account, cash: Quote) -> bool {
    facts::pool(&x.state, account.pool).ratio().is_some() && account.cash < Quote::ZERO && cash <= Quote::ZERO
}

/// The pool whose fund this id stands for, if it does, and the pool is not in resolution.
fn pool_of_fund(x: &mut Exchange, account: AccountId) -> Option<PoolId> {
    let below = FUND_ACCOUNT.checked_sub(account.0)?;
    let pool = PoolId(u16::try_from(below).ok()?);
    if !facts::has_pool(&x.state, pool) {
        return None;
    }
    x.load_pool(pool);
    (!facts::pool(&x.state, pool).is_ending()).then_some(pool)
}

#[cfg(test)]
mod tests;
