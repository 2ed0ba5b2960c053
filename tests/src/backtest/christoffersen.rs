//! Independence: is a hit any likelier after a hit? (Christoffersen 1998)

use super::kupiec::log_likelihood;
use serde::Serialize;

/// How hits follow on each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Independence {
    /// Steps with a hit that another step follows.
    pub after_hits: u64,
    /// The part of those that a hit follows: p11. 0 without any.
    pub hit_after_hit: f64,
    /// The part of the other steps that a hit follows: p01.
    pub hit_after_none: f64,
    /// `-2 ln` of the likelihood of one rate for both over that of two: chi-square with one degree of freedom.
    pub likelihood_ratio: f64,
}

/// Of a sequence of steps with or without a hit.
#[must_use]
pub fn independence(hits: &[bool]) -> Independence {
    let count = |before: bool, after: bool| {
        hits.windows(2).filter(|pair| pair[0] == before && pair[1] == after).count() as u64
    };
    let (n00, n01, n10, n11) =
        (count(false, false), count(false, true), count(true, false), count(true, true));
    let rate = |hits: u64, all: u64| if all == 0 { 0.0 } else { hits as f64 / all as f64 };
    let (p01, p11) = (rate(n01, n00 + n01), rate(n11, n10 + n11));
    let p = rate(n01 + n11, n00 + n01 + n10 + n11);
    let one = log_likelihood(n00 + n10, 1.0 - p) + log_likelihood(n01 + n11, p);
    let two = log_likelihood(n00, 1.0 - p01)
        + log_likelihood(n01, p01)
        + log_likelihood(n10, 1.0 - p11)
        + log_likelihood(n11, p11);
    Independence {
        after_hits: n10 + n11,
        hit_after_hit: p11,
        hit_after_none: p01,
        // Rounding can leave a little less than nothing.
        likelihood_ratio: (2.0 * (two - one)).max(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_steps_by_hand() {
        // 0 1 1 0 0 0 1 0 0 0: n00 = 4, n01 = 2, n10 = 2, n11 = 1; p01 = p11 = p = 1/3, so nothing speaks against it.
        let hits = [0, 1, 1, 0, 0, 0, 1, 0, 0, 0].map(|hit| hit == 1);
        let it = independence(&hits);
        assert_eq!(it.after_hits, 3);
        assert!(
            (it.hit_after_hit - 1.0 / 3.0).abs() < 1e-12 && (it.hit_after_none - 1.0 / 3.0).abs() < 1e-12
        );
        assert!(it.likelihood_ratio < 1e-9);
    }

    #[test]
    fn hits_that_come_together_by_hand() {
        // 0 0 0 0 1 1 1 0 0: n00 = 4, n01 = 1, n10 = 1, n11 = 2; p01 = 0.2, p11 = 2/3, p = 3/8.
        // 2 (4 ln 0.8 + ln 0.2 + ln 1/3 + 2 ln 2/3 - 5 ln 5/8 - 3 ln 3/8) = 1.761_90.
        let hits = [0, 0, 0, 0, 1, 1, 1, 0, 0].map(|hit| hit == 1);
        let it = independence(&hits);
        assert!((it.likelihood_ratio - 1.761_90).abs() < 1e-5, "{}", it.likelihood_ratio);
        assert!(it.hit_after_hit > it.hit_after_none);
    }

    #[test]
    fn sequences_of_nothing_say_nothing() {
        for hits in [vec![], vec![true], vec![false; 100], vec![true; 100]] {
            let it = independence(&hits);
            assert!(it.likelihood_ratio < 1e-9 && it.likelihood_ratio.is_finite());
        }
    }
}
