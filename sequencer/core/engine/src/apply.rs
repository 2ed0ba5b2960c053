//! The path of an input, and which file carries it out.

use alloc::vec::Vec;

use ballast_auth::Authorized;
use ballast_types::{
    Event, Input, L1Message, L1Payload, Outcome, Rejection, Status, SystemCommand, UserCommand, codec,
};

use crate::{
    authority,
    exchange::Exchange,
    grant_session::grant_session,
    inbox,
    l1_batch_posted::l1_batch_posted,
    l1_deposit::{Deposit, l1_deposit},
    operations::operations,
    report_prices::report_prices,
    revoke_session::revoke_session,
    seal_batch::seal_batch,
    sweep::sweep,
    verify::Verified,
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
pub fn apply(x: &mut Exchange, input: &Input, verified: Verified) -> Outcome {
    assert!(verified.is_of(&input.source), "seq {}: another input was verified", input.seq);
    advance(x, input);
    let mut events = Vec::new();
    let result = match verified {
        Verified::User(command) => user(x, command, &mut events),
        Verified::Publisher(report) => report_prices(x, &report, &mut events),
        Verified::L1(message) => l1(x, &message, &mut events),
        Verified::System(command) => system(x, &command, &mut events),
        Verified::Unsigned(rejection) => Err(rejection),
    };
    match result {
        Ok(()) => Outcome { status: Status::Accepted, events },
        Err(rejection) => {
            assert!(events.is_empty(), "seq {}: a rejected input has no events", input.seq);
            Outcome::rejected(rejection)
        }
    }
}

/// The place, the time and the promise move with every input (architecture A6).
fn advance(x: &mut Exchange, input: &Input) {
    let chain = &mut x.state.chain;
    assert_eq!(input.seq, chain.seq.next(), "inputs are dense");
    assert!(input.time >= chain.time, "seq {}: time runs backwards", input.seq);
    chain.seq = input.seq;
    chain.time = input.time;
    chain.promise = ballast_batch::promise::advance(chain.promise, &codec::encode(input));
}

fn user(
    x: &mut Exchange,
    command: Authorized<UserCommand>,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let (command, signer) = command.into_parts();
    x.load_account(command.account());
    let key = authority::check(&x.state, x.state.chain.time, &command, signer)?;
    authority::use_nonce(&mut x.state, &command, key);
    let number = authority::number_of(&x.state, command.account(), key);
    match &command {
        UserCommand::Operations(command) => operations(x, command, number, events),
        UserCommand::GrantSession(command) => grant_session(x, command, events),
        UserCommand::RevokeSession(command) => revoke_session(x, command, events),
        UserCommand::Withdraw(command) => withdraw(x, command, events),
    }
}

fn l1(x: &mut Exchange, message: &L1Message, events: &mut Vec<Event>) -> Result<(), Rejection> {
    inbox::check_next(&x.state, message)?;
    match message.payload {
        L1Payload::Deposit { asset, owner, account, amount } => {
            l1_deposit(x, message, &Deposit { asset, owner, account, amount }, events)
        }
        L1Payload::BatchPosted { index, batch_hash, .. } => {
            l1_batch_posted(x, message, index, batch_hash, events);
            Ok(())
        }
    }
}

fn system(x: &mut Exchange, command: &SystemCommand, events: &mut Vec<Event>) -> Result<(), Rejection> {
    match command {
        SystemCommand::SealBatch { index } => seal_batch(x, *index, events),
        SystemCommand::Sweep { orders } => sweep(x, orders, events),
    }
}
