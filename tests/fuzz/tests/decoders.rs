//! What reads bytes from outside: it never panics, and takes only what it would have written.

use alloy_primitives::{B256, keccak256};
use ballast_auth::{K256, Recover, authorize_command, authorize_report};
use ballast_batch::{BatchHeader, Diff, ExitLeaves, Stripes, Withdrawn, chunks, diff::Previous};
use ballast_engine::commit;
use ballast_fuzz::{
    Draw, bytes,
    exchange::{START, carry_out, empty},
    sources::{Known, deposit, source},
    times,
};
use ballast_node::secp::Secp256k1;
use ballast_state::{
    Account, Chain, Genesis, LeafBytes, Market, Minutes, OrderPage, Pool, Queued, Section, Trader, Venue,
    queue_index,
    snapshot::{Record, Restore},
};
use ballast_types::{
    AccountId, Address, Event, Input, L1Message, MarketId, MarketParams, Outcome, PoolId, PriceReport, Quote,
    Seq, Signature, Source, UserCommand, codec,
    limits::{INPUT_CHUNK_BYTES, MAX_INPUT_BYTES},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// Bytes that were an encoding, a few of them changed, cut or added.
fn damaged(mut bytes: Vec<u8>, draw: &mut Draw<'_>) -> Vec<u8> {
    for _ in 0..draw.below(4) {
        let at = usize::from(u16::from_le_bytes(draw.array())) % bytes.len().max(1);
        match draw.below(4) {
            0 if !bytes.is_empty() => bytes[at] = draw.byte(),
            1 => bytes.truncate(at),
            2 => bytes.insert(at, draw.byte()),
            _ if !bytes.is_empty() => bytes[at] ^= 1 << draw.below(8),
            _ => {}
        }
    }
    bytes
}

fn one_encoding<T: BorshDeserialize + BorshSerialize>(bytes: &[u8]) {
    if let Ok(value) = codec::decode::<T>(bytes) {
        assert_eq!(codec::encode(&value), bytes, "a value has one encoding");
    }
}

#[test]
fn codec_of_everything() {
    bolero::check!().with_iterations(times(20_000)).with_generator(bytes(600)).for_each(|bytes| {
        let Some((kind, bytes)) = bytes.split_first() else { return };
        match kind % 22 {
            0 => one_encoding::<Input>(bytes),
            1 => one_encoding::<Outcome>(bytes),
            2 => one_encoding::<Event>(bytes),
            3 => one_encoding::<UserCommand>(bytes),
            4 => one_encoding::<PriceReport>(bytes),
            5 => one_encoding::<L1Message>(bytes),
            6 => one_encoding::<MarketParams>(bytes),
            7 => one_encoding::<Account>(bytes),
            8 => one_encoding::<Trader>(bytes),
            9 => one_encoding::<Market>(bytes),
            10 => one_encoding::<Venue>(bytes),
            11 => one_encoding::<Pool>(bytes),
            12 => one_encoding::<OrderPage>(bytes),
            13 => one_encoding::<Chain>(bytes),
            14 => one_encoding::<Genesis>(bytes),
            15 => one_encoding::<Record>(bytes),
            16 => _ = BatchHeader::from_bytes(bytes).map(|header| header.hash()),
            17 => _ = Restore::new().push(bytes),
            18 => one_encoding::<ballast_node::journal::OrderRecord>(bytes),
            19 => one_encoding::<Queued>(bytes),
            20 => one_encoding::<Minutes>(bytes),
            _ => _ = ballast_node::batcher::StoredBatch::decode(bytes),
        }
    });
}

#[test]
fn codec_of_inputs() {
    let known = Known { seq: 0, l1_count: 0, batch: ballast_types::BatchIndex(1), now: START };
    bolero::check!().with_iterations(times(10_000)).with_generator(bytes(600)).for_each(|bytes| {
        let mut draw = Draw::new(bytes);
        let source = source(&mut draw, &known);
        let input = Input { seq: Seq(draw.number()), time: START, source };
        let encoded = codec::encode(&input);
        assert_eq!(codec::decode::<Input>(&encoded).as_ref(), Ok(&input));
        one_encoding::<Input>(&damaged(encoded, &mut draw));
    });
}

#[test]
fn signatures() {
    let known = Known { seq: 0, l1_count: 0, batch: ballast_types::BatchIndex(1), now: START };
    bolero::check!().with_iterations(times(2_000)).with_generator(bytes(300)).for_each(|bytes| {
        let mut draw = Draw::new(bytes);
        let mut signature = Signature(draw.array());
        if !draw.rarely(4) {
            // Of the form that is taken, so that the curve is reached.
            signature.0[32] &= 0x7f;
            signature.0[64] = 27 + draw.below(2);
        }
        let digest = keccak256(bytes);
        assert_eq!(K256.recover(digest, &signature), Secp256k1.recover(digest, &signature));
        match source(&mut draw, &known) {
            Source::User { command, .. } => {
                let ours = authorize_command(&K256, digest, command.clone(), &signature);
                assert_eq!(ours, authorize_command(&Secp256k1, digest, command, &signature));
            }
            Source::Publisher { report, .. } => {
                let ours = authorize_report(&K256, digest, report.clone(), &signature);
                assert_eq!(ours, authorize_report(&Secp256k1, digest, report, &signature));
            }
            _ => {}
        }
    });
}

/// The leaves of an exchange as they were committed.
struct Committed(LeafBytes);

impl Committed {
    fn read<T: BorshDeserialize>(&self, section: Section, index: u32) -> Option<T> {
        self.0.get(section, index).map(|leaf| codec::decode(&leaf).expect("a leaf decodes"))
    }
}

impl Previous for &Committed {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        self.read(Section::Accounts, id.0)
    }

    fn market(&mut self, id: MarketId) -> Option<Market> {
        self.read(Section::Markets, u32::from(id.0))
    }

    fn pool(&mut self, id: PoolId) -> Option<Pool> {
        self.read(Section::Pools, u32::from(id.0))
    }

    fn queued(&mut self, index: u32) -> Option<Queued> {
        self.read(Section::Pools, index)
    }
}

#[test]
fn diffs() {
    let mut exchange = empty();
    for account in 0..3 {
        let known =
            Known { seq: 0, l1_count: u64::from(account), batch: exchange.state.chain.batch, now: START };
        carry_out(&mut exchange, START, deposit(&known, account));
    }
    let mut leaves = LeafBytes::default();
    leaves.take(&commit(&mut exchange));
    let committed = Committed(leaves);
    // Two of its accounts with more in them, one that is new: a diff to damage.
    let whole = |index: u32, cash: i64| {
        let before = committed.read::<Account>(Section::Accounts, index);
        let mut after =
            before.clone().unwrap_or_else(|| exchange.state.accounts.get(0).expect("it is there").clone());
        after.cash.0 += cash;
        ballast_batch::Changed { index, before, after }
    };
    let paid = |account: u32, recipient: u8, amount: u64| Withdrawn {
        account: AccountId(account),
        recipient: Address::repeat_byte(recipient),
        asset: 0,
        amount,
    };
    // Two tickets are over, one of which left in part.
    let before = committed.read::<Pool>(Section::Pools, 0);
    let mut after = before.expect("there is a pool");
    after.pacing.first += 2;
    let waited = |ticket: u64, account| ballast_batch::Changed {
        index: queue_index(PoolId(0), ticket),
        before: None,
        after: Queued { account: AccountId(account), recipient: Address::repeat_byte(1), amount: Quote(900) },
    };
    let diff = Diff {
        accounts: vec![whole(0, 5), whole(2, -7), whole(9, 1 << 40)],
        pools: vec![ballast_batch::Changed { index: 0, before, after }],
        queues: vec![waited(0, 0), waited(1, 2)],
        withdrawals: vec![
            paid(2, 1, 7),
            paid(0, 2, 1 << 50),
            paid(0, 1, 900),
            paid(2, 1, 8),
            paid(u32::MAX, 1, 0),
        ],
        ..Diff::default()
    };
    // With a stripe of its accounts, and of its pools.
    let rule = Stripes { batches: 1, accounts: 100 };
    let diff = diff.striped(&exchange.state.chain, rule, &mut &committed);
    assert!(diff.stripe.as_ref().is_some_and(|stripe| stripe.accounts.len() == 3 && stripe.pools.len() == 2));
    let encoded = diff.encode(&mut &committed);
    bolero::check!().with_iterations(times(10_000)).with_generator(bytes(300)).for_each(|bytes| {
        let mut draw = Draw::new(bytes);
        let tried =
            if draw.rarely(2) { draw.take(usize::MAX).to_vec() } else { damaged(encoded.clone(), &mut draw) };
        if let Ok(diff) = Diff::decode(&tried, &mut &committed) {
            assert_eq!(diff.encode(&mut &committed), tried, "a diff has one encoding");
            assert_eq!(diff.clone().net(), diff, "a diff tells what changed and nothing else");
        }
        // Who began in the middle knows none of the leaves before it.
        let mut nothing = ExitLeaves::default();
        if nothing.advance_known(&tried).is_err() {
            assert_eq!(nothing, ExitLeaves::default(), "what is refused changes nothing");
        }
    });
}

#[test]
fn input_chunks() {
    bolero::check!().with_iterations(times(3_000)).with_generator(bytes(400)).for_each(|bytes| {
        let mut draw = Draw::new(bytes);
        let count = draw.below(6);
        let inputs: Vec<Vec<u8>> = (0..count)
            .map(|_| {
                let length = usize::from(u16::from_le_bytes(draw.array())) % MAX_INPUT_BYTES + 1;
                vec![draw.byte(); length]
            })
            .collect();
        let cut = chunks::chunk(&inputs);
        assert_eq!(chunks::unchunk(&cut).as_ref(), Ok(&inputs));
        let mut tried = cut;
        if let Some(at) = tried.len().checked_sub(1) {
            let at = usize::from(draw.byte()) % (at + 1);
            tried[at] = damaged(std::mem::take(&mut tried[at]), &mut draw);
            if draw.rarely(4) {
                tried[at].resize(INPUT_CHUNK_BYTES, draw.byte());
            }
        }
        tried.push(draw.take(64).to_vec());
        if draw.rarely(2) {
            tried.pop();
        }
        if let Ok(inputs) = chunks::unchunk(&tried) {
            assert_eq!(chunks::chunk(&inputs), tried, "inputs have one cut");
        }
        let _: B256 = chunks::inputs_root(&tried);
    });
}
