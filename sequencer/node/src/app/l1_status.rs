//! Where L1 stands, as the threads that talk to it last saw it.

use crate::wire::L1View;
use std::sync::{Mutex, PoisonError};

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    attached: bool,
    head: u64,
    confirmed: u64,
    confirmations: u64,
    final_batch: u64,
    frozen_at: Option<u64>,
    foreign_batch: Option<u64>,
}

/// What was last seen of L1.
#[derive(Debug, Default)]
pub(super) struct L1Status(Mutex<Seen>);

impl L1Status {
    /// The watcher saw this head.
    pub(super) fn saw_head(&self, head: u64, confirmations: u64) {
        self.change(|seen| {
            seen.attached = true;
            seen.head = head;
            seen.confirmations = confirmations;
            seen.confirmed = head.saturating_sub(confirmations);
        });
    }

    /// The last final batch.
    pub(super) fn saw_final(&self, batch: u64) {
        self.change(|seen| seen.final_batch = batch);
    }

    /// When it was frozen, unix seconds. True when that is news.
    pub(super) fn saw_freeze(&self, at: Option<u64>) -> bool {
        let mut news = false;
        self.change(|seen| {
            news = at.is_some() && seen.frozen_at.is_none();
            seen.frozen_at = at;
        });
        news
    }

    /// The first batch on L1 that somebody else posted.
    pub(super) fn saw_foreign(&self, first: Option<u64>) {
        self.change(|seen| seen.foreign_batch = first);
    }

    /// The last final batch and, when the node has an L1 at all, where it stands; messages left 0.
    pub(super) fn view(&self) -> (u64, Option<L1View>) {
        let seen = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let view = L1View {
            head: seen.head,
            confirmed: seen.confirmed,
            confirmations: seen.confirmations,
            messages: 0,
            frozen_at: seen.frozen_at,
            foreign_batch: seen.foreign_batch,
        };
        (seen.final_batch, seen.attached.then_some(view))
    }

    fn change(&self, with: impl FnOnce(&mut Seen)) {
        with(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
