//! What a validator says when it is asked: how far batches are, how the end of the exchange stands on L1 and what it thinks of
//! it, and what it does in disputes.

use alloy::primitives::{Address, B256};
use ballast_bridge::{
    dispute::{Dispute, Matter},
    escape::{Freeze, Reason},
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is thought of an escape claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Opinion {
    /// It is what the state after the last final batch comes to.
    Right,
    /// It is not.
    Wrong,
    /// That state is not known here: the batch was not judged yet, or was not found valid.
    Unjudged,
}

impl Opinion {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Right, Self::Wrong, Self::Unjudged];

    /// As one word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Unjudged => "unjudged",
        }
    }
}

/// A claim on L1, with what is thought of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its hash.
    pub hash: B256,
    /// Who paid the bond.
    pub proposer: Address,
    /// What is thought of it.
    pub opinion: Opinion,
    /// Whether it was accepted, so that everybody is paid by it.
    pub accepted: bool,
}

/// How far batches are: numbers of the last ones, 0 for genesis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// That L1 has.
    pub posted: u64,
    /// That is final there.
    pub last_final: u64,
    /// That was found valid here.
    pub last_valid: u64,
}

/// How far batches are, and how the end of the exchange stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How far batches are.
    pub progress: Progress,
    /// Whether it is frozen, and by what it could be.
    pub freeze: Freeze,
    /// What allows a freeze now.
    pub possible: Option<Reason>,
    /// The claim that the state after the last final batch comes to, once the exchange is settled and that state is known.
    pub ours: Option<B256>,
    /// The claims on L1, in their order.
    pub claims: Vec<Claim>,
}

impl Status {
    /// Claims of which this is thought.
    pub fn thought(&self, opinion: Opinion) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(move |claim| claim.opinion == opinion)
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let Progress { posted, last_final, last_valid } = self.progress;
        let Freeze { frozen_at, settled, .. } = self.freeze;
        let (_, due) = self.freeze.reason();
        let claims = self.claims.iter().map(|claim| {
            json!({
                "hash": claim.hash, "proposer": claim.proposer, "opinion": claim.opinion.word(),
                "accepted": claim.accepted,
            })
        });
        json!({
            "lastPosted": posted,
            "lastFinal": last_final,
            "lastValid": last_valid,
            "frozenAt": (frozen_at != 0).then_some(frozen_at),
            "settled": settled,
            "freezePossible": self.possible.map(|reason| reason.to_string()),
            "freezeDue": (frozen_at == 0).then_some(due),
            "ourClaim": self.ours,
            "claims": claims.collect::<Vec<_>>(),
        })
    }
}

/// Something that is disputed or should be, and what is done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argued {
    /// What it is.
    pub matter: Matter,
    /// Whether it is valid; `None` where that is not known here.
    pub is_valid: Option<bool>,
    /// How the dispute stands on L1.
    pub dispute: Dispute,
    /// Whether the right claim is live; `None` while nobody has filed it.
    pub ours: Option<bool>,
    /// What is done next, in one word, and the last second in which it is of use: `u64::MAX` where that is no matter of time.
    pub next: Option<(&'static str, u64)>,
    /// Why something cannot be done.
    pub trouble: Option<String>,
}

impl Argued {
    fn json(&self) -> Value {
        let Dispute { valid, invalid, fallen, defence_end } = self.dispute;
        let opinion = match self.is_valid {
            Some(true) => "valid",
            Some(false) => "invalid",
            None => "unjudged",
        };
        let due = self.next.map(|(_, by)| by).filter(|by| *by != u64::MAX);
        json!({
            "subject": if self.matter.batch.is_some() { "batch" } else { "escapeClaim" },
            "batch": self.matter.batch,
            "hash": self.matter.hash,
            "opinion": opinion,
            "claimsValid": valid,
            "claimsInvalid": invalid,
            "fallen": fallen,
            "defenceEnd": (defence_end != 0).then_some(defence_end),
            "rightClaim": self.ours.map(|live| if live { "live" } else { "lost" }),
            "next": self.next.map(|(word, _)| word),
            "nextDue": due,
            "trouble": self.trouble,
        })
    }
}

#[derive(Debug, Default)]
struct Sheets {
    status: Option<Status>,
    disputes: Option<Vec<Argued>>,
}

/// Where the status is hung up for whoever asks. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<Sheets>>);

impl Board {
    fn sheets(&self) -> MutexGuard<'_, Sheets> {
        // Every change is one assignment, so whoever panicked left nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This is how it stands now.
    pub fn set(&self, status: Status) {
        self.sheets().status = Some(status);
    }

    /// These are disputed now, or should be.
    pub fn set_disputes(&self, disputes: Vec<Argued>) {
        self.sheets().disputes = Some(disputes);
    }

    /// How it stood when it was looked at last; `None` before that.
    #[must_use]
    pub fn get(&self) -> Option<Status> {
        self.sheets().status.clone()
    }

    /// All of it as JSON; null before L1 was looked at. `disputes` is null where nobody argues here.
    #[must_use]
    pub fn json(&self) -> Value {
        let sheets = self.sheets();
        let Some(status) = &sheets.status else { return Value::Null };
        let disputes = sheets.disputes.as_ref().map(|all| all.iter().map(Argued::json).collect::<Vec<_>>());
        let mut said = status.json();
        said["disputes"] = json!(disputes);
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_thought_of_a_claim_is_told() {
        let freeze = Freeze { frozen_at: 0, settled: false, silent_due: 150, oldest_request: Some((7, 149)) };
        let progress = Progress { posted: 9, last_final: 7, last_valid: 8 };
        let late =
            Status { progress, freeze, possible: Some(Reason::Request(7)), ours: None, claims: vec![] };
        let said = late.json();
        assert_eq!(
            [&said["lastPosted"], &said["lastFinal"], &said["lastValid"]],
            [&json!(9), &json!(7), &json!(8)]
        );
        assert_eq!(said["freezePossible"], json!("forced request 7 was passed over"));
        assert_eq!((&said["frozenAt"], &said["freezeDue"]), (&Value::Null, &json!(149)));

        let claim = |number, opinion, accepted| Claim {
            hash: B256::with_last_byte(number),
            proposer: Address::ZERO,
            opinion,
            accepted,
        };
        let over = Status {
            progress,
            freeze: Freeze { frozen_at: 160, settled: true, ..freeze },
            possible: None,
            ours: Some(B256::with_last_byte(1)),
            claims: vec![claim(1, Opinion::Right, false), claim(2, Opinion::Wrong, true)],
        };
        let said = over.json();
        assert_eq!((&said["frozenAt"], &said["freezeDue"]), (&json!(160), &Value::Null));
        assert_eq!(
            (&said["claims"][0]["opinion"], &said["claims"][1]["opinion"]),
            (&json!("right"), &json!("wrong"))
        );
        assert_eq!(said["claims"][1]["accepted"], json!(true));
        assert_eq!(over.thought(Opinion::Wrong).count(), 1);
    }

    #[test]
    fn disputes_are_told_beside_the_end_and_nothing_where_nobody_argues() {
        let board = Board::default();
        assert_eq!(board.json(), Value::Null);
        let freeze = Freeze { frozen_at: 0, settled: false, silent_due: 150, oldest_request: None };
        let progress = Progress::default();
        board.set(Status { progress, freeze, possible: None, ours: None, claims: vec![] });
        assert_eq!((&board.json()["freezeDue"], &board.json()["disputes"]), (&json!(150), &Value::Null));
        let dispute = Dispute { valid: 1, invalid: 2, fallen: false, defence_end: 90 };
        let matter = Matter { batch: Some(7), hash: B256::with_last_byte(1) };
        let (next, trouble) = (Some(("move", 80)), None);
        let defended = Argued { matter, is_valid: Some(true), dispute, ours: Some(true), next, trouble };
        let matter = Matter { batch: None, ..matter };
        let next = Some(("conclude", u64::MAX));
        let wrong = Argued { matter, is_valid: None, ours: None, next, trouble: Some("why".into()), dispute };
        board.set_disputes(vec![defended, wrong]);
        let said = &board.json()["disputes"];
        assert_eq!(
            (&said[0]["batch"], &said[0]["opinion"], &said[0]["nextDue"]),
            (&json!(7), &json!("valid"), &json!(80))
        );
        assert_eq!((&said[0]["rightClaim"], &said[0]["claimsInvalid"]), (&json!("live"), &json!(2)));
        assert_eq!((&said[1]["subject"], &said[1]["opinion"]), (&json!("escapeClaim"), &json!("unjudged")));
        assert_eq!((&said[1]["next"], &said[1]["nextDue"]), (&json!("conclude"), &Value::Null));
        assert_eq!(said[1]["trouble"], json!("why"));
    }
}
