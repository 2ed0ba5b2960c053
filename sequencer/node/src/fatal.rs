//! Failures that end the process. A node that is half alive would tell what is not so, or hold the queue
//! while nobody works it off: so a stage that fails, or panics, takes everything down, loudly.

use crate::journal::StoreError;
use ballast_types::Seq;
use std::{
    any::Any,
    cell::Cell,
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Why the node cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// Storage failed: nothing can be made durable.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The same input did different things in two places. Our code is not deterministic, or memory is bad.
    #[error("input {seq} did something else in the {place}: outcome {here}, journal {journaled}")]
    Diverged {
        /// Which input.
        seq: Seq,
        /// Where.
        place: &'static str,
        /// What it did there.
        here: alloy_primitives::B256,
        /// What the journal holds.
        journaled: alloy_primitives::B256,
    },
    /// Something that our own code guarantees does not hold.
    #[error("broken invariant: {0}")]
    Invariant(String),
}

thread_local! {
    /// Whether whoever runs on this thread answers for a panic.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Does some work, whose panic is the caller's to deal with, and does not end the process.
///
/// # Errors
/// The message of the panic. What the work had changed must not be used any more.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    let was_caught = IS_CAUGHT.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(was_caught);
    done.map_err(|panic| message(panic.as_ref()))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}

/// Ends the process, for what is broken is in other hands, too.
pub fn abort(why: &dyn Display) -> ! {
    tracing::error!(%why, "the node stops");
    std::process::abort()
}

/// Makes a panic of any thread end the process, after the ordinary message, unless it is [`caught`].
pub fn abort_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        report(info);
        if IS_CAUGHT.get() {
            return;
        }
        tracing::error!(panic = %info, "a thread panicked: the node stops");
        std::process::abort();
    }));
}
