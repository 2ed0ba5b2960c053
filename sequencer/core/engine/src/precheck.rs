//! What admission can refuse before an input gets its place in the log.

use ballast_auth::Authorized;
use ballast_types::{Millis, Rejection, SystemCommand, UserCommand};

use crate::{
    authority, clear,
    conditionals::check_fire,
    deleverage,
    exchange::Exchange,
    exit, grant_session, guardian, inbox, liquidate, operations, report_prices, revoke_session, seal_batch,
    settlement, sweep, transfer,
    verify::{Said, Verified},
    withdraw,
};

/// Whether `verified`, taken at `time`, is worth a place in the log: its signer may speak, its form is good.
/// Total, and changes nothing. For an exchange that is held whole.
///
/// # Errors
/// The very rejection that [`apply`](crate::apply()) would answer with at that time (INV-46). What passes
/// may still be rejected there: steps of operations are not looked at, nor money.
pub fn precheck(x: &Exchange, time: Millis, verified: &Verified) -> Result<(), Rejection> {
    match verified.said() {
        Said::User(command) => user(x, time, command),
        Said::Publisher(report) => report_prices::check(&x.state, time, report),
        Said::L1(message) => inbox::check_next(x, time, message),
        Said::System(SystemCommand::SealBatch { index }) => seal_batch::check(&x.state, *index),
        Said::System(SystemCommand::Sweep { orders }) => sweep::check(x, time, orders),
        Said::System(SystemCommand::Fire { conditionals }) => check_fire(x, time, conditionals),
        Said::System(SystemCommand::Clear { market }) => clear::check(&x.state, time, *market),
        Said::System(SystemCommand::Liquidate { account }) => liquidate::check(x, time, *account),
        Said::System(SystemCommand::Deleverage { market, accounts, holders }) => {
            deleverage::check_form(x, *market, accounts, holders)
        }
        Said::System(SystemCommand::Haircut { pool, holders }) => {
            deleverage::check_haircut(x, *pool, holders)
        }
        Said::System(SystemCommand::Settle { market }) => settlement::check(&x.state, time, *market),
        Said::System(SystemCommand::SettlePositions { market, accounts }) => {
            settlement::check_positions(&x.state, time, *market, accounts)
        }
        Said::System(SystemCommand::Resolve { pool }) => settlement::check_pool(&x.state, time, *pool),
        Said::System(SystemCommand::Exit { account, market, holders }) => {
            exit::check_form(x, *account, *market, holders)
        }
        Said::Guardian(command) => guardian::check(&x.state, time, command),
        Said::Unsigned(rejection) => Err(*rejection),
    }
}

fn user(x: &Exchange, time: Millis, command: &Authorized<UserCommand>) -> Result<(), Rejection> {
    authority::check(&x.state, time, command.get(), command.signer())?;
    authority::check_stays(&x.state, command.get().account())?;
    match command.get() {
        UserCommand::Operations(command) => operations::check_form(command),
        UserCommand::GrantSession(command) => grant_session::check(&x.state, time, command),
        UserCommand::RevokeSession(command) => revoke_session::check(&x.state, command).map(drop),
        UserCommand::Withdraw(command) => withdraw::check_form(&x.state, command),
        UserCommand::Transfer(command) => transfer::check_form(command),
    }
}
