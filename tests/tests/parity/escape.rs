//! Escape claims: the escape program natively, and the guest under an emulator and on the machine of a dispute.

use super::replay_leaps;
use alloy::{primitives::keccak256, sol_types::SolValue};
use ballast_batch::{BatchHeader, EscapeClaim, EscapePayout, ExitLeaves};
use ballast_engine::{Escape, Exchange};
use ballast_oracle::{Host, Recorder};
use ballast_program::{Invalid, judge_escape};
use ballast_state::{Account, Change, Commitment, Holdings, Market, Pool, Position, Priced, QUEUES, Section};
use ballast_tests::{
    guest::{Guest, INVALID, facts},
    size,
    stream::Stream,
    world::{LeafMap, World},
};
use ballast_types::{Address, AssetId, B256, Lots, MarketId, PoolId, Ppm, PriceTicks, Quote, Units, codec};
use ballast_vm::{Ruling, Subject};
use std::sync::Arc;

/// A state and the header that commits to it.
struct Final {
    header: BatchHeader,
    commitment: Arc<Commitment>,
    facts: LeafMap,
}

impl Final {
    fn of(changes: Vec<Change>) -> Self {
        let (mut commitment, mut facts) = (Commitment::new(), LeafMap::default());
        commitment.update(&changes);
        for (section, index, bytes) in changes {
            facts.0.insert((section, index), bytes.expect("no leaf is cleared"));
        }
        let header = BatchHeader::genesis(commitment.section_roots());
        Self { header, commitment: Arc::new(commitment), facts }
    }

    /// The state that a stream of inputs leads to.
    fn of_stream() -> Self {
        let (mut world, mut stream) = World::of_stream(size::seed(), 12, 3);
        world.batch(&mut stream, true, 300);
        let World { commitment, facts, previous, .. } = world;
        Self { header: previous, commitment: Arc::new(commitment), facts }
    }

    fn leaves(&self) -> ExitLeaves {
        let mut leaves = ExitLeaves::default();
        for (&(section, index), bytes) in &self.facts.0 {
            match section {
                Section::Accounts => drop(leaves.accounts.insert(index, codec::decode(bytes).unwrap())),
                Section::Markets => drop(leaves.markets.insert(index, codec::decode(bytes).unwrap())),
                Section::Pools if index < QUEUES => {
                    leaves.pools.insert(index, codec::decode(bytes).unwrap());
                }
                Section::Pools => drop(leaves.queues.insert(index, codec::decode(bytes).unwrap())),
                _ => {}
            }
        }
        leaves
    }

    fn right(&self) -> EscapeClaim {
        Escape::of(&self.leaves()).claim(self.header.hash())
    }

    /// What the program says of a claim with these bytes, natively and as the guest; and the tape.
    fn verdict(&self, claim: &[u8], guest: Option<&Guest>) -> (Result<B256, Invalid>, Vec<u8>) {
        let hash = keccak256(claim);
        let host = Host::new(Arc::clone(&self.commitment), self.facts.clone())
            .with_header(self.header.hash(), self.header.abi_encode())
            .with_claim(hash, claim.to_vec());
        let (verdict, recorder) = judge_escape(Recorder::new(host), hash);
        let tape = recorder.into_tape();
        if let Some(guest) = guest {
            let expected = verdict.map_err(|_| INVALID);
            assert_eq!(guest.run(Subject::Claim, hash, &tape), expected, "the guest");
            let Ruling { exit, .. } = guest.run_on_machine(Subject::Claim, hash, &mut facts(&tape));
            assert_eq!(i32::from(exit), expected.err().unwrap_or(0), "the guest on the machine");
        }
        (verdict, tape)
    }

    fn says(&self, claim: &EscapeClaim, guest: Option<&Guest>) -> Result<B256, Invalid> {
        self.verdict(&claim.abi_encode(), guest).0
    }
}

/// `count` accounts of one pool with 1,000 u and their number each; the pool holds `held` u.
fn crowd(count: u32, held: i64) -> Vec<Change> {
    members(count, held).all()
}

fn members(count: u32, held: i64) -> ExitLeaves {
    let mut leaves = ExitLeaves::default();
    leaves.pools.insert(0, Pool { credited: Quote(held), ..Pool::default() });
    for id in 0..count {
        let cash = Quote(1_000 + i64::from(id));
        let owner = Address::from_word(keccak256(id.to_be_bytes()));
        let mut holdings = Holdings::NONE;
        // Every third holds something besides.
        holdings.set(AssetId(1 + (id % 7) as u16), Units(if id % 3 == 2 { u64::from(id) } else { 0 }));
        leaves.accounts.insert(id, Account { owner, pool: PoolId(0), cash, positions: Vec::new(), holdings });
    }
    leaves
}

/// The same where every holder of something holds a thousand times as much and owes half of it, at two thirds of 3 USDC a unit.
fn indebted(count: u32, held: i64) -> ExitLeaves {
    let mut leaves = members(count, held);
    let (_, genesis) = Stream::new(1, 2, 1);
    let exchange = Exchange::genesis(&genesis).expect("a sound genesis");
    let listed = exchange.state.markets.get(0).expect("it is listed").clone();
    let priced = |asset| Priced { asset: AssetId(asset), units_per_lot: Units(1), haircut: Ppm(333_333) };
    let kappa = u64::from(listed.params.kappa);
    let mark = PriceTicks(3 * 1_000_000 / kappa);
    leaves.markets.insert(0, Market { prices: (1..8).map(priced).collect(), mark, ..listed });
    for (id, account) in leaves.accounts.iter_mut().filter(|(_, account)| !account.holdings.is_empty()) {
        account.cash = Quote(-i64::from(*id) * 1_000_000_000);
        account.holdings.set(AssetId(1 + (id % 7) as u16), Units(1_000 * u64::from(*id)));
    }
    leaves
}

/// Makes a claim say one thing that is not so.
type Lie = fn(&mut EscapeClaim);

const LIES: [(&str, Lie); 5] = [
    ("payoutCount", |claim| claim.payoutCount += 1),
    ("payoutCount", |claim| claim.payoutCount -= 1),
    ("total", |claim| claim.total += 1),
    ("total", |claim| claim.total -= 1),
    ("payoutsRoot", |claim| claim.payoutsRoot.0[31] ^= 1),
];

fn right_is_valid_and_lies_are_named(state: &Final, guest: Option<&Guest>) {
    let right = state.right();
    assert!(right.payoutCount > 0, "somebody is paid");
    assert_eq!(state.says(&right, guest), Ok(right.payoutsRoot));
    for (field, lie) in LIES {
        let mut wrong = right.clone();
        lie(&mut wrong);
        assert_eq!(state.says(&wrong, guest), Err(Invalid::ClaimDiffers(field)));
    }
}

#[test]
fn claims_on_a_stream_are_judged_alike_by_every_host() {
    right_is_valid_and_lies_are_named(&Final::of_stream(), Guest::find().as_ref());
}

#[test]
fn claims_on_a_pool_that_cannot_pay_are_judged_alike_by_every_host() {
    let state = Final::of(crowd(20, 7_000));
    let escape = Escape::of(&state.leaves());
    let (money, others): (Vec<_>, Vec<_>) = escape.payouts().iter().partition(|payout| payout.asset == 0);
    let sum = |payouts: Vec<&EscapePayout>| payouts.iter().map(|payout| payout.amount).sum::<u64>();
    let (money, in_kind) = (sum(money), sum(others));
    assert!(money < 7_000 && money > 7_000 - 20, "rounded down, {money}");
    assert_eq!(in_kind, (2..20).step_by(3).sum::<u64>(), "in full");
    right_is_valid_and_lies_are_named(&state, Guest::find().as_ref());
}

/// One payout one unit higher, with the count that is right, and the total and root that belong to it.
#[test]
fn a_payout_higher_by_one_unit_is_found() {
    let state = Final::of(crowd(20, 7_000));
    let honest = state.right();
    let mut greedy = crowd(20, 7_000);
    let (_, _, bytes) = greedy.iter_mut().find(|(section, ..)| *section == Section::Accounts).unwrap();
    let mut account: Account = codec::decode(bytes.as_ref().unwrap()).unwrap();
    account.cash.0 += 3;
    *bytes = Some(codec::encode(&account));
    let wrong = Escape::of(&Final::of(greedy).leaves()).claim(state.header.hash());
    assert_eq!(wrong.payoutCount, honest.payoutCount);
    assert_ne!(wrong.payoutsRoot, honest.payoutsRoot);
    let verdict = state.says(&wrong, Guest::find().as_ref());
    assert!(matches!(verdict, Err(Invalid::ClaimDiffers("total" | "payoutsRoot"))), "{verdict:?}");
}

#[test]
fn what_another_batch_comes_to_is_no_claim_on_this_one() {
    let (state, other) = (Final::of(crowd(5, 90_000)), Final::of(crowd(6, 90_000)));
    let wrong = EscapeClaim { batchHash: state.header.hash(), ..other.right() };
    assert_eq!(state.says(&wrong, Guest::find().as_ref()), Err(Invalid::ClaimDiffers("payoutCount")));
}

#[test]
fn a_hash_of_something_else_is_no_claim() {
    let (state, guest) = (Final::of(crowd(3, 90_000)), Guest::find());
    let right = state.right().abi_encode();
    let mut wide = right.clone();
    wide[64] = 1;
    for bytes in [&[][..], &[7], &right[1..], &[&right[..], &[0]].concat(), &wide, &state.header.abi_encode()]
    {
        assert_eq!(state.verdict(bytes, guest.as_ref()).0, Err(Invalid::NotAClaim), "{} bytes", bytes.len());
    }
}

/// Final batches need not have been judged. One with leaves of no form is paid by no claim, and there is a verdict.
#[test]
fn every_claim_on_what_is_no_state_is_invalid() {
    let guest = Guest::find();
    let mut changes = crowd(3, 90_000);
    changes.push((Section::Accounts, 70_000, Some(vec![1, 2, 3])));
    let state = Final::of(changes);
    let claim = Final::of(crowd(3, 90_000)).right();
    let claim = EscapeClaim { batchHash: state.header.hash(), ..claim };
    assert_eq!(state.says(&claim, guest.as_ref()), Err(Invalid::NotAState));

    let mut state = Final::of(crowd(3, 90_000));
    state.header.stateRoot = B256::repeat_byte(1);
    assert_eq!(state.says(&state.right(), guest.as_ref()), Err(Invalid::NotAState));
}

/// A leaf at the very end of the section is seen, and one that the exchange could not make is worth what the law says.
#[test]
fn every_leaf_counts_wherever_it_is() {
    let mut changes = crowd(2, 90_000);
    let position = Position { market: MarketId(9), size: Lots(5), funding: 0 };
    let last = Account {
        owner: Address::repeat_byte(9),
        pool: PoolId(0),
        cash: Quote(11),
        positions: vec![position],
        holdings: Holdings::NONE,
    };
    changes.push((Section::Accounts, u32::MAX, Some(codec::encode(&last))));
    let (state, without) = (Final::of(changes), Final::of(crowd(2, 90_000)));
    let (right, wrong) = (state.right(), without.right());
    assert_eq!((right.payoutCount, right.total), (3, wrong.total + 11));
    let guest = Guest::find();
    assert_eq!(state.says(&right, guest.as_ref()), Ok(right.payoutsRoot));
    let wrong = EscapeClaim { batchHash: state.header.hash(), ..wrong };
    assert_eq!(state.says(&wrong, guest.as_ref()), Err(Invalid::ClaimDiffers("payoutCount")));
}

#[test]
fn leaps_on_a_claim_are_replayed_from_their_witnesses() {
    let Some(guest) = Guest::find() else { return };
    let state = Final::of(crowd(20, 7_000));
    let claim = state.right().abi_encode();
    let (_, tape) = state.verdict(&claim, None);
    assert_eq!(replay_leaps(&guest, Subject::Claim, keccak256(&claim), &mut facts(&tape)), 0);
}

/// What a claim on a thousand accounts costs the machine; docs/performance.md has the figure.
#[test]
fn a_claim_on_a_thousand_accounts_is_judged_within_bounds() {
    let Some(guest) = Guest::find() else { return };
    let cycles = |count| {
        let state = Final::of(crowd(count, 900_000));
        let claim = state.right().abi_encode();
        let (verdict, tape) = state.verdict(&claim, None);
        assert!(verdict.is_ok(), "{verdict:?}");
        let Ruling { exit, cycles } =
            guest.run_on_machine(Subject::Claim, keccak256(&claim), &mut facts(&tape));
        assert_eq!(exit, 0, "{count} accounts");
        eprintln!("{count} accounts: {cycles} cycles, {} bytes of preimages", tape.len());
        cycles
    };
    let (none, thousand) = (cycles(1), cycles(1_000));
    let each = (thousand - none) / 999;
    assert!((1_000..50_000).contains(&each), "{each} cycles an account");
}

#[test]
fn claims_on_what_is_seized_of_who_owes_are_judged_alike_by_every_host() {
    let leaves = indebted(20, 7_000);
    let state = Final::of(leaves.all());
    let escape = Escape::of(&leaves);
    let to = |owes: bool| {
        let owners: Vec<_> =
            leaves.accounts.values().filter(|it| (it.cash.0 < 0) == owes).map(|it| it.owner).collect();
        let paid = escape.payouts().iter().filter(|paid| paid.asset > 0 && owners.contains(&paid.recipient));
        paid.map(|paid| paid.amount).sum::<u64>()
    };
    let (kept, shared) = (to(true), to(false));
    let held: u64 = (2..20).step_by(3).map(|id| 1_000 * id).sum();
    assert!(kept > 0 && shared > 0 && kept + shared <= held, "{kept} kept and {shared} shared of {held}");
    right_is_valid_and_lies_are_named(&state, Guest::find().as_ref());
}
