//! The bridge against a real node and the real contracts: anvil, which must be on PATH or in `contracts/node_modules`.

#[path = "anvil/bond.rs"]
mod bond;
#[path = "anvil/claim.rs"]
mod claim;
#[path = "anvil/cli.rs"]
mod cli;
#[path = "anvil/column.rs"]
mod column;
#[path = "anvil/demand.rs"]
mod demand;
#[path = "anvil/escape.rs"]
mod escape;
#[path = "anvil/forced.rs"]
mod forced;
#[path = "anvil/network.rs"]
mod network;
#[path = "anvil/pruned.rs"]
mod pruned;
#[path = "anvil/stress.rs"]
mod stress;

use alloy::{
    primitives::{B256, U256},
    providers::{Provider, ext::AnvilApi},
    rpc::types::anvil::ReorgOptions,
};
use ballast_batch::{BatchHeader, Withdrawal, data::diff_hash, withdrawal::withdrawals_root};
use ballast_bridge::{
    Error, Result, Severity,
    bindings::{TestToken, Vault, Withdrawals},
    data::SidecarForm,
    fees::FeeCaps,
    l1::{
        L1, L1Sender, Posted,
        alloy::AlloyL1,
        blobs::{Beacon, SlotRule},
    },
    lane::LaneConfig,
    poster::{DataPolicy, Outbox, Poster, PosterConfig, SealedBatch},
    settler::{Progress, Settler},
    watcher::{Resume, Watcher, WatcherConfig},
    withdrawals::claim,
};
use ballast_types::{L1Message, L1Payload};
use network::{Network, PROGRAM, WINDOW, genesis};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

const GWEI: u128 = 1_000_000_000;
const LANE: LaneConfig = LaneConfig {
    caps: FeeCaps { max_fee: 1_000 * GWEI, tip: 100 * GWEI, blob_fee: 1_000 * GWEI },
    patience_ms: 60_000,
};

type Node = AlloyL1<Beacon>;

/// What the exchange made, and what it was told of L1.
#[derive(Clone, Default)]
struct Shelf {
    sealed: Arc<Mutex<Vec<SealedBatch>>>,
    records: Arc<Mutex<BTreeMap<u64, Posted>>>,
}

impl Outbox for Shelf {
    fn get(&self, index: u64) -> Result<Option<SealedBatch>> {
        Ok(self.sealed.lock().expect("no panic").iter().find(|b| b.header.index == index).cloned())
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
        assert_eq!(first, None, "nobody else posts");
    }
}

/// A batch after `previous` that consumed these messages and pays these withdrawals.
fn sealed(previous: &BatchHeader, consumed: Resume, withdrawals: &[Withdrawal], time: u64) -> SealedBatch {
    let index = previous.index + 1;
    let diff: Vec<u8> = (0..40_000_u64).map(|i| ((i * i + index) % 256) as u8).collect();
    let header = BatchHeader {
        index,
        previousStateRoot: previous.stateRoot,
        firstSeq: previous.lastSeq + 1,
        lastSeq: previous.lastSeq + 5,
        firstTimeMs: time * 1_000 + index,
        lastTimeMs: time * 1_000 + index,
        l1MessageCount: consumed.count,
        l1MessageHash: consumed.rolling,
        inputChunks: 1,
        withdrawalsRoot: withdrawals_root(withdrawals),
        withdrawalCount: withdrawals.len() as u32,
        diffHash: diff_hash(&diff),
        programHash: PROGRAM,
        ..BatchHeader::genesis([B256::with_last_byte(index as u8); 7])
    };
    SealedBatch { header, diff }
}

async fn node(network: &Network) -> Node {
    let beacon = Beacon::new(&network.url(), SlotRule::BlockNumber).expect("a URL");
    let key = Some(network.sequencer_key());
    AlloyL1::connect(&network.url(), network.deployment, key, beacon).await.expect("anvil answers")
}

fn settler(l1: &Node, shelf: &Shelf, policy: DataPolicy) -> Settler<Node, Shelf> {
    let poster = Poster::new(l1.clone(), shelf.clone(), PosterConfig { policy, ..PosterConfig::default() });
    Settler::new(l1.clone(), LANE, poster)
}

async fn settle(settler: &mut Settler<Node, Shelf>) {
    for now in 0..100 {
        match settler.step(now).await {
            Ok(Progress::Idle) => return,
            Ok(_) => {}
            // anvil shows the state of a block a moment before the block.
            Err(error) => assert_eq!(error.severity(), Severity::Temporary, "{error}"),
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it never settles");
}

/// Deposits 250 USDC and returns the messages that the watcher brings.
async fn deposit(network: &Network, watcher: &mut Watcher<Node>) -> Vec<L1Message> {
    let (user, d) = (network.user(), &network.deployment);
    let token = TestToken::new(d.token, network.provider());
    token
        .mint(user, U256::from(1_000_000_000))
        .from(user)
        .send()
        .await
        .expect("minted")
        .get_receipt()
        .await
        .expect("mined");
    token
        .approve(d.vault, U256::MAX)
        .from(user)
        .send()
        .await
        .expect("approved")
        .get_receipt()
        .await
        .expect("mined");
    let vault = Vault::new(d.vault, network.provider());
    let call = vault.deposit(0, U256::from(250_000_000), user, u32::MAX).from(user);
    call.send().await.expect("deposited").get_receipt().await.expect("mined");
    let mut messages = watcher.poll().await.expect("an answer");
    assert_eq!(messages, [], "not deep enough yet");
    network.mine(2).await;
    messages.extend(watcher.poll().await.expect("an answer"));
    messages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_goes_in_batches_go_down_and_money_comes_out() {
    let network = Network::start().await;
    let l1 = node(&network).await;
    assert_eq!(l1.sidecar_form().await.expect("an answer"), Some(SidecarForm::Eip7594), "anvil runs Osaka");

    let start = Resume { count: 0, rolling: B256::ZERO, block: network.deployment.deploy_block };
    let config =
        WatcherConfig { deploy_block: network.deployment.deploy_block, confirmations: 2, max_range: 1_000 };
    let mut watcher = Watcher::new(l1.clone(), config, start);
    let messages = deposit(&network, &mut watcher).await;
    let [L1Message { index: 0, payload: L1Payload::Deposit { owner, amount, .. }, .. }] = &messages[..]
    else {
        panic!("one deposit, not {messages:?}");
    };
    assert_eq!((*owner, amount.0), (network.user(), 250_000_000));

    let withdrawal =
        |id| Withdrawal { id, account: 0, recipient: network.user(), asset: 0, amount: 10_000_000 + id };
    let paid = [withdrawal(0), withdrawal(1)];
    let time = l1.head().await.expect("an answer").time;
    let first = sealed(&genesis(), watcher.consumed(), &[], time);
    let second = sealed(&first.header, watcher.consumed(), &paid, time);

    // The first in blobs, the second in calldata, by another life of the poster.
    let shelf = Shelf::default();
    shelf.sealed.lock().expect("no panic").push(first.clone());
    settle(&mut settler(&l1, &shelf, DataPolicy::Cheapest)).await;
    shelf.sealed.lock().expect("no panic").push(second.clone());
    settle(&mut settler(&l1, &shelf, DataPolicy::Calldata)).await;
    for (batch, blobs) in [(&first, 1), (&second, 0)] {
        let posted = l1.posted(batch.header.index).await.expect("an answer").expect("it was posted");
        assert_eq!(posted.blob_hashes.len(), blobs);
        assert_eq!(l1.diff(&posted).await.expect("the data are there"), batch.diff);
        assert_eq!(shelf.recorded(batch.header.index).expect("a shelf"), Some(posted.hash()));
    }
    assert!(l1.posted(3).await.expect("an answer").is_none());
    assert_eq!(l1.batch_hash(3).await.expect("an answer"), None);

    // A reorganisation takes the second away; it is posted again, in blobs this time.
    let before = l1.batch_hash(2).await.expect("an answer");
    let depth = l1.head().await.expect("an answer").number
        - l1.posted(1).await.expect("an answer").expect("posted").block.number;
    network
        .provider()
        .anvil_reorg(ReorgOptions { depth, tx_block_pairs: vec![] })
        .await
        .expect("a reorganisation");
    assert_eq!(l1.batch_count().await.expect("an answer"), 2, "the second batch is gone");
    settle(&mut settler(&l1, &shelf, DataPolicy::Blobs)).await;
    let again = l1.posted(2).await.expect("an answer").expect("posted again");
    assert_ne!(Some(again.hash()), before);
    assert_eq!(l1.diff(&again).await.expect("the data are there"), second.diff);

    finalize_and_claim(&network, &l1, &shelf, &paid, &again).await;

    // The watcher tells the exchange of the two batches, the second as it was posted in the end.
    network.mine(3).await;
    let told = watcher.poll().await.expect("an answer");
    let posted: Vec<_> = told
        .iter()
        .map(|m| match &m.payload {
            L1Payload::BatchPosted { batch_hash, .. } => *batch_hash,
            other => panic!("a posted batch, not {other:?}"),
        })
        .collect();
    assert_eq!(posted, [l1.batch_hash(1).await.expect("an answer").expect("posted"), again.hash()]);
    assert_eq!(watcher.consumed().count, 3);
}

async fn finalize_and_claim(
    network: &Network,
    l1: &Node,
    shelf: &Shelf,
    paid: &[Withdrawal],
    posted: &Posted,
) {
    let mut settler = settler(l1, shelf, DataPolicy::Cheapest);
    assert_eq!(l1.finalized_count().await.expect("an answer"), 1);
    network.provider().anvil_increase_time(WINDOW).await.expect("time passes");
    network.mine(1).await;
    settle(&mut settler).await;
    assert_eq!(l1.finalized_count().await.expect("an answer"), 3);

    let claim = claim(&posted.header, paid, 1).expect("it is in the batch");
    let withdrawals = Withdrawals::new(network.deployment.withdrawals, network.provider());
    let token = TestToken::new(network.deployment.token, network.provider());
    let before = token.balanceOf(network.user()).call().await.expect("a balance");
    let call = withdrawals.claim(
        (&claim.header).into(),
        (&claim.withdrawal).into(),
        U256::from(claim.leaf_index),
        claim.proof.clone(),
    );
    let receipt =
        call.from(network.user()).send().await.expect("claimed").get_receipt().await.expect("mined");
    assert!(receipt.status());
    let after = token.balanceOf(network.user()).call().await.expect("a balance");
    assert_eq!(after - before, U256::from(claim.withdrawal.amount));
    assert!(withdrawals.isClaimed(1).call().await.expect("an answer"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_batch_is_refused_before_it_costs_anything() {
    let network = Network::start().await;
    let l1 = node(&network).await;
    let shelf = Shelf::default();
    let time = l1.head().await.expect("an answer").time;
    let consumed = Resume { count: 0, rolling: B256::ZERO, block: 0 };
    let mut batch = sealed(&genesis(), consumed, &[], time);
    batch.header.programHash = B256::ZERO;
    shelf.sealed.lock().expect("no panic").push(batch);
    let error = settler(&l1, &shelf, DataPolicy::Calldata).step(0).await.expect_err("another program");
    assert!(matches!(&error, Error::Reverted { reason, .. } if reason.contains("WrongProgram")), "{error}");
    let nonces = l1.nonces().await.expect("an answer");
    assert_eq!(nonces.latest, nonces.pending);
    assert_eq!(network.provider().get_transaction_count(network.sequencer()).await.expect("an answer"), 0);
}
