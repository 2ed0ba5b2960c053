//! Work that can wait: it is done by threads that leave the CPU to others who want it.

use tokio::sync::oneshot;

/// How much less of the CPU such a thread gets where others want it: about a tenth of their share.
const NICENESS: i32 = 10;

/// From here on the thread that calls leaves the CPU to others.
pub fn enter() {
    // Linux counts niceness by thread. Where it cannot be changed the work is done as everything else is.
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "this thread takes as much of the CPU as any");
    }
}

/// Does `work` on a thread of its own; it cannot be called off.
///
/// # Errors
/// When it panicked, or the operating system gives no thread.
pub async fn run<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<T> {
    let (sender, result) = oneshot::channel();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        enter();
        // Whoever asked may have gone away.
        let _ = sender.send(work());
    })?;
    result.await.map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_that_panics_is_an_error() {
        assert_eq!(run("sum", || 2 + 3).await.ok(), Some(5));
        assert!(run("no sum", || -> u8 { panic!("on purpose") }).await.is_err());
    }
}
