//! Leaps that the machine in Solidity must execute alike: `contracts/test/vectors/leaps.json`.
//! `BALLAST_REGENERATE=1` writes it anew; a changed leap is a changed machine.

mod program;
mod vectors;

use alloy_primitives::{B256, Bytes};
use alloy_sol_types::{SolValue, sol};
use ballast_vm::{FastMachine, LeapWitness, MachineState, replay};
use std::{env, fs, path::Path};
use vectors::Case;

sol! {
    struct SolidityState {
        bytes32 memoryRoot;
        uint64 pc;
        uint64 cycle;
        bool halted;
        uint8 exitCode;
        uint64[31] x;
    }

    struct SolidityWitness {
        uint32[] indexes;
        bytes32[] leaves;
        bytes32[] siblings;
        bytes preimage;
        bytes opening;
    }
}

fn input(state: &MachineState, witness: &LeapWitness, opening: Bytes) -> Bytes {
    let state = SolidityState {
        memoryRoot: state.memory_root,
        pc: state.pc,
        cycle: state.cycle,
        halted: state.halted,
        exitCode: state.exit_code,
        x: state.x,
    };
    let witness = SolidityWitness {
        indexes: witness.indexes.clone(),
        leaves: witness.leaves.iter().map(|leaf| B256::from(*leaf)).collect(),
        siblings: witness.siblings.clone(),
        preimage: witness.preimage.clone(),
        opening,
    };
    (state, witness).abi_encode_params().into()
}

fn vector(case: Case) -> serde_json::Value {
    let Case { name, mut machine, mut host, opening, exit } = case;
    let mut fast = FastMachine::new(machine.clone());
    fast.leap(&mut host).unwrap_or_else(|missing| panic!("{name}: {missing}"));
    let leap = machine.leap(&mut host).unwrap_or_else(|missing| panic!("{name}: {missing}"));
    let next = machine.state();
    if ["the widest leap", "the dearest leap"].contains(&name.as_str()) {
        assert_eq!(leap.witness.indexes.len(), 97, "{name}");
    }
    assert_eq!(machine.hart.exit, exit, "{name}: how it ends");
    assert_eq!(fast.state(), next, "{name}: the fast machine");
    assert_eq!(replay(&leap.before, &leap.witness), Ok(next.clone()), "{name}: replayed from its witness");
    serde_json::json!({
        "name": name,
        "input": input(&leap.before, &leap.witness, opening).to_string(),
        "next": next.hash().to_string(),
    })
}

#[test]
fn leaps_match_the_committed_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/test/vectors/leaps.json");
    let vectors: Vec<_> = vectors::all().into_iter().map(vector).collect();
    let text = serde_json::to_string_pretty(&vectors).expect("vectors are JSON") + "\n";
    if env::var_os("BALLAST_REGENERATE").is_some_and(|value| value == "1") {
        fs::write(&path, &text).expect("the vectors can be written");
    }
    let committed = fs::read_to_string(&path).expect("the vectors are committed");
    assert!(committed == text, "leaps changed: BALLAST_REGENERATE=1 writes {}", path.display());
}
