//! What a transaction offers: base fees (EIP-1559), blob fees (EIP-4844), replacements, and which way is cheaper.
//!
//! All fees are in wei a unit of gas; fee arithmetic is in `u128`, saturating, and rounds up.

use crate::data::{BatchData, MAX_CALLDATA_BYTES};
use alloy::eips::eip4844::DATA_GAS_PER_BLOB;
use ballast_batch::blobs::blob_count;

/// What the next block asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeQuote {
    /// Base fee of execution gas.
    pub base_fee: u128,
    /// A tip that is usually enough.
    pub tip: u128,
    /// Base fee of blob gas.
    pub blob_base_fee: u128,
}

/// The most that may be offered; the budgets of execution and blobs are separate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeeCaps {
    /// Of `maxFeePerGas`.
    pub max_fee: u128,
    /// Of `maxPriorityFeePerGas`.
    pub tip: u128,
    /// Of `maxFeePerBlobGas`.
    pub blob_fee: u128,
}

/// What a transaction offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// `maxFeePerGas`.
    pub max_fee: u128,
    /// `maxPriorityFeePerGas`.
    pub tip: u128,
    /// `maxFeePerBlobGas`; `None` without blobs.
    pub blob_fee: Option<u128>,
}

/// What a first transaction offers: room for the base fees to double, within the caps. The tip leaves room for three
/// replacements with blobs or five without: a cap that the first offer reaches would forbid them all. `None` when the
/// next block asks for more than the caps allow.
#[must_use]
pub fn first(quote: &FeeQuote, caps: &FeeCaps, blobs: bool) -> Option<Fees> {
    let room = if blobs { 8 } else { 2 };
    let tip = quote.tip.clamp(1, (caps.tip / room).max(1));
    let max_fee = quote.base_fee.saturating_mul(2).saturating_add(tip).min(caps.max_fee);
    if max_fee < quote.base_fee.saturating_add(tip) {
        return None;
    }
    let blob_base = quote.blob_base_fee.max(1);
    let blob_fee = blob_base.saturating_mul(2).min(caps.blob_fee);
    if blobs && blob_fee < blob_base {
        return None;
    }
    Some(Fees { max_fee, tip, blob_fee: blobs.then_some(blob_fee) })
}

/// What replaces a transaction that offered `previous`: at least what a first one would offer now, and enough more
/// for the pools: an eighth more of both execution fees (EIP-1559 moves the base fee by as much in a block; pools
/// want a tenth), and all three doubled for a transaction with blobs. `None` when that breaks a cap, or the next block asks for more than the caps: waiting is free.
#[must_use]
pub fn bump(previous: &Fees, quote: &FeeQuote, caps: &FeeCaps) -> Option<Fees> {
    let blobs = previous.blob_fee.is_some();
    let more = |fee: u128| {
        let step = if blobs { fee } else { fee.div_ceil(8) };
        fee.saturating_add(step.max(1))
    };
    let fresh = first(quote, caps, blobs)?;
    let fees = Fees {
        max_fee: more(previous.max_fee).max(fresh.max_fee),
        tip: more(previous.tip).max(fresh.tip),
        blob_fee: previous.blob_fee.map(|fee| more(fee).max(fresh.blob_fee.unwrap_or(0))),
    };
    let fits = fees.max_fee <= caps.max_fee
        && fees.tip <= caps.tip.min(fees.max_fee)
        && fees.blob_fee.is_none_or(|fee| fee <= caps.blob_fee);
    fits.then_some(fees)
}

/// Execution gas of `postBatch` besides what its data cost, an estimate for comparing.
const POST_GAS: u128 = 250_000;
/// Gas of any transaction.
const TRANSACTION_GAS: u128 = 21_000;

/// What posting `bytes` bytes in blobs costs, in wei.
#[must_use]
pub fn blob_cost(bytes: usize, quote: &FeeQuote) -> u128 {
    let blob_gas = blob_count(bytes) as u128 * u128::from(DATA_GAS_PER_BLOB);
    let execution = (TRANSACTION_GAS + POST_GAS).saturating_mul(quote.base_fee.saturating_add(quote.tip));
    blob_gas.saturating_mul(quote.blob_base_fee.max(1)).saturating_add(execution)
}

/// What posting `diff` in calldata costs, in wei.
#[must_use]
pub fn calldata_cost(diff: &[u8], quote: &FeeQuote) -> u128 {
    calldata_gas(diff).saturating_mul(quote.base_fee.saturating_add(quote.tip))
}

/// 4 gas a token and the execution, or 10 gas a token when that is more (EIP-7623); a zero byte is one token, another
/// byte four.
fn calldata_gas(diff: &[u8]) -> u128 {
    let zeros = diff.iter().filter(|byte| **byte == 0).count();
    let tokens = (zeros + 4 * (diff.len() - zeros)) as u128;
    TRANSACTION_GAS + (4 * tokens + POST_GAS).max(10 * tokens)
}

/// Execution gas that is enough to post `data` where it cannot be tried: the estimate and a quarter more.
#[must_use]
pub fn enough_gas(data: &BatchData) -> u64 {
    let gas = match data {
        BatchData::Blobs(_) => TRANSACTION_GAS + POST_GAS,
        BatchData::Calldata(diff) => calldata_gas(diff),
    };
    u64::try_from(gas + gas / 4).unwrap_or(u64::MAX)
}

/// Whether a diff is better posted in blobs: it does not fit calldata, or blobs cost no more.
#[must_use]
pub fn prefer_blobs(diff: &[u8], quote: &FeeQuote) -> bool {
    diff.len() > MAX_CALLDATA_BYTES || blob_cost(diff.len(), quote) <= calldata_cost(diff, quote)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CAPS: FeeCaps = FeeCaps { max_fee: 1_000, tip: 50, blob_fee: 400 };

    fn quote(base_fee: u128, tip: u128, blob_base_fee: u128) -> FeeQuote {
        FeeQuote { base_fee, tip, blob_base_fee }
    }

    #[test]
    fn a_first_offer_leaves_room_for_the_base_fee_to_double() {
        let fees = first(&quote(100, 3, 20), &CAPS, true).expect("cheap enough");
        assert_eq!(fees, Fees { max_fee: 203, tip: 3, blob_fee: Some(40) });
        let capped = first(&quote(600, 80, 300), &CAPS, true).expect("cheap enough");
        assert_eq!(capped, Fees { max_fee: 1_000, tip: 6, blob_fee: Some(400) });
    }

    #[test]
    fn a_quoted_tip_near_the_cap_forbade_every_replacement() {
        for (blobs, replacements) in [(true, 3), (false, 5)] {
            let mut quote = quote(20, 45, 1);
            let mut fees = first(&quote, &CAPS, blobs).expect("cheap enough");
            for _ in 0..replacements {
                quote.base_fee = fees.max_fee.min(300);
                fees = bump(&fees, &quote, &CAPS).expect("L1 asks for less than the caps");
            }
        }
    }

    #[test]
    fn the_two_budgets_are_separate() {
        assert_eq!(first(&quote(100, 3, 401), &CAPS, true), None, "blobs too dear");
        assert!(first(&quote(100, 3, 401), &CAPS, false).is_some(), "but calldata is not");
        assert_eq!(first(&quote(998, 3, 1), &CAPS, true), None, "execution too dear");
    }

    #[test]
    fn replacements_pay_as_much_more_as_the_pools_want() {
        let q = quote(1, 1, 1);
        let plain = Fees { max_fee: 100, tip: 9, blob_fee: None };
        assert_eq!(bump(&plain, &q, &CAPS), Some(Fees { max_fee: 113, tip: 11, blob_fee: None }));
        let blobs = Fees { max_fee: 100, tip: 9, blob_fee: Some(7) };
        assert_eq!(bump(&blobs, &q, &CAPS), Some(Fees { max_fee: 200, tip: 18, blob_fee: Some(14) }));
        assert_eq!(
            bump(&Fees { max_fee: 500, tip: 26, blob_fee: Some(7) }, &q, &CAPS),
            None,
            "the tip's cap"
        );
        assert_eq!(bump(&Fees { max_fee: 501, tip: 2, blob_fee: Some(7) }, &q, &CAPS), None, "the fee's cap");
        assert_eq!(
            bump(&Fees { max_fee: 100, tip: 2, blob_fee: Some(201) }, &q, &CAPS),
            None,
            "the blobs' cap"
        );
    }

    #[test]
    fn the_cheaper_way_is_preferred() {
        let diff = [1; 1_000];
        assert!(prefer_blobs(&diff, &quote(100_000_000_000, 1, 1)), "blobs are nearly free");
        assert!(!prefer_blobs(&diff, &quote(1_000, 1, 1_000_000_000)), "blobs are dear");
        assert!(
            prefer_blobs(&vec![1; MAX_CALLDATA_BYTES + 1], &quote(1, 1, u128::MAX)),
            "it does not fit calldata"
        );
    }

    #[test]
    fn calldata_cost_follows_eip_7623() {
        let q = quote(1, 0, 1);
        assert_eq!(calldata_cost(&[1; 1_000], &q), 21_000 + 4 * 4_000 + 250_000, "execution above the floor");
        assert_eq!(calldata_cost(&[1; 100_000], &q), 21_000 + 10 * 400_000, "the floor");
        assert_eq!(calldata_cost(&[0; 100_000], &q), 21_000 + 10 * 100_000, "zeros are cheap");
    }

    proptest! {
        #[test]
        fn no_offer_breaks_a_cap_and_every_bump_is_enough(
            base in 0..2_000_u128, tip in 0..100_u128, blob in 0..1_000_u128, blobs: bool, bumps in 0..12_usize,
        ) {
            let q = quote(base, tip, blob);
            let Some(mut fees) = first(&q, &CAPS, blobs) else { return Ok(()) };
            for _ in 0..bumps {
                prop_assert!(fees.max_fee <= CAPS.max_fee && fees.tip <= CAPS.tip && fees.tip <= fees.max_fee);
                prop_assert!(fees.blob_fee.is_none_or(|f| f <= CAPS.blob_fee));
                let Some(next) = bump(&fees, &q, &CAPS) else { break };
                let (n, d) = if blobs { (2, 1) } else { (9, 8) };
                prop_assert!(next.max_fee * d >= fees.max_fee * n && next.tip * d >= fees.tip * n);
                prop_assert!(next.blob_fee.zip(fees.blob_fee).is_none_or(|(a, b)| a >= 2 * b));
                fees = next;
            }
        }

        #[test]
        fn absurd_quotes_do_not_overflow(base: u128, tip: u128, blob: u128) {
            let q = quote(base, tip, blob);
            let caps = FeeCaps { max_fee: u128::MAX, tip: u128::MAX, blob_fee: u128::MAX };
            if let Some(fees) = first(&q, &caps, true) {
                let _ = bump(&fees, &q, &caps);
            }
            let _ = (blob_cost(1 << 20, &q), calldata_cost(&[1; 64], &q));
        }
    }
}
