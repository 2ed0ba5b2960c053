//! INV-10: when the ladder has had its time, nobody owes whose prices are good for it.

use ballast_auth::K256;
use ballast_engine::{Exchange, apply, is_believed, oracle_state, verify};
use ballast_node::ladder::Ladder;
use ballast_state::Account;
use ballast_tests::{scan::stand, stream::Stream};
use ballast_types::{AccountId, Event, Input, MarketId, Millis, OracleState, PriceTicks, Source, Status};

const ACCOUNTS: u64 = 8;
const INPUTS: usize = 1_500;
/// Inputs between two looks.
const EVERY: usize = 25;
/// More than all accounts together need of one gap.
const STEPS: usize = 1_000;

#[test]
fn when_the_ladder_has_had_its_time_nobody_owes_whose_price_is_fresh() {
    let (mut owed, mut told) = (0, [0; 2]);
    for seed in 0..4 {
        eprintln!("seed {seed}");
        let (mut stream, genesis) = Stream::new(seed, ACCOUNTS, 3);
        let mut exchange = Exchange::genesis(&genesis).expect("the genesis is sound");
        let opening = stream.opening();
        for n in 0..INPUTS {
            let input = opening.get(n).cloned().unwrap_or_else(|| stream.next_input());
            let verified = verify(&K256, exchange.separator(), &input.source);
            apply(&mut exchange, &input, &verified);
            if n % EVERY != 0 {
                continue;
            }
            // What would be if a price jumped now, and all publishers agreed on it at once.
            for (market, percent) in [(0, 50), (1, 50), (2, 50), (0, 300), (1, 300), (2, 300)] {
                let mut other = exchange.clone();
                jump(&mut other, MarketId(market), percent);
                owed += owing(&other).len();
                for event in liquidate(&mut other) {
                    told[0] += usize::from(matches!(event, Event::Deleveraged { .. }));
                    told[1] += usize::from(matches!(event, Event::PoolPaused { .. }));
                }
                assert_eq!(owing(&other), [], "input {n}, market {market} at {percent}%");
            }
        }
    }
    assert!(owed > 40 && told.iter().all(|count| *count > 10), "{owed} owed, {told:?}");
}

/// The price of a market jumps, and all markets have a fresh one.
fn jump(exchange: &mut Exchange, id: MarketId, percent: u64) {
    let state = &mut exchange.state;
    let market = state.markets.get_mut(id.0.into()).expect("it is listed");
    market.mark = PriceTicks((market.mark.0 * percent / 100).max(1));
    for index in 0..u32::from(state.chain.markets) {
        let market = state.markets.get_mut(index).expect("it is listed");
        (market.mark_time, market.oracle) = (state.chain.time, OracleState::Fresh);
    }
}

/// The ladder takes its steps until it has none for a while.
fn liquidate(exchange: &mut Exchange) -> Vec<Event> {
    let (mut ladder, mut now, mut events) = (Ladder::of(exchange), exchange.state.chain.time, Vec::new());
    for _ in 0..STEPS {
        let Some(command) = ladder.due(exchange, now, &|_| None) else {
            if ladder.next().is_none_or(|next| next.0 > now.0 + 100) {
                return events;
            }
            now = Millis(now.0 + 20);
            continue;
        };
        let source = Source::System(command.clone());
        let input = Input { seq: exchange.state.chain.seq.next(), time: now, source };
        let verified = verify(&K256, exchange.separator(), &input.source);
        let outcome = apply(exchange, &input, &verified);
        ladder.follow(&outcome);
        if outcome.status != Status::Accepted {
            ladder.forget(&command, now);
        }
        events.extend(outcome.events);
    }
    panic!("the ladder comes to no end: {:?}", &events[events.len() - 10..]);
}

/// Who owes, at prices that are good for a tear-up.
fn owing(exchange: &Exchange) -> Vec<AccountId> {
    let (state, now) = (&exchange.state, exchange.state.chain.time);
    let is_good = |id: MarketId| {
        let market = state.markets.get(id.0.into()).expect("it is listed");
        oracle_state(market, now) == OracleState::Fresh && is_believed(state, now, id)
    };
    let owes = |account: &Account| {
        stand(state, account).equity < 0 && account.positions.iter().all(|held| is_good(held.market))
    };
    state.accounts.iter().filter(|(_, account)| owes(account)).map(|(id, _)| AccountId(id)).collect()
}
