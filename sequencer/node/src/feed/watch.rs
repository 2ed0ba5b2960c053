//! Who is to be told of what no event tells. Prices and time move accounts, pools and markets all at once, so each that
//! somebody watches is looked at now and then, and its subscribers are told when it stands differently.

use crate::wire::{AccountView, PoolView, PricingView, Watched};
use ballast_types::{Millis, Seq};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

/// Least time from one look at the same to the next.
const EVERY_MS: u64 = 1_000;
/// How many are looked at after a step of the publisher, which waits; the turn of the others comes with the next.
const MAX_LOOKED_AT: usize = 16;

/// What somebody saw who looked: the answer of the query of the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Seen {
    /// How an account stands.
    Account(AccountView),
    /// What stands behind the accounts of a pool.
    Pool(PoolView),
    /// What a market's price and funding follow from.
    Pricing(Box<PricingView>),
}

impl Seen {
    /// The input that it is after.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        match self {
            Self::Account(AccountView { seq, .. }) | Self::Pool(PoolView { seq, .. }) => Seq(*seq),
            Self::Pricing(pricing) => Seq(pricing.seq),
        }
    }

    /// What of it is news when it is another: all but when somebody looked.
    fn undated(mut self) -> Self {
        match &mut self {
            Self::Account(AccountView { seq, .. }) | Self::Pool(PoolView { seq, .. }) => *seq = 0,
            Self::Pricing(pricing) => (pricing.seq, pricing.time) = (0, 0),
        }
        self
    }
}

/// What somebody watches.
#[derive(Default)]
pub(super) struct Watch {
    /// When each is looked at again.
    due: BTreeSet<(Millis, Watched)>,
    /// What all who watch it know of it, undated; none where they know different things.
    known: BTreeMap<Watched, Option<Seen>>,
}

impl Watch {
    /// Somebody begins to watch, and knows what was `seen`.
    pub(super) fn begin(&mut self, watched: Watched, seen: Seen) {
        let seen = Some(seen.undated());
        match self.known.entry(watched) {
            Entry::Vacant(new) => {
                new.insert(seen);
                self.due.insert((Millis(0), watched));
            }
            Entry::Occupied(mut known) if *known.get() != seen => {
                known.insert(None);
            }
            Entry::Occupied(_) => {}
        }
    }

    /// What to look at now, first what waits longest. What nobody watches any more is forgotten.
    pub(super) fn due(&mut self, now: Millis, is_watched: impl Fn(Watched) -> bool) -> Vec<Watched> {
        let mut found = Vec::new();
        while found.len() < MAX_LOOKED_AT {
            let Some((_, watched)) = self.due.first().copied().filter(|(at, _)| *at <= now) else { break };
            self.due.pop_first();
            if is_watched(watched) {
                self.due.insert((Millis(now.0.saturating_add(EVERY_MS)), watched));
                found.push(watched);
            } else {
                self.known.remove(&watched);
            }
        }
        found
    }

    /// Whether it is another than is known; from here on it is known.
    pub(super) fn is_news(&mut self, watched: Watched, seen: &Seen) -> bool {
        let Some(known) = self.known.get_mut(&watched) else { return false };
        let seen = Some(seen.clone().undated());
        let is_news = *known != seen;
        *known = seen;
        is_news
    }
}

#[cfg(test)]
mod tests;
