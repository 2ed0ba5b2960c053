//! Who is to be told how his account stands. Prices move all accounts at once, so each is looked at now and then, and
//! its subscribers are told when it stands differently.

use crate::wire::AccountView;
use ballast_types::{AccountId, Millis};
use std::collections::{BTreeMap, BTreeSet};

/// Least time from one update of an account to the next.
const EVERY_MS: u64 = 1_000;
/// Accounts that are looked at after a step of the publisher, which waits; the turn of the others comes with the next.
const MAX_LOOKED_AT: usize = 16;

/// The accounts that somebody watches.
#[derive(Default)]
pub(super) struct Margins {
    /// When each is looked at again.
    due: BTreeSet<(Millis, AccountId)>,
    /// How it stood when it was last told.
    told: BTreeMap<AccountId, Option<AccountView>>,
}

impl Margins {
    /// Somebody begins to watch an account.
    pub(super) fn watch(&mut self, account: AccountId) {
        if let std::collections::btree_map::Entry::Vacant(new) = self.told.entry(account) {
            new.insert(None);
            self.due.insert((Millis(0), account));
        }
    }

    /// The accounts to look at now, who waits longest first. Those that nobody watches any more are forgotten.
    pub(super) fn due(&mut self, now: Millis, is_watched: impl Fn(AccountId) -> bool) -> Vec<AccountId> {
        let mut found = Vec::new();
        while found.len() < MAX_LOOKED_AT {
            let Some((_, account)) = self.due.first().copied().filter(|(at, _)| *at <= now) else { break };
            self.due.pop_first();
            if is_watched(account) {
                self.due.insert((Millis(now.0.saturating_add(EVERY_MS)), account));
                found.push(account);
            } else {
                self.told.remove(&account);
            }
        }
        found
    }

    /// Whether the account stands differently than it was last told; from here on it counts as told.
    pub(super) fn is_news(&mut self, view: &AccountView) -> bool {
        let Some(told) = self.told.get_mut(&AccountId(view.account)) else { return false };
        let same = told.as_ref().is_some_and(|told| AccountView { seq: view.seq, ..told.clone() } == *view);
        if !same {
            *told = Some(view.clone());
        }
        !same
    }
}
