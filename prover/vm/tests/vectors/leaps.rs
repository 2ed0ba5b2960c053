//! Where a leap ends, the widest one, and code that writes itself.

use super::Case;
use crate::program::{CODE, branch, encode, immediate, load, machine, register, store, words};
use ballast_vm::{Alu, Condition, Facts, Instruction, Width};

/// Of 97 leaves: 62 loads in a loop of one leaf, then a call in the next that reads 1,024 bytes. Every leaf that is not
/// written alone has a path of its own.
fn widest() -> Case {
    let mut program = vec![
        load(Width::Double, true, 5, 6, 0),
        register(Alu::Add, 6, 6, 7),
        immediate(Alu::Add, 8, 8, -1),
        branch(Condition::Ne, 8, 0, -12),
        Instruction::Fence,
        Instruction::Fence,
        Instruction::Fence,
        Instruction::Fence,
    ];
    program.push(Instruction::Ecall);
    let mut machine = machine(&program);
    machine.hart.x[6] = 0x0200_0000;
    machine.hart.x[7] = 0x0400_0020;
    machine.hart.x[8] = 62;
    machine.hart.x[17] = 1;
    machine.hart.x[10..14].copy_from_slice(&[0x7fff_ffe0, 31 * 1024, 0x8000_03e0, 1024]);
    let mut host = Facts::default();
    let hash = host.add_preimage((0..32_768).map(|at| (at * 13 / 7) as u8).collect::<Vec<_>>());
    machine.memory.write(0x7fff_ffe0, hash.as_slice());
    Case { host, ..Case::new("the widest leap", machine, None) }
}

fn self_modifying() -> Case {
    // The loop turns its first instruction from an addition of 1 into one of 16; then the last one becomes EBREAK.
    let program = [
        immediate(Alu::Add, 8, 0, 2),
        immediate(Alu::Add, 9, 9, 1),
        store(Width::Word, 5, 6, 4),
        immediate(Alu::Add, 8, 8, -1),
        branch(Condition::Ne, 8, 0, -12),
        store(Width::Word, 5, 7, 24),
        immediate(Alu::Add, 9, 9, 1024),
    ];
    let mut machine = machine(&program);
    machine.hart.x[5] = CODE;
    machine.hart.x[6] = u64::from(encode(immediate(Alu::Add, 9, 9, 16)));
    machine.hart.x[7] = u64::from(encode(Instruction::Ebreak));
    Case::new("code that writes itself", machine, Some(248))
}

fn ends() -> Vec<Case> {
    let spin = machine(&[Instruction::Jal { rd: 1, imm: 0 }]);
    let straight = machine(&[immediate(Alu::Add, 1, 1, 1); 600]);
    let mut later = machine(&[Instruction::Jal { rd: 1, imm: 0 }]);
    later.hart.cycle = (1 << 40) - 3;
    // The last step of the leap costs more than is left of it.
    let mut over = machine(&[]);
    let mut program = vec![Instruction::Jal { rd: 0, imm: 4 }];
    program.extend([
        immediate(Alu::Add, 8, 8, -1),
        branch(Condition::Ne, 8, 0, -4),
        immediate(Alu::Add, 10, 20, 0),
        Instruction::Ecall,
        Instruction::Ecall,
    ]);
    over.memory.write(CODE, &words(&program));
    over.hart.x[8] = 500;
    over.hart.x[20] = 0x8000;
    over.hart.x[11] = 32;
    over.hart.x[12] = 0x9000;
    over.hart.x[17] = 2;
    let mut halted = machine(&[Instruction::Jal { rd: 1, imm: 0 }]);
    halted.hart.exit = Some(0);
    halted.hart.cycle = 77;
    vec![
        Case::new("1,024 cycles", spin, None),
        Case::new("64 leaves", straight, None),
        Case::new("not from a multiple of 1,024", later, None),
        Case::new("a call over the end of the leap", over, None),
        Case::new("a halted machine", halted, Some(0)),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = ends();
    cases.push(widest());
    cases.push(self_modifying());
    cases
}
