//! Witnesses that do not fit are refused; those that hold more than is needed are not.

mod program;

use alloy_primitives::B256;
use ballast_vm::{Facts, LeapWitness, Machine, MachineState, Missing, Refused, Width, replay};
use program::{CODE, load, machine, store};

/// A leap that touches three leaves: its code, one that is read, one that is written.
fn leap() -> (MachineState, LeapWitness, MachineState) {
    let mut machine: Machine = machine(&[
        load(Width::Double, true, 3, 1, 0),
        store(Width::Double, 2, 3, 0),
        load(Width::Word, true, 4, 1, 1),
    ]);
    machine.memory.write(0x8000, &[1, 2, 3, 4, 5, 6, 7, 8]);
    (machine.hart.x[1], machine.hart.x[2]) = (0x8000, 0xffff_ffe0);
    let leap = machine.leap(&mut Facts::default()).expect("nothing is asked for");
    (leap.before, leap.witness, machine.state())
}

#[test]
fn a_witness_holds_the_touched_leaves_and_the_nodes_beside_their_paths() {
    let (before, witness, after) = leap();
    assert_eq!(witness.indexes, [CODE as u32 / 32, 0x8000 / 32, 0xffff_ffe0 / 32]);
    assert_eq!(after.exit_code, 243);
    // 27 levels of three paths; two of them meet 11 levels above the leaves, the last joins at the root.
    assert_eq!(witness.siblings.len(), 10 + 10 + 15 + 26);
    assert_eq!(replay(&before, &witness), Ok(after));
}

#[test]
fn what_does_not_fit_is_refused() {
    let (before, witness, _) = leap();
    let refused = |change: &dyn Fn(&mut LeapWitness)| {
        let mut changed = witness.clone();
        change(&mut changed);
        replay(&before, &changed).expect_err("it does not fit")
    };
    assert_eq!(refused(&|witness| witness.leaves[1][5] ^= 1), Refused::Root);
    assert_eq!(refused(&|witness| witness.siblings[7].0[0] ^= 1), Refused::Root);
    assert_eq!(refused(&|witness| witness.siblings.push(B256::ZERO)), Refused::Root);
    assert_eq!(refused(&|witness| witness.siblings.truncate(60)), Refused::Root);
    assert_eq!(refused(&|witness| witness.indexes.swap(0, 1)), Refused::Disorder);
    assert_eq!(refused(&|witness| witness.indexes[1] = witness.indexes[0]), Refused::Disorder);
    assert_eq!(refused(&|witness| witness.indexes[2] = 1 << 27), Refused::Disorder);
    assert_eq!(refused(&|witness| witness.leaves.truncate(2)), Refused::Disorder);
    assert_eq!(refused(&|witness| *witness = LeapWitness::default()), Refused::Root);
}

#[test]
fn leaves_may_be_too_many_and_never_too_few() {
    let mut machine = machine(&[load(Width::Double, true, 3, 1, 0)]);
    machine.hart.x[1] = 0x8000;
    let mut other = machine.clone();
    let needed = machine.leap(&mut Facts::default()).expect("nothing is asked for");
    // The same state with a witness of another leap, which reads elsewhere and so lacks a leaf.
    other.hart.x[1] = 0x9000;
    let elsewhere = other.leap(&mut Facts::default()).expect("nothing is asked for");
    assert_eq!(replay(&needed.before, &elsewhere.witness), Err(Refused::Missing(Missing::Leaf(0x8000 / 32))));
    // A fetch that faults needs no leaf at all.
    let mut halting = needed.before.clone();
    halting.pc = 2;
    let after = replay(&halting, &needed.witness).expect("too many leaves are no harm");
    assert_eq!((after.exit_code, after.memory_root), (240, halting.memory_root));
}

#[test]
fn a_preimage_must_be_the_one_that_is_asked_for() {
    let mut machine = machine(&[ballast_vm::Instruction::Ecall]);
    let mut host = Facts::default();
    let hash = host.add_preimage(b"true".to_vec());
    machine.memory.write(0x8000, hash.as_slice());
    machine.hart.x[10..14].copy_from_slice(&[0x8000, 0, 0x9000, 32]);
    machine.hart.x[17] = 1;
    let leap = machine.leap(&mut host).expect("the preimage is there");
    assert_eq!(replay(&leap.before, &leap.witness), Ok(machine.state()));
    let lie = LeapWitness { preimage: b"lie".to_vec().into(), ..leap.witness };
    assert_eq!(replay(&leap.before, &lie), Err(Refused::Missing(Missing::Preimage(hash))));
}
