//! Admission: requests take their place in one bounded queue at once, in the order they arrive, while their
//! signatures are recovered on many threads. Who takes from the queue waits for the signature of the first,
//! so the order of arrival is the order of the log, however long a signature takes.

use crate::{
    metrics::AdmissionMetrics, pipeline::Answer, pipeline::Reply, secp::Remembering, secp::Secp256k1,
};
use alloy_primitives::B256;
use ballast_bridge::threads;
use ballast_engine::{Verified, verify};
use ballast_types::{RejectCode, Rejection, Source};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::oneshot;

/// A request in the queue.
#[derive(Debug)]
pub struct Job {
    /// What is said, by whom.
    pub source: Arc<Source>,
    /// Who waits for the answer.
    pub reply: Reply,
    verified: Receiver<Verified>,
}

impl Job {
    /// Waits until the signature has been dealt with.
    #[must_use]
    pub fn verified(&self, separator: B256) -> Verified {
        // No worker took it when the queue of work was full: then it is done here.
        self.verified.recv().unwrap_or_else(|_| verify(&Secp256k1, separator, &self.source))
    }
}

struct Work {
    source: Arc<Source>,
    verified: Sender<Verified>,
}

/// Whether requests are taken. Closing waits for requests that are just being put into the queue, so that
/// whoever closes it and then empties the queue has answered everybody.
#[derive(Clone, Debug, Default)]
pub struct Gate(Arc<RwLock<bool>>);

impl Gate {
    /// Takes nothing more: every later request is answered with `ShuttingDown`.
    pub fn close(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = true;
    }
}

/// Where requests enter. Cheap to clone.
#[derive(Clone)]
pub struct Admission {
    jobs: Sender<Job>,
    work: Sender<Work>,
    gate: Gate,
    metrics: AdmissionMetrics,
}

impl Admission {
    /// Puts a request at the end of the queue, without waiting: when this returns its place is fixed.
    ///
    /// # Errors
    /// `Busy` (with the queue's size as limit) when the queue is full, `ShuttingDown` when the node stops.
    pub fn submit(&self, source: Source) -> Result<oneshot::Receiver<Answer>, Rejection> {
        let closed = self.gate.0.read().unwrap_or_else(PoisonError::into_inner);
        if *closed {
            return Err(RejectCode::ShuttingDown.into());
        }
        let source = Arc::new(source);
        let (reply, answer) = oneshot::channel();
        let (sender, verified) = bounded(1);
        let job = Job { source: Arc::clone(&source), reply, verified };
        match self.jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => {
                self.metrics.refused_busy();
                let size = self.jobs.capacity().unwrap_or_default() as u64;
                return Err(Rejection::new(RejectCode::Busy, size, size));
            }
            Err(TrySendError::Disconnected(_)) => return Err(RejectCode::ShuttingDown.into()),
        }
        self.metrics.taken(self.jobs.len());
        // A full queue of work is no error: who takes the job finds the sender gone and recovers by itself.
        let _ = self.work.try_send(Work { source, verified: sender });
        Ok(answer)
    }

    /// Takes nothing more: every later request is answered with `ShuttingDown`.
    pub fn close(&self) {
        self.gate.close();
    }

    /// The gate, for the sequencer to close when it ends.
    #[must_use]
    pub fn gate(&self) -> Gate {
        self.gate.clone()
    }
}

impl std::fmt::Debug for Admission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admission").field("waiting", &self.jobs.len()).finish_non_exhaustive()
    }
}

/// A queue of `capacity` requests, and so many threads that recover signatures over the domain `separator` by `recovery`.
/// The threads end when every [`Admission`] is gone.
///
/// # Panics
/// When the operating system gives no thread.
#[must_use]
pub fn start(
    capacity: usize,
    recovery_threads: usize,
    separator: B256,
    recovery: &Remembering,
    metrics: AdmissionMetrics,
) -> (Admission, Receiver<Job>) {
    let (jobs, queue) = bounded(capacity);
    let (work, todo) = bounded::<Work>(capacity);
    for number in 0..recovery_threads.max(1) {
        let (todo, recovery) = (todo.clone(), recovery.clone());
        std::thread::Builder::new()
            .name(format!("recover-{number}"))
            .spawn(move || {
                threads::real_time();
                while let Ok(work) = todo.recv() {
                    // The job may be gone, answered with ShuttingDown.
                    let _ = work.verified.send(verify(&recovery, separator, &work.source));
                    // Who takes the job must not wait until there is no more to recover.
                    threads::give_way();
                }
            })
            .expect("the operating system gives a thread");
    }
    (Admission { jobs, work, gate: Gate::default(), metrics }, queue)
}
