//! One step, slow and obvious: the reference of everything faster, and what a witness is replayed with.

use crate::{
    alu::{compute, holds, operand},
    call::{Stop, system_call},
    decode::{Instruction, Width, decode},
    fault::Fault,
    hart::Hart,
    host::Host,
    leaves::{Leaves, Missing},
    limits::{CYCLES, LEAF_BYTES, MEMORY_BYTES},
};

/// Executes one instruction. While the machine is halted nothing changes.
///
/// # Errors
/// [`Missing`] what it needs and cannot have; nothing has changed then.
pub fn step(hart: &mut Hart, memory: &mut impl Leaves, host: &mut impl Host) -> Result<(), Missing> {
    if hart.exit.is_some() {
        return Ok(());
    }
    match fetch(hart, memory).and_then(|instruction| execute(instruction, hart, memory, host)) {
        Ok(()) => Ok(()),
        Err(Stop::Fault(fault)) => {
            hart.fault(fault);
            Ok(())
        }
        Err(Stop::Missing(missing)) => Err(missing),
    }
}

fn fetch(hart: &Hart, memory: &mut impl Leaves) -> Result<Instruction, Stop> {
    if !hart.pc.is_multiple_of(4) {
        return Err(Fault::MisalignedFetch.into());
    }
    if hart.pc >= MEMORY_BYTES {
        return Err(Fault::FetchBeyondMemory.into());
    }
    let word = read(memory, hart.pc, Width::Word)?;
    decode(word as u32).ok_or(Fault::UnknownInstruction.into())
}

fn execute(
    instruction: Instruction,
    hart: &mut Hart,
    memory: &mut impl Leaves,
    host: &mut impl Host,
) -> Result<(), Stop> {
    let pc = hart.pc;
    let mut next = pc.wrapping_add(4);
    let x = |register: u8| hart.x[usize::from(register)];
    match instruction {
        Instruction::Lui { rd, imm } => hart.set(rd, operand(imm)),
        Instruction::Auipc { rd, imm } => hart.set(rd, pc.wrapping_add(operand(imm))),
        Instruction::Jal { rd, imm } => {
            hart.set(rd, next);
            next = pc.wrapping_add(operand(imm));
        }
        Instruction::Jalr { rd, rs1, imm } => {
            let target = x(rs1).wrapping_add(operand(imm)) & !1;
            hart.set(rd, next);
            next = target;
        }
        Instruction::Branch { condition, rs1, rs2, imm } => {
            if holds(condition, x(rs1), x(rs2)) {
                next = pc.wrapping_add(operand(imm));
            }
        }
        Instruction::Load { width, signed, rd, rs1, imm } => {
            let address = checked(x(rs1).wrapping_add(operand(imm)), width)?;
            let value = read(memory, address, width)?;
            hart.set(rd, if signed { sign_extend(value, width) } else { value });
        }
        Instruction::Store { width, rs1, rs2, imm } => {
            let address = checked(x(rs1).wrapping_add(operand(imm)), width)?;
            write(memory, address, width, x(rs2))?;
        }
        Instruction::Immediate { op, rd, rs1, imm } => hart.set(rd, compute(op, x(rs1), operand(imm))),
        Instruction::Register { op, rd, rs1, rs2 } => hart.set(rd, compute(op, x(rs1), x(rs2))),
        Instruction::Fence => {}
        Instruction::Ecall => return system_call(hart, memory, host),
        Instruction::Ebreak => return Err(Fault::Breakpoint.into()),
    }
    hart.pc = next;
    hart.cycle += CYCLES;
    Ok(())
}

/// Alignment is looked at before range.
fn checked(address: u64, width: Width) -> Result<u64, Fault> {
    if !address.is_multiple_of(width.bytes()) {
        return Err(Fault::MisalignedAccess);
    }
    if address >= MEMORY_BYTES {
        return Err(Fault::AccessBeyondMemory);
    }
    Ok(address)
}

/// The leaf of an address in memory, and the place in it.
fn place(address: u64) -> (u32, usize) {
    debug_assert!(address < MEMORY_BYTES, "{address:#x} was checked");
    ((address / LEAF_BYTES) as u32, (address % LEAF_BYTES) as usize)
}

fn read(memory: &mut impl Leaves, address: u64, width: Width) -> Result<u64, Missing> {
    let (index, at) = place(address);
    let size = width.bytes() as usize;
    let mut value = [0; 8];
    value[..size].copy_from_slice(&memory.leaf(index)?[at..at + size]);
    Ok(u64::from_le_bytes(value))
}

fn write(memory: &mut impl Leaves, address: u64, width: Width, value: u64) -> Result<(), Missing> {
    let (index, at) = place(address);
    let size = width.bytes() as usize;
    let mut leaf = memory.leaf(index)?;
    leaf[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
    memory.set_leaf(index, leaf)
}

fn sign_extend(value: u64, width: Width) -> u64 {
    let unused = 64 - 8 * width.bytes();
    ((value << unused).cast_signed() >> unused).cast_unsigned()
}
