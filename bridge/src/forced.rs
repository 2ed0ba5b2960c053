//! Forced requests: whether one was late, and which batch shows it. The rules are those of `IForcedRequests.sol`.

use ballast_batch::BatchHeader;

/// What anybody may ask for through L1, by its number there.
pub const NAMES: [&str; 4] = ["cancel all", "withdraw", "exit", "liquidate"];

/// A forced request as L1 has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forced {
    /// Its number among forced requests.
    pub id: u64,
    /// The account that it is about.
    pub account: u32,
    /// What is asked for; see [`NAMES`].
    pub request: u8,
    /// Its message in the inbox.
    pub message_index: u64,
    /// What it cost, in wei.
    pub fee: u128,
    /// Unix seconds up to which it was in time.
    pub due: u64,
    /// Whether a posted batch has consumed it.
    pub consumed: bool,
    /// Where its fee belongs.
    pub fee_state: FeeState,
}

impl Forced {
    /// What is asked for, in words.
    #[must_use]
    pub fn name(&self) -> &'static str {
        NAMES.get(usize::from(self.request)).copied().unwrap_or("something unknown")
    }
}

/// Where the fee of a request belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeeState {
    /// It was credited already.
    Settled,
    /// The request is not due: nobody can say yet.
    NotDue,
    /// The request was late: this header brings the fee back to who paid it.
    Late(Box<BatchHeader>),
    /// The request was consumed in time: the fee is not his any more.
    InTime,
}

/// What the batch that decides about a request says: the last one that was posted by its time.
#[must_use]
pub fn judge(message_index: u64, deciding: BatchHeader) -> FeeState {
    if deciding.l1MessageCount > message_index {
        FeeState::InTime
    } else {
        FeeState::Late(Box::new(deciding))
    }
}

/// The last of `count` batches that was posted by `due`; `posted_at` tells when one was, and they ascend. Genesis is
/// taken to be one: it was there before any request.
///
/// # Errors
/// Those of `posted_at`.
pub async fn last_posted_by<E>(
    due: u64,
    count: u64,
    posted_at: impl AsyncFn(u64) -> Result<u64, E>,
) -> Result<u64, E> {
    // It lies from `low` on, below `high`.
    let (mut low, mut high) = (0, count.max(1));
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if posted_at(middle).await? <= due {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::B256;
    use core::convert::Infallible;
    use proptest::prelude::*;

    fn found(due: u64, times: &[u64]) -> u64 {
        let posted_at = async |index: u64| Ok::<_, Infallible>(times[usize::try_from(index).expect("small")]);
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(last_posted_by(due, times.len() as u64, posted_at)).expect("it cannot fail")
    }

    proptest! {
        #[test]
        fn the_last_batch_by_a_time_is_found(mut times in prop::collection::vec(0..50_u64, 1..40), due in 0..60_u64) {
            times.sort_unstable();
            times[0] = 0;
            let naive = times.iter().rposition(|time| *time <= due).expect("genesis was there");
            prop_assert_eq!(found(due, &times), naive as u64);
        }
    }

    #[test]
    fn the_time_itself_is_in_time_and_of_two_in_a_block_the_second_decides() {
        assert_eq!(found(20, &[0, 10, 20, 20, 21]), 3);
        assert_eq!(found(19, &[0, 10, 20, 20, 21]), 1);
        assert_eq!(found(5, &[0]), 0);
    }

    #[test]
    fn a_batch_that_had_not_consumed_it_shows_that_it_was_late() {
        let header = BatchHeader { l1MessageCount: 4, ..BatchHeader::genesis([B256::ZERO; 7]) };
        assert_eq!(judge(3, header.clone()), FeeState::InTime);
        assert_eq!(judge(4, header.clone()), FeeState::Late(Box::new(header)));
    }
}
