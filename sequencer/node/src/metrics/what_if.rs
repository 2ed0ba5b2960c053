//! Metrics of trial runs.

use metrics::{Counter, Histogram};
use std::time::Duration;

component! {
    /// Metrics of what is tried out for who asks what it would do.
    WhatIfMetrics {
        /// Time for which the mirror was held to try something out.
        histogram seconds "ballast_rpc_what_if_seconds",
        /// Trials that panicked.
        counter faults "ballast_rpc_what_if_faults_total",
    }
}

impl WhatIfMetrics {
    pub(crate) fn tried(&self, took: Duration) {
        self.seconds.record(took.as_secs_f64());
    }

    pub(crate) fn failed(&self) {
        self.faults.increment(1);
    }
}
