//! The same diff without prediction and without chances: columns of differences, for general compressors.

use ballast_batch::{Changed, Diff};
use ballast_state::{Account, Market, Pool, Position};
use ballast_types::{MarketId, codec};
use std::collections::BTreeMap;

/// What a diff tells, like with like.
#[derive(Default)]
pub(super) struct Columns {
    numbers: BTreeMap<&'static str, Vec<u64>>,
    /// What is no number.
    bytes: Vec<u8>,
}

/// What leads from `before` to `after` modulo 2^64, small numbers for small steps either way.
const fn zigzag(before: u64, after: u64) -> u64 {
    let step = after.wrapping_sub(before).cast_signed();
    ((step << 1) ^ (step >> 63)).cast_unsigned()
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

impl Columns {
    pub(super) fn of(diff: &Diff) -> Self {
        let mut columns = Self::default();
        let [mut account, mut market, mut pool] = [0; 3];
        for change in &diff.accounts {
            columns.push("account", (change.index - account).into());
            account = change.index + 1;
            columns.account(change);
        }
        for change in &diff.markets {
            columns.push("market", (change.index - market).into());
            market = change.index + 1;
            columns.market(change);
        }
        for change in &diff.pools {
            columns.push("pool", (change.index - pool).into());
            pool = change.index + 1;
            columns.pool(change);
        }
        columns
    }

    /// All columns, one after the other, each number as a varint.
    pub(super) fn varints(&self) -> Vec<u8> {
        let mut out = self.bytes.clone();
        self.numbers.values().flatten().for_each(|number| put_varint(&mut out, *number));
        out
    }

    /// Bytes by column when every value takes what its share of the column says, and the shares are known.
    pub(super) fn entropy(&self) -> BTreeMap<&'static str, f64> {
        let bytes = |numbers: &Vec<u64>| {
            let mut counts: BTreeMap<u64, f64> = BTreeMap::new();
            numbers.iter().for_each(|number| *counts.entry(*number).or_default() += 1.0);
            let all = numbers.len() as f64;
            counts.values().map(|count| count * (all / count).log2()).sum::<f64>() / 8.0
        };
        self.numbers.iter().map(|(name, numbers)| (*name, bytes(numbers))).collect()
    }

    fn push(&mut self, column: &'static str, value: u64) {
        self.numbers.entry(column).or_default().push(value);
    }

    /// Fields that differ, with one number that says which.
    fn fields(&mut self, flags: &'static str, fields: &[(&'static str, u64, u64)]) {
        let told = |(at, (_, before, after)): (usize, &(_, u64, u64))| u64::from(before != after) << at;
        self.push(flags, fields.iter().enumerate().map(told).sum());
        for (column, before, after) in fields.iter().filter(|(_, before, after)| before != after) {
            self.push(column, zigzag(*before, *after));
        }
    }

    fn account(&mut self, change: &Changed<Account>) {
        let before = change.before.as_ref();
        if before.map(|account| (account.owner, account.pool))
            != Some((change.after.owner, change.after.pool))
        {
            self.bytes.extend(codec::encode(&(change.after.owner, change.after.pool)));
        }
        let cash = before.map_or(0, |account| account.cash.0.cast_unsigned());
        let old = before.map_or(&[][..], |account| &account.positions);
        let new = &change.after.positions[..];
        let mut markets: Vec<_> = old.iter().chain(new).map(|position| position.market).collect();
        markets.sort_unstable();
        markets.dedup();
        markets.retain(|market| find(old, *market) != find(new, *market));
        let moved = markets.len() as u64;
        self.fields("account flags", &[("cash", cash, change.after.cash.0.cast_unsigned())]);
        self.push("positions", moved);
        let mut least = 0;
        for market in markets {
            self.push("position market", (market.0 - least).into());
            least = market.0 + 1;
            let (size, funding) = values(find(old, market));
            let (new_size, new_funding) = values(find(new, market));
            self.push("position size", zigzag(size, new_size));
            if new_size != 0 {
                self.push("position funding", zigzag(funding, new_funding));
            }
        }
    }

    fn market(&mut self, change: &Changed<Market>) {
        let Some(old) = &change.before else { return self.bytes.extend(codec::encode(&change.after)) };
        let new = &change.after;
        self.fields(
            "market flags",
            &[
                ("index", old.index.0, new.index.0),
                ("mark", old.mark.0, new.mark.0),
                ("mark time", old.mark_time.0, new.mark_time.0),
                ("fresh mark", old.fresh_mark.0, new.fresh_mark.0),
                ("funding", old.funding.cast_unsigned(), new.funding.cast_unsigned()),
                ("oracle", old.oracle.into(), new.oracle.into()),
                ("initial factor", old.initial_factor.0.into(), new.initial_factor.0.into()),
                ("maintenance", old.maintenance.0.into(), new.maintenance.0.into()),
                ("initial", old.initial.0.into(), new.initial.0.into()),
                ("average", old.average.0, new.average.0),
            ],
        );
    }

    fn pool(&mut self, change: &Changed<Pool>) {
        let Some(old) = &change.before else { return self.bytes.extend(codec::encode(&change.after)) };
        let field =
            |name, of: fn(&Pool) -> i64| (name, of(old).cast_unsigned(), of(&change.after).cast_unsigned());
        self.fields(
            "pool flags",
            &[
                field("credited", |pool| pool.credited.0),
                field("withdrawn", |pool| pool.withdrawn.0),
                field("fees", |pool| pool.fees.0),
                field("fund", |pool| pool.fund.0),
                field("deficit", |pool| pool.deficit.0),
            ],
        );
        if old.pacing != change.after.pacing {
            self.bytes.extend(codec::encode(&change.after.pacing));
        }
    }
}

fn find(positions: &[Position], market: MarketId) -> Option<Position> {
    positions.iter().find(|position| position.market == market).copied()
}

/// Size and funding index of a position; zeros of none.
fn values(position: Option<Position>) -> (u64, u64) {
    position.map_or((0, 0), |position| (position.size.0.cast_unsigned(), position.funding.cast_unsigned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_takes_what_its_values_share() {
        let mut columns = Columns::default();
        [1, 1, 300, 300].into_iter().for_each(|number| columns.push("cash", number));
        assert_eq!(columns.varints(), [1, 1, 0xac, 2, 0xac, 2]);
        assert!((columns.entropy()["cash"] - 0.5).abs() < 1e-9, "one bit each");
    }
}
