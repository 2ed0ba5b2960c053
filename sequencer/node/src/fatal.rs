//! Failures that end the process. A node that is half alive would tell what is not so, or hold the queue
//! while nobody works it off: so a stage that fails, or panics, takes everything down, loudly.

use crate::journal::StoreError;
use ballast_types::Seq;

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

/// Makes a panic of any thread end the process, after the ordinary message.
pub fn abort_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        report(info);
        tracing::error!(panic = %info, "a thread panicked: the node stops");
        std::process::abort();
    }));
}
