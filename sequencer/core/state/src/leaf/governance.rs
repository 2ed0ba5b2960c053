//! What governance asked for and waits, and whom it made sign (protocol.md, Governance; risk.md 3.9).

use alloc::vec::Vec;
use ballast_types::{Address, GovernanceCall, Millis};
use borsh::{BorshDeserialize, BorshSerialize};

/// A change that waits for its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Change {
    /// When it takes effect, with the first report from then on.
    pub at: Millis,
    /// What was asked for.
    pub call: GovernanceCall,
}

impl Change {
    /// What sets changes apart: of an action and a subject one waits.
    const fn parameter(&self) -> (u8, u16) {
        (self.call.action, self.call.subject)
    }

    /// In which order they take effect.
    const fn turn(&self) -> (Millis, u8, u16) {
        (self.at, self.call.action, self.call.subject)
    }
}

/// What governance left behind but for parameters, which lie with what they are of. The leaf is empty while that is nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Governance {
    /// What waits.
    pub pending: Pending,
    /// Who signs, since one was replaced for the first time; before, those of the genesis do.
    pub signers: Option<Signers>,
}

impl Governance {
    /// Governance did nothing yet.
    pub const NONE: Self = Self { pending: Pending::NONE, signers: None };
}

/// Who signs since a signer was replaced.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Signers {
    /// Price publishers, by their place: as many as in the genesis.
    pub publishers: Vec<Address>,
    /// Who may move markets towards safety; nobody when zero.
    pub guardian: Address,
    /// When one was replaced last.
    pub replaced_at: Millis,
}

/// All that waits, in the order in which it takes effect: by time, then action, then subject. At most
/// [`MAX_PENDING_CHANGES`](ballast_types::limits::MAX_PENDING_CHANGES).
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pending(Vec<Change>);

impl Pending {
    /// Nothing waits.
    pub const NONE: Self = Self(Vec::new());

    /// What waits, in the order in which it takes effect.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// What waits for this action and subject.
    #[must_use]
    pub fn of(&self, action: u8, subject: u16) -> Option<&Change> {
        self.0.iter().find(|waiting| waiting.parameter() == (action, subject))
    }

    /// Those whose time is not after `now`, in the order in which they take effect.
    pub fn due(&self, now: Millis) -> impl Iterator<Item = &Change> {
        self.0.iter().take_while(move |change| change.at <= now)
    }

    /// Nothing waits for this action and subject any more.
    pub fn remove(&mut self, action: u8, subject: u16) {
        self.0.retain(|waiting| waiting.parameter() != (action, subject));
    }

    /// `change` waits, in place of what waited for its action and subject.
    pub fn put(&mut self, change: Change) {
        let (action, subject) = change.parameter();
        self.remove(action, subject);
        let place = self.0.partition_point(|waiting| waiting.turn() < change.turn());
        self.0.insert(place, change);
    }

    /// Whether it is in its order, with one change of an action and a subject.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let alone = |change: &Change| self.of(change.call.action, change.call.subject) == Some(change);
        self.0.is_sorted_by(|a, b| a.turn() < b.turn()) && self.0.iter().all(alone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn change(at: u64, action: u8, subject: u16) -> Change {
        Change { at: Millis(at), call: GovernanceCall { action, subject, value: at } }
    }

    #[test]
    fn changes_wait_in_the_order_of_time_action_and_subject() {
        let mut pending = Pending::NONE;
        for (at, action, subject) in [(9, 0, 0), (5, 2, 1), (5, 2, 0), (5, 1, 7)] {
            pending.put(change(at, action, subject));
        }
        assert_eq!(pending.changes(), [change(5, 1, 7), change(5, 2, 0), change(5, 2, 1), change(9, 0, 0)]);
        assert!(pending.is_sound());
        let first = |now| pending.due(Millis(now)).next();
        assert_eq!((first(4), first(5)), (None, Some(&change(5, 1, 7))));
        assert_eq!(pending.due(Millis(5)).count(), 3);
        assert_eq!(pending.due(Millis(9)).last(), Some(&change(9, 0, 0)));
    }

    #[test]
    fn one_waits_of_an_action_and_a_subject() {
        let mut pending = Pending::NONE;
        pending.put(change(5, 1, 7));
        pending.put(change(3, 1, 7));
        assert_eq!(pending.changes(), [change(3, 1, 7)]);
        assert_eq!((pending.of(1, 7), pending.of(1, 6)), (Some(&change(3, 1, 7)), None));
        pending.remove(1, 7);
        assert_eq!(pending, Pending::NONE);
    }
}
