//! Proportion of failures: are there as many hits as the level says? (Kupiec 1995)

/// The level that value at risk and expected shortfall are tested at.
pub const LEVEL: f64 = 0.01;

/// `count * ln(probability)`, and 0 for a count of 0 whatever the probability.
pub(super) fn log_likelihood(count: u64, probability: f64) -> f64 {
    if count == 0 { 0.0 } else { count as f64 * probability.ln() }
}

/// `-2 ln` of the likelihood of `hits` in `n` steps at `level` over that at their own rate: chi-square with one degree of
/// freedom, 3.84 at 5%. 0 for no steps.
#[must_use]
pub fn likelihood_ratio(n: u64, hits: u64, level: f64) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let rate = hits as f64 / n as f64;
    let at = |p: f64| log_likelihood(n - hits, 1.0 - p) + log_likelihood(hits, p);
    // Rounding can leave a little less than nothing.
    (2.0 * (at(rate) - at(level))).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_hits_in_250_days_are_as_in_the_textbooks() {
        // ln L1 = 245 ln 0.98 + 5 ln 0.02 = -24.50968; ln L0 = 245 ln 0.99 + 5 ln 0.01 = -25.48818.
        assert!((likelihood_ratio(250, 5, 0.01) - 1.956_8).abs() < 1e-4);
    }

    #[test]
    fn no_hits_leave_only_the_likelihood_of_none() {
        // -2 * 250 ln 0.99.
        assert!((likelihood_ratio(250, 0, 0.01) - 5.025_17).abs() < 1e-5);
        assert_eq!(likelihood_ratio(0, 0, 0.01), 0.0);
    }

    #[test]
    fn as_many_as_expected_is_no_surprise() {
        assert!(likelihood_ratio(1_000, 10, 0.01) < 1e-9);
        assert!(likelihood_ratio(10, 10, 0.01) > 90.0);
    }
}
