//! Waiting for a condition, with a limit, and no longer than what is waited for lives.

use super::{Devnet, PATIENCE};
use eyre::{bail, eyre};
use std::time::{Duration, Instant};

/// How often a condition is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Looks until `look` finds something. `alive` tells early when there is no more sense in waiting.
///
/// # Errors
/// When `alive` or `look` fails, or nothing is found within `patience`.
pub async fn until<T>(
    what: &str,
    patience: Duration,
    alive: impl Fn() -> eyre::Result<()>,
    mut look: impl AsyncFnMut() -> eyre::Result<Option<T>>,
) -> eyre::Result<T> {
    let started = Instant::now();
    loop {
        alive()?;
        let left =
            patience.checked_sub(started.elapsed()).ok_or_else(|| eyre!("waited {patience:?} for {what}"))?;
        match tokio::time::timeout(left, look()).await {
            Ok(Ok(Some(found))) => return Ok(found),
            Ok(Ok(None)) => tokio::time::sleep(LOOK_AGAIN).await,
            Ok(Err(error)) => return Err(error.wrap_err(format!("while waiting for {what}"))),
            Err(_) => bail!("waited {patience:?} for {what}, the last look never ended"),
        }
    }
}

impl Devnet {
    /// Looks until `look` finds something; see [`until`]. A process that dies ends the wait.
    ///
    /// # Errors
    /// When a process dies, `look` fails, or nothing is found within [`PATIENCE`]; with the end of the node's log.
    pub async fn until<T>(
        &self,
        what: &str,
        look: impl AsyncFnMut() -> eyre::Result<Option<T>>,
    ) -> eyre::Result<T> {
        let found = until(what, PATIENCE, || self.check(), look).await;
        found.map_err(|error| error.wrap_err(self.node.last_words()))
    }

    /// The same where the exchange may be dead: only L1 must live.
    ///
    /// # Errors
    /// When L1 dies, `look` fails, or nothing is found within [`PATIENCE`].
    pub async fn until_on_l1<T>(
        &self,
        what: &str,
        look: impl AsyncFnMut() -> eyre::Result<Option<T>>,
    ) -> eyre::Result<T> {
        until(what, PATIENCE, || self.l1.check(), look).await
    }
}
