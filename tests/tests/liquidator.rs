//! Whatever the engine does to an account, the index of the liquidator hears of it.

use ballast_auth::K256;
use ballast_engine::{Exchange, apply, verify};
use ballast_node::liquidator::Liquidator;
use ballast_state::State;
use ballast_tests::{scan::below, stream::Stream};
use ballast_types::{AccountId, Event, MarketId, OracleState, Outcome, PriceTicks, Status};

const ACCOUNTS: u64 = 8;
const INPUTS: usize = 1_500;

#[test]
fn after_any_input_it_finds_whom_a_scan_finds_at_any_price() {
    let mut moved = 0;
    for seed in 0..2 {
        eprintln!("seed {seed}");
        let (mut stream, genesis) = Stream::new(seed, ACCOUNTS, 3);
        let mut exchange = Exchange::genesis(&genesis).expect("the genesis is sound");
        let mut index = Liquidator::of(&exchange);
        let (opening, mut named) = (stream.opening(), 0);
        for n in 0..INPUTS {
            let input = opening.get(n).cloned().unwrap_or_else(|| stream.next_input());
            let verified = verify(&K256, exchange.separator(), &input.source);
            let outcome = apply(&mut exchange, &input, &verified);
            moved +=
                outcome.events.iter().filter(|event| matches!(event, Event::MarginChanged { .. })).count();
            index.follow(&outcome);
            assert_eq!(sorted(index.below(&exchange)), below(&exchange.state), "input {n}");
            // What it would find if the prices jumped now. The index that goes on has not seen them.
            for (market, percent) in [(0, 1), (1, 1), (2, 1), (0, 10_000), (1, 10_000), (2, 10_000)] {
                let (mut other, mut jumped) = (exchange.clone(), index.clone());
                jumped.follow(&jump(&mut other.state, MarketId(market), percent));
                let found = sorted(jumped.below(&other));
                assert_eq!(found, below(&other.state), "input {n}, market {market} at {percent}%");
                named += found.len();
            }
        }
        assert!(named > INPUTS, "the jumps leave somebody below");
    }
    assert!(moved > 0, "no hour moved a margin");
}

fn jump(state: &mut State, id: MarketId, percent: u64) -> Outcome {
    let market = state.markets.get_mut(id.0.into()).expect("it is listed");
    market.mark = PriceTicks(market.mark.0 * percent / 100);
    let mark = market.mark;
    let event = Event::PriceUpdated { market: id, index: mark, mark, oracle: OracleState::Fresh };
    Outcome { status: Status::Accepted, events: vec![event] }
}

fn sorted(mut accounts: Vec<AccountId>) -> Vec<AccountId> {
    accounts.sort_unstable();
    accounts
}
