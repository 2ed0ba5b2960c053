//! Whose the CPU time of the machine was.

use procfs::{CurrentSI, KernelStats, process::Process};
use serde::Serialize;
use std::time::Instant;

/// The kernel's number of that policy.
const SCHED_FIFO: u32 = 1;

/// Shares of the CPU time of all cores, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// The node's.
    pub node: f64,
    /// Of the clients, who are this process.
    pub clients: f64,
    /// Of L1.
    pub l1: f64,
    /// Of everybody else on the machine.
    pub others: f64,
}

/// CPU time until a moment, in seconds.
#[derive(Clone, Copy, Debug)]
struct Spent {
    node: f64,
    clients: f64,
    l1: f64,
    /// Of all that ran.
    all: f64,
}

/// A stretch of time that is looked at.
#[derive(Debug)]
pub(super) struct Watch {
    /// Process ids.
    node: u32,
    l1: u32,
    before: Spent,
    since: Instant,
}

impl Watch {
    /// Begins now; told the ids of the node's process and of L1's.
    ///
    /// # Errors
    /// When the system tells no CPU times, as none but Linux does.
    pub(super) fn begin(node: u32, l1: u32) -> eyre::Result<Self> {
        Ok(Self { node, l1, before: spent(node, l1)?, since: Instant::now() })
    }

    /// Whose the time since the beginning was on so many cores, and CPU seconds of the node.
    ///
    /// # Errors
    /// As [`Self::begin`].
    pub(super) fn end(self, cores: usize) -> eyre::Result<(Shares, f64)> {
        let (now, before) = (spent(self.node, self.l1)?, self.before);
        let whole = self.since.elapsed().as_secs_f64() * cores as f64;
        let share = |seconds: f64| (seconds / whole * 1e3).round() / 1e3;
        let (node, clients, l1) = (now.node - before.node, now.clients - before.clients, now.l1 - before.l1);
        let others = (now.all - before.all - node - clients - l1).max(0.0);
        let shares =
            Shares { node: share(node), clients: share(clients), l1: share(l1), others: share(others) };
        Ok((shares, node))
    }
}

/// How many threads of a process run in real time (`SCHED_FIFO`, sched(7)).
///
/// # Errors
/// As [`Watch::begin`].
pub(super) fn real_time_threads(process: u32) -> eyre::Result<usize> {
    let threads = Process::new(i32::try_from(process)?)?.tasks()?;
    // One that has ended meanwhile did not.
    let stats = threads.filter_map(|thread| thread.ok()?.stat().ok());
    Ok(stats.filter(|stat| stat.policy == Some(SCHED_FIFO)).count())
}

fn spent(node: u32, l1: u32) -> eyre::Result<Spent> {
    let ticks = procfs::ticks_per_second() as f64;
    let seconds = |process: Process| -> eyre::Result<f64> {
        let stat = process.stat()?;
        Ok((stat.utime + stat.stime) as f64 / ticks)
    };
    let of = |id: u32| -> eyre::Result<f64> { seconds(Process::new(i32::try_from(id)?)?) };
    let total = KernelStats::current()?.total;
    let interrupts = total.irq_ms().unwrap_or_default() + total.softirq_ms().unwrap_or_default();
    let all = total.user_ms() + total.nice_ms() + total.system_ms() + interrupts;
    Ok(Spent { node: of(node)?, clients: seconds(Process::myself()?)?, l1: of(l1)?, all: all as f64 / 1e3 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{hint::black_box, time::Duration};

    #[test]
    fn who_works_has_the_share() {
        // Whoever runs this test has been there for a while and does nothing meanwhile.
        let parent = std::os::unix::process::parent_id();
        let watch = Watch::begin(parent, parent).expect("Linux");
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(300) {
            black_box(began);
        }
        let (shares, node) = watch.end(1).expect("Linux");
        assert!(shares.clients > 0.1, "{shares:?}");
        assert!(shares.node < shares.clients && node < 0.3, "{shares:?}, {node} s");
    }
}
