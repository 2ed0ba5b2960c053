use super::*;
use crate::secp::Secp256k1;
use ballast_auth::Recover;
use ballast_batch::promise::{advance, follow, source_hash};
use ballast_types::{
    BatchIndex, Input, Millis, Outcome, RejectCode, Rejection, Seq, Source, Status, SystemCommand, codec,
};

fn promiser() -> Promiser {
    Promiser { key: SigningKey::from_bytes([7; 32]).expect("a key"), separator: B256::repeat_byte(9) }
}

/// So many records that follow each other, from seq 5 on.
fn records(count: u64) -> Vec<Arc<Record>> {
    let mut chain = B256::repeat_byte(3);
    let records = (0..count).map(|place| {
        let source = Source::System(SystemCommand::SealBatch { index: BatchIndex(place) });
        let input = Input { seq: Seq(5 + place), time: Millis(1_000 + place / 2), source };
        chain = advance(chain, input.seq, input.time, source_hash(&input.source));
        let status = Status::Rejected(Rejection::from(RejectCode::Busy));
        let outcome = Outcome { status, events: Vec::new() };
        Arc::new(Record { input_bytes: codec::encode(&input), input, chain, outcome })
    });
    records.collect()
}

/// The acknowledgements of those that were asked for.
fn all(promiser: &Promiser, records: &[Arc<Record>], asked: &[usize]) -> Vec<Ack> {
    let link = |record: &Arc<Record>| {
        let Input { time, source, .. } = &record.input;
        Link { time: *time, source_hash: source_hash(source) }
    };
    promiser.all(records, &records.iter().map(link).collect::<Vec<_>>(), asked)
}

/// Who signed what the links of an answer lead to.
fn signer(promiser: &Promiser, ack: &Ack) -> Option<ballast_types::Address> {
    let (seq, chain, time) = follow((ack.seq, ack.chain, ack.time), &ack.links);
    Secp256k1.recover(promise_digest(promiser.separator, &Promise { seq, chain, time }), &ack.signature)
}

#[test]
fn one_signature_over_the_last_that_was_asked_for_serves_all_of_them() {
    let (promiser, records) = (promiser(), records(16));
    let acks = all(&promiser, &records, &[1, 2, 7, 13]);
    let told: Vec<_> = acks.iter().map(|ack| (ack.seq.0, ack.links.len())).collect();
    assert_eq!(told, [(6, 12), (7, 11), (12, 6), (18, 0)]);
    for (ack, place) in acks.iter().zip([1, 2, 7, 13]) {
        assert_eq!(ack.signature, acks[3].signature);
        assert_eq!((&ack.record, ack.chain), (&records[place], records[place].chain));
        assert_eq!(signer(&promiser, ack), Some(promiser.key.address()), "{}", ack.seq);
    }
}

#[test]
fn an_input_that_is_alone_is_signed_itself() {
    let (promiser, records) = (promiser(), records(3));
    for place in 0..3 {
        let one = promiser.one(Arc::clone(&records[place]));
        assert!(one.links.is_empty());
        assert_eq!(signer(&promiser, &one), Some(promiser.key.address()));
        assert_eq!(all(&promiser, &records, &[place]), [one]);
    }
    assert_eq!(all(&promiser, &records, &[]), [], "nobody asked");
    assert_eq!(all(&promiser, &records, &[3, 8]), [], "there are none");
}

#[test]
fn an_answer_whose_links_are_wrong_missing_or_in_another_order_recovers_to_another() {
    let (promiser, records) = (promiser(), records(4));
    let ack = all(&promiser, &records, &[0, 3]).swap_remove(0);
    let sequencer = Some(promiser.key.address());
    let recovers = |change: &dyn Fn(&mut Ack)| {
        let mut changed = ack.clone();
        change(&mut changed);
        signer(&promiser, &changed) == sequencer
    };
    assert!(recovers(&|_| {}));
    assert!(!recovers(&|ack| ack.links[1].source_hash = B256::ZERO));
    assert!(!recovers(&|ack| ack.links[1].time = Millis(1)));
    assert!(!recovers(&|ack| ack.links.swap(0, 1)));
    assert!(!recovers(&|ack| _ = ack.links.remove(0)));
    assert!(!recovers(&|ack| _ = ack.links.pop()));
    assert!(!recovers(&|ack| ack.links.push(ack.links[2])));
    assert!(!recovers(&|ack| ack.links.clear()));
    assert!(!recovers(&|ack| ack.seq = ack.seq.next()));
    assert!(!recovers(&|ack| ack.chain = B256::ZERO));
}
