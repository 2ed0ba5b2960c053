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
use ballast_state::Chain;
use ballast_types::{Event, Millis, Operations, PoolId, RejectCode, Rejection};
use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
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

/// How the account stands, and what would happen.
type Tried = (AccountView, (Vec<Event>, Option<AccountView>));

/// Tries out operations.
pub(super) struct WhatIfs {
    rehearsal: Rehearsal,
    /// Pools in which something that was tried out panicked. Nothing more is: looking at every book holds up everybody.
    faulty: Mutex<BTreeSet<PoolId>>,
    metrics: WhatIfMetrics,
}

impl WhatIfs {
    pub(super) fn new(rehearsal: Rehearsal) -> Self {
        Self { rehearsal, faulty: Mutex::default(), metrics: WhatIfMetrics::new() }
    }

    /// `command` as the next input, signed by the account's owner, whose pool this is.
    ///
    /// # Errors
    /// As [`rehearse`]; and when it panics, or anything did before in that pool.
    pub(super) fn tell(
        &self,
        mirror: &Mirror,
        clock: &dyn Clock,
        pool: Option<PoolId>,
        command: &Operations,
    ) -> View<WhatIfView> {
        if pool.is_some_and(|pool| self.faulty().contains(&pool)) {
            return Err(ViewError::Failed);
        }
        let (chain, time, tried) = mirror.try_out(|exchange| {
            let (began, chain) = (Instant::now(), exchange.state.chain.clone());
            let time = clock.now().max(chain.time);
            let tried = caught(|| self.try_out(exchange, time, command)).map_err(|panic| {
                self.take_back(exchange, chain.clone(), &panic);
                self.faulty().extend(pool);
            });
            self.metrics.tried(began.elapsed());
            (chain, time, tried)
        });
        let (before, (events, after)) = tried.map_err(|()| ViewError::Failed)??;
        Ok(WhatIfView {
            seq: chain.seq.0,
            time: time.0,
            results: results_of(command, &events).into_iter().map(Into::into).collect(),
            events: events.iter().map(EventView::from).collect(),
            before,
            after: after.ok_or(RejectCode::UnknownAccount)?,
        })
    }

    /// How the account stands, and what [`rehearsal`] tells.
    fn try_out(
        &self,
        exchange: &mut Exchange,
        time: Millis,
        command: &Operations,
    ) -> Result<Tried, Rejection> {
        let before = account_view(&exchange.state, command.account);
        let before = before.ok_or_else(|| no_account(exchange, command.account))?;
        Ok((before, (self.rehearsal)(exchange, time, command)?))
    }

    /// Leaves the exchange as it was: nobody signs for what is tried out, so it must not stop what others sign for.
    fn take_back(&self, exchange: &mut Exchange, chain: Chain, panic: &str) {
        tracing::error!(panic, "what was tried out panicked");
        self.metrics.failed();
        // Else there would be nothing that queries are answered from, or that the sequencer falls back on.
        match caught(|| take_back(exchange, chain)) {
            Ok(Ok(())) => {}
            Ok(Err(broken)) => abort(&broken),
            Err(panic) => abort(&panic),
        }
    }

    fn faulty(&self) -> MutexGuard<'_, BTreeSet<PoolId>> {
        self.faulty.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
