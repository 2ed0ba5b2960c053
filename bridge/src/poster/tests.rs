use super::*;
use crate::{
    Severity,
    bindings::Rollup::{self, RollupErrors},
    fees::FeeCaps,
    l1::{
        L1,
        memory::{Fate, Fault, GENESIS_TIME, MemoryL1},
        revert::refused,
    },
    lane::LaneConfig,
    settler::{Progress, Settler},
};
use alloy::{
    consensus::{
        BlobTransactionSidecar, BlobTransactionSidecarVariant, Bytes48, SidecarBuilder, SimpleCoder,
    },
    primitives::keccak256,
};
use proptest::prelude::*;
use std::{collections::BTreeMap, sync::Mutex};

const GWEI: u128 = 1_000_000_000;
pub(super) const PATIENCE: u64 = 60_000;
const WINDOW: u64 = 60;
const PROGRAM: B256 = B256::repeat_byte(0x99);
pub(super) const LANE: LaneConfig = LaneConfig {
    caps: FeeCaps { max_fee: 1_000 * GWEI, tip: 100 * GWEI, blob_fee: 1_000 * GWEI },
    patience_ms: PATIENCE,
};
const CHEAP: FeeQuote = FeeQuote { base_fee: GWEI, tip: GWEI / 100, blob_base_fee: 1 };
const DEAR_BLOBS: FeeQuote = FeeQuote { blob_base_fee: 100 * GWEI, ..CHEAP };

/// Blobs with made-up commitments: what the simulated L1 compares needs no KZG.
pub(super) fn quick(diff: &[u8], mode: Mode) -> Result<BatchData> {
    if mode == Mode::Calldata {
        return seal_data(diff, mode);
    }
    let blobs = SidecarBuilder::<SimpleCoder>::from_slice(diff).take();
    let commitments =
        blobs.iter().map(|blob| Bytes48::left_padding_from(keccak256(blob).as_slice())).collect();
    let sidecar = BlobTransactionSidecar { blobs, commitments, proofs: Vec::new() };
    Ok(BatchData::Blobs(Arc::new(BlobTransactionSidecarVariant::Eip4844(sidecar))))
}

fn genesis() -> BatchHeader {
    header(0)
}

pub(super) fn header(index: u64) -> BatchHeader {
    let roots = [B256::with_last_byte(index as u8); 7];
    let state_root = |index: u64| BatchHeader::genesis([B256::with_last_byte(index as u8); 7]).stateRoot;
    let time = GENESIS_TIME * 1_000 + index;
    BatchHeader {
        index,
        previousStateRoot: index.checked_sub(1).map_or(B256::ZERO, state_root),
        firstSeq: if index == 0 { 0 } else { 10 * index - 9 },
        lastSeq: 10 * index,
        firstTimeMs: if index == 0 { 0 } else { time },
        lastTimeMs: if index == 0 { 0 } else { time },
        inputChunks: index.min(1) as u32,
        diffHash: diff_hash(&diff(index)),
        programHash: PROGRAM,
        ..BatchHeader::genesis(roots)
    }
}

fn diff(index: u64) -> Vec<u8> {
    (0..200).map(|i| (i * (index + 3) % 251) as u8).collect()
}

/// An outbox in memory; it survives the crashes of its poster.
#[derive(Clone, Default)]
pub(super) struct Shelf {
    records: Arc<Mutex<BTreeMap<u64, Posted>>>,
    told: Arc<Mutex<Option<u64>>>,
    sealed: Arc<Mutex<u64>>,
}

impl Shelf {
    /// What it was last told of somebody else's batches.
    pub(super) fn told(&self) -> Option<u64> {
        *self.told.lock().expect("no panic")
    }

    pub(super) fn seal(&self, count: u64) {
        *self.sealed.lock().expect("no panic") = count;
    }
}

impl Outbox for Shelf {
    fn get(&self, index: u64) -> Result<Option<SealedBatch>> {
        let sealed = *self.sealed.lock().expect("no panic");
        Ok((1..=sealed).contains(&index).then(|| SealedBatch { header: header(index), diff: diff(index) }))
    }
    fn recorded(&self, index: u64) -> Result<Option<B256>> {
        let records = self.records.lock().expect("no panic");
        Ok(if index == 0 { Some(genesis().hash()) } else { records.get(&index).map(Posted::hash) })
    }
    fn record(&self, posted: &Posted) -> Result<()> {
        self.records.lock().expect("no panic").insert(posted.header.index, posted.clone());
        Ok(())
    }
    fn withdraw_records(&self, index: u64) -> Result<()> {
        self.records.lock().expect("no panic").retain(|i, _| *i < index);
        Ok(())
    }
    fn stands_foreign(&self, first: Option<u64>) {
        *self.told.lock().expect("no panic") = first;
    }
}

pub(super) type TestSettler = Settler<MemoryL1, Shelf>;

pub(super) fn chain() -> MemoryL1 {
    let l1 = MemoryL1::new(&genesis(), PROGRAM, WINDOW);
    l1.set_fees(CHEAP);
    l1
}

/// The same with a window that ends in no test.
pub(super) fn slow_chain() -> MemoryL1 {
    let l1 = MemoryL1::new(&genesis(), PROGRAM, 1_000_000);
    l1.set_fees(CHEAP);
    l1
}

pub(super) fn settler(l1: &MemoryL1, shelf: &Shelf) -> TestSettler {
    let poster = Poster::new(l1.clone(), shelf.clone(), PosterConfig::default()).with_sealer(quick);
    Settler::new(l1.clone(), LANE, poster)
}

pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// Steps and mines until nothing is left to do; crashes of the network are survived.
pub(super) async fn settle(settler: &mut TestSettler, l1: &MemoryL1, now: &mut u64) {
    let mut idle = 0;
    for _ in 0..400 {
        *now += PATIENCE / 4;
        match settler.step(*now).await {
            Ok(Progress::Idle) => idle += 1,
            Ok(_) => idle = 0,
            Err(error) => assert_ne!(error.severity(), Severity::Critical, "{error}"),
        }
        l1.mine();
        if idle > 6 {
            return;
        }
    }
    panic!("it never settles");
}

/// L1 has exactly the sealed batches, each with its own diff and chained to the one before, and the shelf knows it.
pub(super) async fn check(l1: &MemoryL1, shelf: &Shelf, count: u64) {
    assert_eq!(l1.batch_count().await.expect("an answer"), count + 1);
    for index in 1..=count {
        let posted = l1.posted(index).await.expect("an answer").expect("it was posted");
        let previous = l1.batch_hash(index - 1).await.expect("an answer").expect("it was posted");
        assert_eq!(posted.header.previousHash, previous);
        assert_eq!(close(header(index), previous, posted.header.dataHash), posted.header);
        assert_eq!(l1.diff(&posted).await.expect("an answer"), diff(index));
        assert_eq!(shelf.recorded(index).expect("a shelf"), Some(posted.hash()));
    }
    assert_eq!(shelf.recorded(count + 1).expect("a shelf"), None);
}

#[test]
fn batches_are_posted_in_order_and_become_final() {
    run(async {
        let (l1, shelf) = (chain(), Shelf::default());
        let mut settler = settler(&l1, &shelf);
        assert_eq!(settler.step(0).await.expect("an answer"), Progress::Idle);
        shelf.seal(3);
        let mut now = 0;
        settle(&mut settler, &l1, &mut now).await;
        check(&l1, &shelf, 3).await;
        assert_eq!(l1.finalized_count().await.expect("an answer"), 4);
    });
}

#[test]
fn nothing_is_posted_once_the_exchange_is_frozen_and_what_was_becomes_final() {
    run(async {
        let (l1, shelf) = (chain(), Shelf::default());
        let mut settler = settler(&l1, &shelf);
        let mut now = 0;
        shelf.seal(2);
        while l1.batch_count().await.expect("an answer") < 2 {
            now += PATIENCE / 4;
            settler.step(now).await.expect("an answer");
            l1.mine();
        }
        l1.freeze();
        shelf.seal(3);
        settle(&mut settler, &l1, &mut now).await;
        check(&l1, &shelf, 1).await;
        assert_eq!(l1.finalized_count().await.expect("an answer"), 2);
        let refusal = RollupErrors::Frozen(Rollup::Frozen { frozenAt: 1 });
        assert_eq!(refused(&refusal).severity(), Severity::Temporary, "it was sent when the freeze came");
    });
}

#[test]
fn the_cheaper_way_is_taken_and_the_other_when_it_is_closed() {
    run(async {
        let (l1, shelf) = (chain(), Shelf::default());
        let mut settler = settler(&l1, &shelf);
        let mut now = 0;
        let ways = [
            (CHEAP, Some(SidecarForm::Eip7594), true),
            (DEAR_BLOBS, Some(SidecarForm::Eip7594), false),
            (CHEAP, None, false),
        ];
        for (index, (fees, form, blobs)) in (1..).zip(ways) {
            l1.set_fees(fees);
            l1.set_sidecar_form(form);
            shelf.seal(index);
            settle(&mut settler, &l1, &mut now).await;
            let posted = l1.posted(index).await.expect("an answer").expect("it was posted");
            assert_eq!(!posted.blob_hashes.is_empty(), blobs, "batch {index}");
        }
        check(&l1, &shelf, 3).await;
    });
}

#[test]
fn the_policy_is_kept() {
    run(async {
        for (policy, fees, form) in [
            (DataPolicy::Calldata, CHEAP, Some(SidecarForm::Eip7594)),
            (DataPolicy::Blobs, DEAR_BLOBS, Some(SidecarForm::Eip7594)),
            (DataPolicy::Blobs, CHEAP, None),
        ] {
            let (l1, shelf) = (chain(), Shelf::default());
            l1.set_fees(fees);
            l1.set_sidecar_form(form);
            shelf.seal(1);
            let config = PosterConfig { policy, ..PosterConfig::default() };
            let mut poster = Poster::new(l1.clone(), shelf.clone(), config).with_sealer(quick);
            let mut lane = Lane::new(l1.clone(), LANE);
            let sent = poster.step(&mut lane, 0).await;
            if form.is_none() {
                assert!(matches!(sent, Err(Error::Config(_))));
                continue;
            }
            assert!(matches!(sent, Ok(Posting::Sent { index: 1, .. })));
            l1.mine();
            let posted = l1.posted(1).await.expect("an answer").expect("it was posted");
            assert_eq!(posted.blob_hashes.is_empty(), policy == DataPolicy::Calldata);
        }
    });
}

#[test]
fn a_batch_that_a_reorganisation_takes_away_is_posted_again() {
    run(async {
        for fate in [Fate::Drop, Fate::Return] {
            let (l1, shelf) = (chain(), Shelf::default());
            let mut settler = settler(&l1, &shelf);
            shelf.seal(3);
            let mut now = 0;
            settle(&mut settler, &l1, &mut now).await;
            let before = l1.head().await.expect("an answer").number;
            l1.cut(before - 2, fate, fate);
            if fate == Fate::Drop {
                // Another way this time: all hashes after it change.
                l1.set_fees(DEAR_BLOBS);
            }
            settle(&mut settler, &l1, &mut now).await;
            check(&l1, &shelf, 3).await;
            assert_eq!(l1.finalized_count().await.expect("an answer"), 4);
        }
    });
}

#[test]
fn a_batch_waits_while_l1_is_dear() {
    run(async {
        let (l1, shelf) = (chain(), Shelf::default());
        let mut settler = settler(&l1, &shelf);
        shelf.seal(1);
        l1.set_fees(FeeQuote { base_fee: 2_000 * GWEI, ..CHEAP });
        assert_eq!(settler.step(0).await.expect("an answer"), Progress::TooDear);
        assert!(l1.pooled().is_empty());
        l1.set_fees(CHEAP);
        assert_eq!(settler.step(1).await.expect("an answer"), Progress::Sent);
    });
}

#[test]
fn a_batch_is_held_while_l1_is_dear_and_not_for_ever() {
    /// Seconds for which batch 1 has waited at the first look.
    const WAITED: u64 = 40;
    run(async {
        let (l1, shelf) = (chain(), Shelf::default());
        shelf.seal(1);
        let hold = Hold { max_fee: 20 * GWEI, blob_fee: 20 * GWEI, span_ms: 140_000 };
        let config = PosterConfig { hold, ..PosterConfig::default() };
        let clock = || header(1).lastTimeMs + WAITED * 1_000;
        let mut poster = Poster::new(l1.clone(), shelf, config).with_sealer(quick).with_clock(clock);
        let mut lane = Lane::new(l1.clone(), LANE);
        // 40 of 140 s: from 20 to 1,000 gwei it has come to 300.
        for (fees, goes) in [
            (FeeQuote { base_fee: 300 * GWEI, ..CHEAP }, false),
            // Dear blobs leave calldata, which is held for its own price.
            (FeeQuote { base_fee: 300 * GWEI, blob_base_fee: 301 * GWEI, ..CHEAP }, false),
            (FeeQuote { base_fee: 299 * GWEI, blob_base_fee: 301 * GWEI, ..CHEAP }, true),
        ] {
            l1.set_fees(fees);
            let posting = poster.step(&mut lane, 5_000).await.expect("an answer");
            assert_eq!(matches!(posting, Posting::Sent { .. }), goes, "{fees:?}: {posting:?}");
        }
        l1.mine();
        let posted = l1.posted(1).await.expect("an answer").expect("it was posted");
        assert!(posted.blob_hashes.is_empty(), "blobs were beyond what it may cost by now");
    });
}

#[test]
fn a_former_lifes_blobs_are_replaced_by_blobs_though_calldata_is_cheaper_now() {
    run(async {
        let (l1, shelf) = (chain(), Shelf::default());
        shelf.seal(1);
        assert_eq!(settler(&l1, &shelf).step(0).await.expect("an answer"), Progress::Sent);
        let orphan = l1.pooled();
        l1.set_fees(DEAR_BLOBS);
        let mut settler = settler(&l1, &shelf);
        assert_eq!(settler.step(0).await.expect("an answer"), Progress::Waiting);
        assert_eq!(settler.step(PATIENCE).await.expect("an answer"), Progress::Sent);
        assert_eq!(l1.pooled().len(), 1);
        assert_ne!(l1.pooled(), orphan);
        l1.mine();
        let posted = l1.posted(1).await.expect("an answer").expect("it was posted");
        assert_eq!(posted.blob_hashes.len(), 1);
    });
}

/// Whoever is sealed faster than L1 takes batches must be able to withdraw all the same.
#[test]
fn batches_without_end_kept_all_of_them_from_becoming_final() {
    run(async {
        let (l1, shelf) = (chain(), Shelf::default());
        let mut settler = settler(&l1, &shelf);
        shelf.seal(30);
        let mut now = 0;
        while l1.batch_count().await.expect("an answer") < 31 {
            now += 1_000;
            settler.step(now).await.expect("an answer");
            l1.mine();
        }
        let finalized = l1.finalized_count().await.expect("an answer");
        assert!(finalized > 10, "{finalized} are final while batches wait");
    });
}

#[test]
fn what_a_former_life_left_kept_the_account_from_the_other_kind_for_ever() {
    run(async {
        for (left, policy) in [(true, DataPolicy::Calldata), (false, DataPolicy::Blobs)] {
            let (l1, shelf) = (chain(), Shelf::default());
            shelf.seal(1);
            let former = if left { DataPolicy::Blobs } else { DataPolicy::Calldata };
            let with = |policy| {
                let config = PosterConfig { policy, ..PosterConfig::default() };
                let poster = Poster::new(l1.clone(), shelf.clone(), config).with_sealer(quick);
                Settler::new(l1.clone(), LANE, poster)
            };
            assert_eq!(with(former).step(0).await.expect("an answer"), Progress::Sent);
            // Too low an offer now: it stays in the pool until it is outbid.
            l1.set_fees(FeeQuote { base_fee: 10 * GWEI, ..CHEAP });
            let mut now = PATIENCE;
            settle(&mut with(policy), &l1, &mut now).await;
            check(&l1, &shelf, 1).await;
        }
    });
}

#[test]
fn a_batch_that_is_not_ours_is_critical() {
    run(async {
        let (l1, theirs) = (chain(), Shelf::default());
        theirs.seal(1);
        let mut now = 0;
        settle(&mut settler(&l1, &theirs), &l1, &mut now).await;
        let error = settler(&l1, &Shelf::default()).step(now).await.expect_err("we never sealed it");
        assert!(matches!(error, Error::ForeignBatch { index: 1, .. }), "{error}");
        assert_eq!(error.severity(), Severity::Critical);

        let elsewhere = MemoryL1::new(&header(7), PROGRAM, WINDOW);
        let error = settler(&elsewhere, &Shelf::default()).step(now).await.expect_err("another genesis");
        assert!(matches!(error, Error::ForeignBatch { index: 0, .. }), "{error}");
    });
}

#[test]
fn a_crash_at_any_call_loses_and_doubles_nothing() {
    run(async {
        for fault in [Fault::Before, Fault::After] {
            for call in 0..60 {
                let (l1, shelf) = (chain(), Shelf::default());
                shelf.seal(3);
                l1.fail(call, fault);
                let mut now = 0;
                let mut life = settler(&l1, &shelf);
                while l1.will_fail() {
                    now += 1_000;
                    if life.step(now).await.is_err() {
                        life = settler(&l1, &shelf);
                    }
                    l1.mine();
                }
                // The process dies here with all that it had in memory.
                let mut life = settler(&l1, &shelf);
                settle(&mut life, &l1, &mut now).await;
                check(&l1, &shelf, 3).await;
            }
        }
    });
}

#[derive(Clone, Debug)]
enum Chaos {
    Step,
    Mine,
    Seal,
    Crash,
    Fault(u64, bool),
    DropPool,
    Cut(u64, bool, bool),
    Fees(bool, u128),
}

fn chaos() -> impl Strategy<Value = Chaos> {
    prop_oneof![
        8 => Just(Chaos::Step),
        6 => Just(Chaos::Mine),
        2 => Just(Chaos::Seal),
        1 => Just(Chaos::Crash),
        1 => (0..9_u64, any::<bool>()).prop_map(|(call, after)| Chaos::Fault(call, after)),
        1 => Just(Chaos::DropPool),
        1 => (1..6_u64, any::<bool>(), any::<bool>()).prop_map(|(depth, d, t)| Chaos::Cut(depth, d, t)),
        2 => (any::<bool>(), 1..400_u128).prop_map(|(dear, base)| Chaos::Fees(dear, base)),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_every_batch_is_on_l1_once_in_the_end(events in prop::collection::vec(chaos(), 1..120)) {
        run(async {
            let (l1, shelf) = (chain(), Shelf::default());
            let mut life = settler(&l1, &shelf);
            let (mut now, mut sealed) = (0, 0);
            let fate = |back| if back { Fate::Return } else { Fate::Drop };
            for event in events {
                now += PATIENCE / 3;
                match event {
                    Chaos::Step => if let Err(error) = life.step(now).await {
                        prop_assert_ne!(error.severity(), Severity::Critical, "{}", error);
                    },
                    Chaos::Mine => _ = l1.mine(),
                    Chaos::Seal => { sealed += 1; shelf.seal(sealed); }
                    Chaos::Crash => life = settler(&l1, &shelf),
                    Chaos::Fault(call, after) => l1.fail(call, if after { Fault::After } else { Fault::Before }),
                    Chaos::DropPool => l1.drop_pool(),
                    Chaos::Cut(depth, deposits, transactions) => l1.cut(depth, fate(deposits), fate(transactions)),
                    Chaos::Fees(dear, base) => l1.set_fees(FeeQuote {
                        base_fee: base * GWEI, tip: GWEI / 100, blob_base_fee: if dear { base * GWEI } else { 1 },
                    }),
                }
            }
            l1.set_fees(CHEAP);
            settle(&mut life, &l1, &mut now).await;
            check(&l1, &shelf, sealed).await;
            Ok(())
        })?;
    }
}
