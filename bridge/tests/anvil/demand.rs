//! Inputs that are demanded: shown in time, and the batch becomes final; not shown, and it falls.

use super::{
    LANE, Node, Shelf,
    cli::{Person, key},
    network::{DEMAND_BOND, DEMAND_DEADLINE, DEMAND_REVIEW, Network, WINDOW, genesis},
    node, sealed, settle, settler,
};
use alloy::{
    primitives::U256,
    providers::{Provider, ext::AnvilApi},
    rpc::types::anvil::ReorgOptions,
};
use ballast_batch::chunks::inputs_root;
use ballast_bridge::{
    Error, Result,
    bindings::{DataDemand, Rollup},
    demand::{Archive, Chunk, DemandState, Standing, reward},
    demander::{Demander, Want, Wanted},
    deployment::Deployment,
    guard::Guard,
    l1::{Demands, L1, Posted, Verdict, alloy::discover},
    poster::{DataPolicy, Outbox},
    sentinel::Sentinel,
    stress::WindowOf,
    watcher::Resume,
};
use ballast_types::codec;
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

/// The inputs of batch 1, and how the demands were last seen to stand.
#[derive(Clone, Default)]
struct Inputs(Arc<Mutex<Standing>>);

impl Archive for Inputs {
    fn chunk(&self, index: u64, chunk: u32) -> Result<Option<Chunk>> {
        Ok(if index == 1 { Chunk::of(&chunks(), chunk) } else { None })
    }
    fn saw(&self, standing: &Standing) {
        *self.0.lock().expect("no panic") = *standing;
    }
}

/// A full chunk, for what it costs, and a small one.
fn chunks() -> Vec<Vec<u8>> {
    vec![vec![7; 24 * 1_024], vec![9; 100]]
}

/// Posts a batch with these inputs, and one that follows it.
async fn post(l1: &Node) -> (Shelf, Posted) {
    let shelf = Shelf::default();
    let time = l1.head().await.expect("an answer").time;
    let nothing = Resume { count: 0, rolling: alloy::primitives::B256::ZERO, block: 0 };
    let mut first = sealed(&genesis(), nothing, &[], time);
    first.header.inputsRoot = inputs_root(&chunks());
    first.header.inputChunks = 2;
    let second = sealed(&first.header, nothing, &[], time);
    shelf.sealed.lock().expect("no panic").extend([first, second]);
    settle(&mut settler(l1, &shelf, DataPolicy::Calldata)).await;
    let posted = l1.posted(1).await.expect("an answer").expect("it was posted");
    assert_eq!(l1.batch_count().await.expect("an answer"), 3);
    (shelf, posted)
}

/// The command line of somebody with a key.
fn person<'a>(network: &Network, l1: &'a str, who: String, name: &str) -> Person<'a> {
    let deployment = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.json"));
    let text = serde_json::to_string(&network.deployment).expect("a deployment");
    std::fs::write(&deployment, text).expect("a file");
    Person { l1, place: vec!["--deployment".to_owned(), deployment.display().to_string()], key: who }
}

/// Steps until what is under way has come to an end.
async fn work(guard: &mut Guard<Node>) {
    for now in 0..20 {
        if let Err(error) = guard.step(now).await {
            // anvil shows the state of a block a moment before the block.
            assert_eq!(error.severity(), ballast_bridge::Severity::Temporary, "{error}");
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// What each reveal was paid, which is what the formula says of its block.
async fn paid(network: &Network) -> Vec<U256> {
    let contract = DataDemand::new(network.deployment.data_demand, network.provider());
    let mut paid = Vec::new();
    for (event, log) in contract.ChunkRevealed_filter().from_block(0).query().await.expect("an answer") {
        let number = log.block_number.expect("it is in a block");
        let block = network.provider().get_block_by_number(number.into()).await.expect("an answer");
        let base_fee = block.and_then(|block| block.header.base_fee_per_gas).expect("there is one");
        assert!(base_fee > 0);
        assert_eq!(event.paid, reward(U256::from(DEMAND_BOND), base_fee.into(), event.data.len()));
        paid.push(event.paid);
    }
    paid
}

async fn state(l1: &Node, posted: &Posted, chunk: u32) -> DemandState {
    l1.demand(posted.hash(), chunk).await.expect("an answer").state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_demanded_is_shown_and_the_batch_becomes_final() {
    let network = Network::start().await;
    let l1 = node(&network).await;
    let (shelf, posted) = post(&l1).await;
    let found = discover(&network.url(), network.deployment.rollup, 0).await.expect("it is there");
    // Nothing on L1 names the bond: who has the address of the rollup alone does not find it.
    let unbonded = Deployment { bond: None, ..network.deployment };
    assert_eq!(found, unbonded, "the verdict of the rollup, and the one within");

    // Somebody wants both, by an account of his own; whoever posts answers by the account that posts.
    let user = l1.clone().with_key(network.user_key());
    let wanted = Wanted::default();
    wanted.set(vec![Want { header: posted.header.clone(), chunks: vec![0, 1] }]);
    let nobody = Sentinel::new(user.clone(), Box::new(Nothing), 0);
    let demander = Demander::new(user.clone(), wanted);
    work(&mut Guard::new(user, LANE, nobody, Some(demander))).await;
    for chunk in [0, 1] {
        assert!(matches!(state(&l1, &posted, chunk).await, DemandState::Open { .. }), "{chunk}");
    }
    let inputs = Inputs::default();
    let sentinel = Sentinel::new(l1.clone(), Box::new(inputs.clone()), 0);
    settle(&mut settler(&l1, &shelf, DataPolicy::Calldata).answering(sentinel)).await;
    for (chunk, data) in (0..).zip(chunks()) {
        let shown = l1.revealed(posted.hash(), chunk).await.expect("an answer").expect("it was shown");
        assert!(shown.data == data && shown.answers(posted.header.inputsRoot, chunk), "from L1 alone");
    }
    let standing = *inputs.0.lock().expect("no panic");
    assert_eq!((standing.sent, standing.missed, standing.open), (2, 0, 0));
    let paid: U256 = paid(&network).await.iter().sum();
    let credit = async |who| l1.demand_credit(who).await.expect("an answer");
    assert_eq!(credit(network.sequencer()).await, paid);
    assert_eq!(credit(network.user()).await, U256::from(2 * DEMAND_BOND) - paid);

    // Disputed until the review is over, then final.
    network.pass(WINDOW.max(DEMAND_REVIEW) + 1).await;
    settle(&mut settler(&l1, &shelf, DataPolicy::Calldata)).await;
    assert_eq!(l1.finalized_count().await.expect("an answer"), 3);
}

/// Has no inputs.
struct Nothing;

impl Archive for Nothing {
    fn chunk(&self, _: u64, _: u32) -> Result<Option<Chunk>> {
        Ok(None)
    }
    fn saw(&self, _: &Standing) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_shows_makes_the_batch_fall_and_anybody_drops_it() {
    let network = Network::start().await;
    let l1 = node(&network).await;
    let (shelf, posted) = post(&l1).await;
    let url = network.url();
    let user = person(&network, &url, key(&network.user_key()), "demand-silence");
    let keyless = person(&network, &url, "no key".to_owned(), "demand-silence-keyless");

    let printed = keyless.done("demand 1 --print");
    assert_eq!(printed["transactions"].as_array().map(Vec::len), Some(2));
    assert_eq!(printed["transactions"][0]["value"], json!(DEMAND_BOND.to_string()));
    let refused = |line: &str, why: &str| {
        let (done, answer) = user.run(line);
        let told = answer["error"].as_str().unwrap_or_default().to_owned();
        assert!(!done && told.contains(why), "{line}: {answer}");
    };
    refused("demand 1 --max-bond 0.3", "--max-bond");
    refused("demand 1 --chunk 2", "no chunk 2");
    refused("demand 3", "no batch 3");
    refused("reject 1", "nothing on L1");
    let before = network.balance(network.user()).await;
    let made = user.done("demand 1 --chunk 0");
    assert_eq!((&made["demanded"][0]["chunk"], &made["batchHash"]), (&json!(0), &json!(posted.hash())));
    assert_eq!(user.done("demand 1 --chunk 0")["demandedBefore"][0]["state"], json!("open"));
    let windows = l1.windows().await.expect("an answer");
    assert!(windows.iter().any(|window| window.of == WindowOf::Demand(1, 0)), "{windows:?}");
    refused("reject 1", "disputed");

    network.pass(DEMAND_DEADLINE + 1).await;
    assert_eq!(l1.verdict_of(1, posted.hash()).await.expect("an answer"), Verdict::Invalid);
    refused("demand 1 --chunk 1", "fallen");
    refused("reveal 1 0", "fallen");
    // Too late to answer: nothing is sent for it, and it is told.
    let inputs = Inputs::default();
    let sentinel = Sentinel::new(l1.clone(), Box::new(inputs.clone()), 0);
    work(&mut Guard::new(l1.clone(), LANE, sentinel, None)).await;
    let standing = *inputs.0.lock().expect("no panic");
    assert_eq!((standing.sent, standing.missed), (0, 1));

    assert_eq!(keyless.done("reject 1 --print")["to"], json!(network.deployment.rollup));
    let dropped = user.done("reject 1");
    assert_eq!((&dropped["dropped"], &dropped["frozenAt"]), (&json!(2), &Value::Null));
    assert_eq!(l1.batch_count().await.expect("an answer"), 1, "the chain is rolled back");
    let back = user.done("demand 1 --back");
    assert_eq!((&back["returned"], &back["paid"]), (&json!([0]), &json!(DEMAND_BOND.to_string())));
    let cost = before - network.balance(network.user()).await;
    assert!(cost < U256::from(DEMAND_BOND / 10), "gas alone, and no bond: {cost}");

    // Its poster sees it and stops; another batch takes the place.
    let stopped = settler(&l1, &shelf, DataPolicy::Calldata).step(0).await.expect_err("it was rejected");
    assert!(matches!(&stopped, Error::RejectedBatch { index: 1, .. }), "{stopped}");
    let mut other = shelf.get(1).expect("a shelf").expect("it is sealed");
    other.header.lastTimeMs += 1;
    let another = Shelf::default();
    another.sealed.lock().expect("no panic").push(other);
    settle(&mut settler(&l1, &another, DataPolicy::Calldata)).await;
    let hash = l1.batch_hash(1).await.expect("an answer").expect("it was posted");
    assert_ne!(hash, posted.hash());
    assert_ne!(l1.verdict_of(1, hash).await.expect("an answer"), Verdict::Invalid);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_is_shown_by_hand_from_the_directory_of_a_validator_and_after_a_reorganisation_again() {
    let network = Network::start().await;
    let l1 = node(&network).await;
    let (_, posted) = post(&l1).await;
    let url = network.url();
    let user = person(&network, &url, key(&network.user_key()), "demand-by-hand");
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("demand-by-hand-inputs");
    std::fs::create_dir_all(&dir).expect("a directory");
    std::fs::write(dir.join("inputs-00000000000000000001"), codec::encode(&chunks())).expect("a file");
    let line = format!("reveal 1 1 --dir {}", dir.display());
    let (done, refusal) = user.run(&line);
    assert!(!done && refusal["error"].as_str().is_some_and(|why| why.contains("nobody demanded it")));
    user.done("demand 1 --chunk 1");
    let (done, _) = user.run("reveal 1 1");
    assert!(!done, "nobody listens at --node");
    let printed = Person { key: "no key".to_owned(), l1: &url, place: user.place.clone() };
    assert_eq!(printed.done(&format!("{line} --print"))["to"], json!(network.deployment.data_demand));
    let shown = user.done(&line);
    let paid = paid(&network).await;
    assert_eq!((&shown["credited"], paid.len()), (&json!(paid[0].to_string()), 1));
    let back = user.done("demand 1 --back");
    assert_eq!(
        (&back["returned"], &back["paid"]),
        (&json!([]), &json!(DEMAND_BOND.to_string())),
        "both are his"
    );
    assert_eq!(state(&l1, &posted, 1).await, DemandState::Revealed);

    // The reveal is reorganised away, and the demand with it; the sentinel answers the next one.
    let inputs = Inputs::default();
    let sentinel = Sentinel::new(l1.clone(), Box::new(inputs.clone()), 0);
    let mut guard = Guard::new(l1.clone(), LANE, sentinel, None);
    work(&mut guard).await;
    let depth = l1.head().await.expect("an answer").number
        - l1.posted(2).await.expect("an answer").expect("posted").block.number;
    network
        .provider()
        .anvil_reorg(ReorgOptions { depth, tx_block_pairs: vec![] })
        .await
        .expect("a reorganisation");
    assert_eq!(state(&l1, &posted, 1).await, DemandState::None);
    let contract = DataDemand::new(network.deployment.data_demand, network.provider());
    let again =
        contract.demand((&posted.header).into(), 0).value(U256::from(DEMAND_BOND)).from(network.user());
    assert!(again.send().await.expect("sent").get_receipt().await.expect("mined").status());
    work(&mut guard).await;
    assert_eq!(state(&l1, &posted, 0).await, DemandState::Revealed);
    let rollup = Rollup::new(network.deployment.rollup, network.provider());
    assert_eq!(rollup.batchCount().call().await.expect("an answer"), 3);
}
