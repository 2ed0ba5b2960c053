//! Metrics of what is watched and done on L1.

use crate::status::{Opinion, Status};
use alloy::primitives::{U256, utils::format_ether};
use ballast_bridge::guard::{Errand, Event, Observer};
use metrics::{Gauge, counter, describe_counter, describe_gauge, gauge};

/// Counted in events.
const ERRANDS: &str = "ballast_validator_errands_total";
/// Counted in gwei.
const COST: &str = "ballast_validator_errand_cost_gwei_total";
/// Counted in claims.
const CLAIMS: &str = "ballast_validator_escape_claims";
const GWEI: u64 = 1_000_000_000;

/// Metrics of errands.
#[derive(Clone)]
pub struct ErrandMetrics {
    /// What proofs of stress took in the last day, in ether.
    stress_spent: Gauge,
}

impl ErrandMetrics {
    /// The metrics, described to the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        describe_counter!(
            ERRANDS,
            "What became of errands on L1, by errand and event: sent, mined, reverted, dear, failed."
        );
        describe_counter!(COST, "What transactions of errands cost, by errand, in gwei.");
        describe_gauge!(
            "ballast_validator_stress_spent_ether",
            "What proofs of stress took in the last day, in ether."
        );
        Self { stress_spent: gauge!("ballast_validator_stress_spent_ether") }
    }
}

impl Default for ErrandMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for ErrandMetrics {
    fn saw(&self, errand: Errand, event: Event) {
        let (word, cost) = match event {
            Event::Sent => ("sent", U256::ZERO),
            Event::Mined(cost) => ("mined", cost),
            Event::Reverted(cost) => ("reverted", cost),
            Event::TooDear => ("dear", U256::ZERO),
            Event::Failed => ("failed", U256::ZERO),
        };
        counter!(ERRANDS, "errand" => errand.word(), "event" => word).increment(1);
        counter!(COST, "errand" => errand.word()).increment((cost / U256::from(GWEI)).saturating_to());
    }

    fn spent_on_stress(&self, wei: U256) {
        self.stress_spent.set(format_ether(wei).parse().unwrap_or(f64::NAN));
    }
}

/// Metrics of the end of the exchange.
#[derive(Clone)]
pub struct WatchMetrics {
    /// Whether anybody may freeze the exchange now: 1 or 0.
    freeze_possible: Gauge,
    /// The last second in which nobody may freeze the exchange yet, in Unix seconds; 0 when it is frozen.
    freeze_due: Gauge,
    /// Whether a wrong escape claim was accepted: 1 or 0.
    wrong_accepted: Gauge,
}

impl WatchMetrics {
    /// The metrics, described to the recorder that is installed.
    #[must_use]
    pub fn new() -> Self {
        describe_gauge!(CLAIMS, "Escape claims on L1, by what is thought of them: right, wrong, unjudged.");
        describe_gauge!(
            "ballast_validator_freeze_possible",
            "Whether anybody may freeze the exchange now: 1 or 0."
        );
        describe_gauge!(
            "ballast_validator_freeze_due_seconds",
            "The last second in which nobody may freeze the exchange yet, in Unix seconds; 0 when it is frozen."
        );
        describe_gauge!(
            "ballast_validator_wrong_claim_accepted",
            "Whether a wrong escape claim was accepted: 1 or 0."
        );
        Self {
            freeze_possible: gauge!("ballast_validator_freeze_possible"),
            freeze_due: gauge!("ballast_validator_freeze_due_seconds"),
            wrong_accepted: gauge!("ballast_validator_wrong_claim_accepted"),
        }
    }

    pub(crate) fn saw(&self, status: &Status) {
        let due = if status.freeze.frozen_at == 0 { status.freeze.reason().1 } else { 0 };
        self.freeze_possible.set(f64::from(u8::from(status.possible.is_some())));
        self.freeze_due.set(due as f64);
        for opinion in Opinion::ALL {
            gauge!(CLAIMS, "opinion" => opinion.word()).set(status.thought(opinion).count() as f64);
        }
        let accepted = status.thought(Opinion::Wrong).any(|claim| claim.accepted);
        self.wrong_accepted.set(f64::from(u8::from(accepted)));
    }
}

impl Default for WatchMetrics {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for WatchMetrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WatchMetrics").finish_non_exhaustive()
    }
}
