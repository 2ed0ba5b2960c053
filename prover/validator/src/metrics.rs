//! Metrics of the validator; the doc comment of a field is its help text.

mod court;
mod upkeep;

pub use court::CourtMetrics;
pub use upkeep::{ErrandMetrics, WatchMetrics};

use crate::verdict::Judged;
use ballast_bridge::demand::Standing;
use metrics::{Gauge, Histogram, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use std::time::Duration;

/// Counted in batches.
const VERDICTS: &str = "ballast_validator_verdicts_total";

/// Metrics of the follower.
#[derive(Clone)]
pub struct FollowerMetrics {
    /// Last batch that was found valid.
    last_valid: Gauge,
    /// Batches on L1 after the last that was found valid.
    lag: Gauge,
    /// When the exchange was frozen on L1, in Unix seconds; 0 while it is not.
    frozen: Gauge,
    /// Last batch that was valid and did not add up; 0 for none since the start.
    unsound: Gauge,
    /// Time from the first question to the verdict.
    seconds: Histogram,
}

impl FollowerMetrics {
    /// The metrics, described to the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        describe_counter!(VERDICTS, "Verdicts, by the word.");
        describe_gauge!("ballast_validator_last_valid_batch", "Last batch that was found valid.");
        describe_gauge!(
            "ballast_validator_lag_batches",
            "Batches on L1 after the last that was found valid."
        );
        describe_gauge!(
            "ballast_validator_frozen_at_seconds",
            "When the exchange was frozen on L1, in Unix seconds; 0 while it is not."
        );
        describe_gauge!(
            "ballast_validator_unsound_batch",
            "Last batch that was valid and did not add up; 0 for none since the start."
        );
        describe_histogram!(
            "ballast_validator_verdict_seconds",
            "Time from the first question to the verdict."
        );
        Self {
            last_valid: gauge!("ballast_validator_last_valid_batch"),
            lag: gauge!("ballast_validator_lag_batches"),
            frozen: gauge!("ballast_validator_frozen_at_seconds"),
            unsound: gauge!("ballast_validator_unsound_batch"),
            seconds: histogram!("ballast_validator_verdict_seconds"),
        }
    }

    pub(crate) fn judged(&self, judged: &Judged, took: Duration) {
        metrics::counter!(VERDICTS, "verdict" => judged.verdict.word()).increment(1);
        self.seconds.record(took.as_secs_f64());
    }

    pub(crate) fn unsound(&self, batch: u64) {
        self.unsound.set(batch as f64);
    }

    pub(crate) fn frozen(&self, at: Option<u64>) {
        self.frozen.set(at.unwrap_or_default() as f64);
    }

    pub(crate) fn at(&self, last_valid: u64, batch_count: u64) {
        self.last_valid.set(last_valid as f64);
        self.lag.set(batch_count.saturating_sub(last_valid + 1) as f64);
    }
}

impl Default for FollowerMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for FollowerMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FollowerMetrics").finish_non_exhaustive()
    }
}

/// Metrics of demands for inputs on L1.
#[derive(Clone)]
pub struct DemandMetrics {
    /// Demands that nobody has answered yet.
    open: Gauge,
    /// When the first open demand is due, in Unix seconds; 0 while there is none.
    next_due: Gauge,
    /// Chunks that were sent to L1 since the start.
    sent: Gauge,
    /// Demands that were seen unanswered after they were due, since the start.
    missed: Gauge,
}

impl DemandMetrics {
    /// The metrics, described to the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        describe_gauge!("ballast_validator_demands_open", "Demands for inputs that nobody has answered yet.");
        describe_gauge!(
            "ballast_validator_demands_next_due_seconds",
            "When the first open demand for inputs is due, in Unix seconds; 0 while there is none."
        );
        describe_gauge!("ballast_validator_demands_sent", "Chunks that were sent to L1 since the start.");
        describe_gauge!(
            "ballast_validator_demands_missed",
            "Demands that were seen unanswered after they were due, since the start: their batches have fallen."
        );
        Self {
            open: gauge!("ballast_validator_demands_open"),
            next_due: gauge!("ballast_validator_demands_next_due_seconds"),
            sent: gauge!("ballast_validator_demands_sent"),
            missed: gauge!("ballast_validator_demands_missed"),
        }
    }

    pub(crate) fn saw(&self, standing: &Standing) {
        self.open.set(standing.open as f64);
        self.next_due.set(standing.next_due.unwrap_or_default() as f64);
        self.sent.set(standing.sent as f64);
        self.missed.set(standing.missed as f64);
    }
}

impl Default for DemandMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for DemandMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DemandMetrics").finish_non_exhaustive()
    }
}
