//! Metrics of the sequencer.

use crate::pipeline::Record;
use ballast_types::{Event, Millis, RejectCode, Source, command::command_name};
use metrics::{Counter, Gauge};

component! {
    /// Metrics of the sequencer.
    SequenceMetrics {
        /// Last input that was sequenced.
        gauge seq "ballast_sequence_seq",
        /// Bytes of the inputs that were sequenced.
        counter bytes "ballast_sequence_input_bytes_total",
        /// Clearings of markets that match in batches.
        counter clearings "ballast_sequence_clearings_total",
        /// Accounts that are below maintenance.
        gauge below "ballast_below_maintenance_accounts",
        /// Accounts that exit and still have a position.
        gauge exiting "ballast_exiting_accounts",
        /// Accounts that exit, have no position, and wait to be paid out.
        gauge exiting_flat "ballast_exiting_flat_accounts",
        /// Messages of L1 that arrived and wait for the sequencer.
        gauge l1_waiting "ballast_l1_messages_waiting",
        /// Time since when the oldest of them has waited for an exit, in Unix seconds; 0 when none does.
        gauge l1_waiting_since "ballast_l1_messages_waiting_since_seconds",
        /// Pools that are set aside, as a fault was found.
        gauge quarantined "ballast_quarantined_pools",
    }
}

impl SequenceMetrics {
    pub(crate) fn sequenced(&self, record: &Record) {
        self.seq.set(record.input.seq.0 as f64);
        self.bytes.increment(record.input_bytes.len() as u64);
        if let Some(Event::Cleared { .. }) = record.outcome.events.first() {
            self.clearings.increment(1);
        }
        metrics::counter!("ballast_sequence_inputs_total", "kind" => kind(&record.input.source)).increment(1);
    }

    pub(crate) fn below(&self, accounts: usize) {
        self.below.set(accounts as f64);
    }

    /// How many pools are set aside.
    pub(crate) fn set_aside(&self, pools: usize) {
        self.quarantined.set(pools as f64);
    }

    /// How many accounts exit, and how many of them have no position.
    pub(crate) fn exiting(&self, accounts: usize, flat: usize) {
        self.exiting.set(accounts.saturating_sub(flat) as f64);
        self.exiting_flat.set(flat as f64);
    }

    /// How many messages of L1 wait, and since when one had to.
    pub(crate) fn waiting(&self, messages: usize, since: Option<Millis>) {
        self.l1_waiting.set(messages as f64);
        self.l1_waiting_since.set(since.map_or(0.0, |since| since.0 as f64 / 1e3));
    }

    pub(crate) fn refused(&self, code: RejectCode) {
        metrics::counter!("ballast_sequence_refused_total", "code" => code.name()).increment(1);
    }

    pub(crate) fn rejected(&self, code: RejectCode) {
        metrics::counter!("ballast_sequence_rejected_total", "code" => code.name()).increment(1);
    }
}

const fn kind(source: &Source) -> &'static str {
    match source {
        Source::User { command, .. } => command_name(command),
        Source::Publisher { .. } => "price_report",
        Source::L1(_) => "l1",
        Source::System(_) => "system",
        Source::Guardian { .. } => "guardian",
    }
}
