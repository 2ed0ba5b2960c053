//! Random programs end alike here and under `qemu-riscv64`, which is none of ours.

mod program;

use ballast_vm::{Facts, FastMachine, Image, Instruction, Machine, Subject};
use program::{elf::executable, immediate, load, random, store, words};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{env, fs, os::unix::fs::PermissionsExt, process::Command};

const CODE: u64 = 0x1_0000;
const DATA: u64 = 0x10_0000;
/// What is compared: a page that loads and stores go to, and the registers behind it.
const DATA_BYTES: usize = 4096 + 256;
const PROGRAMS: u64 = 20;
const INSTRUCTIONS: usize = 20_000;

/// Sets registers from data, does anything that always ends, stores the registers, writes all data out and exits.
fn instructions(random: &mut ChaCha8Rng) -> Vec<Instruction> {
    use ballast_vm::{Alu::Add, Width::Double};
    let mut program = vec![Instruction::Lui { rd: 25, imm: 0x10_1000 }];
    program.extend(random::BASES.map(|base| immediate(Add, base, 25, -2048)));
    program.extend((1..20).map(|register| load(Double, true, register, 20, 8 * i32::from(register))));
    program.extend((0..INSTRUCTIONS).map(|_| match random.random_range(0..100) {
        0..60 => random::arithmetic(random),
        60..62 => Instruction::Auipc { rd: random.random_range(0..18), imm: random.random::<i32>() & !0xfff },
        62..85 => random::access(random),
        _ => random::jump(random, 6, true),
    }));
    // Where the last jumps may land.
    program.extend([Instruction::Fence; 8]);
    program.extend((1..32).map(|register| store(Double, 25, register, 8 * i32::from(register))));
    program.extend([
        immediate(Add, 10, 0, 1),
        Instruction::Lui { rd: 11, imm: 0x10_0000 },
        Instruction::Lui { rd: 12, imm: 0x1000 },
        immediate(Add, 12, 12, 256),
        immediate(Add, 17, 0, 64),
        Instruction::Ecall,
        immediate(Add, 10, 0, 0),
        immediate(Add, 17, 0, 93),
        Instruction::Ecall,
    ]);
    program
}

/// What is in the data once the machine halts at the first system call, which it does not know; and its cycles.
fn data_after(mut machine: Machine) -> (Vec<u8>, u64) {
    let mut fast = FastMachine::new(machine.clone());
    fast.run(&mut Facts::default(), u64::MAX).expect("nothing is asked for");
    assert_eq!(fast.hart().exit, Some(245), "it ends at the call");
    while machine.hart.exit.is_none() {
        ballast_vm::step::step(&mut machine.hart, &mut machine.memory, &mut Facts::default())
            .expect("nothing is asked for");
    }
    assert_eq!(fast.state(), machine.state(), "the fast machine and the reference");
    let first = DATA as u32 / 32;
    let leaves = first..first + DATA_BYTES as u32 / 32;
    (leaves.flat_map(|leaf| machine.memory.node(0, leaf).0).collect(), machine.hart.cycle)
}

#[test]
fn programs_end_as_under_qemu() {
    let Some(qemu) = env::var_os("GUEST_QEMU") else {
        eprintln!("SKIPPED: GUEST_QEMU names no qemu-riscv64 (scripts/setup guest)");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("program");
    let first: u64 = rand::rng().random();
    eprintln!("first seed {first}");
    let mut cycles = 0;
    for seed in (0..PROGRAMS).map(|count| first.wrapping_add(count)) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let code = words(&instructions(&mut random));
        let mut data: Vec<u8> = (0..DATA_BYTES).map(|_| random.random()).collect();
        for edge in program::EDGES {
            let at = 2048 + 8 * random.random_range(1..20);
            data[at..at + 8].copy_from_slice(&edge.to_le_bytes());
        }
        let elf = executable(CODE, &[(5, CODE, &code), (6, DATA, &data)]);
        fs::write(&file, &elf).expect("the program can be written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("the program can be made one");
        let theirs = Command::new(&qemu).arg(&file).output().expect("qemu starts");
        assert!(theirs.status.success(), "seed {seed}: {theirs:?}");
        let image = Image::from_elf(&elf).expect("a program");
        let mut machine = Machine::start(image, Subject::Batch, Default::default());
        machine.hart.x = [0; 32];
        let (ours, ran) = data_after(machine);
        cycles += ran;
        // Under Linux the stack pointer has a value at the start; it is set before anything reads it.
        let differs =
            (0..DATA_BYTES / 8).find(|at| ours[8 * at..8 * at + 8] != theirs.stdout[8 * at..8 * at + 8]);
        assert_eq!(differs, None, "seed {seed}: the first double word that differs");
    }
    eprintln!("{cycles} instructions");
    assert!(cycles > 200_000, "too few instructions ran: {cycles}");
}
