//! Leaps that cost a contract the most: what bounds the gas of a dispute.

use super::{
    Case,
    calls::{HASH, TO, bytes, signature},
};
use crate::program::{CODE, branch, immediate, load, machine, register};
use ballast_vm::{Alu, Condition, Facts, Instruction, Width};

/// As many leaves as there can be, most of them with paths of their own, as many cycles, and the largest preimage. Loads that extend
/// a sign cost a contract more than any other step, and a search finds these leaves last.
fn all_at_once() -> Case {
    let dearest = load(Width::Byte, true, 5, 20, 0);
    let program = [
        // A leaf that repeats it.
        dearest,
        dearest,
        dearest,
        dearest,
        dearest,
        dearest,
        immediate(Alu::Add, 9, 9, -1),
        branch(Condition::Ne, 9, 0, -28),
        // A leaf that touches one leaf after the other first, and goes on to the next in the end.
        Instruction::Jal { rd: 0, imm: 32 },
        load(Width::Byte, true, 5, 6, 0),
        register(Alu::Add, 6, 6, 7),
        immediate(Alu::Add, 8, 8, -1),
        branch(Condition::Ne, 8, 0, -12),
        Instruction::Jal { rd: 0, imm: -52 },
        Instruction::Fence,
        Instruction::Fence,
        // The call comes from a leaf of its own.
        Instruction::Ecall,
    ];
    let mut machine = machine(&program);
    machine.hart.pc = CODE + 36;
    machine.hart.x[6] = 0x0200_0000;
    machine.hart.x[7] = 0x0400_0020;
    machine.hart.x[8] = 61;
    machine.hart.x[9] = 97;
    machine.hart.x[20] = 0x0600_0020;
    machine.hart.x[17] = 1;
    machine.hart.x[10..14].copy_from_slice(&[0x7fff_ffe0, 31 * 1024, 0x8000_03e0, 1024]);
    let mut host = Facts::default();
    let hash = host.add_preimage(vec![0xa5; 32_768]);
    machine.memory.write(0x7fff_ffe0, hash.as_slice());
    Case { host, ..Case::new("the dearest leap", machine, None) }
}

/// Each hash but the first is that of the first bytes of memory, for the call leaves 0 in `a0`.
fn hashes() -> Case {
    let mut machine = machine(&[Instruction::Ecall; 16]);
    machine.memory.write(0, &bytes(1024));
    machine.hart.x[10..13].copy_from_slice(&[0, 1024, TO]);
    machine.hart.x[17] = 2;
    Case::new("keccak256: the most, sixteen times", machine, None)
}

fn recoveries() -> Case {
    let program = [immediate(Alu::Add, 10, 20, 0), Instruction::Ecall].repeat(4);
    let mut machine = machine(&program);
    machine.memory.write(HASH, &signature());
    machine.hart.x[11] = TO;
    machine.hart.x[17] = 3;
    machine.hart.x[20] = HASH;
    Case::new("ecrecover: a signature, four times", machine, None)
}

pub(super) fn cases() -> Vec<Case> {
    vec![all_at_once(), hashes(), recoveries()]
}
