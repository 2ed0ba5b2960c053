//! Prices between the ends of recorded bars.

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
    /// By time, none over another.
    bars: Vec<Bar>,
}

impl Path {
    /// Of bars of one length or several: where they lie over each other the shortest count, and of equal ones those that
    /// come first.
    #[must_use]
    pub fn of(series: &[Vec<Bar>]) -> Self {
        let mut all: Vec<Bar> = series.iter().flatten().copied().collect();
        // Stable.
        all.sort_by_key(|bar| bar.seconds);
        let mut bars: Vec<Bar> = Vec::new();
        for bar in all {
            let place = bars.partition_point(|other| other.start < bar.start);
            let follows = place == 0 || bars[place - 1].end() <= bar.start;
            if follows && bars.get(place).is_none_or(|next| bar.end() <= next.start) {
                bars.insert(place, bar);
            }
        }
        Self { bars }
    }

    /// Its bars, by time.
    #[must_use]
    pub fn bars(&self) -> &[Bar] {
        &self.bars
    }

    /// The price at a Unix time in milliseconds: the last close where nothing is recorded, the first price before the
    /// first bar. 0 when there are no bars.
    #[must_use]
    pub fn at(&self, time: u64) -> f64 {
        let begun = self.bars.partition_point(|bar| bar.start * 1_000 <= time);
        let Some(bar) = begun.checked_sub(1).map(|place| &self.bars[place]) else {
            return self.bars.first().map_or(0.0, |bar| bar.open);
        };
        bar.at((time - bar.start * 1_000) as f64 / (bar.seconds * 1_000) as f64)
    }

    /// Whether there is a bar at this time, in ms, or one within a day before.
    #[must_use]
    pub fn covers(&self, time: u64) -> bool {
        let begun = self.bars.partition_point(|bar| bar.start * 1_000 <= time);
        begun > 0 && time < (self.bars[begun - 1].end() + 3_600) * 1_000
    }

    /// By which part the price ordinarily moves in a minute: the median of what bars moved, scaled by the root of their
    /// length.
    #[must_use]
    pub fn calm(&self) -> f64 {
        let move_of = |bar: &Bar| (bar.close / bar.open).ln().abs() / (bar.seconds as f64 / 60.0).sqrt();
        let mut moves: Vec<f64> = self.bars.iter().map(move_of).collect();
        moves.sort_by(f64::total_cmp);
        moves.get(moves.len() / 2).copied().unwrap_or(0.0).max(1e-5)
    }
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
        let short = vec![bar(300, 60, 2.0, 2.0, 2.0, 2.0), bar(420, 60, 3.0, 3.0, 3.0, 3.0)];
        let path = Path::of(&[long, short]);
        assert_eq!(path.bars().len(), 3);
        assert_eq!(
            [0, 299_999, 300_000, 400_000, 420_000, 999_000].map(|time| path.at(time)),
            [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]
        );
    }
}
