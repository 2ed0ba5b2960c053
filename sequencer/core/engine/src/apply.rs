//! The path of an input, and which file carries it out.

use alloc::vec::Vec;

use ballast_auth::Authorized;
use ballast_types::{
    B256, Event, Input, L1Message, L1Payload, Outcome, Rejection, Status, SystemCommand, UserCommand,
};

use crate::{
    authority,
    clear::clear,
    conditionals::fire,
    deleverage::{deleverage, haircut},
    exchange::Exchange,
    exit::{exit, load_due},
    grant_session::grant_session,
    guardian::guardian,
    inbox,
    l1_batch_posted::l1_batch_posted,
    l1_deposit::{Deposit, l1_deposit},
    l1_forced::{Forced, l1_forced},
    l1_governance::l1_governance,
    liquidate::liquidate,
    operations::operations,
    report_prices::report_prices,
    revoke_session::revoke_session,
    seal_batch::seal_batch,
    settlement::{resolve, settle, settle_positions},
    sweep::sweep,
    transfer::transfer,
    verify::{Said, Verified},
    withdraw::withdraw,
};

/// Moves the exchange by one input, whose signature has been dealt with, and says what happened.
///
/// Total: every input, however malformed, moves `seq`, `time` and `promise` and returns an outcome (INV-39).
/// One that is rejected changes nothing else, but for the nonce of a signer who was entitled to speak, and
/// for the place of a message of L1 in its inbox (INV-40).
///
/// # Panics
/// When the caller, not the input, is wrong: the input is not the next one, its time runs backwards, or
/// `verified` is not [`verify`](crate::verify()) of its source. Whoever takes inputs from outside checks first.
pub fn apply(x: &mut Exchange, input: &Input, verified: &Verified) -> Outcome {
    let mut events = Vec::new();
    let status = apply_into(x, input, verified, &mut events);
    Outcome { status, events }
}

/// As [`apply`], with the events put into a list of the caller's, which is emptied first: where nothing grows, nothing
/// is allocated.
///
/// # Panics
/// As [`apply`].
pub fn apply_into(x: &mut Exchange, input: &Input, verified: &Verified, events: &mut Vec<Event>) -> Status {
    assert!(verified.is_of(&input.source), "seq {}: another input was verified", input.seq);
    events.clear();
    let chain = x.state.chain.promise;
    advance(x, input, verified.hash());
    let result = match verified.said() {
        Said::User(command) => user(x, command, events),
        Said::Publisher(report) => report_prices(x, report, events),
        Said::L1(message) => l1(x, message, events),
        Said::System(command) => system(x, command, chain, events),
        Said::Guardian(command) => guardian(x, command, events),
        Said::Unsigned(rejection) => Err(*rejection),
    };
    match result {
        Ok(()) => Status::Accepted,
        Err(rejection) => {
            assert!(events.is_empty(), "seq {}: a rejected input has no events", input.seq);
            Status::Rejected(rejection)
        }
    }
}

/// The place, the time and the promise move with every input (architecture A6).
fn advance(x: &mut Exchange, input: &Input, source_hash: B256) {
    let chain = &mut x.state.chain;
    assert_eq!(input.seq, chain.seq.next(), "inputs are dense");
    assert!(input.time >= chain.time, "seq {}: time runs backwards", input.seq);
    chain.seq = input.seq;
    chain.time = input.time;
    chain.promise = ballast_batch::promise::advance(chain.promise, input.seq, input.time, source_hash);
}

fn user(
    x: &mut Exchange,
    command: &Authorized<UserCommand>,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let (command, signer) = (command.get(), command.signer());
    x.load_account(command.account());
    let key = authority::check(&x.state, x.state.chain.time, command, signer)?;
    authority::use_nonce(&mut x.state, command, key);
    authority::check_stays(&x.state, command.account())?;
    let number = authority::number_of(&x.state, command.account(), key);
    match command {
        UserCommand::Operations(command) => operations(x, command, number, events),
        UserCommand::GrantSession(command) => grant_session(x, command, events),
        UserCommand::RevokeSession(command) => revoke_session(x, command, events),
        UserCommand::Withdraw(command) => withdraw(x, command, events),
        UserCommand::Transfer(command) => transfer(x, command, events),
    }
}

fn l1(x: &mut Exchange, message: &L1Message, events: &mut Vec<Event>) -> Result<(), Rejection> {
    load_due(x);
    inbox::check_next(x, x.now(), message)?;
    match message.payload {
        L1Payload::Deposit { asset, owner, account, amount } => {
            l1_deposit(x, message, &Deposit { asset, owner, account, amount }, events)
        }
        L1Payload::BatchPosted { index, batch_hash, .. } => {
            l1_batch_posted(x, message, index, batch_hash, events);
            Ok(())
        }
        L1Payload::Forced { request, sender, account, recipient, asset, amount } => {
            l1_forced(x, message, &Forced { request, sender, account, recipient, asset, amount }, events)
        }
        L1Payload::Governance(call) => {
            l1_governance(x, message, call, events);
            Ok(())
        }
    }
}

/// `chain` is the promise chain before the input.
fn system(
    x: &mut Exchange,
    command: &SystemCommand,
    chain: B256,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    match command {
        SystemCommand::SealBatch { index } => seal_batch(x, *index, events),
        SystemCommand::Sweep { orders } => sweep(x, orders, events),
        SystemCommand::Fire { conditionals } => fire(x, conditionals, events),
        SystemCommand::Clear { market } => clear(x, *market, chain, events),
        SystemCommand::Liquidate { account } => liquidate(x, *account, events),
        SystemCommand::Deleverage { market, accounts, holders } => {
            deleverage(x, *market, accounts, holders, events)
        }
        SystemCommand::Settle { market } => settle(x, *market, events),
        SystemCommand::SettlePositions { market, accounts } => settle_positions(x, *market, accounts, events),
        SystemCommand::Resolve { pool } => resolve(x, *pool, events),
        SystemCommand::Haircut { pool, holders } => haircut(x, *pool, holders, events),
        SystemCommand::Exit { account, market, holders } => exit(x, *account, *market, holders, events),
    }
}
