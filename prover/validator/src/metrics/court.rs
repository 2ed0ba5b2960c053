//! Metrics of disputes.

use crate::status::Argued;
use metrics::{Gauge, describe_gauge, gauge};

/// Metrics of the court.
#[derive(Clone)]
pub struct CourtMetrics {
    /// Batches and escape claims that somebody challenges, and that are not decided.
    disputed: Gauge,
    /// Those about which something cannot be done: they were not judged here, or the machine cannot run them, or it is too late.
    helpless: Gauge,
}

impl CourtMetrics {
    /// The metrics, described to the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        describe_gauge!(
            "ballast_validator_disputed",
            "Batches and escape claims that somebody challenges, and that are not decided."
        );
        describe_gauge!(
            "ballast_validator_disputed_helpless",
            "Batches and escape claims about which something cannot be done: ballast_validatorStatus says why."
        );
        Self {
            disputed: gauge!("ballast_validator_disputed"),
            helpless: gauge!("ballast_validator_disputed_helpless"),
        }
    }

    pub(crate) fn at(&self, argued: &[Argued]) {
        let is_open = |one: &&Argued| one.dispute.invalid > 0 && !one.dispute.fallen;
        self.disputed.set(argued.iter().filter(is_open).count() as f64);
        self.helpless.set(argued.iter().filter(|one| one.trouble.is_some()).count() as f64);
    }
}

impl Default for CourtMetrics {
    fn default() -> Self {
        Self::new()
    }
}
