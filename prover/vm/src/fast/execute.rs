//! The inner loop: decoded instructions, until something leaves it.

use super::{
    access::{load, store},
    op::Op,
    run::{Code, Left, Run},
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

/// Why the machine stops here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// The end is reached.
    End,
    /// What comes next is not decoded.
    Undecoded,
    /// What comes next is for the reference step.
    Slow,
}

/// Loads, or leaves the instruction to the reference step.
macro_rules! load {
    ($leap:ident, $run:ident, $core:ident, $memory:ident, $watch:ident, $d:ident, $a:ident, $imm:ident, $type:ty, $extended:ty) => {{
        let address = $core.x.address($a, $imm);
        let Some(bytes) = load::<$leap, { size_of::<$type>() }>($memory, $watch, address) else {
            break $run.before(true);
        };
        $core.x.set($d, <$extended>::from(<$type>::from_le_bytes(bytes)) as u64);
    }};
}

/// Stores, or leaves the instruction to the reference step.
macro_rules! store {
    ($leap:ident, $run:ident, $core:ident, $memory:ident, $watch:ident, $a:ident, $b:ident, $imm:ident, $size:literal) => {{
        let (address, value) = ($core.x.address($a, $imm), $core.x.get($b));
        if store::<$leap, $size>($memory, $watch, address, value).is_none() {
            break $run.before(true);
        }
    }};
}

/// Jumps within the page. Cycles are counted here: what ran since the last jump lies in one piece.
macro_rules! jump {
    ($run:ident, $core:ident, $to:expr) => {{
        $core.cycle = $core.cycle.wrapping_add($run.ran() + 1);
        $run.begin(usize::from($to));
        if $core.cycle >= $core.end {
            break $run.end();
        }
        continue;
    }};
}

/// The one dispatch: the instructions that neither jump nor touch memory, and `others`.
macro_rules! dispatch {
    ($op:expr, $x:ident, $run:ident, { $($others:tt)* }) => {
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
            Op::Auipc(d, imm) => $x.set(d, $run.pc().wrapping_add(operand(imm))),
            $($others)*
        }
    };
}

/// Runs decoded instructions from `core.pc` on, page by page.
pub(super) fn run<const LEAP: bool>(
    core: &mut Core,
    code: &Code,
    memory: &mut Memory,
    watch: &mut Watch,
) -> Leave {
    loop {
        let Some(run) = Run::of(code, memory, core.pc) else { return Leave::Undecoded };
        let left = run_page::<LEAP>(run, core, memory, watch);
        core.cycle += left.ran;
        core.pc = left.pc;
        if left.slow {
            return Leave::Slow;
        }
        if core.cycle >= core.end || (LEAP && watch.count >= LEAP_LEAVES) {
            return Leave::End;
        }
    }
}

/// Runs instructions of a page, until something leaves it.
#[inline(always)]
fn run_page<const LEAP: bool>(
    mut run: Run<'_>,
    core: &mut Core,
    memory: &mut Memory,
    watch: &mut Watch,
) -> Left {
    loop {
        let Some(op) = run.rest.next() else { break run.end() };
        if LEAP {
            if core.cycle + run.ran() >= core.end || watch.count >= LEAP_LEAVES {
                break run.before(false);
            }
            watch.touch(run.place, run.at() / 8);
        }
        let x = &mut core.x;
        dispatch!(op.get(), x, run, {
            Op::Lb(d, a, imm) => load!(LEAP, run, core, memory, watch, d, a, imm, i8, i64),
            Op::Lh(d, a, imm) => load!(LEAP, run, core, memory, watch, d, a, imm, i16, i64),
            Op::Lw(d, a, imm) => load!(LEAP, run, core, memory, watch, d, a, imm, i32, i64),
            Op::Ld(d, a, imm) => load!(LEAP, run, core, memory, watch, d, a, imm, u64, u64),
            Op::Lbu(d, a, imm) => load!(LEAP, run, core, memory, watch, d, a, imm, u8, u64),
            Op::Lhu(d, a, imm) => load!(LEAP, run, core, memory, watch, d, a, imm, u16, u64),
            Op::Lwu(d, a, imm) => load!(LEAP, run, core, memory, watch, d, a, imm, u32, u64),
            Op::Sb(a, b, imm) => store!(LEAP, run, core, memory, watch, a, b, imm, 1),
            Op::Sh(a, b, imm) => store!(LEAP, run, core, memory, watch, a, b, imm, 2),
            Op::Sw(a, b, imm) => store!(LEAP, run, core, memory, watch, a, b, imm, 4),
            Op::Sd(a, b, imm) => store!(LEAP, run, core, memory, watch, a, b, imm, 8),
            Op::Beq(a, b, to) if x.holds(Condition::Eq, a, b) => jump!(run, core, to),
            Op::Bne(a, b, to) if x.holds(Condition::Ne, a, b) => jump!(run, core, to),
            Op::Blt(a, b, to) if x.holds(Condition::Lt, a, b) => jump!(run, core, to),
            Op::Bge(a, b, to) if x.holds(Condition::Ge, a, b) => jump!(run, core, to),
            Op::Bltu(a, b, to) if x.holds(Condition::Ltu, a, b) => jump!(run, core, to),
            Op::Bgeu(a, b, to) if x.holds(Condition::Geu, a, b) => jump!(run, core, to),
            Op::FarBranch(condition, a, b, imm) if x.holds(condition, a, b) => {
                break run.to(run.pc().wrapping_add(operand(imm.into())));
            }
            Op::Jal(d, to) => {
                x.set(d, run.pc() + 4);
                jump!(run, core, to)
            }
            Op::FarJal(d, imm) => {
                x.set(d, run.pc() + 4);
                break run.to(run.pc().wrapping_add(operand(imm)));
            }
            Op::Jalr(d, a, imm) => {
                let target = x.address(a, imm) & !1;
                x.set(d, run.pc() + 4);
                let offset = target.wrapping_sub(run.base);
                if offset < PAGE_BYTES as u64 && offset.is_multiple_of(4) {
                    jump!(run, core, offset as u16 / 4)
                }
                break run.to(target);
            }
            Op::Slow => break run.before(true),
            // A branch that is not taken, or FENCE.
            _ => {}
        });
    }
}
