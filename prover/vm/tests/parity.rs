//! The fast machine, the reference and the replay from a witness agree after every leap of random programs, and the
//! root that is kept up to date is the one computed from nothing.

mod program;

use alloy_primitives::{B256, keccak256};
use ballast_vm::{FastMachine, Machine, limits::MEMORY_DEPTH, replay, step::step};
use program::{CODE, random::anything};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, BTreeSet};

const PROGRAMS: u64 = 300;
const MOST_LEAPS: usize = 30;

/// The root of memory whose leaves other than `leaves` are zeros, level by level.
fn naive_root(memory: &ballast_vm::Memory, leaves: &BTreeSet<u32>) -> B256 {
    let over = |left: B256, right: B256| keccak256([left.0, right.0].concat());
    let mut level: BTreeMap<u32, B256> =
        leaves.iter().map(|index| (*index, memory.node(0, *index))).collect();
    let mut zero = B256::ZERO;
    for _ in 0..MEMORY_DEPTH {
        let node = |index: u32| level.get(&index).copied().unwrap_or(zero);
        let above: BTreeSet<u32> = level.keys().map(|index| index / 2).collect();
        level = above.into_iter().map(|index| (index, over(node(2 * index), node(2 * index + 1)))).collect();
        zero = over(zero, zero);
    }
    level[&0]
}

/// Runs a program on all machines; tells how many leaps it took and how it ended.
fn compare(mut machine: Machine, mut host: ballast_vm::Facts, seed: u64) -> (usize, Option<u8>) {
    let mut twin = machine.clone();
    let mut plain = FastMachine::new(machine.clone());
    let mut fast = FastMachine::new(machine.clone());
    let mut leaves: BTreeSet<u32> =
        (CODE / 32..CODE / 32 + 256).chain([0x10_0000 / 32]).map(|index| index as u32).collect();
    let mut leaps = 0;
    while machine.hart.exit.is_none() && leaps < MOST_LEAPS {
        let Ok(leap) = machine.leap(&mut host) else {
            fast.leap(&mut host).expect_err("the reference misses something");
            return (leaps, None);
        };
        leaps += 1;
        let state = machine.state();
        fast.leap(&mut host).expect("the reference misses nothing");
        assert_eq!(fast.state(), state, "seed {seed}, leap {leaps}: the fast machine");
        assert_eq!(
            replay(&leap.before, &leap.witness),
            Ok(state.clone()),
            "seed {seed}, leap {leaps}: replay"
        );
        leaves.extend(&leap.witness.indexes);
        assert_eq!(
            naive_root(&machine.memory, &leaves),
            state.memory_root,
            "seed {seed}, leap {leaps}: root"
        );
    }
    for part in 1..=3 {
        plain.run(&mut host, machine.hart.cycle / 3 * part).expect("the reference misses nothing");
        // A plain run stops at a jump, which may be later.
        while twin.hart.exit.is_none() && twin.hart.cycle < plain.hart().cycle {
            step(&mut twin.hart, &mut twin.memory, &mut host).expect("the fast machine misses nothing");
        }
        assert_eq!(plain.state(), twin.state(), "seed {seed}: part {part} of a plain run");
    }
    plain.leap(&mut host).ok();
    twin.leap(&mut host).ok();
    assert_eq!(plain.into_machine().state(), twin.state(), "seed {seed}: a leap after a plain run");
    (leaps, machine.hart.exit)
}

#[test]
fn machines_agree_on_random_programs() {
    let first: u64 = rand::rng().random();
    eprintln!("first seed {first}");
    let (mut leaps, mut exits) = (0, BTreeMap::<Option<u8>, u32>::new());
    for seed in (0..PROGRAMS).map(|count| first.wrapping_add(count)) {
        let (machine, host) = anything(&mut ChaCha8Rng::seed_from_u64(seed));
        let (count, exit) = compare(machine, host, seed);
        leaps += count;
        *exits.entry(exit).or_default() += 1;
    }
    eprintln!("{leaps} leaps, ends: {exits:?}");
    assert!(
        leaps > 5 * PROGRAMS as usize,
        "programs end too soon to tell anything: {leaps} leaps, {exits:?}"
    );
}
