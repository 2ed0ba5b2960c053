//! The sequencer's bond at the command line: a broken word pays who shows it, a kept one costs nothing.

use super::{
    Shelf,
    cli::{Person, key},
    network::{Network, SEQUENCER_BOND, WINDOW, genesis},
    node, sealed, settle, settler,
};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    signers::SignerSync,
};
use ballast_auth::{Domain, Promise, promise_digest};
use ballast_batch::promise::{Link, follow};
use ballast_bridge::{bindings::SequencerBond, l1::L1, poster::DataPolicy, watcher::Resume};
use ballast_types::{Millis, Seq};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What inputs 1 to 5 add to the promise chain; `differs` is another one.
fn links(time: u64, differs: u64) -> Vec<Link> {
    let hash = |seq| B256::with_last_byte(if seq == differs { 0xff } else { seq as u8 });
    (1..=5).map(|seq| Link { time: Millis(time * 1_000 + 1), source_hash: hash(seq) }).collect()
}

/// The answer about input `seq`, signed at `signed`, in a file; as the node makes it.
fn answer(network: &Network, name: &str, links: &[Link], seq: usize, signed: usize) -> String {
    let (at, chain, time) = follow((Seq(0), B256::ZERO, Millis(0)), &links[..seq]);
    let end = follow((at, chain, time), &links[seq..signed]);
    let domain = Domain { chain_id: 31_337, exchange: network.deployment.rollup };
    let digest = promise_digest(domain.separator(), &Promise { seq: end.0, chain: end.1, time: end.2 });
    let signature = network.sequencer_key().sign_hash_sync(&digest).expect("a signature").as_bytes();
    let mut answer = json!({
        "seq": at.0, "time": time.0, "chain": chain, "signature": Bytes::from(signature.to_vec()),
        "status": "accepted", "results": [],
    });
    if signed > seq {
        let rest: Vec<_> = links[seq..signed].iter().map(|link| (link.time.0, link.source_hash)).collect();
        answer["links"] = json!(rest);
    }
    file(name, &answer)
}

fn file(name: &str, value: &Value) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bond-{name}.json"));
    std::fs::write(&path, value.to_string()).expect("a file");
    path.display().to_string()
}

fn refused(person: &Person<'_>, line: &str, why: &str) {
    let (done, answer) = person.run(line);
    let error = answer["error"].as_str().unwrap_or_default();
    assert!(!done && error.contains(why), "{line}: {answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_word_pays_who_shows_it_and_a_kept_one_costs_nothing() {
    let network = Network::start().await;
    let l1 = node(&network).await;
    let address = network.deployment.bond.expect("it has one");
    let bond = SequencerBond::new(address, network.provider());
    let url = network.url();
    let deployment = file("deployment", &serde_json::to_value(network.deployment).expect("a deployment"));
    let place = vec!["--deployment".to_owned(), deployment];
    let user = Person { l1: &url, place: place.clone(), key: key(&network.user_key()) };
    let keyless = Person { l1: &url, place, key: "no key".to_owned() };

    let time = l1.head().await.expect("an answer").time;
    let (posted, promised) = (links(time, 0), links(time, 3));
    let kept = [
        answer(&network, "kept-2", &posted, 2, 4),
        answer(&network, "kept-3", &posted, 3, 3),
        answer(&network, "kept-5", &posted, 5, 5),
    ];
    let broken = answer(&network, "broken-4", &promised, 2, 5);
    refused(&user, &format!("slash --promise {} --promise {}", kept[0], kept[1]), "both say the same");
    refused(&user, &format!("slash --promise {} --promise {}", kept[0], kept[2]), "no input in common");
    refused(&user, &format!("slash --promise {}", kept[0]), "or one and --batch");
    let mut stranger: Value =
        serde_json::from_str(&std::fs::read_to_string(&broken).expect("a file")).expect("an answer");
    stranger["chain"] = json!(B256::repeat_byte(1));
    let stranger = file("stranger", &stranger);
    refused(&user, &format!("slash --promise {stranger} --promise {}", kept[1]), "was not signed by");
    refused(&user, &format!("slash --rejected {}", B256::repeat_byte(1)), "rejected no batch");
    assert_eq!(user.done("status")["bond"]["amount"], json!(SEQUENCER_BOND.to_string()));

    // Two promises, the contradiction at an input that both only lead over.
    let line = format!("slash --promise {} --promise {broken}", kept[0]);
    let printed = keyless.done(&format!("{line} --print"));
    assert_eq!(printed["transactions"][0]["to"], json!(address));
    assert_eq!(bond.bond().call().await.expect("a bond"), U256::from(SEQUENCER_BOND));
    let paid = user.done(&line);
    assert_eq!(paid["reward"], json!((SEQUENCER_BOND / 4).to_string()));
    assert_eq!(network.balance(address).await, U256::ZERO);
    let status = user.done("status");
    assert_eq!(
        (&status["bond"]["amount"], &status["bond"]["minimum"]),
        (&json!("0"), &json!(SEQUENCER_BOND.to_string()))
    );
    refused(&user, &line, "no bond left");

    // A final batch that holds what was promised, and one that does not: its header alone says so.
    let topped = bond.topUp().value(U256::from(1_000)).from(network.user()).send().await.expect("sent");
    topped.get_receipt().await.expect("mined");
    refused(&user, &line, "AlreadyPunished");
    let shelf = Shelf::default();
    let mut batch = sealed(&genesis(), Resume { count: 0, rolling: B256::ZERO, block: 0 }, &[], time);
    batch.header.promiseHash = follow((Seq(0), B256::ZERO, Millis(0)), &posted).1;
    shelf.sealed.lock().expect("no panic").push(batch);
    settle(&mut settler(&l1, &shelf, DataPolicy::Calldata)).await;
    refused(&user, &format!("slash --promise {broken} --batch 1"), "not final");
    network.pass(WINDOW).await;
    settle(&mut settler(&l1, &shelf, DataPolicy::Calldata)).await;
    refused(&user, &format!("slash --promise {} --batch 1", kept[2]), "keeps the promise");
    refused(&user, &format!("slash --promise {} --batch 1", kept[0]), "whoever has them may be --node");
    let paid = user.done(&format!("slash --promise {broken} --batch 1"));
    assert_eq!(paid["reward"], json!("250"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_adds_to_the_bond_and_leaves_when_all_that_was_promised_is_final() {
    let network = Network::start().await;
    let l1 = node(&network).await;
    let url = network.url();
    let deployment = file("owner", &serde_json::to_value(network.deployment).expect("a deployment"));
    let place = vec!["--deployment".to_owned(), deployment];
    let user = Person { l1: &url, place: place.clone(), key: key(&network.user_key()) };
    let owner = Person { l1: &url, place: place.clone(), key: key(&network.deployer_key()) };
    let keyless = Person { l1: &url, place, key: "no key".to_owned() };

    let half = SEQUENCER_BOND / 8;
    let added = user.done("bond top-up 0.5");
    assert_eq!(added["amount"], json!((SEQUENCER_BOND + half).to_string()));
    let printed = keyless.done("bond top-up 0.5 --print");
    assert_eq!(printed["value"], json!(half.to_string()));
    refused(&user, "bond leave", "NotOwner");
    refused(&owner, "bond stay", "never said");
    refused(&owner, "bond withdraw", "`bridge bond leave` comes first");

    let announced = owner.done("bond leave")["announcedAt"].as_u64().expect("a time");
    refused(&owner, "bond leave", "are not final yet");
    assert_eq!(owner.done("bond stay")["announcedAt"], json!(0));
    let announced = owner.done("bond leave")["announcedAt"].as_u64().expect("a time").max(announced);
    network.pass(120).await;
    let shelf = Shelf::default();
    let time = l1.head().await.expect("an answer").time;
    assert!(time >= announced + 60);
    let batch = sealed(&genesis(), Resume { count: 0, rolling: B256::ZERO, block: 0 }, &[], time);
    shelf.sealed.lock().expect("no panic").push(batch);
    settle(&mut settler(&l1, &shelf, DataPolicy::Calldata)).await;
    refused(&owner, "bond leave", "are not final yet");
    network.pass(WINDOW).await;
    settle(&mut settler(&l1, &shelf, DataPolicy::Calldata)).await;
    let leavable = owner.done("bond leave")["leavableAt"].as_u64().expect("a time");
    refused(&owner, "bond leave", "the delay runs already");
    refused(&owner, "bond withdraw", "the delay is not over");

    network.pass(leavable - l1.head().await.expect("an answer").time + 1).await;
    let to = Address::repeat_byte(0x55);
    let printed = keyless.done(&format!("bond withdraw --print --to {to}"));
    assert_eq!(printed["to"], json!(network.deployment.bond));
    assert_eq!(owner.done(&format!("bond withdraw --to {to}"))["amount"], json!("0"));
    assert_eq!(network.balance(to).await, U256::from(SEQUENCER_BOND + half));
}
