//! Prices between the ends of recorded bars.

use std::collections::BTreeMap;

/// A recorded bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bar {
    /// When it begins, Unix time in seconds.
    pub start: u64,
    /// How long it lasts, in seconds.
    pub seconds: u64,
    /// First price.
    pub open: f64,
    /// Highest.
    pub high: f64,
    /// Lowest.
    pub low: f64,
    /// Last.
    pub close: f64,
    /// Traded in it, in units of the asset.
    pub volume: f64,
}

impl Bar {
    /// When it is over, Unix time in seconds.
    #[must_use]
    pub const fn end(&self) -> u64 {
        self.start + self.seconds
    }

    /// The price when `part` of the bar is over, 0 to 1. Within a bar the price goes the longest way through all that is
    /// recorded, which is the adverse one: a bar that fell goes to its low first, then to its high, then to its close,
    /// and one that rose to its high first; a third of the time each.
    #[must_use]
    pub fn at(&self, part: f64) -> f64 {
        let (first, second) =
            if self.close < self.open { (self.low, self.high) } else { (self.high, self.low) };
        let points = [self.open, first, second, self.close];
        let place = part.clamp(0.0, 1.0) * 3.0;
        let leg = (place as usize).min(2);
        points[leg] + (points[leg + 1] - points[leg]) * (place - leg as f64)
    }
}

/// Prices of one asset.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    /// Series of bars of one length each, the shortest first; each by time, no bar over another.
    series: Vec<Vec<Bar>>,
}

impl Path {
    /// Of bars of one length or several: where they lie over each other the shortest count, and of equal ones those that
    /// come first.
    #[must_use]
    pub fn of(recorded: &[Vec<Bar>]) -> Self {
        let mut by_length: BTreeMap<u64, BTreeMap<u64, Bar>> = BTreeMap::new();
        for bar in recorded.iter().flatten() {
            by_length.entry(bar.seconds).or_default().entry(bar.start).or_insert(*bar);
        }
        Self { series: by_length.into_values().map(|bars| bars.into_values().collect()).collect() }
    }

    /// Its bars, the shortest first.
    pub fn bars(&self) -> impl Iterator<Item = &Bar> {
        self.series.iter().flatten()
    }

    /// The price at a Unix time in milliseconds, where a bar tells it.
    #[must_use]
    pub fn told(&self, time: u64) -> Option<f64> {
        let begun = self.series.iter().filter_map(|bars| last_begun(bars, time));
        let bar = begun.into_iter().find(|bar| time < bar.end() * 1_000)?;
        Some(bar.at((time - bar.start * 1_000) as f64 / (bar.seconds * 1_000) as f64))
    }

    /// The price at a Unix time in milliseconds: the last close where nothing is recorded, the first price before the
    /// first bar. 0 when there are no bars.
    #[must_use]
    pub fn at(&self, time: u64) -> f64 {
        let before = || {
            let last =
                self.series.iter().filter_map(|bars| last_begun(bars, time)).max_by_key(|bar| bar.end());
            last.map(|bar| bar.close)
        };
        let first = || self.bars().min_by_key(|bar| bar.start).map(|bar| bar.open);
        self.told(time).or_else(before).or_else(first).unwrap_or(0.0)
    }

    /// By which part the price ordinarily moves in a minute: the median of what bars moved, scaled by the root of their
    /// length.
    #[must_use]
    pub fn calm(&self) -> f64 {
        let move_of = |bar: &Bar| (bar.close / bar.open).ln().abs() / (bar.seconds as f64 / 60.0).sqrt();
        let mut moves: Vec<f64> = self.bars().map(move_of).collect();
        moves.sort_by(f64::total_cmp);
        moves.get(moves.len() / 2).copied().unwrap_or(0.0).max(1e-5)
    }
}

/// The last bar that begins by this time.
fn last_begun(bars: &[Bar], time: u64) -> Option<&Bar> {
    bars[..bars.partition_point(|bar| bar.start * 1_000 <= time)].last()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn bar(start: u64, seconds: u64, open: f64, high: f64, low: f64, close: f64) -> Bar {
        Bar { start, seconds, open, high, low, close, volume: 0.0 }
    }

    #[test]
    fn a_bar_goes_the_longest_way() {
        let fell = bar(0, 60, 100.0, 110.0, 70.0, 90.0);
        assert_eq!(
            [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0].map(|part| fell.at(part).round()),
            [100.0, 70.0, 110.0, 90.0]
        );
        let rose = bar(0, 60, 100.0, 110.0, 70.0, 105.0);
        assert_eq!(
            [0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0].map(|part| rose.at(part).round()),
            [100.0, 110.0, 70.0, 105.0]
        );
    }

    #[test]
    fn short_bars_go_before_long_ones_and_gaps_keep_the_price() {
        let long = vec![bar(0, 300, 1.0, 1.0, 1.0, 1.0), bar(300, 300, 1.0, 1.0, 1.0, 1.0)];
        let short = vec![bar(300, 60, 2.0, 2.0, 2.0, 2.0), bar(600, 60, 3.0, 3.0, 3.0, 3.0)];
        let path = Path::of(&[long, short]);
        let times = [0, 299_999, 300_000, 400_000, 600_000, 999_000];
        assert_eq!(times.map(|time| path.at(time)), [1.0, 1.0, 2.0, 1.0, 3.0, 3.0]);
        assert_eq!(path.told(999_000), None);
    }
}
