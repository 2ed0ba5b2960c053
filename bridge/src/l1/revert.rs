//! What a refusal by the rollup contract means for the one who posts.

use crate::{
    bindings::{
        DataDemand::DataDemandErrors, DisputeGame::DisputeGameErrors, Rollup::RollupErrors,
        StressClock::StressClockErrors,
    },
    error::{Error, Severity},
};

/// The contract's error as ours.
#[must_use]
pub fn refused(error: &RollupErrors) -> Error {
    Error::Reverted { reason: format!("{error:?}"), severity: severity(error) }
}

/// The error of the contract for demands as ours. Whoever is quicker, or has waited too long, is refused: that is no reason
/// to stop.
#[must_use]
pub fn demand_refused(error: &DataDemandErrors) -> Error {
    Error::Reverted { reason: format!("{error:?}"), severity: Severity::Temporary }
}

/// The error of the clock of stress as ours: L1 has moved, or the headers are too old by now.
#[must_use]
pub fn proof_refused(error: &StressClockErrors) -> Error {
    Error::Reverted { reason: format!("{error:?}"), severity: Severity::Temporary }
}

/// The error of the dispute game as ours: somebody was quicker, or it is too late.
#[must_use]
pub fn dispute_refused(error: &DisputeGameErrors) -> Error {
    Error::Reverted { reason: format!("{error:?}"), severity: Severity::Temporary }
}

const fn severity(error: &RollupErrors) -> Severity {
    use RollupErrors as E;
    match error {
        // The chain of batches moved under us, by a reorganisation or by a transaction of a former life.
        E::WrongIndex(_)
        | E::WrongPreviousHash(_)
        | E::WrongPreviousStateRoot(_)
        | E::WrongFirstSeq(_)
        | E::UnknownBatch(_) => Severity::Reset,
        // L1's clock will get there; messages that a reorganisation took away may come back.
        // When it was frozen this minute, the next step sees it.
        E::Frozen(_) | E::TimeInFuture(_) | E::WrongL1MessageCount(_) | E::WrongL1MessageHash(_) => {
            Severity::Temporary
        }
        // Somebody was quicker, or L1 has moved: who rejects or freezes looks again.
        E::AlreadyFinal(_)
        | E::NotInvalid(_)
        | E::RequestConsumed(_)
        | E::RequestInTime(_)
        | E::NotSilent(_) => Severity::Temporary,
        // Our batch is wrong for good, or the contract is another one.
        _ => Severity::Critical,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::Rollup;
    use alloy::primitives::B256;

    #[test]
    fn refusals_are_sorted_by_what_to_do() {
        let cases: [(RollupErrors, Severity); 3] = [
            (RollupErrors::WrongIndex(Rollup::WrongIndex { given: 3, expected: 4 }), Severity::Reset),
            (
                RollupErrors::WrongL1MessageCount(Rollup::WrongL1MessageCount {
                    given: 3,
                    atLeast: 1,
                    atMost: 2,
                }),
                Severity::Temporary,
            ),
            (
                RollupErrors::WrongProgram(Rollup::WrongProgram { given: B256::ZERO, expected: B256::ZERO }),
                Severity::Critical,
            ),
        ];
        for (error, severity) in cases {
            let ours = refused(&error);
            assert_eq!(ours.severity(), severity, "{ours}");
        }
        assert!(
            refused(&RollupErrors::WrongIndex(Rollup::WrongIndex { given: 3, expected: 4 }))
                .to_string()
                .contains("given: 3")
        );
    }
}
