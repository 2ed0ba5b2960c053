//! Metrics of the machine of a dispute.

use metrics::{Counter, Histogram};
use std::time::Duration;

component! {
    /// Metrics of batches that were judged on the machine.
    MachineMetrics {
        /// Batches that were judged on the machine.
        counter batches "ballast_machine_batches_total",
        /// Cycles that it took to judge them.
        counter cycles "ballast_machine_cycles_total",
        /// Time to judge one, what it asks for collected.
        histogram seconds "ballast_machine_seconds",
    }
}

impl MachineMetrics {
    pub(crate) fn judged(&self, cycles: u64, took: Duration) {
        self.batches.increment(1);
        self.cycles.increment(cycles);
        self.seconds.record(took.as_secs_f64());
    }
}
