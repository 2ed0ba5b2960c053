//! What operations would do if they came now: the engine carries them out on the mirror and takes them back.

use super::{margin::account_view, views::no_account};
use crate::{
    clock::Clock,
    metrics::WhatIfMetrics,
    mirror::Mirror,
    rpc::View,
    wire::{EventView, WhatIfView, results_of},
};
use ballast_engine::rehearse;
use ballast_types::{Operations, RejectCode};
use std::time::Instant;

/// `command` as the next input, signed by the account's owner; see [`rehearse`].
pub(super) fn what_if(
    mirror: &Mirror,
    clock: &dyn Clock,
    metrics: &WhatIfMetrics,
    command: &Operations,
) -> View<WhatIfView> {
    let account = command.account;
    let (seq, time, before, rehearsed) = mirror.try_out(|exchange| {
        let (began, chain) = (Instant::now(), exchange.state.chain.clone());
        let time = clock.now().max(chain.time);
        let before = account_view(&exchange.state, account).ok_or_else(|| no_account(exchange, account));
        let rehearsed = rehearse(exchange, time, command, |after| account_view(&after.state, account));
        metrics.tried(began.elapsed());
        (chain.seq, time, before, rehearsed)
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
