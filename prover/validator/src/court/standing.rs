//! What is to be done in a dispute, by how it stands and which history is right. Nothing is read here.

use alloy::primitives::B256;
use ballast_bridge::dispute::{Dispute, Encounter};

/// What can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// File the right claim.
    File,
    /// Make the next move of the right claim's match against another.
    Move {
        /// Root of the other claim.
        against: B256,
        /// Where the match stands.
        at: Encounter,
    },
    /// Execute the leap in which both differ.
    Step {
        /// Root of the other claim.
        against: B256,
        /// Where the match stands.
        at: Encounter,
    },
    /// Kill the other claim, whose time is used up.
    Expire {
        /// Its root.
        against: B256,
    },
    /// Decide that the subject is invalid.
    Conclude,
}

impl Act {
    /// As one word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Move { .. } => "move",
            Self::Step { .. } => "step",
            Self::Expire { .. } => "expire",
            Self::Conclude => "conclude",
        }
    }
}

/// Why the right side can do nothing about something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plight {
    /// The right claim was not filed in time.
    TooLate,
    /// The right claim has lost a match.
    Lost,
    /// It has no time left in one.
    OutOfTime,
}

impl Plight {
    /// As a sentence.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::TooLate => "it is too late for the right claim",
            Self::Lost => "the right claim has lost a match",
            Self::OutOfTime => "the right claim has no time left in a match: anybody may end it",
        }
    }
}

/// A dispute, for who knows the right history.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Whether the subject is valid.
    pub is_valid: bool,
    /// What L1 has of it.
    pub dispute: Dispute,
    /// Whether the right claim is live; `None` while nobody has filed it.
    pub ours: Option<bool>,
    /// The last second in which the subject can be challenged; `None` when it cannot be any more.
    pub challenge_end: Option<u64>,
    /// The matches of the right claim, by the roots of the claims on the other side, all of which are live.
    pub matches: Vec<(B256, Encounter)>,
    /// The time of the latest block, unix seconds.
    pub now: u64,
}

impl Standing {
    /// What is to be done, each with the last second in which it is of use, or of use to nobody else; and why there is
    /// nothing more.
    #[must_use]
    pub fn acts(self) -> (Vec<(u64, Act)>, Option<Plight>) {
        let Self { is_valid, dispute, ours, challenge_end, matches, now } = self;
        if dispute.fallen || (is_valid && dispute.invalid == 0) {
            return (Vec::new(), None);
        }
        match ours {
            Some(true) => {}
            Some(false) => return (Vec::new(), Some(Plight::Lost)),
            None => {
                let end = if is_valid { Some(dispute.defence_end) } else { challenge_end };
                return match end.filter(|end| now <= *end) {
                    Some(end) => (vec![(end, Act::File)], None),
                    None => (Vec::new(), Some(Plight::TooLate)),
                };
            }
        }
        let (mut acts, mut plight) = (Vec::new(), None);
        for (against, at) in matches {
            let (due, is_our_turn) = (at.due, at.is_turn_of_valid() == is_valid);
            match (is_our_turn, now > due) {
                (true, true) => plight = Some(Plight::OutOfTime),
                (false, true) => acts.push((u64::MAX, Act::Expire { against })),
                // Both sides can show it, and for the one whose turn it is not it is no more urgent than an expiry.
                (_, false) if at.level == 0 => {
                    acts.push((if is_our_turn { due } else { u64::MAX }, Act::Step { against, at }));
                }
                (true, false) => acts.push((due, Act::Move { against, at })),
                (false, false) => {}
            }
        }
        if !is_valid && dispute.valid == 0 && now > dispute.defence_end {
            acts.push((u64::MAX, Act::Conclude));
        }
        (acts, plight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000;

    fn at(level: u8, moves: u8, due: u64) -> Encounter {
        Encounter { level, index: 7, moves, due, shown: Vec::new() }
    }

    fn other(number: u8) -> B256 {
        B256::with_last_byte(number)
    }

    /// A valid subject that was challenged once and is defended by nobody, until 100 seconds from `NOW`.
    fn challenged(is_valid: bool) -> Standing {
        let dispute = Dispute { valid: 0, invalid: 1, fallen: false, defence_end: NOW + 100 };
        Standing { is_valid, dispute, ours: None, challenge_end: None, matches: Vec::new(), now: NOW }
    }

    #[test]
    fn what_nobody_disputes_and_what_has_fallen_is_left_alone() {
        let dispute = Dispute::default();
        assert_eq!(Standing { dispute, ..challenged(true) }.acts(), (vec![], None));
        let dispute = Dispute { fallen: true, ..challenged(false).dispute };
        let matches = vec![(other(1), at(38, 0, 0))];
        for is_valid in [false, true] {
            let standing =
                Standing { dispute, ours: Some(true), matches: matches.clone(), ..challenged(is_valid) };
            assert_eq!(standing.acts(), (vec![], None));
        }
    }

    #[test]
    fn the_right_claim_is_filed_to_the_last_second() {
        let end = NOW + 100;
        for now in [NOW, end] {
            assert_eq!(Standing { now, ..challenged(true) }.acts(), (vec![(end, Act::File)], None));
        }
        let late = (vec![], Some(Plight::TooLate));
        assert_eq!(Standing { now: end + 1, ..challenged(true) }.acts(), late);
        // A wrong one can be challenged as long as its window lasts, and whoever was there first is of no help.
        let open = Standing { challenge_end: Some(NOW), ..challenged(false) };
        assert_eq!(open.clone().acts(), (vec![(NOW, Act::File)], None));
        assert_eq!(Standing { now: NOW + 1, ..open }.acts(), late);
        assert_eq!(challenged(false).acts(), late, "another claim was accepted");
    }

    #[test]
    fn nothing_is_done_for_a_claim_that_has_lost() {
        let matches = vec![(other(1), at(30, 2, NOW + 9))];
        let standing = Standing { ours: Some(false), matches, ..challenged(true) };
        assert_eq!(standing.acts(), (vec![], Some(Plight::Lost)));
    }

    #[test]
    fn whose_turn_it_is_moves_and_whose_it_is_not_waits_for_the_end_of_it() {
        for (is_valid, moves) in [(true, 0), (true, 2), (true, 4), (false, 1), (false, 3)] {
            let played = |moves, due| {
                let matches = vec![(other(1), at(14, moves, due))];
                Standing { ours: Some(true), matches, ..challenged(is_valid) }.acts()
            };
            let moved = Act::Move { against: other(1), at: at(14, moves, NOW) };
            assert_eq!(played(moves, NOW), (vec![(NOW, moved)], None), "the last second");
            assert_eq!(played(moves, NOW - 1), (vec![], Some(Plight::OutOfTime)));
            assert_eq!(played(moves + 1, NOW), (vec![], None), "theirs");
            let expire = Act::Expire { against: other(1) };
            assert_eq!(played(moves + 1, NOW - 1), (vec![(u64::MAX, expire)], None));
        }
    }

    #[test]
    fn at_a_state_either_side_steps_and_the_valid_one_has_to() {
        for (is_valid, by) in [(true, NOW), (false, u64::MAX)] {
            let matches = vec![(other(1), at(0, 5, NOW))];
            let standing = Standing { ours: Some(true), matches, ..challenged(is_valid) };
            let step = Act::Step { against: other(1), at: at(0, 5, NOW) };
            assert_eq!(standing.clone().acts(), (vec![(by, step)], None));
            let late = Standing { now: NOW + 1, ..standing }.acts();
            let expire = Act::Expire { against: other(1) };
            let expected =
                if is_valid { (vec![], Some(Plight::OutOfTime)) } else { (vec![(u64::MAX, expire)], None) };
            assert_eq!(late, expected, "what nobody can show is not valid");
        }
    }

    #[test]
    fn the_wrong_one_falls_once_nobody_can_defend_it_any_more() {
        let stands = Standing { ours: Some(true), ..challenged(false) };
        let dispute = Dispute { defence_end: NOW, ..stands.dispute };
        assert_eq!(Standing { dispute, ..stands.clone() }.acts(), (vec![], None), "the last second");
        let dispute = Dispute { defence_end: NOW - 1, ..stands.dispute };
        let conclude = (vec![(u64::MAX, Act::Conclude)], None);
        assert_eq!(Standing { dispute, ..stands.clone() }.acts(), conclude);
        let dispute = Dispute { valid: 1, ..dispute };
        assert_eq!(Standing { dispute, ..stands.clone() }.acts(), (vec![], None), "it is defended");
        assert_eq!(
            Standing { dispute, is_valid: true, ..stands }.acts(),
            (vec![], None),
            "nobody accuses it"
        );
    }

    #[test]
    fn matches_are_played_one_beside_the_other() {
        let matches = vec![
            (other(1), at(38, 0, NOW + 50)),
            (other(2), at(30, 1, NOW - 1)),
            (other(3), at(22, 2, NOW + 5)),
            (other(4), at(6, 4, NOW - 1)),
        ];
        let standing = Standing { ours: Some(true), matches, ..challenged(true) };
        let (acts, plight) = standing.acts();
        let done: Vec<_> = acts.iter().map(|(by, act)| (*by, act.word())).collect();
        assert_eq!(done, [(NOW + 50, "move"), (u64::MAX, "expire"), (NOW + 5, "move")]);
        assert_eq!(plight, Some(Plight::OutOfTime), "one is lost, and keeps no other");
    }
}
