//! Batches on the machine of a dispute. The programs here say one thing of every batch; the real one is run by devnets.

use crate::support::*;
use alloy_primitives::B256;
use ballast_node::{
    app::{Core, Court, Parts},
    clock::ManualClock,
    config::{ConfigError, MachineConfig, PipelineConfig},
    fatal::Fatal,
    feed::FeedConfig,
    journal::MemoryStore,
};
use ballast_types::*;
use ballast_vm::Image;
use std::{io::Write, sync::Arc};
use tempfile::NamedTempFile;

/// Where its one segment lies, headers and all.
const ADDRESS: u64 = 0x1_0000;
/// Bytes of an ELF header and of one program header.
const HEADERS: u64 = 64 + 56;

/// An executable that exits with a code.
fn exits_with(code: u32) -> NamedTempFile {
    let (addi_a0, addi_a7, ecall) = (code << 20 | 0x513, 93 << 20 | 0x893, 0x73_u32);
    let size = HEADERS + 12;
    let mut elf = vec![0x7f, b'E', b'L', b'F', 2, 1, 1];
    elf.resize(16, 0);
    elf.extend([2_u16, 243].iter().flat_map(|half| half.to_le_bytes()));
    elf.extend(1_u32.to_le_bytes());
    elf.extend([ADDRESS + HEADERS, 64, 0].iter().flat_map(|double| double.to_le_bytes()));
    elf.extend(0_u32.to_le_bytes());
    elf.extend([64_u16, 56, 1, 64, 0, 0].iter().flat_map(|half| half.to_le_bytes()));
    elf.extend([1_u32, 5].iter().flat_map(|word| word.to_le_bytes()));
    elf.extend([0, ADDRESS, ADDRESS, size, size, 4096].iter().flat_map(|double: &u64| double.to_le_bytes()));
    elf.extend([addi_a0, addi_a7, ecall].iter().flat_map(|word| word.to_le_bytes()));
    let mut file = NamedTempFile::new().expect("a file");
    file.write_all(&elf).expect("it is written");
    file
}

fn hash_of(elf: &NamedTempFile) -> B256 {
    let file = std::fs::read(elf.path()).expect("it was written");
    Image::from_elf(&file).expect("an image").program_hash()
}

fn open(elf: &NamedTempFile, every: u64, program_hash: B256) -> Result<Option<Court>, ConfigError> {
    Court::open(&MachineConfig { guest: Some(elf.path().into()), every }, program_hash)
}

/// A pipeline whose batches of four inputs are judged by a program that exits with `code`, every so many.
fn rig(code: u32, every: u64) -> Rig {
    let elf = exits_with(code);
    let program_hash = hash_of(&elf);
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(START)));
    let limits = PipelineConfig { batch_inputs: 4, ..pipeline() };
    let plain = parts(
        Arc::<MemoryStore>::clone(&store),
        Arc::<ManualClock>::clone(&clock),
        limits,
        FeedConfig::default(),
    );
    let court = open(&elf, every, program_hash).expect("its own hash");
    let parts = Parts { program_hash, court, ..plain };
    let separator = parts.genesis.separator();
    Rig { core: Core::start(parts).expect("it starts"), store, clock, separator }
}

/// Inputs for some batches; the pipeline may stop before all are taken.
fn fill(rig: &Rig) {
    rig.prepare();
    for nonce in 0..40 {
        let order = vec![place(Side::Buy, 490_000, 1)];
        let _ = rig.core.admission.submit(rig.operations(&key(1), 0, nonce, order));
    }
}

#[test]
fn a_batch_that_the_machine_refuses_is_not_stored_and_stops_the_node() {
    let mut rig = rig(1, 2);
    fill(&rig);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let fatal = runtime.block_on(rig.core.failed());
    assert!(
        matches!(&fatal, Fatal::Invariant(why)
            if why.ends_with("refuses batch 2: on its machine it exits with 1")),
        "{fatal}"
    );
    let last = rig.core.journal.last_batch().expect("a journal");
    assert_eq!(last, BatchIndex(1), "it was not the turn of the first");
}

#[test]
fn batches_that_the_machine_takes_are_stored() {
    let rig = rig(0, 1);
    fill(&rig);
    rig.wait(|| rig.core.stored.borrow().0 >= 3);
}

#[test]
fn a_program_of_another_hash_is_refused_before_the_node_starts() {
    let elf = exits_with(0);
    let other = open(&elf, 1, B256::repeat_byte(1)).expect_err("another program");
    assert!(other.to_string().contains("its program hash is"), "{other}");
    let none = Court::open(&MachineConfig::default(), B256::repeat_byte(1)).expect("nothing to open");
    assert!(none.is_none(), "no program was named");
}
