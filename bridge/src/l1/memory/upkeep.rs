//! Verdicts, rejections, freezes, stress and claims under the rules of their contracts; what is stressed is said by whoever owns
//! the chain, and bonds are not counted.

use super::{MemoryL1, ledger::Ledger};
use crate::{
    bindings::Rollup::{self, RollupErrors as E},
    error::Result,
    escape::{Freeze, Proposal, Reason},
    l1::{Block, Call, Upkeep, Verdict, revert::refused},
    stress::{Provable, Terms, Unproven, Window},
};
use alloy::primitives::{Address, B256, Bytes, U256};
use ballast_batch::{BatchHeader, EscapeClaim};
use ballast_types::L1Payload;
use std::collections::BTreeSet;

/// Seconds for which a forced request may be passed over, or no batch be posted.
pub const FORCED_DEADLINE: u64 = 3_600;
/// What the clock of stress was deployed with.
pub const STRESS_TERMS: Terms =
    Terms { min_base_fee: 20_000_000_000, multiple: 8, interval: 600, reference_step: 64 };
/// Where the clock of stress is.
pub const STRESS_CLOCK: Address = Address::repeat_byte(0xc1);

/// What the contracts know besides, at the end of a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Upkept {
    /// Batches that were judged invalid.
    invalid: BTreeSet<B256>,
    /// Headers that could be proven.
    samples: Vec<Provable>,
    dear: Vec<Provable>,
    windows: Vec<Window>,
    /// Claims, with the block of each.
    claims: Vec<(u64, Proposal)>,
    accepted: Option<B256>,
}

impl MemoryL1 {
    /// Somebody's word is that a batch is invalid, as of the latest block.
    pub fn judge_invalid(&self, batch_hash: B256) {
        self.keep(|kept| {
            kept.invalid.insert(batch_hash);
        });
    }

    /// These headers can be proven, and these windows are open, from the latest block on. A proof makes an end of the headers
    /// that it holds.
    pub fn stress(&self, samples: Vec<Provable>, dear: Vec<Provable>, windows: Vec<Window>) {
        self.keep(|kept| (kept.samples, kept.dear, kept.windows) = (samples, dear, windows));
    }

    /// Somebody proposes a claim, in the latest block.
    pub fn propose(&self, claim: EscapeClaim, proposer: Address) {
        let mut world = self.lock();
        let mined = world.blocks.last_mut().expect("the chain has a first block");
        let Block { number, time, .. } = mined.block;
        mined.ledger.upkept.claims.push((number, Proposal { claim, proposer, proposed_at: time }));
    }

    /// A claim is accepted, in the latest block.
    pub fn accept(&self, claim: B256) {
        self.keep(|kept| kept.accepted = Some(claim));
    }

    /// All batches become final, whatever their windows, as of the latest block.
    pub fn settle(&self) {
        let mut world = self.lock();
        let ledger = &mut world.blocks.last_mut().expect("the chain has a first block").ledger;
        ledger.finalized = ledger.batches.len() as u64;
    }

    fn keep(&self, change: impl FnOnce(&mut Upkept)) {
        let mut world = self.lock();
        change(&mut world.blocks.last_mut().expect("the chain has a first block").ledger.upkept);
    }
}

impl Ledger {
    /// What is said of a batch in a block of this time.
    pub(super) fn verdict(&self, batch_hash: B256, time: u64) -> Verdict {
        if self.upkept.invalid.contains(&batch_hash) || self.demanding.fallen(batch_hash, time) {
            return Verdict::Invalid;
        }
        Verdict::Undisputed
    }

    /// Whether the contracts would take the call in a block of this time; others than these are looked at elsewhere.
    pub(super) fn check_upkeep(&self, time: u64, call: &Call) -> Result<()> {
        let checked = match call {
            Call::Reject { index, previous } => self.check_rejection(time, *index, previous),
            Call::Freeze(reason) => self.check_freeze(time, *reason),
            _ => Ok(()),
        };
        checked.map_err(|error| refused(&error))
    }

    fn check_rejection(&self, time: u64, index: u64, previous: &BatchHeader) -> Result<(), E> {
        let count = self.batches.len() as u64;
        let unknown = || E::UnknownBatch(Rollup::UnknownBatch { index, count });
        let place = usize::try_from(index).map_err(|_| unknown())?;
        let hash = self.batches.get(place).ok_or_else(unknown)?.posted.hash();
        if index < self.finalized {
            return Err(E::AlreadyFinal(Rollup::AlreadyFinal { index }));
        }
        if self.verdict(hash, time) != Verdict::Invalid {
            return Err(E::NotInvalid(Rollup::NotInvalid { index, status: 0 }));
        }
        let (given, expected) = (previous.hash(), self.batches[place - 1].posted.hash());
        if given != expected {
            return Err(E::WrongPreviousHash(Rollup::WrongPreviousHash { given, expected }));
        }
        Ok(())
    }

    fn check_freeze(&self, time: u64, reason: Reason) -> Result<(), E> {
        if let Some(frozen_at) = self.frozen_at {
            return Err(E::Frozen(Rollup::Frozen { frozenAt: frozen_at }));
        }
        let freeze = self.freeze_view();
        match reason {
            Reason::Silence if time <= freeze.silent_due => {
                Err(E::NotSilent(Rollup::NotSilent { due: U256::from(freeze.silent_due) }))
            }
            Reason::Silence => Ok(()),
            Reason::Request(id) => match freeze.oldest_request {
                Some((oldest, due)) if oldest == id && time > due => Ok(()),
                Some((_, due)) => {
                    Err(E::RequestInTime(Rollup::RequestInTime { requestId: id, due: U256::from(due) }))
                }
                None => Err(E::RequestConsumed(Rollup::RequestConsumed {
                    requestId: id,
                    messageIndex: 0,
                    consumed: self.consumed(),
                })),
            },
        }
    }

    fn consumed(&self) -> u64 {
        self.batches.last().map_or(0, |entry| entry.posted.header.l1MessageCount)
    }

    fn freeze_view(&self) -> Freeze {
        let forced = self.messages.iter().filter(|m| matches!(m.message.payload, L1Payload::Forced { .. }));
        let mut open = forced.enumerate().skip_while(|(_, m)| m.message.index < self.consumed());
        let last = self.batches.last().map_or(0, |entry| entry.posted.block.time);
        Freeze {
            frozen_at: self.frozen_at.unwrap_or(0),
            settled: self.frozen_at.is_some() && self.finalized == self.batches.len() as u64,
            silent_due: last.saturating_add(FORCED_DEADLINE),
            oldest_request: open
                .next()
                .map(|(id, m)| (id as u64, m.message.l1_time.saturating_add(FORCED_DEADLINE))),
        }
    }

    /// Carries out a rejection, a freeze or a proof; nothing else.
    pub(super) fn take_upkeep(&mut self, block: &Block, call: &Call) -> Result<()> {
        self.check_upkeep(block.time, call)?;
        match call {
            Call::Reject { index, .. } => {
                self.reject(*index);
                let late = self.freeze_view().oldest_request.is_some_and(|(_, due)| block.time > due);
                if late {
                    self.frozen_at.get_or_insert(block.time);
                }
            }
            Call::Freeze(_) => self.frozen_at = Some(block.time),
            Call::Prove { headers, .. } => self.upkept.prove(headers),
            _ => {}
        }
        Ok(())
    }
}

impl Upkept {
    fn prove(&mut self, headers: &[Bytes]) {
        self.samples.retain(|provable| !headers.contains(&provable.header));
        self.dear.retain(|provable| !headers.contains(&provable.header));
    }
}

impl Upkeep for MemoryL1 {
    async fn verdict(&self, _index: u64, batch_hash: B256) -> Result<Verdict> {
        self.call(|world| Ok(world.head().ledger.verdict(batch_hash, world.head().block.time)))
    }

    async fn header(&self, index: u64) -> Result<Option<BatchHeader>> {
        self.call(|world| {
            let batches = &world.head().ledger.batches;
            let entry = usize::try_from(index).ok().and_then(|index| batches.get(index));
            Ok(entry.map(|entry| entry.posted.header.clone()))
        })
    }

    async fn freeze(&self) -> Result<Freeze> {
        self.call(|world| Ok(world.head().ledger.freeze_view()))
    }

    async fn stress_terms(&self) -> Result<Terms> {
        self.call(|_| Ok(STRESS_TERMS))
    }

    async fn unproven(&self) -> Result<Unproven> {
        self.call(|world| {
            let kept = &world.head().ledger.upkept;
            let (samples, dear) = (kept.samples.clone(), kept.dear.clone());
            Ok(Unproven { clock: STRESS_CLOCK, samples, dear })
        })
    }

    async fn windows(&self) -> Result<Vec<Window>> {
        self.call(|world| Ok(world.head().ledger.upkept.windows.clone()))
    }

    async fn claims(&self, from: u64, to: u64) -> Result<Vec<Proposal>> {
        self.call(|world| {
            let claims = world.head().ledger.upkept.claims.iter();
            let within = claims.filter(|(block, _)| (from..=to).contains(block));
            Ok(within.map(|(_, proposal)| proposal.clone()).collect())
        })
    }

    async fn accepted_claim(&self) -> Result<Option<B256>> {
        self.call(|world| Ok(world.head().ledger.upkept.accepted))
    }
}
