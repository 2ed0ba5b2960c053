//! Keeps the clock of stress fed: proves samples before their blocks are too old, and dear blocks before a window ends that they
//! stretch.

use crate::{
    allowance::Allowance,
    budget::Budget,
    error::{Error, Result, Severity},
    fees::FeeCaps,
    l1::{Block, Call, L1Sender, Receipt, Upkeep},
    lane::{Lane, Sent},
    settler::Progress,
    stress::{MOST_HEADERS, PROVABLE_BLOCKS, Terms, Unproven},
};
use alloy::primitives::{Bytes, U256, utils::format_ether};
use std::sync::Arc;
use tracing::{error, info, warn};

/// What a header takes, and what a transaction takes besides, in gas.
const GAS_OF_HEADER: u64 = 100_000;
const GAS_OF_CALL: u64 = 30_000;
/// By how many times a first offer is raised at most: it counts as spent until its cost is known.
const MOST_RAISED: u128 = 4;
/// Seconds from look to look while L1 is not dear. Both ends of a congestion are looked at when they come.
const CALM_LOOK: u64 = 3_600;
/// A header that is so many blocks old is proven, however dear that is: there is as much time again for it to be mined.
const OLD: u64 = PROVABLE_BLOCKS / 2;

/// Proves stress. Ask it with [`StressProver::step`].
#[derive(Debug)]
pub struct StressProver<L> {
    l1: L,
    caps: FeeCaps,
    allowance: Allowance,
    terms: Option<Terms>,
    /// It is not looked before this time of L1, unless it becomes dear, or cheap.
    next_look: u64,
    was_dear: bool,
    /// Why it has given up.
    off: bool,
    told_spent: bool,
}

impl<L: L1Sender + Upkeep> StressProver<L> {
    /// A prover that offers no more than `caps` for a gas, and spends no more than `most_a_day` wei in a day.
    pub const fn new(l1: L, caps: FeeCaps, most_a_day: U256) -> Self {
        Self {
            l1,
            caps,
            allowance: Allowance::new(most_a_day),
            terms: None,
            next_look: 0,
            was_dear: false,
            off: false,
            told_spent: false,
        }
    }

    /// Wei that proofs took in the day before `now`.
    pub fn spent(&mut self, now: u64) -> U256 {
        self.allowance.spent(now)
    }

    /// A proof of ours came into a block.
    pub fn mined(&mut self, receipt: &Receipt) {
        self.allowance.correct(receipt.cost);
    }

    /// Proves what is due, through the lane, which must be free.
    ///
    /// # Errors
    /// Those of L1. One that makes no proof possible ever, it tells once and proves nothing more: others go on.
    pub async fn step(&mut self, lane: &mut Lane<L>, now: u64) -> Result<Progress> {
        if self.off {
            return Ok(Progress::Idle);
        }
        match self.try_step(lane, now).await {
            Err(failed) if failed.severity() == Severity::Critical => {
                error!(%failed, "stress of L1 is not proven any more: windows keep their own length unless somebody else proves it");
                self.off = true;
                Ok(Progress::Idle)
            }
            done => done,
        }
    }

    async fn try_step(&mut self, lane: &mut Lane<L>, now: u64) -> Result<Progress> {
        let (head, quote) = (self.l1.head().await?, self.l1.fees().await?);
        let terms = match self.terms {
            Some(terms) => terms,
            None => *self.terms.insert(self.l1.stress_terms().await?),
        };
        let dear = quote.base_fee >= u128::from(terms.min_base_fee);
        if dear == self.was_dear && head.time < self.next_look {
            return Ok(Progress::Idle);
        }
        let unproven = self.l1.unproven().await?;
        self.was_dear = dear;
        let wait = if dear { u64::from(terms.interval / 2).max(1) } else { CALM_LOOK };
        self.next_look = head.time.saturating_add(wait);
        if !self.is_due(&unproven, &head, &terms, dear).await? {
            return Ok(Progress::Idle);
        }
        // What a first offer pays at most.
        let offer = quote.base_fee.saturating_mul(2).saturating_add(quote.tip).min(self.caps.max_fee);
        let Some(headers) = self.affordable(&unproven, U256::from(offer), now) else {
            return Ok(Progress::TooDear);
        };
        let gas = gas(headers.len());
        // What it may become when it is raised: never more than is left of the day.
        let left = u128::try_from(self.allowance.left(now) / gas).unwrap_or(u128::MAX);
        let max_fee = offer.saturating_mul(MOST_RAISED).min(left).min(self.caps.max_fee);
        let cost = U256::from(max_fee).saturating_mul(gas);
        let proven = headers.len();
        let call = Call::Prove { clock: unproven.clock, headers: Arc::new(headers) };
        match lane.send_within(now, call, Budget::flat(FeeCaps { max_fee, ..self.caps })).await {
            Ok(Sent::Pooled(transaction)) => {
                info!(headers = proven, %transaction, "headers of L1 are being proven to the clock of stress");
                self.allowance.expect(now, cost);
                // There may be more, and this may be lost.
                self.next_look = 0;
                Ok(Progress::Sent)
            }
            Ok(Sent::TooDear) => {
                self.next_look = head.time.saturating_add(1);
                Ok(Progress::TooDear)
            }
            // L1 has moved.
            Err(Error::Reverted { reason, .. }) => {
                warn!(reason, "L1 does not take the proof now");
                self.next_look = head.time.saturating_add(1);
                Ok(Progress::Idle)
            }
            Err(error) => {
                self.next_look = 0;
                Err(error)
            }
        }
    }

    /// Whether something is to be proven now: what is old, and dear blocks once L1 is cheap again, or before a window ends.
    async fn is_due(&self, unproven: &Unproven, head: &Block, terms: &Terms, dear: bool) -> Result<bool> {
        let oldest = unproven.samples.iter().chain(&unproven.dear).map(|provable| provable.number).min();
        if oldest.is_some_and(|number| head.number.saturating_sub(number) >= OLD) {
            return Ok(true);
        }
        if unproven.dear.is_empty() {
            return Ok(false);
        }
        if !dear {
            return Ok(true);
        }
        let soon = head.time.saturating_add(u64::from(terms.interval).saturating_mul(2));
        // Where none is told, it is of a claim.
        let first = self.l1.windows().await?.iter().map(|window| window.end).min();
        Ok(first.is_none_or(|end| end <= soon))
    }

    /// The headers that the day's allowance reaches for, samples first; `None` when it reaches for none.
    fn affordable(&mut self, unproven: &Unproven, price: U256, now: u64) -> Option<Vec<Bytes>> {
        let left = self.allowance.left(now);
        let reaches = (1..=MOST_HEADERS).take_while(|count| price.saturating_mul(gas(*count)) <= left).last();
        if reaches.is_none() && !self.told_spent {
            error!(
                left = format_ether(left),
                "stress of L1 is not proven: what may be spent on it in a day is spent"
            );
        }
        self.told_spent = reaches.is_none();
        let all = unproven.samples.iter().chain(&unproven.dear);
        Some(all.take(reaches?).map(|provable| provable.header.clone()).collect())
    }
}

/// What a call with so many headers takes.
fn gas(headers: usize) -> U256 {
    U256::from(headers) * U256::from(GAS_OF_HEADER) + U256::from(GAS_OF_CALL)
}
