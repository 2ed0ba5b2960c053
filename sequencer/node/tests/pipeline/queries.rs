//! Queries do not hold up the threads that serve sockets.

use crate::support::*;
use ballast_node::{
    app::Core,
    clock::ManualClock,
    feed::FeedConfig,
    journal::{
        MemoryStore, Store, StoreError,
        store::{Pair, Table, Write},
    },
    rpc::methods,
};
use std::{
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

/// A store whose disk takes its time to read the tables that pages are read from, until it is let go.
#[derive(Default)]
struct SlowReads {
    store: MemoryStore,
    slow: Mutex<bool>,
    let_go: Condvar,
}

impl SlowReads {
    fn read(&self, table: Table) {
        if matches!(table, Table::Fills | Table::AccountWithdrawals | Table::Messages | Table::Batches) {
            let slow = self.slow.lock().expect("nobody panics");
            let waited = self.let_go.wait_timeout_while(slow, Duration::from_secs(20), |slow| *slow);
            assert!(!waited.expect("nobody panics").1.timed_out(), "nobody else was served meanwhile");
        }
    }

    fn set_slow(&self, slow: bool) {
        *self.slow.lock().expect("nobody panics") = slow;
        self.let_go.notify_all();
    }
}

impl Store for SlowReads {
    fn write(&self, writes: &[Write]) -> Result<(), StoreError> {
        self.store.write(writes)
    }

    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(table);
        self.store.get(table, key)
    }

    fn ascending(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.read(table);
        self.store.ascending(table, from, limit)
    }

    fn keys(&self, table: Table, from: &[u8], limit: usize) -> Result<Vec<Vec<u8>>, StoreError> {
        self.store.keys(table, from, limit)
    }

    fn descending(&self, table: Table, below: Option<&[u8]>, limit: usize) -> Result<Vec<Pair>, StoreError> {
        self.read(table);
        self.store.descending(table, below, limit)
    }
}

#[test]
fn a_slow_disk_held_up_the_sockets_of_everybody() {
    let store = Arc::new(SlowReads::default());
    let clock = Arc::new(ManualClock::at(START));
    let core = Core::start(parts(Arc::<SlowReads>::clone(&store), clock, pipeline(), FeedConfig::default()));
    let core = core.expect("an empty store starts");
    let rig = Rig { core, ..Rig::new() };
    rig.prepare();
    let (entry, views, _) = rig.core.ports();
    let methods = methods(entry, views);
    // One thread serves everybody.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let call = |method: &str, params: &str| {
        let call = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ballast_{method}","params":{params}}}"#);
        let methods = methods.clone();
        async move { methods.raw_json_request(&call, 1).await.expect("a call").0.get().to_owned() }
    };
    for (method, params) in
        [("fills", "[0]"), ("withdrawals", "[0]"), ("deposit", "[0]"), ("l1Message", "[0]"), ("status", "[]")]
    {
        store.set_slow(true);
        let (slow, quick) = runtime.block_on(async {
            tokio::join!(call(method, params), async {
                let quick = call("time", "[]").await;
                store.set_slow(false);
                quick
            })
        });
        assert!(slow.contains("result") && quick.contains("result"), "{method}: {slow} {quick}");
    }
}
