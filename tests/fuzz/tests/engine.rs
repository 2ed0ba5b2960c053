//! The engine on any stream of inputs: it never panics, every invariant holds after each of them, and what an input
//! did is the same the next time.

use ballast_engine::{Exchange, invariants};
use ballast_fuzz::{
    Draw, bytes,
    exchange::{PUBLISHERS, START, carry_out, empty},
    sources::{ACCOUNTS, Known, deposit, prices, source},
    times,
};
use ballast_types::{Event, Input, Millis, Outcome};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::panic::AssertUnwindSafe;

fn known(exchange: &Exchange, now: Millis) -> Known {
    let chain = &exchange.state.chain;
    Known { seq: chain.seq.0, l1_count: chain.l1_count, batch: chain.batch, now }
}

/// Accounts with money, markets with a price.
fn opened() -> Exchange {
    let mut exchange = empty();
    for account in 0..ACCOUNTS {
        let source = deposit(&known(&exchange, START), account);
        carry_out(&mut exchange, START, source);
    }
    for place in 0..PUBLISHERS {
        let source = prices(&known(&exchange, START), place);
        carry_out(&mut exchange, START, source);
    }
    exchange
}

fn stream(bytes: &[u8], exchange: &mut Exchange) -> Vec<(Input, Outcome)> {
    let (mut draw, mut log, mut now) = (Draw::new(bytes), Vec::new(), START);
    while !draw.is_over() {
        let wait = if draw.rarely(128) { draw.number() } else { u64::from(draw.below(50)) };
        now = Millis(now.0.saturating_add(wait));
        let source = source(&mut draw, &known(exchange, now));
        log.push(carry_out(exchange, now, source));
        if let Err(violation) = invariants::check(exchange) {
            panic!("{violation} after {:?}", log.last());
        }
    }
    log
}

#[test]
fn apply() {
    let opened = AssertUnwindSafe(opened());
    bolero::check!().with_iterations(times(400)).with_generator(bytes(6_000)).for_each(|bytes| {
        let mut exchange = Exchange::clone(&opened);
        let log = stream(bytes, &mut exchange);
        let mut again = Exchange::clone(&opened);
        for (input, outcome) in &log {
            assert_eq!(&carry_out(&mut again, input.time, input.source.clone()).1, outcome);
        }
        assert_eq!(again.state.chain, exchange.state.chain);
    });
}

/// Random streams are worth something: they trade. Their bytes are always the same.
#[test]
fn streams_trade() {
    let (opened, mut rng) = (opened(), ChaCha8Rng::seed_from_u64(1));
    let mut fills = 0;
    for _ in 0..300 {
        let mut bytes = vec![0; 6_000];
        rng.fill_bytes(&mut bytes);
        let log = stream(&bytes, &mut opened.clone());
        let events = log.iter().flat_map(|(_, outcome)| &outcome.events);
        fills += events.filter(|event| matches!(event, Event::Fill { .. })).count();
    }
    assert!(fills > 200, "streams that hardly trade try little: {fills} fills");
}
