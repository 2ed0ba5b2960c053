//! How prices move in random streams, and what comes to its end there.

use ballast_types::{
    Address, Event, ForcedRequest, GovernanceCall, L1Payload, MarketId, Millis,
    limits::{
        BROKEN_PEG_MS, JUMP_MS, SETTLEMENT_GRACE_MS, SETTLEMENT_MS, SIGNER_NOTICE_MS, UNCERTAIN_BATCHING_MS,
        WEAK_PEG_MS,
    },
};

use crate::{
    governance::{Action, GUARDIAN, PUBLISHER},
    is_in_grace,
    world::{ALT, BTC, MEME, PUBLISHERS, World, owner},
};

/// The price moves far, and the publishers agree until it is believed.
pub(super) fn gap(world: &mut World, market: MarketId, by: i16) {
    let Some(listed) = world.x.state.markets.get(u32::from(market.0)) else { return };
    let index = listed.index.0;
    let to = index.saturating_add_signed(i64::try_from(index).expect("small") * i64::from(by) / 1_000);
    let prices = [(market, to.clamp(100, 5_000_000))];
    world.try_prices(&prices);
    for wait in [JUMP_MS, UNCERTAIN_BATCHING_MS] {
        world.time += wait;
        world.try_prices(&prices);
    }
}

/// The running hour ends at another price, of a market that follows its index.
pub(super) fn hour(world: &mut World, market: MarketId, by: i8) {
    let [index, other] =
        [BTC, ALT].map(|id| world.x.state.markets.get(u32::from(id.0)).expect("listed").index.0);
    let to = index.saturating_add_signed(i64::try_from(index).expect("small") * i64::from(by) / 1_000);
    let prices = [(BTC, to.clamp(100, 5_000_000)), (ALT, other)];
    if market == BTC {
        drop(world.end_hour(&prices));
    } else {
        drop(world.say_around_hour(&[-9_000, -1_000, 11_000], &prices));
    }
}

/// Everybody says the same price for a while, and what waits is cleared.
pub(super) fn steady(world: &mut World, market: MarketId, seconds: u8) {
    let Some(listed) = world.x.state.markets.get(u32::from(market.0)) else { return };
    let prices = [(market, listed.index.0)];
    for _ in 0..seconds % 48 {
        world.time += 999;
        world.try_prices(&prices);
    }
    drop(world.clear(market));
}

/// The publishers say what a USDC is worth, rarely all of them the same; after the wait of a guard they say it again, and the
/// price of a market, so that it follows. Where the exchange does not go by it they are refused.
pub(super) fn usdc(world: &mut World, worth: u8, kind: u8) {
    let worth = match kind % 8 {
        0..3 => 1_000_000,
        3 | 4 => 989_999 - u64::from(worth),
        5 | 6 => 969_999 - 400 * u64::from(worth),
        _ => 10_000 * u64::from(worth),
    };
    let waits = [0, WEAK_PEG_MS, BROKEN_PEG_MS];
    for wait in waits.into_iter().take(1 + usize::from(kind / 8 % 3)) {
        world.time += wait + 1;
        for from in 0..PUBLISHERS {
            let other = if kind >= 224 && from == 1 { worth / 2 } else { worth };
            drop(world.say_usdc(from, other));
        }
        for market in [BTC, MEME] {
            if let Some(listed) = world.x.state.markets.get(u32::from(market.0)) {
                let index = listed.index.0;
                world.try_prices(&[(market, index)]);
            }
        }
    }
}

/// Mostly its owner asks, and more often for a withdrawal than for an exit.
pub(super) fn force(world: &mut World, account: u32, request: u8, amount: u32) {
    let what = match request % 8 {
        0 => ForcedRequest::CancelAll,
        1..4 => ForcedRequest::Withdraw,
        4..6 => ForcedRequest::Exit,
        _ => ForcedRequest::Liquidate,
    };
    if request < 240 {
        drop(world.force(what, account, i64::from(amount) * 20));
    } else {
        drop(world.force_by(owner(9), what, account, Address::ZERO, i64::from(amount)));
    }
}

/// Mostly of an account that exits, if one does, and where it has a position.
pub(super) fn exit(world: &mut World, market: MarketId, pick: u8) {
    let accounts = 0..world.x.state.chain.accounts;
    let mut exiting: alloc::vec::Vec<u32> = accounts.clone().filter(|id| world.is_exiting(*id)).collect();
    if pick < 16 || exiting.is_empty() {
        exiting = accounts.collect();
    }
    let account = exiting[usize::from(pick) % exiting.len()];
    let held = world.x.state.accounts.get(account).and_then(|account| account.positions.first());
    let market = held.filter(|_| !pick.is_multiple_of(4)).map_or(market, |held| held.market);
    drop(world.exit(account, market));
}

/// Somebody else signs, now and then as soon as he may.
fn replace(world: &mut World, subject: u8, by: u8) {
    let (action, subject) =
        if subject % 4 == 3 { (GUARDIAN, u16::from(by / 224)) } else { (PUBLISHER, u16::from(subject % 4)) };
    let value = u64::from(by) % (u64::from(world.x.state.chain.accounts) + 1);
    let call = GovernanceCall { action, subject, value };
    drop(world.l1(L1Payload::Governance(call)));
    if by.is_multiple_of(4) {
        world.time += SIGNER_NOTICE_MS;
        drop(world.governed());
    }
}

/// Mostly within the bounds of what there is, and of those that may be loosened more often than an end is announced.
pub(super) fn govern(world: &mut World, action: u8, subject: u8, by: u8) {
    let number = match action % 16 {
        number @ 0..4 | number @ 6..10 => number,
        10..13 => action % 4,
        13..15 => return replace(world, subject, by),
        _ => [5, 4, 255][usize::from(subject % 3)],
    };
    let subject = u16::from(subject % 3);
    let known = Action::of(number).filter(|action| {
        let state = &world.x.state;
        subject < action.subjects(state)
    });
    let bounds = known.and_then(|action| action.bounds(&world.x.state, subject, Millis(world.time)));
    let [least, most] = bounds.unwrap_or([0, 1_000_000]);
    let value = match by {
        0..8 => most.saturating_add(1),
        8..16 => known.and_then(|action| action.current(&world.x.state, subject)).unwrap_or(7),
        _ if number == 5 => least,
        _ => least + most.saturating_sub(least).min(1 << 48) * u64::from(by) / 255,
    };
    let call = GovernanceCall { action: number, subject, value };
    let events = world.l1(L1Payload::Governance(call)).events;
    if let [Event::ChangeScheduled(_, at)] = events[..]
        && by.is_multiple_of(4)
    {
        world.time = world.time.max(at.0);
        drop(world.governed());
    }
}

/// Now and then nobody says anything for a day, and a market settles; else what has settled goes on to its end.
pub(super) fn end(world: &mut World, market: MarketId, kind: u8, pick: u8) {
    if kind.is_multiple_of(12) {
        world.time += SETTLEMENT_MS;
        drop(world.settle(market));
        return;
    }
    let accounts = 0..world.x.state.chain.accounts;
    let some: alloc::vec::Vec<u32> = accounts.filter(|id| u32::from(pick) >> (id % 8) & 1 == 1).collect();
    // Half of the time not before there can be any.
    let listed = world.x.state.markets.get(u32::from(market.0));
    if kind % 4 == 2 && listed.is_some_and(|listed| is_in_grace(listed, Millis(world.time))) {
        world.time += SETTLEMENT_GRACE_MS;
    }
    drop(match kind % 4 {
        0 => world.settle(market),
        1 | 2 => world.settle_positions(market, &some),
        _ => world.resolve(ballast_types::PoolId(u16::from(pick % 3))),
    });
}
