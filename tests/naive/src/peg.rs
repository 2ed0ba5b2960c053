//! What a USDC is worth, and what follows when it is worth too little (protocol, "Peg").

use std::{collections::BTreeMap, rc::Rc};

use ballast_types::{Event, Millis, PriceReport, RejectCode, Rejection, ReportedPrice, USDC};

use crate::{exchange::Exchange, numbers::refuse};

/// A price of more dollars than these is refused, in ppm.
const MAX_WORTH: u64 = 2_000_000;
/// Reports count so long, in ms.
const COUNTS_MS: u64 = 3_000;
/// What a USDC may be worth before anything follows, in ppm.
const WEAK: i128 = 990_000;

/// Which of the two guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Initial margin is more.
    Weak,
    /// Every market is reduce-only.
    Broken,
}

impl Guard {
    /// Below this it is to be on, in ppm.
    const fn bound(self) -> i128 {
        match self {
            Self::Weak => WEAK,
            Self::Broken => 970_000,
        }
    }

    /// Once that was so, or was not so, for so long, in ms.
    const fn wait(self) -> u64 {
        match self {
            Self::Weak => 60_000,
            Self::Broken => 600_000,
        }
    }
}

/// All that was said of it.
#[derive(Clone, Debug, Default)]
pub struct Peg {
    /// Each publisher's latest price, in ppm of a dollar, and when it was seen.
    pub said: BTreeMap<u8, (i128, Millis)>,
    /// `D` at each report at which there was one.
    pub worth: Rc<Vec<(Millis, i128)>>,
    /// The places in that list at which each guard went on or off.
    turned: [Vec<usize>; 2],
}

impl Peg {
    /// Whether a guard is on: it was off at first.
    #[must_use]
    pub fn is_on(&self, guard: Guard) -> bool {
        self.turned[guard as usize].len() % 2 == 1
    }

    /// `low`, in ppm.
    #[must_use]
    pub fn low(&self) -> i128 {
        let turned = &self.turned[Guard::Weak as usize];
        let Some(from) = turned.last().filter(|_| self.is_on(Guard::Weak)) else { return WEAK };
        let lowest = self.worth[*from..].iter().map(|(_, worth)| *worth).min();
        lowest.map_or(WEAK, |worth| worth - worth % 1_000)
    }

    /// What markets ask as initial margin because of it, in ppm.
    #[must_use]
    pub fn factor(&self) -> u32 {
        u32::try_from(1_000_000 + 4 * (WEAK - self.low())).expect("at most 4,960,000")
    }

    /// The newest of what it was worth: a guard may turn.
    fn look(&mut self, guard: Guard) {
        let on = self.is_on(guard);
        let turned = self.turned[guard as usize].last().map_or(0, |place| place + 1);
        let differs = |worth: i128| (worth < guard.bound()) != on;
        let since = self.worth[turned..].iter().rev().take_while(|(_, worth)| differs(*worth)).last();
        if let (Some((since, _)), Some((now, _))) = (since, self.worth.last())
            && now.0 - since.0 >= guard.wait()
        {
            self.turned[guard as usize].push(self.worth.len() - 1);
        }
    }
}

impl Exchange {
    /// The same exchange where publishers tell what a USDC is worth.
    #[must_use]
    pub fn minding_peg(mut self) -> Self {
        self.peg = Some(Peg::default());
        self
    }

    /// Refuses what a report may not say of USDC.
    pub(crate) fn check_worth(&self, report: &PriceReport, said: &ReportedPrice) -> Result<(), Rejection> {
        let Some(peg) = &self.peg else {
            return refuse(RejectCode::UnknownMarket, said.market.0, self.markets.len() as u64);
        };
        if !(1..=MAX_WORTH).contains(&said.price.0) {
            return refuse(RejectCode::InvalidPrice, said.price.0, 0);
        }
        if let Some(perp) = said.perp {
            return refuse(RejectCode::InvalidPrice, perp.0, 0);
        }
        if let Some((_, last)) = peg.said.get(&report.publisher)
            && report.time <= *last
        {
            return refuse(RejectCode::ReportTooOld, report.time.0, last.0);
        }
        Ok(())
    }

    /// A price report was accepted: what a USDC is worth is looked at.
    pub(crate) fn look_at_peg(&mut self, report: &PriceReport) -> Option<Event> {
        let (now, quorum) = (self.time, self.quorum);
        let peg = self.peg.as_mut()?;
        if let Some(said) = report.prices.iter().find(|said| said.market == USDC) {
            peg.said.insert(report.publisher, (i128::from(said.price.0), report.time));
        }
        let counts = |time: &Millis| time.0 + COUNTS_MS >= now.0;
        let mut said: Vec<i128> =
            peg.said.values().filter(|(_, time)| counts(time)).map(|(worth, _)| *worth).collect();
        if said.len() < quorum {
            return None;
        }
        said.sort_unstable();
        let worth = said[said.len().div_ceil(2) - 1];
        let told = |peg: &Peg| (peg.is_on(Guard::Weak), peg.is_on(Guard::Broken), peg.low());
        let before = told(peg);
        Rc::make_mut(&mut peg.worth).push((now, worth));
        peg.look(Guard::Weak);
        peg.look(Guard::Broken);
        let (weak, broken, low) = told(peg);
        let ppm = |x: i128| u32::try_from(x).map(ballast_types::Ppm).expect("at most 2 * 10^6");
        (before != told(peg)).then(|| Event::PegChanged { price: ppm(worth), weak, broken, low: ppm(low) })
    }
}
