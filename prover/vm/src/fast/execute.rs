//! The inner loop: instructions of one page, until something leaves it.

use super::{
    access::{load, store},
    op::{CodePage, Op},
    watch::Watch,
};
use crate::{
    alu::{compute, holds, operand},
    decode::{Alu, Condition},
    limits::LEAP_LEAVES,
    memory::{Memory, PAGE_BYTES},
};

/// Registers, of which any byte is an index; 32 is where writes to `x0` go.
#[derive(Clone, Debug)]
pub(super) struct Registers(pub(super) [u64; 256]);

impl Registers {
    #[inline(always)]
    fn get(&self, register: u8) -> u64 {
        self.0[usize::from(register)]
    }

    #[inline(always)]
    fn set(&mut self, register: u8, value: u64) {
        self.0[usize::from(register)] = value;
    }

    #[inline(always)]
    fn register(&mut self, op: Alu, d: u8, a: u8, b: u8) {
        self.set(d, compute(op, self.get(a), self.get(b)));
    }

    #[inline(always)]
    fn immediate(&mut self, op: Alu, d: u8, a: u8, imm: i32) {
        self.set(d, compute(op, self.get(a), operand(imm)));
    }

    #[inline(always)]
    fn address(&self, base: u8, imm: i32) -> u64 {
        self.get(base).wrapping_add(operand(imm))
    }

    #[inline(always)]
    fn holds(&self, condition: Condition, a: u8, b: u8) -> bool {
        holds(condition, self.get(a), self.get(b))
    }
}

/// What the inner loop carries.
#[derive(Clone, Debug)]
pub(super) struct Core {
    pub(super) pc: u64,
    pub(super) cycle: u64,
    /// Where it stops: exactly in a leap, otherwise at the first jump from there on.
    pub(super) end: u64,
    pub(super) x: Registers,
}

/// Why the loop is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The next instruction is on another page, or the end is reached.
    Page,
    /// The next instruction is for the reference step.
    Slow,
}

/// Loads, or leaves the instruction to the reference step.
macro_rules! load {
    ($leap:ident, $core:ident, $memory:ident, $watch:ident, $d:ident, $a:ident, $imm:ident, $type:ty, $extended:ty) => {{
        let address = $core.x.address($a, $imm);
        let Some(bytes) = load::<$leap, { size_of::<$type>() }>($memory, $watch, address) else {
            break (None, Leave::Slow);
        };
        $core.x.set($d, <$extended>::from(<$type>::from_le_bytes(bytes)) as u64);
    }};
}

/// Stores, or leaves the instruction to the reference step.
macro_rules! store {
    ($leap:ident, $core:ident, $memory:ident, $watch:ident, $a:ident, $b:ident, $imm:ident, $size:literal) => {{
        let (address, value) = ($core.x.address($a, $imm), $core.x.get($b));
        if store::<$leap, $size>($memory, $watch, address, value).is_none() {
            break (None, Leave::Slow);
        }
    }};
}

/// Jumps within the page. Cycles are counted here: what ran since the last jump lies in one piece.
macro_rules! jump {
    ($core:ident, $at:ident, $start:ident, $to:expr) => {{
        $core.cycle = $core.cycle.wrapping_add(($at - $start + 1) as u64);
        $at = usize::from($to);
        $start = $at;
        if $core.cycle >= $core.end {
            break (None, Leave::Page);
        }
        continue;
    }};
}

/// The one dispatch: the instructions that neither jump nor touch memory, and `others`.
macro_rules! dispatch {
    ($op:expr, $x:ident, $pc:ident, { $($others:tt)* }) => {
        match $op {
            Op::Add(d, a, b) => $x.register(Alu::Add, d, a, b),
            Op::Sub(d, a, b) => $x.register(Alu::Sub, d, a, b),
            Op::Sll(d, a, b) => $x.register(Alu::Sll, d, a, b),
            Op::Slt(d, a, b) => $x.register(Alu::Slt, d, a, b),
            Op::Sltu(d, a, b) => $x.register(Alu::Sltu, d, a, b),
            Op::Xor(d, a, b) => $x.register(Alu::Xor, d, a, b),
            Op::Srl(d, a, b) => $x.register(Alu::Srl, d, a, b),
            Op::Or(d, a, b) => $x.register(Alu::Or, d, a, b),
            Op::And(d, a, b) => $x.register(Alu::And, d, a, b),
            Op::AddW(d, a, b) => $x.register(Alu::AddW, d, a, b),
            Op::SubW(d, a, b) => $x.register(Alu::SubW, d, a, b),
            Op::Mul(d, a, b) => $x.register(Alu::Mul, d, a, b),
            Op::Mulhu(d, a, b) => $x.register(Alu::Mulhu, d, a, b),
            Op::Register(op, d, a, b) => $x.register(op, d, a, b),
            Op::AddI(d, a, imm) => $x.immediate(Alu::Add, d, a, imm),
            Op::SltuI(d, a, imm) => $x.immediate(Alu::Sltu, d, a, imm),
            Op::XorI(d, a, imm) => $x.immediate(Alu::Xor, d, a, imm),
            Op::OrI(d, a, imm) => $x.immediate(Alu::Or, d, a, imm),
            Op::AndI(d, a, imm) => $x.immediate(Alu::And, d, a, imm),
            Op::SllI(d, a, imm) => $x.immediate(Alu::Sll, d, a, imm),
            Op::SrlI(d, a, imm) => $x.immediate(Alu::Srl, d, a, imm),
            Op::SraI(d, a, imm) => $x.immediate(Alu::Sra, d, a, imm),
            Op::AddIW(d, a, imm) => $x.immediate(Alu::AddW, d, a, imm),
            Op::Immediate(op, d, a, imm) => $x.immediate(op, d, a, imm.into()),
            Op::Lui(d, imm) => $x.set(d, operand(imm)),
            Op::Auipc(d, imm) => $x.set(d, $pc.wrapping_add(operand(imm))),
            $($others)*
        }
    };
}

/// Runs instructions of the page at `place`, in which `core.pc` is.
pub(super) fn run_page<const LEAP: bool>(
    core: &mut Core,
    page: &CodePage,
    place: u32,
    memory: &mut Memory,
    watch: &mut Watch,
) -> Leave {
    let base = core.pc & !(PAGE_BYTES as u64 - 1);
    let mut at = (core.pc - base) as usize / 4;
    let mut start = at;
    let (target, leave) = loop {
        let Some(op) = page.get(at) else { break (None, Leave::Page) };
        if LEAP {
            if core.cycle + (at - start) as u64 >= core.end || watch.count >= LEAP_LEAVES {
                break (None, Leave::Page);
            }
            watch.touch(place, at / 8);
        }
        let pc = base + 4 * at as u64;
        let x = &mut core.x;
        dispatch!(op.get(), x, pc, {
            Op::Lb(d, a, imm) => load!(LEAP, core, memory, watch, d, a, imm, i8, i64),
            Op::Lh(d, a, imm) => load!(LEAP, core, memory, watch, d, a, imm, i16, i64),
            Op::Lw(d, a, imm) => load!(LEAP, core, memory, watch, d, a, imm, i32, i64),
            Op::Ld(d, a, imm) => load!(LEAP, core, memory, watch, d, a, imm, u64, u64),
            Op::Lbu(d, a, imm) => load!(LEAP, core, memory, watch, d, a, imm, u8, u64),
            Op::Lhu(d, a, imm) => load!(LEAP, core, memory, watch, d, a, imm, u16, u64),
            Op::Lwu(d, a, imm) => load!(LEAP, core, memory, watch, d, a, imm, u32, u64),
            Op::Sb(a, b, imm) => store!(LEAP, core, memory, watch, a, b, imm, 1),
            Op::Sh(a, b, imm) => store!(LEAP, core, memory, watch, a, b, imm, 2),
            Op::Sw(a, b, imm) => store!(LEAP, core, memory, watch, a, b, imm, 4),
            Op::Sd(a, b, imm) => store!(LEAP, core, memory, watch, a, b, imm, 8),
            Op::Beq(a, b, to) if x.holds(Condition::Eq, a, b) => jump!(core, at, start, to),
            Op::Bne(a, b, to) if x.holds(Condition::Ne, a, b) => jump!(core, at, start, to),
            Op::Blt(a, b, to) if x.holds(Condition::Lt, a, b) => jump!(core, at, start, to),
            Op::Bge(a, b, to) if x.holds(Condition::Ge, a, b) => jump!(core, at, start, to),
            Op::Bltu(a, b, to) if x.holds(Condition::Ltu, a, b) => jump!(core, at, start, to),
            Op::Bgeu(a, b, to) if x.holds(Condition::Geu, a, b) => jump!(core, at, start, to),
            Op::FarBranch(condition, a, b, imm) if x.holds(condition, a, b) => {
                break (Some(pc.wrapping_add(operand(imm.into()))), Leave::Page);
            }
            Op::Jal(d, to) => {
                x.set(d, pc + 4);
                jump!(core, at, start, to)
            }
            Op::FarJal(d, imm) => {
                x.set(d, pc + 4);
                break (Some(pc.wrapping_add(operand(imm))), Leave::Page);
            }
            Op::Jalr(d, a, imm) => {
                let target = x.address(a, imm) & !1;
                x.set(d, pc + 4);
                let offset = target.wrapping_sub(base);
                if offset < PAGE_BYTES as u64 && offset.is_multiple_of(4) {
                    jump!(core, at, start, offset as u16 / 4)
                }
                break (Some(target), Leave::Page);
            }
            Op::Slow => break (None, Leave::Slow),
            // A branch that is not taken, or FENCE.
            _ => {}
        });
        at += 1;
    };
    core.cycle += (at - start) as u64 + u64::from(target.is_some());
    core.pc = target.unwrap_or(base + 4 * at as u64);
    leave
}
