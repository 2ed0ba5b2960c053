//! How a thread shares the cores: in real time where an answer waits for it, as everything else does, or in the background
//! where its work can wait.

use std::{
    cell::Cell,
    io,
    marker::PhantomData,
    sync::atomic::{AtomicBool, Ordering},
};
use thread_priority::{
    Error, NormalThreadSchedulePolicy, RealtimeThreadSchedulePolicy, ThreadPriority, ThreadPriorityOsValue,
    ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id, thread_schedule_policy,
};
use tokio::sync::oneshot;

/// How much less of the CPU a thread in the background gets where others want it: about a tenth of their share.
const NICENESS: i32 = 10;

/// Whether threads of this process may run in real time. Nothing is told by it but that.
static ALLOWED: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IN_REAL_TIME: Cell<bool> = const { Cell::new(false) };
}

/// Lets threads of this process run in real time, if the system lets it: that takes `CAP_SYS_NICE` or an `RLIMIT_RTPRIO` of 1.
/// Where it does not, the log says why, and [`real_time`] changes nothing.
pub fn allow_real_time() -> bool {
    ALLOWED.store(true, Ordering::Relaxed);
    drop(urgent());
    ALLOWED.load(Ordering::Relaxed)
}

/// From here on the thread that calls goes before all that does not run in real time, and goes on until it waits
/// (`SCHED_FIFO` of sched(7), at its lowest priority), where that is allowed. Calling it again is free.
///
/// Threads that hand each other thousands of things a second must all run so, or none: who receives may spin until a sender
/// has finished what it began, and one that it put off does not come back to its core before the system has pity.
pub fn real_time() {
    if IN_REAL_TIME.get() || !ALLOWED.load(Ordering::Relaxed) {
        return;
    }
    match set(ThreadPriority::Min, ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo)) {
        Ok(()) => IN_REAL_TIME.set(true),
        Err(error) => {
            ALLOWED.store(false, Ordering::Relaxed);
            tracing::warn!(%error, "the system lets no more threads run in real time");
        }
    }
}

/// In real time until it is dropped, for what threads in real time wait for: a lock that one holds which lost its core is
/// nobody's.
#[must_use = "it ends when it is dropped"]
pub fn urgent() -> Urgent {
    let was = IN_REAL_TIME.get();
    real_time();
    Urgent { is_ours: !was && IN_REAL_TIME.get(), of_this_thread: PhantomData }
}

/// See [`urgent`].
#[derive(Debug)]
pub struct Urgent {
    is_ours: bool,
    of_this_thread: PhantomData<*const ()>,
}

impl Drop for Urgent {
    fn drop(&mut self) {
        if self.is_ours {
            ordinary();
        }
    }
}

/// Lets others go first that run in real time, too, and are ready: nothing else takes the core from one that does.
pub fn give_way() {
    if IN_REAL_TIME.get() {
        std::thread::yield_now();
    }
}

/// From here on the thread that calls does not run in real time, as one begins that is started from one that does. It shares
/// the cores as before.
pub fn ordinary() {
    IN_REAL_TIME.set(false);
    if !matches!(thread_schedule_policy(), Ok(ThreadSchedulePolicy::Realtime(_))) {
        return;
    }
    let niceness = rustix::process::getpriority_process(None);
    // Anybody may ask for less. This also asks for a niceness of 0, which may be refused and is not what is wanted.
    let _ = set(
        ThreadPriority::Os(ThreadPriorityOsValue::default()),
        ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Other),
    );
    let _ = niceness.and_then(|niceness| rustix::process::setpriority_process(None, niceness));
}

/// From here on the thread that calls leaves the CPU to others.
pub fn background() {
    ordinary();
    // Linux counts niceness by thread. Where it cannot be changed the work is done as everything else is.
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "this thread takes as much of the CPU as any");
    }
}

/// Does `work` on a thread of its own, in the background; it cannot be called off.
///
/// # Errors
/// When it panicked, or the operating system gives no thread.
pub async fn in_background<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (sender, result) = oneshot::channel();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        background();
        // Whoever asked may have gone away.
        let _ = sender.send(work());
    })?;
    result.await.map_err(io::Error::other)
}

fn set(priority: ThreadPriority, policy: ThreadSchedulePolicy) -> io::Result<()> {
    set_thread_priority_and_policy(thread_native_id(), priority, policy).map_err(|error| match error {
        Error::OS(code) => io::Error::from_raw_os_error(code),
        other => io::Error::other(format!("{other:?}")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::process::getpriority_process;

    fn is_in_real_time() -> bool {
        matches!(thread_schedule_policy(), Ok(ThreadSchedulePolicy::Realtime(_)))
    }

    fn niceness() -> i32 {
        getpriority_process(None).expect("the system tells")
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error() {
        assert_eq!(in_background("sum", || 2 + 3).await.ok(), Some(5));
        assert!(in_background("no sum", || -> u8 { panic!("on purpose") }).await.is_err());
    }

    #[test]
    fn a_thread_is_in_real_time_where_the_system_lets_it_and_until_it_leaves() {
        let allowed = allow_real_time();
        assert!(!is_in_real_time(), "to ask is not to enter");
        let before = niceness();
        for _ in 0..2 {
            real_time();
            assert_eq!(is_in_real_time(), allowed);
            drop(urgent());
            assert_eq!(is_in_real_time(), allowed, "what was so before stays so");
            give_way();
        }
        ordinary();
        assert!(!is_in_real_time());
        let held = urgent();
        assert_eq!(is_in_real_time(), allowed);
        drop(held);
        assert!(!is_in_real_time());
        assert_eq!(niceness(), before);
    }

    #[tokio::test]
    async fn what_a_thread_in_real_time_starts_in_the_background_is_not_in_real_time() {
        let before = niceness();
        allow_real_time();
        real_time();
        let found = in_background("look", || (is_in_real_time(), niceness())).await.expect("it runs");
        assert_eq!(found, (false, before + NICENESS));
    }

    #[tokio::test]
    async fn work_in_the_background_that_was_urgent_is_in_the_background_again() {
        allow_real_time();
        let found = in_background("look", || {
            let before = niceness();
            drop(urgent());
            (is_in_real_time(), niceness() - before)
        });
        assert_eq!(found.await.expect("it runs"), (false, 0));
    }
}
