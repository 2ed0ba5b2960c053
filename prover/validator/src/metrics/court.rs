//! Metrics of disputes.

use metrics::{Gauge, describe_gauge, gauge};

/// Metrics of the court.
#[derive(Clone)]
pub struct CourtMetrics {
    /// Batches that somebody challenges, and that are not decided.
    disputed: Gauge,
    /// Batches about which nothing can be done: disputed ones that were not judged here, or that the machine cannot run.
    helpless: Gauge,
}

impl CourtMetrics {
    /// The metrics, described to the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        describe_gauge!(
            "ballast_validator_disputed_batches",
            "Batches that somebody challenges, and that are not decided."
        );
        describe_gauge!(
            "ballast_validator_helpless_batches",
            "Batches about which nothing can be done: disputed ones that were not judged here, or that the machine cannot run."
        );
        Self {
            disputed: gauge!("ballast_validator_disputed_batches"),
            helpless: gauge!("ballast_validator_helpless_batches"),
        }
    }

    pub(crate) fn at(&self, disputed: u64, helpless: u64) {
        self.disputed.set(disputed as f64);
        self.helpless.set(helpless as f64);
    }
}

impl Default for CourtMetrics {
    fn default() -> Self {
        Self::new()
    }
}
