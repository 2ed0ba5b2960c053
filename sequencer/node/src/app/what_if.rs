//! What operations would do if they came now: the engine carries them out on the mirror and takes them back.

use super::{margin::account_view, views::no_account};
use crate::{
    clock::Clock,
    fatal::{abort, caught},
    metrics::WhatIfMetrics,
    mirror::Mirror,
    rpc::{View, ViewError},
    wire::{AccountView, EventView, WhatIfView, results_of},
};
use ballast_engine::{Exchange, rehearse, take_back};
use ballast_state::{Chain, account_index};
use ballast_types::{Event, Millis, Operations, PoolId, RejectCode, Rejection};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// What operations are tried out by: [`rehearsal`], where nobody tries out what becomes of one that is broken.
pub type Rehearsal =
    fn(&mut Exchange, Millis, &Operations) -> Result<(Vec<Event>, Option<AccountView>), Rejection>;

/// The events of `command` as the next input, at that time, and the account after it; see [`rehearse`].
///
/// # Errors
/// As there.
pub fn rehearsal(
    exchange: &mut Exchange,
    time: Millis,
    command: &Operations,
) -> Result<(Vec<Event>, Option<AccountView>), Rejection> {
    rehearse(exchange, time, command, |after| account_view(&after.state, command.account))
}

/// Tries out operations.
pub(super) struct WhatIfs {
    rehearsal: Rehearsal,
    /// Pools in which something that was tried out panicked. Nothing more is: looking at the whole mirror holds up everybody.
    faulty: Mutex<BTreeSet<PoolId>>,
    metrics: WhatIfMetrics,
}

impl WhatIfs {
    pub(super) fn new(rehearsal: Rehearsal) -> Self {
        Self { rehearsal, faulty: Mutex::default(), metrics: WhatIfMetrics::new() }
    }

    /// `command` as the next input, signed by the account's owner.
    ///
    /// # Errors
    /// As [`rehearse`]; and when it panicked, or anything did before in the account's pool.
    pub(super) fn tell(&self, mirror: &Mirror, clock: &dyn Clock, command: &Operations) -> View<WhatIfView> {
        let account = command.account;
        let (seq, time, before, rehearsed) = mirror.try_out(|exchange| {
            let (began, chain) = (Instant::now(), exchange.state.chain.clone());
            let (seq, time) = (chain.seq, clock.now().max(chain.time));
            let before = account_view(&exchange.state, account);
            let before = before.ok_or_else(|| no_account(exchange, account));
            let rehearsed = self.try_out(exchange, chain, time, command);
            self.metrics.tried(began.elapsed());
            (seq, time, before, rehearsed)
        });
        let (events, after) = rehearsed?;
        Ok(WhatIfView {
            seq: seq.0,
            time: time.0,
            results: results_of(command, &events).into_iter().map(Into::into).collect(),
            events: events.iter().map(EventView::from).collect(),
            before: before?,
            after: after.ok_or(RejectCode::UnknownAccount)?,
        })
    }

    /// Leaves the exchange as it was, whatever happens: nobody signs for this, so it must not stop what others sign for.
    fn try_out(
        &self,
        exchange: &mut Exchange,
        chain: Chain,
        time: Millis,
        command: &Operations,
    ) -> View<(Vec<Event>, Option<AccountView>)> {
        let account = exchange.state.accounts.get(account_index(command.account));
        let pool = account.map(|account| account.pool);
        let mut faulty = self.faulty.lock().unwrap_or_else(PoisonError::into_inner);
        if pool.is_some_and(|pool| faulty.contains(&pool)) {
            return Err(ViewError::Failed);
        }
        match caught(|| (self.rehearsal)(exchange, time, command)) {
            Ok(rehearsed) => Ok(rehearsed?),
            Err(panic) => {
                tracing::error!(account = command.account.0, panic, "what was tried out panicked");
                faulty.extend(pool);
                self.metrics.failed();
                // Else there would be nothing that queries are answered from, or that the sequencer falls back on.
                match caught(|| take_back(exchange, chain)) {
                    Ok(Ok(())) => Err(ViewError::Failed),
                    Ok(Err(violation)) => abort(&violation),
                    Err(panic) => abort(&panic),
                }
            }
        }
    }
}
