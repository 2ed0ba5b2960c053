//! Collateral arrived in the vault.

use alloc::vec::Vec;

use ballast_state::{Account, Trader, account_index};
use ballast_types::{
    AccountId, Address, AssetId, Event, L1Message, PoolId, Quote, RejectCode, Rejection,
    limits::{FUND_ACCOUNT, MAX_ACCOUNTS, MAX_AMOUNT, NEW_ACCOUNT},
};

use crate::{exchange::Exchange, facts, fund, inbox, withdraw};

/// What the vault says that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Deposit {
    /// Which asset.
    pub(crate) asset: AssetId,
    /// Who owns the account asked for; who is to own the one that is opened when that is not so.
    pub(crate) owner: Address,
    /// The account asked for.
    pub(crate) account: AccountId,
    /// How much, in micro-USDC.
    pub(crate) amount: Quote,
}

/// Where a deposit goes.
enum Destination {
    /// To this account, whose cash becomes this.
    Existing(AccountId, Quote),
    /// To a new account.
    New,
    /// To the insurance fund.
    Fund,
    /// Back to its owner on L1.
    Back,
}

/// The pool that deposits go to.
const POOL: PoolId = PoolId(0);

/// Consumes `message` and credits the account that it names. Nothing that the vault took is lost, and nothing
/// goes to a stranger: an account that does not exist, is not the deposit's owner's (ids are given in the order
/// of deposits, which a reorganisation of L1 changes), or could not hold so much, gives way to a new one of
/// that owner; when no more accounts can be opened, the deposit turns into a withdrawal to the owner.
///
/// # Errors
/// [`RejectCode::WithdrawalsFull`] when a deposit has to go back and the open batch has no room: the message
/// is not consumed and can be taken after the seal. All others consume it and credit nothing, and the vault
/// rules them out: [`RejectCode::UnknownAsset`], [`RejectCode::InvalidAmount`], and [`RejectCode::Overflow`]
/// when more than 2^60 would ever have been credited.
pub(crate) fn l1_deposit(
    x: &mut Exchange,
    message: &L1Message,
    deposit: &Deposit,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    x.load_pool(POOL);
    let destination = destination(x, deposit);
    if matches!(destination, Destination::Back) {
        withdraw::check_room(x)?;
    }
    inbox::consume(&mut x.state, message);
    check(deposit)?;
    let &Deposit { owner, amount, .. } = deposit;
    let pool = facts::pool(&x.state, POOL);
    let credited = pool.credited.checked_add(amount).ok_or(RejectCode::Overflow)?;
    assert!(pool.withdrawn <= credited, "what left had arrived (INV-48)");
    facts::pool_mut(&mut x.state, POOL).credited = credited;
    match destination {
        Destination::Existing(account, cash) => {
            facts::account_mut(&mut x.state, account).cash = cash;
            events.push(Event::Deposited { account, owner, amount, opened: false });
        }
        Destination::New => {
            let account = open_account(x, owner, amount);
            events.push(Event::Deposited { account, owner, amount, opened: true });
        }
        Destination::Fund => {
            fund::give(&mut x.state, POOL, amount)?;
            events.push(Event::FundDeposited { owner, amount });
        }
        Destination::Back => {
            let withdrawn = facts::pool(&x.state, POOL).withdrawn.checked_add(amount);
            let withdrawn = withdrawn.expect("withdrawals are within credits, which were checked");
            facts::pool_mut(&mut x.state, POOL).withdrawn = withdrawn;
            withdraw::add_leaf(x, AccountId(NEW_ACCOUNT), owner, amount, events);
        }
    }
    Ok(())
}

fn check(deposit: &Deposit) -> Result<(), Rejection> {
    if deposit.asset != AssetId(0) {
        return Err(Rejection::new(RejectCode::UnknownAsset, deposit.asset.0, 0));
    }
    if deposit.amount.0 < 1 || deposit.amount.0 > MAX_AMOUNT {
        return Err(Rejection::new(RejectCode::InvalidAmount, deposit.amount.0, MAX_AMOUNT));
    }
    Ok(())
}

fn destination(x: &mut Exchange, deposit: &Deposit) -> Destination {
    if deposit.account == AccountId(FUND_ACCOUNT) {
        return Destination::Fund;
    }
    if facts::has_account(&x.state, deposit.account) {
        x.load_account(deposit.account);
        let account = facts::account(&x.state, deposit.account);
        if let Some(cash) = account.cash.checked_add(deposit.amount)
            && account.pool == POOL
            && account.owner == deposit.owner
        {
            return Destination::Existing(deposit.account, cash);
        }
    }
    if x.state.chain.accounts < MAX_ACCOUNTS { Destination::New } else { Destination::Back }
}

fn open_account(x: &mut Exchange, owner: Address, cash: Quote) -> AccountId {
    let id = AccountId(x.state.chain.accounts);
    assert!(id.0 < MAX_ACCOUNTS, "an account is opened only where there is room");
    x.state.chain.accounts = id.0 + 1;
    x.state.accounts.insert(account_index(id), Account { owner, pool: POOL, cash, positions: Vec::new() });
    x.state.traders.insert(account_index(id), Trader::default());
    id
}

#[cfg(test)]
mod tests;
