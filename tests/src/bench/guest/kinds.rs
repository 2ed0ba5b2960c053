//! Cycles of one more input of a kind: the difference of two batches that differ in their number alone.

use super::table::{MARKET, RICH, THIN, Table, order};
use crate::{bench::batches, desk::PRICE, guest::Guest};
use ballast_types::{
    AccountId, Address, Event, Operation, Quote,
    Side::{Buy, Sell},
    Source, SystemCommand,
    TimeInForce::{Gtc, Ioc},
};
use eyre::Result;
use std::collections::BTreeMap;

/// Traders who have a part in every batch of a kind, so that their accounts are no part of the difference.
const TRADERS: u32 = 64;
/// Orders that a kind finds in the book.
const RESTING: u32 = 1_600;
/// Orders that take in batches that differ in fills alone.
const TAKERS: u32 = 16;
/// How far the price falls, in ticks, and for how many reports a second apart, so that the mark has followed.
const FALL: u64 = PRICE / 22;
const FALLEN: u32 = 40;

/// A kind of input.
pub(super) struct Kind {
    /// Its name.
    name: &'static str,
    /// What must have happened before the batch.
    before: fn(&mut Table),
    /// How many there are in either batch.
    counts: [u32; 2],
    /// Does so many in the batch, and tells what happened.
    act: fn(&mut Table, u32) -> Vec<Event>,
    /// What happens once for each.
    happens: fn(&Event) -> bool,
}

/// The kinds. Signatures are one an input but where the name says `shared`.
pub(super) const KINDS: [Kind; 9] = [
    // Into an account that is opened for it.
    Kind {
        name: "deposit",
        before: nothing,
        counts: [200, 400],
        act: deposits,
        happens: |event| matches!(event, Event::Deposited { .. }),
    },
    // An order that comes to rest.
    Kind { name: "place", before: nothing, counts: [400, 800], act: places, happens: rests },
    // The same, ten under a signature.
    Kind { name: "place_shared", before: nothing, counts: [640, 1_280], act: places_shared, happens: rests },
    // Of an order of an earlier batch.
    Kind {
        name: "cancel",
        before: makers,
        counts: [400, 800],
        act: cancels,
        happens: |event| matches!(event, Event::OrderRemoved { .. }),
    },
    // An order that takes one of an earlier batch, all of it, and its fill.
    Kind { name: "take", before: makers, counts: [400, 800], act: takes, happens: fills },
    // One more fill of such an order.
    Kind { name: "fill", before: makers, counts: [800, 1_600], act: sweeps, happens: fills },
    // Of an account that had no part in the batch yet: its position closed in part against an order.
    Kind {
        name: "liquidation",
        before: thin_longs,
        counts: [THIN / 2, THIN],
        act: liquidations,
        happens: |event| matches!(event, Event::Liquidated { .. }),
    },
    // One publisher's, of one market.
    Kind {
        name: "price_report",
        before: nothing,
        counts: [20, 40],
        act: reports,
        happens: |event| matches!(event, Event::PriceUpdated { .. }),
    },
    // One more account that has a part in the batch, by an order that is counted apart.
    Kind { name: "account", before: nothing, counts: [TRADERS, 2 * TRADERS], act: spread, happens: rests },
];

/// Cycles by kind.
///
/// # Errors
/// When there is no guest.
///
/// # Panics
/// When a batch does not do what its kind says.
pub(super) fn cycles() -> Result<BTreeMap<&'static str, u64>> {
    let guest = batches::guest()?;
    let table = Table::new();
    let mut found = BTreeMap::from([("batch", table.clone().judge(&guest))]);
    for kind in &KINDS {
        found.insert(kind.name, kind.cycles(&table, &guest));
    }
    Ok(found)
}

impl Kind {
    /// Does so many, each of which must happen.
    fn done(&self, table: &mut Table, count: u32) {
        let events = (self.act)(table, count);
        let happened = events.iter().filter(|event| (self.happens)(event)).count();
        assert_eq!(happened, count as usize, "{}", self.name);
    }

    /// Cycles of one more.
    fn cycles(&self, table: &Table, guest: &Guest) -> u64 {
        let mut ready = table.clone();
        (self.before)(&mut ready);
        ready.seal();
        let [few, many] = self.counts.map(|count| {
            let mut table = ready.clone();
            self.done(&mut table, count);
            table.judge(guest)
        });
        (many - few) / u64::from(self.counts[1] - self.counts[0])
    }
}

const fn rests(event: &Event) -> bool {
    matches!(event, Event::OrderRested { .. })
}

const fn fills(event: &Event) -> bool {
    matches!(event, Event::Fill { .. })
}

const fn nothing(_: &mut Table) {}

/// Rests orders of one lot at one price, by turns of the traders behind those who act.
fn makers(table: &mut Table) {
    for n in 0..RESTING {
        table.place(TRADERS + n % TRADERS, order(Sell, 0, 1, Gtc));
    }
}

/// The thin buy all they can; then the price falls and stays there, and there is a bid for what they have.
fn thin_longs(table: &mut Table) {
    table.place(0, order(Sell, 0, 100 * u64::from(THIN), Gtc));
    for n in 0..THIN {
        let events = table.place(RICH + n, order(Buy, 0, 100, Ioc));
        assert!(events.iter().any(fills), "a thin trader has a position: {events:?}");
    }
    for _ in 0..FALLEN {
        table.report(PRICE - FALL);
    }
    // Forced orders may take 15% of what is near.
    table.place(1, order(Buy, FALL, 1_000 * u64::from(THIN), Gtc));
}

fn deposits(table: &mut Table, count: u32) -> Vec<Event> {
    let owner = |n: u32| Address::left_padding_from(&(0xd000_0000 + n).to_be_bytes());
    (0..count)
        .flat_map(|n| {
            let source = table.desk.deposit(owner(n), Quote(1_000_000_000));
            table.say(source)
        })
        .collect()
}

/// Sells away from the price, on a hundred levels.
fn places(table: &mut Table, count: u32) -> Vec<Event> {
    (0..count).flat_map(|n| table.place(n % TRADERS, order(Sell, 1 + u64::from(n) % 100, 1, Gtc))).collect()
}

fn places_shared(table: &mut Table, count: u32) -> Vec<Event> {
    let place =
        |n: u32| Operation::Place { market: MARKET, order: order(Sell, 1 + u64::from(n) % 100, 1, Gtc) };
    (0..count / 10).flat_map(|n| table.ask(n % TRADERS, (10 * n..10 * n + 10).map(place).collect())).collect()
}

fn cancels(table: &mut Table, count: u32) -> Vec<Event> {
    let rested = table.rested.clone();
    (0..count)
        .flat_map(|n| {
            let cancel = Operation::Cancel { market: MARKET, order: rested[n as usize] };
            table.ask(TRADERS + n % TRADERS, vec![cancel])
        })
        .collect()
}

fn takes(table: &mut Table, count: u32) -> Vec<Event> {
    (0..count).flat_map(|n| table.place(n % TRADERS, order(Buy, 0, 1, Ioc))).collect()
}

fn sweeps(table: &mut Table, count: u32) -> Vec<Event> {
    let size = u64::from(count / TAKERS);
    (0..TAKERS).flat_map(|n| table.place(n, order(Buy, 0, size, Ioc))).collect()
}

fn liquidations(table: &mut Table, count: u32) -> Vec<Event> {
    (0..count)
        .flat_map(|n| {
            let account = AccountId(RICH + n);
            table.say(Source::System(SystemCommand::Liquidate { account }))
        })
        .collect()
}

fn reports(table: &mut Table, count: u32) -> Vec<Event> {
    (0..count).flat_map(|n| table.report(PRICE + 1 + u64::from(n))).collect()
}

/// As many orders whatever the number of traders; what happened is told of the first of each.
fn spread(table: &mut Table, traders: u32) -> Vec<Event> {
    let mut told = Vec::new();
    for n in 0..4 * TRADERS {
        let events = table.place(n % traders, order(Sell, 1, 1, Gtc));
        told.extend(events.into_iter().filter(|_| n < traders));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_of_each_kind_happen_as_are_asked_for() {
        let table = Table::new();
        for kind in &KINDS {
            let mut ready = table.clone();
            (kind.before)(&mut ready);
            ready.seal();
            kind.done(&mut ready, kind.counts[0]);
        }
    }
}
