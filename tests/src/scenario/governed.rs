//! What governance says through L1.

use super::{
    read::{Governed, ReadError},
    world::{Told, World},
};
use ballast_engine::governance;
use ballast_types::{Event, GovernanceCall, L1Payload, Status, limits::MINUTE_MS};

impl World {
    /// A parameter of the market, or of pool 0, becomes another, or the first publisher or the guardian does.
    pub(super) fn govern(&mut self, action: &str, value: &Governed) -> Told {
        let action = governance::names().find(|(_, name)| *name == action);
        let (action, _) = action.ok_or_else(|| ReadError("nobody can govern that".into()))?;
        let value = match value {
            Governed::Value(value) => *value,
            Governed::Ahead(ahead) => (self.now() + ahead).div_ceil(MINUTE_MS) * MINUTE_MS,
            Governed::OwnerOf(account) => self.account(account)?.0.into(),
        };
        let outcome = self.l1(L1Payload::Governance(GovernanceCall { action, subject: 0, value }));
        if let Status::Rejected(rejection) = outcome.status {
            return Ok(vec![format!("refused {}", rejection.code.name())]);
        }
        let told = outcome.events.iter().map(|event| match event {
            Event::ChangeScheduled(_, at) if at.0 == 0 => "takes back".to_owned(),
            Event::ChangeScheduled(_, at) => format!("waits {}", at.0 - self.now()),
            Event::GovernanceRefused(_, rejection) => format!("refused {}", rejection.code.name()),
            other => format!("{other:?}"),
        });
        Ok(told.collect())
    }
}
