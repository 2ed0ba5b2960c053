//! An asset beside USDC arrived in the vault.

use alloc::vec::Vec;

use ballast_state::Custody;
use ballast_types::{
    AccountId, AssetId, Event, L1Message, Quote, RejectCode, Rejection, Units, limits::NEW_ACCOUNT,
};

use super::{Deposit, MAIN_POOL};
use crate::{
    exchange::Exchange,
    facts, holdings, inbox,
    open_account::{has_room, open_account},
    pacing, withdraw,
};

/// Where it goes.
enum Destination {
    /// To this account, which then holds so much.
    Existing(AccountId, Units),
    /// To a new account.
    New,
    /// Back to its owner on L1.
    Back,
}

/// As [`l1_deposit`](super::l1_deposit()), of another asset: it is held in pool 0 alone, by the account that is named if it is its
/// owner's, and stands behind no fund.
///
/// # Errors
/// As there; [`RejectCode::Overflow`] when more than 2^60 would ever have been credited of the asset.
pub(super) fn in_kind(
    x: &mut Exchange,
    message: &L1Message,
    deposit: &Deposit,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let &Deposit { asset, owner, amount, .. } = deposit;
    let (units, custody) = match check(x, asset, amount) {
        Ok(checked) => checked,
        Err(rejection) => {
            inbox::consume(&mut x.state, message);
            return Err(rejection);
        }
    };
    let destination = destination(x, deposit, units);
    if matches!(destination, Destination::Back) {
        withdraw::check_room(x)?;
    }
    inbox::consume(&mut x.state, message);
    *facts::custody_mut(&mut x.state, asset) = custody;
    let (account, held, opened) = match destination {
        Destination::Existing(account, held) => (account, held, false),
        Destination::New => {
            let account = open_account(&mut x.state, owner, MAIN_POOL, Quote::ZERO);
            pacing::begin(x, account);
            (account, units, true)
        }
        Destination::Back => {
            facts::custody_mut(&mut x.state, asset).withdrawn = holdings::debited(&custody, units);
            withdraw::add_leaf(x, AccountId(NEW_ACCOUNT), owner, (asset, amount), events);
            return Ok(());
        }
    };
    facts::account_mut(&mut x.state, account).holdings.set(asset, held);
    events.push(Event::Deposited { account, owner, asset, amount, opened });
    Ok(())
}

/// How much it is, and what is in custody of the asset afterwards.
///
/// # Errors
/// [`RejectCode::UnknownAsset`], [`RejectCode::InvalidAmount`], [`RejectCode::Overflow`].
fn check(x: &Exchange, asset: AssetId, amount: Quote) -> Result<(Units, Custody), Rejection> {
    let units = holdings::check_amount(&x.state, asset, amount)?;
    let custody = facts::custody(&x.state, asset);
    let credited = custody.credited.checked_add(units).ok_or(RejectCode::Overflow)?;
    Ok((units, Custody { credited, ..*custody }))
}

fn destination(x: &mut Exchange, deposit: &Deposit, units: Units) -> Destination {
    x.load_pool(MAIN_POOL);
    if facts::pool(&x.state, MAIN_POOL).is_ending() || !has_place(x, deposit.asset, units) {
        return Destination::Back;
    }
    if facts::has_account(&x.state, deposit.account) {
        x.load_account(deposit.account);
        let account = facts::account(&x.state, deposit.account);
        if let Some(held) = account.holdings.of(deposit.asset).checked_add(units)
            && account.owner == deposit.owner
            && account.pool == MAIN_POOL
        {
            return Destination::Existing(deposit.account, held);
        }
    }
    if has_room(&x.state) { Destination::New } else { Destination::Back }
}

/// Whether so much more of an asset may be held, where it is margin (risk.md 3.6).
fn has_place(x: &Exchange, asset: AssetId, units: Units) -> bool {
    let collateral = facts::asset(&x.state, asset).and_then(|params| params.collateral);
    let custody = facts::custody(&x.state, asset);
    // No more was withdrawn than credited.
    let held = Units(custody.credited.0 - custody.withdrawn.0);
    collateral.is_none_or(|terms| held.checked_add(units).is_some_and(|held| held <= terms.total))
}
