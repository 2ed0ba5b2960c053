//! What a validator says when it is asked how the end of the exchange stands on L1, and what it thinks of it.

use alloy::primitives::{Address, B256};
use ballast_bridge::escape::{Freeze, Reason};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

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

/// How the end of the exchange stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
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

    /// As JSON. Nothing can be disputed yet, and it says so.
    #[must_use]
    pub fn json(&self) -> Value {
        let Freeze { frozen_at, settled, .. } = self.freeze;
        let (_, due) = self.freeze.reason();
        let claims = self.claims.iter().map(|claim| {
            json!({
                "hash": claim.hash, "proposer": claim.proposer, "opinion": claim.opinion.word(),
                "accepted": claim.accepted,
            })
        });
        json!({
            "frozenAt": (frozen_at != 0).then_some(frozen_at),
            "settled": settled,
            "freezePossible": self.possible.map(|reason| reason.to_string()),
            "freezeDue": (frozen_at == 0).then_some(due),
            "ourClaim": self.ours,
            "claims": claims.collect::<Vec<_>>(),
            "disputes": false,
        })
    }
}

/// Where the status is hung up for whoever asks. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Board(Arc<Mutex<Option<Status>>>);

impl Board {
    /// This is how it stands now.
    pub fn set(&self, status: Status) {
        // Every change is one assignment, so whoever panicked left nothing half done.
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(status);
    }

    /// How it stood when it was looked at last; `None` before that.
    #[must_use]
    pub fn get(&self) -> Option<Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_thought_of_a_claim_is_told() {
        let freeze = Freeze { frozen_at: 0, settled: false, silent_due: 150, oldest_request: Some((7, 149)) };
        let late = Status { freeze, possible: Some(Reason::Request(7)), ours: None, claims: vec![] };
        let said = late.json();
        assert_eq!(said["freezePossible"], json!("forced request 7 was passed over"));
        assert_eq!((&said["frozenAt"], &said["freezeDue"]), (&Value::Null, &json!(149)));

        let claim = |number, opinion, accepted| Claim {
            hash: B256::with_last_byte(number),
            proposer: Address::ZERO,
            opinion,
            accepted,
        };
        let over = Status {
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
        assert_eq!((&said["claims"][1]["accepted"], &said["disputes"]), (&json!(true), &json!(false)));
        assert_eq!(over.thought(Opinion::Wrong).count(), 1);
    }
}
