use super::*;
use crate::error::Severity;
use crate::l1::memory::{Fate, Fault, MemoryL1};
use alloy::primitives::Address;
use ballast_batch::BatchHeader;
use ballast_types::{AccountId, AssetId, L1Payload, Quote};
use proptest::prelude::*;

const CONFIRMATIONS: u64 = 4;

fn chain() -> MemoryL1 {
    MemoryL1::new(&BatchHeader::genesis([B256::ZERO; 7]), B256::ZERO, 60)
}

fn deposit(amount: i64) -> L1Payload {
    let owner = Address::repeat_byte(7);
    L1Payload::Deposit { asset: AssetId(0), owner, account: AccountId(u32::MAX), amount: Quote(amount) }
}

fn config(confirmations: u64, max_range: u64) -> WatcherConfig {
    WatcherConfig { deploy_block: 0, confirmations, max_range }
}

fn watcher(l1: &MemoryL1, confirmations: u64) -> Watcher<MemoryL1> {
    Watcher::new(l1.clone(), config(confirmations, 1_000), Resume { count: 0, rolling: B256::ZERO, block: 0 })
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn amounts(messages: &[L1Message]) -> Vec<i64> {
    let amount = |m: &L1Message| match m.payload {
        L1Payload::Deposit { amount, .. } => amount.0,
        L1Payload::BatchPosted { .. } | L1Payload::Forced { .. } | L1Payload::Governance(_) => 0,
    };
    messages.iter().map(amount).collect()
}

#[test]
fn messages_come_when_they_are_deep_enough() {
    run(async {
        let l1 = chain();
        let mut watcher = watcher(&l1, 2);
        l1.queue(deposit(5));
        l1.mine();
        assert_eq!(watcher.poll().await.expect("an answer"), []);
        l1.mine();
        assert_eq!(watcher.poll().await.expect("an answer"), []);
        l1.mine();
        assert_eq!(amounts(&watcher.poll().await.expect("an answer")), [5]);
        assert_eq!(watcher.poll().await.expect("an answer"), [], "each once");
        assert_eq!((watcher.head(), watcher.consumed().count, watcher.consumed().block), (3, 1, 1));
    });
}

#[test]
fn a_deposit_that_is_reorganised_out_in_time_never_comes() {
    run(async {
        let l1 = chain();
        let mut watcher = watcher(&l1, 2);
        l1.queue(deposit(5));
        l1.mine();
        l1.mine();
        assert_eq!(watcher.poll().await.expect("an answer"), []);
        l1.cut(2, Fate::Drop, Fate::Drop);
        l1.queue(deposit(6));
        (0..4).for_each(|_| _ = l1.mine());
        assert_eq!(amounts(&watcher.poll().await.expect("an answer")), [6]);
    });
}

#[test]
fn a_consumed_deposit_that_vanishes_is_critical() {
    run(async {
        for fate in [Fate::Drop, Fate::Return] {
            let l1 = chain();
            let mut watcher = watcher(&l1, 1);
            (0..3).for_each(|_| _ = l1.mine());
            l1.queue(deposit(5));
            l1.mine();
            l1.mine();
            assert_eq!(amounts(&watcher.poll().await.expect("an answer")), [5]);
            // One block lower than it was: another message for the rolling hash, though for the same money.
            l1.cut(3, fate, fate);
            (0..4).for_each(|_| _ = l1.mine());
            let error = watcher.poll().await.expect_err("L1 has other messages");
            assert!(matches!(error, Error::ConsumedMessageChanged { consumed: 1, .. }), "{error}");
            assert_eq!(error.severity(), Severity::Critical);
            assert!(watcher.poll().await.is_err(), "and it stays so");
        }
    });
}

#[test]
fn a_deep_reorganisation_that_changes_nothing_consumed_is_followed() {
    run(async {
        let l1 = chain();
        let mut watcher = watcher(&l1, 0);
        l1.mine();
        watcher.poll().await.expect("an answer");
        l1.queue(deposit(5));
        l1.mine();
        assert_eq!(amounts(&watcher.poll().await.expect("an answer")), [5]);
        l1.mine();
        assert_eq!(watcher.poll().await.expect("an answer"), []);
        // The same deposit in a block of the same number and time, and another in a block that was read already.
        l1.cut(2, Fate::Return, Fate::Drop);
        l1.mine();
        l1.queue(deposit(6));
        l1.mine();
        l1.mine();
        assert_eq!(amounts(&watcher.poll().await.expect("an answer")), [6]);
    });
}

#[test]
fn a_long_history_is_read_in_ranges() {
    run(async {
        let l1 = chain();
        for amount in 0..50 {
            l1.queue(deposit(amount));
            l1.mine();
        }
        let resume = Resume { count: 0, rolling: B256::ZERO, block: 0 };
        let mut watcher = Watcher::new(l1.clone(), config(3, 7), resume);
        let mut read = Vec::new();
        for _ in 0..8 {
            read.extend(watcher.poll().await.expect("an answer"));
        }
        assert_eq!(amounts(&read), (0..47).collect::<Vec<_>>());
    });
}

/// A node that leaves out the logs of one block.
struct Forgetful {
    l1: MemoryL1,
    block: std::sync::atomic::AtomicU64,
}

impl L1 for Forgetful {
    async fn head(&self) -> Result<Block> {
        self.l1.head().await
    }
    async fn block(&self, number: u64) -> Result<Option<Block>> {
        self.l1.block(number).await
    }
    async fn inbox(&self, at: B256, count: u64) -> Result<crate::l1::InboxView> {
        self.l1.inbox(at, count).await
    }
    async fn messages(&self, from: u64, to: u64) -> Result<Vec<QueuedMessage>> {
        let hidden = self.block.load(std::sync::atomic::Ordering::Relaxed);
        let mut messages = self.l1.messages(from, to).await?;
        messages.retain(|m| m.message.l1_block != hidden);
        Ok(messages)
    }
    async fn batch_count(&self) -> Result<u64> {
        self.l1.batch_count().await
    }
    async fn batch_hash(&self, index: u64) -> Result<Option<B256>> {
        self.l1.batch_hash(index).await
    }
    async fn finalized_count(&self) -> Result<u64> {
        self.l1.finalized_count().await
    }
    async fn final_from(&self, index: u64) -> Result<Option<u64>> {
        self.l1.final_from(index).await
    }
    async fn frozen_at(&self) -> Result<Option<u64>> {
        self.l1.frozen_at().await
    }
    async fn is_rejected(&self, batch_hash: B256) -> Result<bool> {
        self.l1.is_rejected(batch_hash).await
    }
    async fn posted(&self, index: u64) -> Result<Option<crate::l1::Posted>> {
        self.l1.posted(index).await
    }
    async fn diff(&self, posted: &crate::l1::Posted) -> Result<Vec<u8>> {
        self.l1.diff(posted).await
    }
    async fn blobs_of(&self, posted: &crate::l1::Posted) -> Result<Vec<alloy::eips::eip4844::Blob>> {
        self.l1.blobs_of(posted).await
    }
}

#[test]
fn logs_that_a_node_leaves_out_are_missed_and_read_later() {
    run(async {
        for (hidden, max_range) in [(2, 100), (2, 2), (6, 100), (6, 2), (6, 3)] {
            let l1 = chain();
            for amount in 1..=6 {
                l1.queue(deposit(amount));
                l1.mine();
            }
            let resume = Resume { count: 0, rolling: B256::ZERO, block: 0 };
            let forgetful = Forgetful { l1, block: hidden.into() };
            let mut watcher = Watcher::new(forgetful, config(0, max_range), resume);
            let mut read = Vec::new();
            let mut errors = 0;
            for _ in 0..12 {
                match watcher.poll().await {
                    Ok(messages) => read.extend(messages),
                    Err(error) => {
                        assert_eq!(error.severity(), Severity::Temporary, "{error}");
                        errors += 1;
                    }
                }
            }
            assert!(errors > 0, "block {hidden} by {max_range}");
            assert_eq!(amounts(&read), (1..=6).take(read.len()).collect::<Vec<_>>());
            assert!((read.len() as u64) < hidden, "nothing after what is missing");
            watcher.l1.block.store(u64::MAX, std::sync::atomic::Ordering::Relaxed);
            for _ in 0..12 {
                read.extend(watcher.poll().await.expect("an answer"));
            }
            assert_eq!(amounts(&read), (1..=6).collect::<Vec<_>>(), "block {hidden} by {max_range}");
        }
    });
}

#[derive(Clone, Debug)]
enum Step {
    Deposit,
    Mine,
    /// Fraction of what may be cut, and whether deposits come back.
    Cut(u64, bool),
    Poll,
    Fault(u64),
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Deposit),
        4 => Just(Step::Mine),
        1 => (0..=CONFIRMATIONS, any::<bool>()).prop_map(|(depth, back)| Step::Cut(depth, back)),
        4 => Just(Step::Poll),
        1 => (0..8_u64).prop_map(Step::Fault),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #[test]
    fn whatever_l1_does_within_the_confirmations_nothing_is_lost_doubled_or_reordered(
        steps in prop::collection::vec(step(), 1..80), max_range in 1..6_u64,
    ) {
        run(async {
            let l1 = chain();
            let start = Resume { count: 0, rolling: B256::ZERO, block: 0 };
            let mut watcher = Watcher::new(l1.clone(), config(CONFIRMATIONS, max_range), start);
            let (mut read, mut highest, mut height, mut amount) = (Vec::new(), 0_u64, 0_u64, 0);
            for step in steps {
                match step {
                    Step::Deposit => { amount += 1; l1.queue(deposit(amount)); }
                    Step::Mine => { height = l1.mine().number; highest = highest.max(height); }
                    Step::Cut(depth, back) => {
                        // Never below what was deep enough once.
                        let depth = depth.min(height.saturating_sub(highest.saturating_sub(CONFIRMATIONS)));
                        let fate = if back { Fate::Return } else { Fate::Drop };
                        l1.cut(depth, fate, fate);
                        height -= depth;
                    }
                    Step::Fault(call) => l1.fail(call, Fault::Before),
                    Step::Restart => watcher = Watcher::new(l1.clone(), config(CONFIRMATIONS, max_range), watcher.consumed()),
                    Step::Poll => match watcher.poll().await {
                        Ok(messages) => read.extend(messages),
                        Err(error) => prop_assert_eq!(error.severity(), Severity::Temporary, "{}", error),
                    },
                }
            }
            (0..2 * CONFIRMATIONS + 1).for_each(|_| _ = l1.mine());
            for _ in 0..200 {
                read.extend(watcher.poll().await.unwrap_or_default());
            }
            let truth: Vec<_> = l1.messages(0, u64::MAX).await.expect("an answer").into_iter().map(|m| m.message).collect();
            prop_assert_eq!(read, truth);
            Ok(())
        })?;
    }
}

#[test]
fn a_node_that_refuses_long_answers_would_have_been_asked_the_same_for_ever() {
    run(async {
        let l1 = chain();
        let mut watcher = watcher(&l1, 0);
        l1.queue(deposit(5));
        (0..64).for_each(|_| _ = l1.mine());
        assert_eq!(watcher.range, 1_000);
        for range in [500, 250, 125] {
            // Head, block, inbox: the answer to the fourth question is lost.
            l1.fail(3, Fault::Before);
            assert!(watcher.poll().await.is_err());
            assert_eq!(watcher.range, range);
        }
        assert_eq!(amounts(&watcher.poll().await.expect("an answer")), [5]);
        assert_eq!(watcher.range, 250, "and slowly more again");
    });
}
