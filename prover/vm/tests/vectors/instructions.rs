//! Every instruction, with values at the edges.

use super::Case;
use crate::program::{
    ALU, CODE, CONDITIONS, EDGES, IMMEDIATE, LOADS, STORES, branch, immediate, load, machine, register, store,
};
use ballast_vm::{Alu, Instruction, Machine};

/// Every result ends up in `x31`.
fn gather(program: &mut Vec<Instruction>, from: u8) {
    program.push(immediate(Alu::Sll, 30, 31, 1));
    program.push(register(Alu::Add, 31, 31, 30));
    program.push(register(Alu::Add, 31, 31, from));
}

/// Ends with exit code 7.
fn exit(program: &mut Vec<Instruction>) {
    program.push(immediate(Alu::Add, 10, 0, 7));
    program.push(immediate(Alu::Add, 17, 0, 93));
    program.push(Instruction::Ecall);
}

/// A machine with the edges in `x1` to `x8`.
fn with_edges(mut program: Vec<Instruction>) -> Machine {
    exit(&mut program);
    let mut machine = machine(&program);
    machine.hart.x[1..9].copy_from_slice(&EDGES);
    machine
}

fn pairs() -> impl Iterator<Item = (u8, u8)> {
    (1..9).flat_map(|left| (1..9).map(move |right| (left, right)))
}

fn registers() -> impl Iterator<Item = Case> {
    ALU.into_iter().map(|op| {
        let mut program = Vec::new();
        for (left, right) in pairs() {
            program.push(register(op, 9, left, right));
            gather(&mut program, 9);
        }
        Case::new(format!("register {op:?}"), with_edges(program), Some(7))
    })
}

fn immediates() -> impl Iterator<Item = Case> {
    IMMEDIATE.into_iter().map(|op| {
        let operands = match op {
            Alu::Sll | Alu::Srl | Alu::Sra => [0, 1, 31, 32, 63],
            Alu::SllW | Alu::SrlW | Alu::SraW => [0, 1, 15, 16, 31],
            _ => [0, 1, -1, 2047, -2048],
        };
        let mut program = Vec::new();
        for left in 1..9 {
            for operand in operands {
                program.push(immediate(op, 9, left, operand));
                gather(&mut program, 9);
            }
        }
        Case::new(format!("immediate {op:?}"), with_edges(program), Some(7))
    })
}

fn branches() -> impl Iterator<Item = Case> {
    CONDITIONS.into_iter().map(|condition| {
        let mut program = Vec::new();
        for (left, right) in pairs() {
            program.push(immediate(Alu::Add, 9, 0, 1));
            program.push(branch(condition, left, right, 8));
            program.push(immediate(Alu::Add, 9, 0, 2));
            gather(&mut program, 9);
        }
        Case::new(format!("branch {condition:?}"), with_edges(program), Some(7))
    })
}

fn memory() -> [Case; 2] {
    let mut loads = Vec::new();
    for (width, signed) in LOADS {
        for at in (0..32).step_by(width.bytes() as usize) {
            loads.push(load(width, signed, 9, 20, at - 16));
            gather(&mut loads, 9);
        }
        loads.push(load(width, signed, 0, 20, 0));
    }
    let mut loading = with_edges(loads);
    loading.hart.x[20] = 0x8010;
    let bytes: Vec<u8> = (0..32_u8).map(|at| at.wrapping_mul(0x2d).wrapping_add(0x71)).collect();
    loading.memory.write(0x8000, &bytes);

    let mut stores = Vec::new();
    for (width, value) in STORES.into_iter().zip([8, 3, 7, 8]) {
        let row = 64 * width as i32 - 128;
        for at in (0..32).step_by(2 * width.bytes() as usize) {
            stores.push(store(width, 20, value, row + at));
        }
        stores.push(load(STORES[3], true, 9, 20, row));
        gather(&mut stores, 9);
    }
    let mut storing = with_edges(stores);
    storing.hart.x[20] = 0xffff_ff80;
    [Case::new("loads", loading, Some(7)), Case::new("stores up to the end of memory", storing, Some(7))]
}

fn jumps() -> Vec<Case> {
    let mut upper = Vec::new();
    for imm in [0x1000, 0x7fff_f000, i32::MIN, -0x1000] {
        upper.push(Instruction::Lui { rd: 9, imm });
        gather(&mut upper, 9);
        upper.push(Instruction::Auipc { rd: 9, imm });
        gather(&mut upper, 9);
    }
    upper.push(Instruction::Lui { rd: 0, imm: 0x1000 });
    upper.push(immediate(Alu::Add, 0, 1, 5));
    upper.push(register(Alu::Add, 9, 0, 0));
    upper.push(Instruction::Fence);
    gather(&mut upper, 9);

    // Forwards, backwards, through a register that is base and link at once, to an odd address.
    let jumps = vec![
        Instruction::Jal { rd: 9, imm: 12 },
        immediate(Alu::Add, 31, 31, 1),
        Instruction::Jal { rd: 0, imm: 12 },
        immediate(Alu::Add, 31, 31, 2),
        Instruction::Jal { rd: 10, imm: -12 },
        Instruction::Jalr { rd: 21, rs1: 21, imm: 9 },
        immediate(Alu::Add, 31, 31, 4),
        immediate(Alu::Add, 31, 31, 8),
    ];
    let mut jumping = with_edges(jumps);
    jumping.hart.x[21] = CODE + 20;
    let wrapping = vec![load(STORES[3], true, 9, 3, 1), Instruction::Jalr { rd: 1, rs1: 3, imm: 1 }];
    let mut wrapping = with_edges(wrapping);
    wrapping.memory.write(0, &crate::program::words(&[Instruction::Ebreak, Instruction::Fence]));
    vec![
        Case::new("upper immediates, x0, fence", with_edges(upper), Some(7)),
        Case::new("jumps", jumping, Some(7)),
        Case::new("addresses wrap at 2^64", wrapping, Some(248)),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    registers().chain(immediates()).chain(branches()).chain(memory()).chain(jumps()).collect()
}
