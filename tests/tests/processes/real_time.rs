//! Which threads of a node run in real time.

use ballast_bridge::threads;
use ballast_tests::devnet::{
    Devnet,
    market::{Market, prices::Prices},
    options::Options,
};
use procfs::process::{Process, Stat};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The kernel's number of `SCHED_FIFO`.
const FIFO: u32 = 1;

/// A process's threads by their id.
fn threads_of(id: u32) -> BTreeMap<i32, Stat> {
    let process = Process::new(i32::try_from(id).expect("an id")).expect("it runs");
    let threads = process.tasks().expect("its threads");
    // One that has ended meanwhile is none.
    threads.filter_map(|thread| thread.ok()?.stat().ok()).map(|stat| (stat.pid, stat)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_waits_for_runs_in_real_time_where_the_system_lets_it_and_nothing_else_does() {
    let options = Options { validator: false, real_time: true, ..Options::quick() };
    let devnet = Devnet::start(options).await.expect("a devnet");
    let prices = Prices::walk(&devnet.options().markets, 3);
    let _market = Market::start(&devnet, prices, Duration::from_millis(500), 3).await.expect("a market");

    // What this process may the node may.
    let allowed = std::thread::spawn(threads::allow_real_time).join().expect("it asks");
    let cores = std::thread::available_parallelism().expect("the system tells").get();
    let recovering: Vec<_> = (0..cores).map(|number| format!("recover-{number}")).collect();
    let always = ["sequence", "journal", "publish"].iter().map(|&name| name.to_owned());
    let expected: BTreeSet<String> =
        if allowed { always.chain(recovering).collect() } else { BTreeSet::new() };
    let (mut before, mut seen, mut serving) = (BTreeMap::new(), BTreeSet::new(), 0);
    // Messages of L1 wait, batches are made and their KZG meanwhile, on threads that those in real time start.
    for _ in 0..60 {
        let now = threads_of(devnet.node().id());
        // Twice in a row: one that has just been started is until it says otherwise, and others are while they hold a lock.
        let is_urgent = |stat: &Stat| stat.policy == Some(FIFO);
        let urgent: Vec<_> = now
            .values()
            .filter(|stat| is_urgent(stat) && before.get(&stat.pid).is_some_and(is_urgent))
            .collect();
        assert!(urgent.iter().all(|stat| stat.rt_priority == Some(1)), "{urgent:?}");
        let (sockets, others): (Vec<_>, Vec<_>) =
            urgent.iter().map(|stat| stat.comm.clone()).partition(|name| name == "tokio-rt-worker");
        assert!(sockets.len() <= cores, "a thread that may block runs in real time: {now:?}");
        serving = serving.max(sockets.len());
        // The batcher does while it waits for a batch.
        seen.extend(others.into_iter().filter(|name| name != "batch"));
        before = now;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(seen, expected);
    assert_eq!(serving > 0, allowed);
    let log = std::fs::read_to_string(devnet.node().log()).expect("its log");
    assert_eq!(log.contains("the system lets no more threads run in real time"), !allowed, "{log}");
}
