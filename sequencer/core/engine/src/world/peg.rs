//! What the publishers of the test exchange say of a USDC, and its guards before and after every input.

use alloc::vec::Vec;

use ballast_state::{Chain, GENESIS_INDEX, Guard, Peg, Section};
use ballast_types::{
    Event, Input, Outcome, Ppm, PriceTicks, ReportedPrice, Source, Status, codec,
    limits::{BROKEN_PEG, BROKEN_PEG_MS, WEAK_PEG, WEAK_PEG_MS},
};

use super::{PUBLISHERS, World};
use crate::{commit, exchange::Exchange};

impl World {
    /// From now on the exchange goes by what a USDC is worth.
    pub(crate) fn heed_peg(&mut self) {
        self.x.state.genesis.peg_guard = true;
        self.x.state.chain.peg = Peg::new(usize::from(PUBLISHERS));
        let genesis = codec::encode(&self.x.state.genesis);
        self.leaves.take(&[(Section::Chain, GENESIS_INDEX, Some(genesis))]);
        let changes = commit(&mut self.x);
        self.leaves.take(&changes);
    }

    /// A publisher says what a USDC is worth, in ppm, and nothing else.
    pub(crate) fn say_usdc(&mut self, from: u8, worth: u64) -> Outcome {
        self.say(
            from,
            self.time,
            alloc::vec![ReportedPrice { price: PriceTicks(worth), ..ReportedPrice::usdc(Ppm(0)) }],
        )
    }

    /// All publishers do, a tick later; what of it was told.
    pub(crate) fn peg(&mut self, worth: u64) -> Vec<Event> {
        self.time += 1;
        let mut told = Vec::new();
        for from in 0..PUBLISHERS {
            let outcome = self.say_usdc(from, worth);
            assert_eq!(outcome.status, Status::Accepted);
            told.extend(outcome.events);
        }
        told
    }
}

/// INV-76: a guard turns only at a report, `wait` after the first one since which it was to, and with a USDC on that side of its
/// bound; what changed is told once, and before all else.
pub(super) fn check(x: &Exchange, before: &Chain, input: &Input, outcome: &Outcome) {
    let told: Vec<_> =
        outcome.events.iter().filter(|event| matches!(event, Event::PegChanged { .. })).collect();
    let (was, peg) = (&before.peg, &x.state.chain.peg);
    let changed = (was.weak.on, was.broken.on, was.low) != (peg.weak.on, peg.broken.on, peg.low);
    assert_eq!(usize::from(changed), told.len(), "INV-76: {input:?} {outcome:?}");
    let Some(Event::PegChanged { price, weak, broken, low }) = told.first() else {
        let is_report =
            matches!(input.source, Source::Publisher { .. }) && outcome.status == Status::Accepted;
        assert!(is_report || was == peg, "INV-76: {input:?}");
        return;
    };
    assert_eq!((*weak, *broken, *low), (peg.weak.on, peg.broken.on, peg.low), "INV-76: {input:?}");
    assert_eq!(outcome.events.first(), told.first().copied(), "INV-76: {input:?}");
    let turns = |was: Guard, now: Guard, bound: u32, wait: u64| {
        let waited = was.since.0 != 0 && input.time.since(was.since) >= wait;
        was.on == now.on || (waited && now.on == (price.0 < bound))
    };
    let sound = turns(was.weak, peg.weak, WEAK_PEG, WEAK_PEG_MS)
        && turns(was.broken, peg.broken, BROKEN_PEG, BROKEN_PEG_MS);
    assert!(sound, "INV-76: {was:?} to {peg:?} by {input:?}");
}
