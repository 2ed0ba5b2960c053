//! The limits that the contracts share are generated from `types::limits`, and must not drift.

use ballast_batch::chunks::{INPUT_TREE_DEPTH, MAX_INPUT_CHUNKS};
use ballast_types::limits;
use std::{fmt::Write as _, path::Path};

#[test]
fn the_contracts_have_our_limits() {
    let shared: [(&str, u64); 14] = [
        ("WITHDRAWAL_TREE_DEPTH", limits::WITHDRAWAL_TREE_DEPTH as u64),
        ("MAX_WITHDRAWALS_PER_BATCH", limits::MAX_WITHDRAWALS_PER_BATCH.into()),
        ("MAX_INPUTS_PER_BATCH", limits::MAX_INPUTS_PER_BATCH),
        ("MAX_INPUT_CHUNKS", MAX_INPUT_CHUNKS.into()),
        ("SECTION_COUNT", limits::SECTION_COUNT as u64),
        ("MAX_BATCH_FUTURE_MS", limits::MAX_BATCH_FUTURE_MS),
        ("MAX_ACCOUNTS", limits::MAX_ACCOUNTS.into()),
        ("MAX_ASSETS", limits::MAX_ASSETS.into()),
        ("NEW_ACCOUNT", limits::NEW_ACCOUNT.into()),
        ("MAX_AMOUNT", limits::MAX_AMOUNT.unsigned_abs()),
        ("MIN_WITHDRAWAL", limits::MIN_WITHDRAWAL.unsigned_abs()),
        ("ESCAPE_TREE_DEPTH", limits::SECTION_TREE_DEPTH as u64),
        ("INPUT_TREE_DEPTH", INPUT_TREE_DEPTH as u64),
        ("INPUT_CHUNK_BYTES", limits::INPUT_CHUNK_BYTES as u64),
    ];
    let mut text = String::from(
        "// SPDX-License-Identifier: MIT OR Apache-2.0\n\
         // Generated from sequencer/core/types/src/limits.rs by tests/tests/solidity_limits.rs. Do not edit.\n\
         pragma solidity 0.8.37;\n\nlibrary Limits {\n",
    );
    for (name, value) in shared {
        writeln!(text, "    uint256 internal constant {name} = {value};").expect("writing to memory");
    }
    text.push_str("}\n");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/src/types/Limits.sol");
    if std::env::var_os("BALLAST_REGENERATE").is_some() {
        std::fs::write(&path, &text).expect("the file can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the contracts have their limits");
    assert_eq!(committed, text, "set BALLAST_REGENERATE=1 to write the contracts' limits anew");
}
