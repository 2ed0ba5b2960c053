//! Leaps of random programs, in Rust and in Solidity.

#[path = "../../../prover/vm/tests/program/mod.rs"]
mod program;

use ballast_tests::{contract::Contract, size};
use program::random::anything;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const MOST_LEAPS: usize = 10;
/// The most gas that a leap may take (settlement.md, "The fault proof").
const MOST_GAS: u64 = 10_000_000;

#[test]
fn the_contract_agrees_on_random_programs() {
    let (mut contract, mut leaps) = (Contract::deployed(), 0);
    let programs = if size::is_full() { 300 } else { 30 };
    for seed in (0..programs).map(|count| size::seed().wrapping_add(count)) {
        let (mut machine, mut host) = anything(&mut ChaCha8Rng::seed_from_u64(seed));
        for number in 0..MOST_LEAPS {
            if machine.hart.exit.is_some() {
                break;
            }
            // It asks for what is not there: a trace cannot be made either.
            let Ok(leap) = machine.leap(&mut host) else { break };
            let after = machine.state();
            // What is read of a blob takes a proof of KZG, which made-up elements have none of.
            if leap.witness.element.is_some() {
                continue;
            }
            let (said, gas) = contract.measured(&leap.before, &leap.witness);
            assert_eq!(said, after.hash(), "seed {seed}, leap {number} on L1");
            assert!(gas < MOST_GAS, "seed {seed}, leap {number}: {gas} gas");
            leaps += 1;
        }
    }
    assert!(leaps > 2 * programs, "programs end too soon to tell anything: {leaps} leaps");
}
