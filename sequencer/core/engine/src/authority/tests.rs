use alloc::vec;

use ballast_types::{
    AccountId, Address, AssetId, CancelFilter, GrantSession, Millis, Nonce, Operation, Operations, OrderId,
    RejectCode, Rejection, Status, UserCommand, Withdraw,
    command::scope,
    limits::{MAX_COMMAND_LIFE_MS, MAX_ENDED_SESSIONS, MAX_SESSIONS},
};

use crate::world::{BTC, PRICE, USDC, World, assert_code, assert_rejected, buy, owner};

const DAY: u64 = MAX_COMMAND_LIFE_MS;

fn key(n: u8) -> Address {
    owner(100 + n)
}

fn place() -> Operation {
    Operation::Place { market: BTC, order: buy(PRICE, 1) }
}

fn cancel() -> Operation {
    Operation::Cancel { market: BTC, order: OrderId(0) }
}

fn trade(nonce: u64, expires: u64) -> UserCommand {
    UserCommand::Operations(Operations {
        atomic: false,
        account: AccountId(0),
        nonce: Nonce(nonce),
        expires: Millis(expires),
        operations: vec![place()],
    })
}

fn status(world: &mut World, signer: Address, command: UserCommand) -> Result<(), Rejection> {
    match world.command(signer, command).status {
        Status::Accepted => Ok(()),
        Status::Rejected(rejection) => Err(rejection),
    }
}

#[test]
fn strangers_and_unknown_accounts_are_refused() {
    let mut world = World::trading(2);
    assert_rejected(world.operations_by(owner(1), 0, vec![place()]).status, RejectCode::UnknownSigner);
    assert_rejected(world.operations_by(owner(1), 2, vec![place()]).status, RejectCode::UnknownAccount);
    assert_rejected(world.operations_by(Address::ZERO, 0, vec![place()]).status, RejectCode::BadSignature);
}

#[test]
fn commands_expire_and_may_not_live_too_long() {
    let mut world = World::trading(1);
    let now = world.time;
    assert_code(status(&mut world, owner(0), trade(1, now - 1)), RejectCode::Expired);
    assert_code(status(&mut world, owner(0), trade(1, now + DAY + 1)), RejectCode::ExpiryTooFar);
    status(&mut world, owner(0), trade(1, now)).expect("not yet expired");
    status(&mut world, owner(0), trade(2, now + DAY)).expect("a day is allowed");
}

#[test]
fn a_nonce_is_used_once_also_by_a_command_that_is_rejected() {
    let mut world = World::trading(1);
    let expires = world.time + 10;
    status(&mut world, owner(0), trade(5, expires)).expect("fresh");
    assert_code(status(&mut world, owner(0), trade(5, expires)), RejectCode::NonceUsed);
    let withdraw = |amount| {
        UserCommand::Withdraw(Withdraw {
            account: AccountId(0),
            nonce: Nonce(6),
            expires: Millis(expires),
            asset: AssetId::USDC,
            amount: ballast_types::Quote(amount),
            recipient: owner(0),
        })
    };
    assert_code(status(&mut world, owner(0), withdraw(1)), RejectCode::InvalidAmount);
    assert_code(status(&mut world, owner(0), withdraw(USDC)), RejectCode::NonceUsed);
    status(&mut world, owner(0), trade(4, expires)).expect("order does not matter");
    status(&mut world, owner(0), trade(5_000, expires)).expect("far ahead");
    assert_code(status(&mut world, owner(0), trade(7, expires)), RejectCode::NonceTooOld);
}

#[test]
fn a_refused_signer_uses_no_nonce() {
    let mut world = World::trading(1);
    let now = world.time;
    assert_code(status(&mut world, key(0), trade(1, now)), RejectCode::UnknownSigner);
    assert_code(status(&mut world, owner(0), trade(1, now - 1)), RejectCode::Expired);
    status(&mut world, owner(0), trade(1, now)).expect("still fresh");
}

#[test]
fn a_session_key_does_what_its_scope_says_and_no_more() {
    let mut world = World::trading(1);
    let until = world.time + 100;
    for (n, bits) in [(0, scope::TRADE), (1, scope::CANCEL), (2, scope::ALL)] {
        assert_eq!(world.grant(owner(0), 0, key(n), until, bits), Status::Accepted);
    }
    let mut tries = |n, operations| world.operations_by(key(n), 0, operations).status;
    assert_eq!(tries(0, vec![place()]), Status::Accepted);
    assert_rejected(tries(0, vec![cancel()]), RejectCode::OutOfScope);
    assert_rejected(tries(0, vec![place(), Operation::CancelAll(CancelFilter::ALL)]), RejectCode::OutOfScope);
    assert_eq!(tries(1, vec![cancel(), Operation::CancelAll(CancelFilter::ALL)]), Status::Accepted);
    assert_rejected(tries(1, vec![place()]), RejectCode::OutOfScope);
    let replace = Operation::Replace { market: BTC, order: OrderId(0), new: buy(PRICE, 1) };
    assert_rejected(tries(1, vec![replace]), RejectCode::OutOfScope);
    assert_eq!(tries(0, vec![replace]), Status::Accepted);
    let leverage = Operation::SetLeverage { market: BTC, leverage: 2 };
    assert_rejected(tries(1, vec![leverage]), RejectCode::OutOfScope);
    assert_eq!(tries(0, vec![leverage]), Status::Accepted);
    assert_eq!(tries(2, vec![place(), cancel(), replace]), Status::Accepted);
    for n in 0..3 {
        assert_rejected(world.withdraw(key(n), 0, USDC), RejectCode::OutOfScope);
        assert_rejected(world.grant(key(n), 0, key(9), until, scope::ALL), RejectCode::OutOfScope);
        assert_rejected(world.revoke(key(n), 0, key((n + 1) % 3)), RejectCode::OutOfScope);
    }
    world.time = until + 1;
    assert_rejected(world.operations_by(key(2), 0, vec![place()]).status, RejectCode::SessionExpired);
}

#[test]
fn grants_are_checked() {
    let mut world = World::trading(1);
    let until = world.time + 100;
    assert_rejected(world.grant(owner(0), 0, key(0), until, 0), RejectCode::InvalidScope);
    assert_rejected(world.grant(owner(0), 0, key(0), until, 4 | scope::TRADE), RejectCode::InvalidScope);
    assert_rejected(
        world.grant(owner(0), 0, Address::ZERO, until, scope::ALL),
        RejectCode::InvalidSessionKey,
    );
    assert_rejected(world.grant(owner(0), 0, owner(0), until, scope::ALL), RejectCode::InvalidSessionKey);
    let past = world.time - 1;
    assert_rejected(world.grant(owner(0), 0, key(0), past, scope::ALL), RejectCode::SessionExpired);
    for n in 0..MAX_SESSIONS as u8 {
        assert_eq!(world.grant(owner(0), 0, key(n), until, scope::ALL), Status::Accepted);
    }
    assert_rejected(world.grant(owner(0), 0, key(99), until, scope::ALL), RejectCode::TooManySessions);
    assert_eq!(world.grant(owner(0), 0, key(3), until + 5, scope::TRADE), Status::Accepted, "it replaces");
    world.time = until + 1;
    assert_eq!(
        world.grant(owner(0), 0, key(99), until + 5, scope::ALL),
        Status::Accepted,
        "the others are over"
    );
}

#[test]
fn the_owner_or_the_key_itself_revokes_at_once() {
    let mut world = World::trading(1);
    let until = world.time + 100;
    for n in [0, 1] {
        assert_eq!(world.grant(owner(0), 0, key(n), until, scope::CANCEL), Status::Accepted);
    }
    assert_eq!(world.revoke(key(0), 0, key(0)), Status::Accepted);
    assert_eq!(world.revoke(owner(0), 0, key(1)), Status::Accepted);
    for n in [0, 1] {
        assert_rejected(world.operations_by(key(n), 0, vec![cancel()]).status, RejectCode::UnknownSigner);
        assert_rejected(world.revoke(owner(0), 0, key(n)), RejectCode::UnknownSession);
    }
}

#[test]
fn a_key_that_is_granted_again_cannot_repeat_itself() {
    let mut world = World::trading(1);
    let until = world.time + 10;
    let signed = trade(3, world.time + DAY);
    assert_eq!(world.grant(owner(0), 0, key(0), until, scope::ALL), Status::Accepted);
    status(&mut world, key(0), signed.clone()).expect("fresh");
    assert_eq!(world.revoke(owner(0), 0, key(0)), Status::Accepted);
    assert_code(status(&mut world, key(0), signed.clone()), RejectCode::UnknownSigner);
    assert_eq!(world.grant(owner(0), 0, key(0), until + 2 * DAY, scope::ALL), Status::Accepted);
    assert_code(status(&mut world, key(0), signed.clone()), RejectCode::NonceUsed);
    // The same when the grant is renewed, and when it ran out by itself.
    assert_eq!(world.grant(owner(0), 0, key(0), until, scope::TRADE), Status::Accepted);
    assert_code(status(&mut world, key(0), signed.clone()), RejectCode::NonceUsed);
    world.time = until + 1;
    assert_eq!(world.grant(owner(0), 0, key(0), until + 2 * DAY, scope::ALL), Status::Accepted);
    assert_code(status(&mut world, key(0), signed), RejectCode::NonceUsed);
}

#[test]
fn ended_keys_are_forgotten_only_when_all_they_signed_has_expired() {
    let mut world = World::trading(1);
    let first = world.time;
    let signed = trade(3, first + DAY);
    let keys = (MAX_SESSIONS + MAX_ENDED_SESSIONS) as u8;
    for n in 0..keys {
        assert_eq!(world.grant(owner(0), 0, key(n), first + 3 * DAY, scope::ALL), Status::Accepted);
        status(&mut world, key(n), signed.clone()).expect("fresh");
        assert_eq!(world.revoke(owner(0), 0, key(n)), Status::Accepted);
    }
    // There is room for nobody else while their commands live.
    world.time = first + DAY;
    let later = first + 3 * DAY;
    assert_rejected(world.grant(owner(0), 0, key(keys), later, scope::ALL), RejectCode::TooManySessions);
    world.time += 1;
    assert_eq!(world.grant(owner(0), 0, key(keys), later, scope::ALL), Status::Accepted);
    assert_eq!(crate::facts::trader(&world.x.state, AccountId(0)).seldom.sessions.len(), 1);
    assert_eq!(world.grant(owner(0), 0, key(0), later, scope::ALL), Status::Accepted);
    assert_code(status(&mut world, key(0), signed), RejectCode::Expired);
}

#[test]
fn a_revoked_key_that_signed_nothing_leaves_no_trace() {
    let mut world = World::trading(1);
    let until = world.time + DAY;
    for n in 0..40 {
        assert_eq!(world.grant(owner(0), 0, key(n), until, scope::ALL), Status::Accepted);
        assert_eq!(world.revoke(owner(0), 0, key(n)), Status::Accepted);
    }
    assert!(crate::facts::trader(&world.x.state, AccountId(0)).seldom.sessions.is_empty());
}

#[test]
fn a_grant_is_used_once() {
    let mut world = World::trading(1);
    let grant = UserCommand::GrantSession(GrantSession {
        account: AccountId(0),
        nonce: Nonce(900),
        expires: Millis(world.time + 50),
        key: key(0),
        valid_until: Millis(world.time + 50),
        scope: scope::ALL,
    });
    status(&mut world, owner(0), grant.clone()).expect("fresh");
    assert_eq!(world.revoke(owner(0), 0, key(0)), Status::Accepted);
    assert_code(status(&mut world, owner(0), grant), RejectCode::NonceUsed);
}
