//! What may be offered for a batch by how long it has waited: little at first, for L1 may become cheaper meanwhile, and all
//! that is allowed once it has waited long enough. While batches are held those that follow merge: see the seal of the
//! sequencer.

use crate::fees::FeeCaps;

/// How long a batch is held while L1 is dear.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    /// What is offered at once for a gas, in wei: of `maxFeePerGas`.
    pub max_fee: u128,
    /// What is offered at once for a blob gas, in wei: of `maxFeePerBlobGas`.
    pub blob_fee: u128,
    /// Milliseconds after which all that the caps allow is offered; 0 holds nothing.
    pub span_ms: u64,
}

/// The most that may be offered, by when. It never falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    least: FeeCaps,
    most: FeeCaps,
    /// When it reaches `most`, in milliseconds of the lane's clock.
    ends: u64,
    /// Milliseconds from `least` to `most`.
    span: u64,
}

impl Budget {
    /// The same at any time.
    #[must_use]
    pub const fn flat(caps: FeeCaps) -> Self {
        Self { least: caps, most: caps, ends: 0, span: 0 }
    }

    /// For what has waited for `waited` ms at `now`: from what `hold` offers at once, which is never above `most`, in a
    /// straight line to `most`. The two fees rise side by side; the tip has its cap at once.
    #[must_use]
    pub fn rising(hold: &Hold, most: FeeCaps, now: u64, waited: u64) -> Self {
        let least = FeeCaps {
            max_fee: hold.max_fee.min(most.max_fee),
            blob_fee: hold.blob_fee.min(most.blob_fee),
            tip: most.tip,
        };
        let ends = now.saturating_add(hold.span_ms.saturating_sub(waited));
        Self { least, most, ends, span: hold.span_ms }
    }

    /// The caps at `now`, rounded down.
    #[must_use]
    pub fn at(&self, now: u64) -> FeeCaps {
        let left = self.ends.saturating_sub(now).min(self.span);
        if left == 0 {
            return self.most;
        }
        let gone = u128::from(self.span - left);
        let between =
            |least: u128, most: u128| least + (most - least).saturating_mul(gone) / u128::from(self.span);
        FeeCaps {
            max_fee: between(self.least.max_fee, self.most.max_fee),
            blob_fee: between(self.least.blob_fee, self.most.blob_fee),
            tip: self.most.tip,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOST: FeeCaps = FeeCaps { max_fee: 500, tip: 10, blob_fee: 900 };
    const HOLD: Hold = Hold { max_fee: 100, blob_fee: 1_000, span_ms: 200 };

    #[test]
    fn fees_rise_side_by_side_to_the_caps() {
        let budget = Budget::rising(&HOLD, MOST, 1_000, 50);
        assert_eq!(budget.at(1_000), FeeCaps { max_fee: 200, tip: 10, blob_fee: 900 });
        assert_eq!(budget.at(1_075), FeeCaps { max_fee: 350, tip: 10, blob_fee: 900 });
        assert_eq!(budget.at(1_150), MOST);
        assert_eq!(budget.at(u64::MAX), MOST);
        assert_eq!(Budget::rising(&HOLD, MOST, 1_000, 200).at(1_000), MOST, "it has waited long enough");
    }

    #[test]
    fn without_a_span_nothing_is_held() {
        assert_eq!(Budget::rising(&Hold::default(), MOST, 0, 0).at(0), MOST);
        assert_eq!(Budget::flat(MOST).at(0), MOST);
    }

    proptest! {
        #[test]
        fn a_budget_stays_within_the_caps_and_never_falls(
            hold in any::<(u128, u128, u64)>(),
            most in any::<(u128, u128)>(),
            times in any::<(u64, u64, u64, u64)>(),
        ) {
            let hold = Hold { max_fee: hold.0, blob_fee: hold.1, span_ms: hold.2 };
            let most = FeeCaps { max_fee: most.0, tip: 1, blob_fee: most.1 };
            let (now, waited, one, other) = times;
            let budget = Budget::rising(&hold, most, now, waited);
            let (early, late) = (budget.at(one.min(other)), budget.at(one.max(other)));
            prop_assert!(early.max_fee <= late.max_fee && late.max_fee <= most.max_fee);
            prop_assert!(early.blob_fee <= late.blob_fee && late.blob_fee <= most.blob_fee);
            prop_assert!(early.max_fee >= hold.max_fee.min(most.max_fee));
        }
    }
}
