//! What single instructions do at the edges, as the specification says.

mod program;

use ballast_vm::{Alu, Condition, Facts, Instruction, Machine, Width, decode, step::step};
use program::{ALU, CODE, branch, encode, immediate, load, machine, register, store};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const MINUS_ONE: u64 = u64::MAX;
const LEAST: u64 = 1 << 63;
/// The least word, sign-extended.
const LEAST_WORD: u64 = 0xffff_ffff_8000_0000;

fn after(instruction: Instruction, prepare: impl FnOnce(&mut Machine)) -> Machine {
    let mut machine = machine(&[instruction]);
    prepare(&mut machine);
    step(&mut machine.hart, &mut machine.memory, &mut Facts::default()).expect("nothing is asked for");
    machine
}

#[test]
fn arithmetic_at_the_edges() {
    let table = [
        (Alu::Add, MINUS_ONE, 1, 0),
        (Alu::Sub, 0, 1, MINUS_ONE),
        (Alu::Sll, 1, 64 + 63, LEAST),
        (Alu::Srl, LEAST, 63, 1),
        (Alu::Sra, LEAST, 63, MINUS_ONE),
        (Alu::Slt, LEAST, 0, 1),
        (Alu::Sltu, LEAST, 0, 0),
        (Alu::AddW, 0x7fff_ffff, 1, LEAST_WORD),
        (Alu::SubW, 0, 1, MINUS_ONE),
        (Alu::SllW, 1, 32 + 31, LEAST_WORD),
        (Alu::SrlW, 0xffff_ffff_8000_0000, 31, 1),
        (Alu::SraW, 0x8000_0000, 31, MINUS_ONE),
        (Alu::Mul, MINUS_ONE, MINUS_ONE, 1),
        (Alu::Mulh, LEAST, LEAST, 1 << 62),
        (Alu::Mulh, MINUS_ONE, 1, MINUS_ONE),
        (Alu::Mulhsu, MINUS_ONE, MINUS_ONE, MINUS_ONE),
        (Alu::Mulhsu, LEAST, MINUS_ONE, LEAST),
        (Alu::Mulhu, MINUS_ONE, MINUS_ONE, MINUS_ONE - 1),
        (Alu::Div, 7, 0, MINUS_ONE),
        (Alu::Div, LEAST, MINUS_ONE, LEAST),
        (Alu::Div, (-7_i64).cast_unsigned(), 2, (-3_i64).cast_unsigned()),
        (Alu::Divu, 7, 0, MINUS_ONE),
        (Alu::Rem, 7, 0, 7),
        (Alu::Rem, LEAST, MINUS_ONE, 0),
        (Alu::Rem, (-7_i64).cast_unsigned(), 2, MINUS_ONE),
        (Alu::Remu, 7, 0, 7),
        (Alu::MulW, 0x8000_0000, MINUS_ONE, LEAST_WORD),
        (Alu::DivW, 7, 1 << 32, MINUS_ONE),
        (Alu::DivW, 0x8000_0000, MINUS_ONE, LEAST_WORD),
        (Alu::DivuW, 7, 1 << 32, MINUS_ONE),
        (Alu::DivuW, 0xffff_ffff, 1, MINUS_ONE),
        (Alu::RemW, 0x8000_0000, 0, LEAST_WORD),
        (Alu::RemW, 0x8000_0000, MINUS_ONE, 0),
        (Alu::RemuW, 0xffff_fffe, 0, MINUS_ONE - 1),
        (Alu::RemuW, 0xffff_fffe, 0xffff_ffff, MINUS_ONE - 1),
    ];
    for (op, a, b, result) in table {
        let machine = after(register(op, 3, 1, 2), |machine| {
            machine.hart.x[1] = a;
            machine.hart.x[2] = b;
        });
        assert_eq!(machine.hart.x[3], result, "{op:?} of {a:#x} and {b:#x}");
        assert_eq!((machine.hart.pc, machine.hart.cycle, machine.hart.exit), (CODE + 4, 1, None));
    }
}

#[test]
fn immediates_are_sign_extended_and_x0_stays_zero() {
    let machine = after(immediate(Alu::Sltu, 3, 0, -1), |_| ());
    assert_eq!(machine.hart.x[3], 1);
    let machine = after(immediate(Alu::Add, 0, 0, 5), |_| ());
    assert_eq!(machine.hart.x[0], 0);
    let machine = after(Instruction::Lui { rd: 3, imm: i32::MIN }, |_| ());
    assert_eq!(machine.hart.x[3], LEAST_WORD);
    let machine = after(Instruction::Auipc { rd: 3, imm: -0x2000 }, |_| ());
    assert_eq!(machine.hart.x[3], 0_u64.wrapping_sub(0x1000));
}

#[test]
fn jalr_reads_its_base_before_it_writes_the_link_and_drops_the_lowest_bit() {
    let machine = after(Instruction::Jalr { rd: 5, rs1: 5, imm: -3 }, |machine| machine.hart.x[5] = 0x2006);
    assert_eq!((machine.hart.pc, machine.hart.x[5]), (0x2002, CODE + 4));
    let machine = after(Instruction::Jal { rd: 1, imm: -0x2000 }, |_| ());
    assert_eq!(machine.hart.pc, 0_u64.wrapping_sub(0x1000), "pc wraps; the next fetch faults");
    let machine = after(branch(Condition::Lt, 1, 0, -8), |machine| machine.hart.x[1] = LEAST);
    assert_eq!(machine.hart.pc, CODE - 8);
}

#[test]
fn loads_extend_and_stores_keep_what_is_beside_them() {
    let bytes = [0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87];
    for (width, signed, value) in [
        (Width::Byte, true, 0xffff_ffff_ffff_ff80),
        (Width::Byte, false, 0x80),
        (Width::Half, true, 0xffff_ffff_ffff_8180),
        (Width::Half, false, 0x8180),
        (Width::Word, true, 0xffff_ffff_8382_8180),
        (Width::Word, false, 0x8382_8180),
        (Width::Double, true, 0x8786_8584_8382_8180),
    ] {
        let machine = after(load(width, signed, 3, 1, -8), |machine| {
            machine.hart.x[1] = 0x8008;
            machine.memory.write(0x8000, &bytes);
        });
        assert_eq!(machine.hart.x[3], value, "{width:?}, signed: {signed}");
    }
    let machine = after(store(Width::Half, 1, 2, 2), |machine| {
        machine.hart.x[1] = 0x8000;
        machine.hart.x[2] = 0x1122_3344;
        machine.memory.write(0x8000, &bytes);
    });
    let leaf = machine.memory.node(0, 0x8000 / 32);
    assert_eq!(leaf[..8], [0x80, 0x81, 0x44, 0x33, 0x84, 0x85, 0x86, 0x87]);
}

#[test]
fn faults_leave_everything_but_the_cycle() {
    let mut before = machine(&[load(Width::Double, true, 3, 1, 0)]);
    before.hart.x[1] = (1 << 32) + 4;
    let mut machine = before.clone();
    step(&mut machine.hart, &mut machine.memory, &mut Facts::default()).expect("nothing is asked for");
    assert_eq!(machine.hart.exit, Some(243), "alignment is looked at before range");
    assert_eq!((machine.hart.cycle, machine.hart.pc, machine.hart.x), (1, before.hart.pc, before.hart.x));
    assert_eq!(machine.memory.root(), before.memory.root());
    let halted = machine.hart.clone();
    step(&mut machine.hart, &mut machine.memory, &mut Facts::default()).expect("nothing is asked for");
    assert_eq!(machine.hart, halted, "a halted machine stays as it is");
}

#[test]
fn every_word_that_decodes_is_what_its_instruction_encodes_to() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut known, mut fences) = (0, 0);
    for _ in 0..2_000_000 {
        // Half of the words have an opcode of 32-bit instructions.
        let word: u32 = random.random::<u32>() | if random.random() { 3 } else { 0 };
        match decode(word) {
            None => {}
            Some(Instruction::Fence) => {
                assert_eq!((word & 0x7f, (word >> 12) & 6), (0x0f, 0));
                fences += 1;
            }
            Some(instruction) => {
                assert_eq!(encode(instruction), word, "{instruction:?}");
                known += 1;
            }
        }
    }
    assert!(known > 100_000 && fences > 1000, "{known} known, {fences} fences");
    for op in ALU {
        let instruction = register(op, 1, 2, 3);
        assert_eq!(decode(encode(instruction)), Some(instruction));
    }
    assert_eq!(decode(0x73), Some(Instruction::Ecall));
    assert_eq!(decode(0x0010_0073), Some(Instruction::Ebreak));
}
