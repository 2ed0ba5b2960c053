//! What another compiler makes, GCC of Debian: under `qemu-riscv64`, on both machines here, and on that in Solidity.

use ballast_tests::{contract::Contract, size};
use ballast_types::B256;
use ballast_vm::{Facts, FastMachine, Image, Leap, Machine, Subject, replay};
use std::{env, ffi::OsString, fs, path::Path, process::Command};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/parity/compiled.c");
/// Where the program leaves what it found, and so many bytes.
const OUT: u32 = 0x10_0000;
const OUT_BYTES: u32 = 4_096;
/// How the machine ends at the call by which the program writes to Linux.
const UNKNOWN_CALL: u8 = 245;
const LEVELS: [&str; 5] = ["-O0", "-O1", "-O2", "-O3", "-Os"];
/// One leap in so many goes to L1.
const SAMPLED: usize = 8;

/// The compiler and the emulator; `None`, said aloud, where the machine lacks one.
fn tools() -> Option<(OsString, OsString)> {
    let found = env::var_os("BALLAST_RISCV_GCC").zip(env::var_os("GUEST_QEMU"));
    if found.is_none() {
        eprintln!("SKIPPED: no riscv64-linux-gnu-gcc or no qemu-riscv64 (scripts/setup gcc guest)");
    }
    found
}

fn compile(gcc: &OsString, level: &str, seed: u64, program: &Path) {
    let mut command = Command::new(gcc);
    command.args([level, "-march=rv64im", "-mabi=lp64", "-mcmodel=medany", "-std=gnu11", "-Wall", "-Werror"]);
    command.args([
        "-ffreestanding",
        "-fno-tree-loop-distribute-patterns",
        "-fno-stack-protector",
        "-fno-pic",
    ]);
    command.args(["-nostdlib", "-static", "-no-pie", "-Wl,--no-relax", "-Wl,--build-id=none"]);
    command.arg(format!("-Wl,--section-start=.out={OUT:#x}")).arg(format!("-DSEED={:#x}UL", seed | 1));
    let compiled = command.arg("-o").arg(program).arg(SOURCE).output().expect("the compiler starts");
    assert!(compiled.status.success(), "{level}: {}", String::from_utf8_lossy(&compiled.stderr));
}

/// Runs the program on all machines, and gives what it left.
fn run(image: Image, contract: &mut Contract, what: &str) -> Vec<u8> {
    let (mut facts, hash) = (Facts::default(), B256::ZERO);
    let mut machine = Machine::start(image, Subject::Batch, hash);
    machine.hart.x = [0; 32];
    let mut fast = FastMachine::new(machine.clone());
    let mut leaps = 0;
    while machine.hart.exit.is_none() {
        let Leap { before, witness } = machine.leap(&mut facts).expect("it asks for nothing");
        let after = machine.state();
        fast.leap(&mut facts).expect("it asks for nothing");
        assert_eq!(fast.state(), after, "{what}, leap {leaps}: the fast machine");
        if leaps % SAMPLED == 0 || after.halted {
            assert_eq!(contract.leap(&before, &witness), after.hash(), "{what}, leap {leaps} on L1");
            assert_eq!(replay(&before, &witness), Ok(after), "{what}, leap {leaps}: replay");
        }
        leaps += 1;
    }
    assert_eq!(machine.hart.exit, Some(UNKNOWN_CALL), "{what}: it ends at the call");
    assert!(leaps > 50, "{what}: {leaps} leaps tell nothing");
    (OUT / 32..(OUT + OUT_BYTES) / 32).flat_map(|leaf| machine.memory.node(0, leaf).0).collect()
}

#[test]
fn programs_of_another_compiler_end_as_under_qemu() {
    let Some((gcc, qemu)) = tools() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut contract = Contract::deployed();
    let seeds = if size::is_full() { 8 } else { 1 };
    for seed in (0..seeds).map(|count| size::seed().wrapping_add(count)) {
        for level in LEVELS {
            let (what, program) = (format!("{level}, seed {seed}"), folder.path().join(level));
            compile(&gcc, level, seed, &program);
            let theirs = Command::new(&qemu).arg(&program).output().expect("qemu starts");
            assert!(theirs.status.success(), "{what}: {theirs:?}");
            let file = fs::read(&program).expect("it was made");
            let ours = run(Image::from_elf(&file).expect("it is an image"), &mut contract, &what);
            assert_eq!(theirs.stdout.len(), ours.len(), "{what}");
            let differs = theirs.stdout.iter().zip(&ours).position(|(theirs, ours)| theirs != ours);
            assert_eq!(differs, None, "{what}: the first byte that differs");
        }
    }
}
