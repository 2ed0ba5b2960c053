use super::*;
use crate::{
    commit::{Commitment, hash_of, state_root},
    leaf::{Holdings, PendingChange},
    tree::{NodeSource, PartialTree, verify},
};
use alloc::{collections::BTreeMap, vec};
use ballast_types::{GovernanceCall, PoolId, Quote};
use proptest::{collection::vec as vec_of, prelude::*};

fn genesis() -> Genesis {
    Genesis {
        chain_id: 1,
        exchange: Address::ZERO,
        publishers: vec![],
        quorum: 1,
        guardian: Address::ZERO,
        settlement_lag: false,
        peg_guard: false,
        assets: vec![],
        pools: 1,
    }
}

fn account(cash: i64) -> Account {
    Account {
        owner: Address::repeat_byte(7),
        pool: PoolId(0),
        cash: Quote(cash),
        positions: vec![],
        holdings: Holdings::NONE,
    }
}

/// The leaves of a state as they were, for one that loads.
struct Frozen(State);

impl LeafSource for Frozen {
    fn load(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        self.0.leaf_bytes(section, index)
    }
}

struct Nodes<'a>(&'a Commitment, Section);

impl NodeSource for Nodes<'_> {
    fn node(&mut self, level: usize, index: u32, _: B256) -> (B256, B256) {
        self.0.children(self.1, level, index)
    }
}

/// What an input does here: opens or moves an account, and a pool with it.
fn step(state: &mut State, id: u32, cash: i64) {
    match state.accounts.get_mut(id) {
        Some(account) => account.cash = Quote(cash),
        None => state.accounts.insert(id, account(cash)),
    }
    match state.pools.get_mut(id % 3) {
        Some(pool) => pool.fees = Quote(cash),
        None => state.pools.insert(id % 3, Pool::default()),
    }
    let call = GovernanceCall { action: 0, subject: (id % 3) as u16, value: 1 };
    match cash % 8 {
        0 => state.pending_mut().put(PendingChange { at: Millis(id.into()), call }),
        1 | 2 if state.pending().of(call.action, call.subject).is_some() => {
            state.pending_mut().remove(call.action, call.subject);
        }
        3 => state.signers_mut().guardian = Address::repeat_byte(id as u8),
        _ => {}
    }
    state.chain.seq = state.chain.seq.next();
}

fn steps() -> impl Strategy<Value = Vec<(u32, i64)>> {
    vec_of((0..600_u32, any::<i64>()), 0..30)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_lazy_state_commits_to_what_the_complete_one_does(before in steps(), after in steps()) {
        let mut native = State::empty(genesis());
        let mut commitment = Commitment::new();
        before.into_iter().for_each(|(id, cash)| step(&mut native, id, cash));
        commitment.update(&native.take_changes());
        let frozen = native.clone();
        let mut guest = State::lazy(Arc::new(Frozen(frozen)), native.chain.clone(), genesis());
        for (id, cash) in after {
            step(&mut native, id, cash);
            step(&mut guest, id, cash);
        }
        let changes = native.take_changes();
        prop_assert_eq!(&guest.take_changes(), &changes);
        let old = commitment.clone();
        commitment.update(&changes);
        let roots = Section::ALL.map(|section| {
            let mut tree = PartialTree::new(old.tree(section).root());
            for (_, index, leaf) in changes.iter().filter(|(of, _, _)| *of == section) {
                tree.update(*index, hash_of(leaf.as_deref()), &mut Nodes(&old, section)).expect("an honest host");
            }
            tree.root()
        });
        prop_assert_eq!(roots, commitment.section_roots());
        prop_assert_eq!(state_root(&roots), commitment.state_root());
        for (section, index, leaf) in &changes {
            prop_assert_eq!(&native.leaf_bytes(*section, *index), leaf);
            let (root, proof) = (roots[*section as usize], commitment.proof(*section, *index));
            prop_assert!(verify(root, proof.len(), *index, hash_of(leaf.as_deref()), &proof));
        }
    }

    #[test]
    fn many_small_commits_are_one_large_commit(steps in steps()) {
        let (mut often, mut once) = (Commitment::new(), Commitment::new());
        let (mut a, mut b) = (State::empty(genesis()), State::empty(genesis()));
        for (id, cash) in steps {
            step(&mut a, id, cash);
            often.update(&a.take_changes());
            step(&mut b, id, cash);
        }
        often.update(&a.take_changes());
        once.update(&b.take_changes());
        prop_assert_eq!(often.state_root(), once.state_root());
    }
}

#[test]
fn the_first_commit_has_the_genesis_and_later_ones_only_what_moved() {
    let mut state = State::empty(genesis());
    let indices = |changes: Vec<Change>| -> Vec<_> {
        changes.into_iter().map(|(section, index, _)| (section, index)).collect()
    };
    let chain = [(Section::Chain, CHAIN_INDEX), (Section::Chain, GENESIS_INDEX)];
    assert_eq!(indices(state.take_changes()), chain);
    assert_eq!(indices(state.take_changes()), chain[..1]);
    step(&mut state, 4, 1);
    assert_eq!(indices(state.take_changes()), [(Section::Accounts, 4), (Section::Pools, 1), chain[0]]);
    assert_eq!(state.leaf_bytes(Section::Orders, 0), None);
    assert_eq!(state.leaf_bytes(Section::Chain, 2), None);
}

#[test]
fn a_leaf_has_its_place_by_section_and_index() {
    let leaf = Some(vec![1]);
    let roots: BTreeMap<_, _> = Section::ALL
        .into_iter()
        .flat_map(|section| [(section, 0), (section, 1)])
        .map(|(section, index)| {
            let mut commitment = Commitment::new();
            commitment.update(&[(section, index, leaf.clone())]);
            (commitment.state_root(), (section, index))
        })
        .collect();
    assert_eq!(roots.len(), 2 * Section::ALL.len());
}
