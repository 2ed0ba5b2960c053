//! What is forced through L1 in the test exchange, and what holds while somebody exits.

use alloc::{collections::BTreeSet, vec::Vec};

use ballast_types::{
    AccountId, Address, AssetId, Event, ForcedRequest, Input, L1Payload, MarketId, Millis, Outcome, Quote,
    RejectCode, Source, Status, SystemCommand,
};

use super::{World, effects::Health, owner};
use crate::{Exchange, due_exit, facts, margin};

impl World {
    /// The owner of an account, or nobody where there is none, forces something; who leaves is paid at 99.
    pub(crate) fn force(&mut self, request: ForcedRequest, account: u32, amount: i64) -> Outcome {
        let exists = account < self.x.state.chain.accounts;
        let sender = if exists { self.owner_of(account) } else { Address::ZERO };
        self.force_by(sender, request, account, owner(99), amount)
    }

    pub(crate) fn force_by(
        &mut self,
        sender: Address,
        request: ForcedRequest,
        account: u32,
        recipient: Address,
        amount: i64,
    ) -> Outcome {
        let (account, amount) = (AccountId(account), Quote(amount));
        self.l1(L1Payload::Forced { request, sender, account, recipient, asset: AssetId(0), amount })
    }

    /// The account is to be closed in a market, against all who are on the other side.
    pub(crate) fn exit(&mut self, account: u32, market: MarketId) -> Outcome {
        let side = self.size(account, market).signum();
        let opposite = |other: &u32| side != 0 && self.size(*other, market).signum() == -side;
        let holders: Vec<u32> = (0..self.x.state.chain.accounts).filter(opposite).collect();
        self.exit_against(account, market, &holders)
    }

    pub(crate) fn exit_against(&mut self, account: u32, market: MarketId, holders: &[u32]) -> Outcome {
        let holders = holders.iter().copied().map(AccountId).collect();
        let account = AccountId(account);
        self.input(Source::System(SystemCommand::Exit { account, market, holders }))
    }

    pub(crate) fn is_exiting(&self, account: u32) -> bool {
        facts::trader(&self.x.state, AccountId(account)).seldom.exit.is_some()
    }
}

/// What is due before an input, and how far the inbox is.
pub(super) struct Waiting {
    due: Option<i128>,
    consumed: u64,
}

pub(super) fn waiting(x: &Exchange, time: Millis) -> Waiting {
    Waiting { due: due_exit(x, time), consumed: x.state.chain.l1_count }
}

/// INV-73: while an exit is due, no message of L1 is consumed.
pub(super) fn check_due(x: &Exchange, before: &Waiting, input: &Input, outcome: &Outcome) {
    let Some(due) = before.due else { return };
    assert_eq!(x.state.chain.l1_count, before.consumed, "INV-73: {input:?} with {due} due");
    if let (Source::L1(message), Status::Rejected(rejection)) = (&input.source, outcome.status) {
        let code =
            if message.index == before.consumed { RejectCode::ExitDue } else { RejectCode::WrongL1Index };
        assert_eq!(rejection.code, code, "INV-73: {input:?}");
    }
}

/// INV-74: an exit moves as many lots and as much money one way as the other; nobody pays for it but by his own orders, and
/// who exits does not come to owe.
pub(super) fn check_exit(x: &Exchange, before: &[Health], input: &Input, outcome: &Outcome) {
    let Source::System(SystemCommand::Exit { account: exiting, .. }) = &input.source else { return };
    let traded: BTreeSet<AccountId> = outcome
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Fill { maker, .. } => Some(*maker),
            _ => None,
        })
        .collect();
    let (mut lots, mut money) = (0, 0);
    for event in &outcome.events {
        let Event::Deleveraged { account, size, paid, .. } = event else { continue };
        lots += i128::from(size.0);
        money += i128::from(paid.0);
        let (was, now) = (&before[account.0 as usize].0, margin::summary_of(&x.state, *account));
        let kept = now.equity >= was.equity || account == exiting || traded.contains(account);
        let pays = *paid > Quote::ZERO;
        assert!(kept && (!pays || account == exiting), "INV-74: {was:?} {now:?} {event:?}");
    }
    let Some((was, _)) = before.get(exiting.0 as usize) else { return };
    let now = margin::summary_of(&x.state, *exiting);
    assert!(
        (lots, money) == (0, 0) && (now.equity >= 0 || was.equity < 0),
        "INV-74: {was:?} {now:?} {outcome:?}"
    );
}
