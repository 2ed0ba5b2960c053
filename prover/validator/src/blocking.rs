//! Work for a processor, kept off the threads that wait for sockets.

use crate::error::{Error, Result};

/// Works on a thread that nobody waits for but the caller.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Panicked(error.to_string()))?
}
