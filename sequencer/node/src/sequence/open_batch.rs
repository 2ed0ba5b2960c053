//! What the open batch holds so far: by this it is sealed.

use crate::pipeline::Record;
use ballast_batch::diff::Told;
use ballast_types::{AssetId, Event, L1Payload, Millis, Source};

/// What the open batch holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OpenBatch {
    pub(super) inputs: u64,
    pub(super) bytes: usize,
    pub(super) fills: usize,
    /// Changes of what accounts hold beside USDC.
    pub(super) holdings: usize,
    /// Parameters that governance moved, and tiers that followed the price.
    pub(super) parameters: usize,
    /// What its stripe would have told when it was opened.
    pub(super) told: Told,
    /// Whether anything but news of posted batches is in it.
    pub(super) busy: bool,
    pub(super) since: Millis,
}

/// Whether lots change hands.
const fn is_trade(event: &Event) -> bool {
    matches!(
        event,
        Event::Fill { .. }
            | Event::TakenOver { .. }
            | Event::Deleveraged { .. }
            | Event::PositionSettled { .. }
    )
}

/// How many accounts hold another amount of an asset beside USDC.
fn in_kind(event: &Event) -> usize {
    match event {
        Event::Deposited { asset, .. } | Event::Withdrawn { asset, .. } => {
            usize::from(*asset != AssetId::USDC)
        }
        Event::CollateralSold { .. } => 2,
        _ => 0,
    }
}

impl OpenBatch {
    pub(super) fn add(&mut self, record: &Record) {
        let sealed = record.outcome.events.iter().any(|event| matches!(event, Event::BatchSealed { .. }));
        if sealed {
            *self = Self { since: record.input.time, ..Self::default() };
            return;
        }
        self.inputs += 1;
        self.bytes += record.input_bytes.len() + 4;
        self.fills += record.outcome.events.iter().filter(|event| is_trade(event)).count();
        self.holdings += record.outcome.events.iter().map(in_kind).sum::<usize>();
        let moved = |event: &&Event| matches!(event, Event::ParameterChanged(_) | Event::TiersMoved { .. });
        self.parameters += record.outcome.events.iter().filter(moved).count();
        let news = matches!(&record.input.source, Source::L1(m) if matches!(m.payload, L1Payload::BatchPosted { .. }));
        if !news && !self.busy {
            self.busy = true;
            self.since = record.input.time;
        }
    }
}
