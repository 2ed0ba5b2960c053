//! Several batches in one block.

use super::*;

/// Batches that wait.
const BACKLOG: u64 = 5;

fn backlog(shelf: &Shelf, time: u64) {
    let consumed = Resume { count: 0, rolling: B256::ZERO, block: 0 };
    let mut previous = genesis();
    for _ in 0..BACKLOG {
        let batch = sealed(&previous, consumed, &[], time);
        previous = batch.header.clone();
        shelf.sealed.lock().expect("no panic").push(batch);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_block_takes_all_that_waits() {
    for policy in [DataPolicy::Calldata, DataPolicy::Blobs] {
        let network = Network::start().await;
        let (l1, shelf) = (node(&network).await, Shelf::default());
        backlog(&shelf, l1.head().await.expect("an answer").time);
        network.provider().anvil_set_auto_mine(false).await.expect("an answer");
        let mut settler = settler(&l1, &shelf, policy);
        let mut now = 0;
        while l1.nonces().await.expect("an answer").pending < BACKLOG {
            now += 1;
            if let Err(error) = settler.step(now).await {
                assert_eq!(error.severity(), Severity::Temporary, "{error}");
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
            assert!(now < 100, "{policy:?}: nothing goes out any more");
        }
        network.mine(1).await;
        assert_eq!(l1.batch_count().await.expect("an answer"), BACKLOG + 1, "{policy:?}");
        network.provider().anvil_set_auto_mine(true).await.expect("an answer");
        settle(&mut settler).await;

        let mut blocks = std::collections::BTreeSet::new();
        for index in 1..=BACKLOG {
            let posted = l1.posted(index).await.expect("an answer").expect("it was posted");
            assert_eq!(posted.blob_hashes.is_empty(), policy == DataPolicy::Calldata);
            let batch = shelf.get(index).expect("a shelf").expect("it was sealed");
            assert_eq!(l1.diff(&posted).await.expect("the data are there"), batch.diff);
            assert_eq!(shelf.recorded(index).expect("a shelf"), Some(posted.hash()));
            blocks.insert(posted.block.number);
        }
        assert_eq!(blocks.len(), 1, "{policy:?}: {blocks:?}");
    }
}
