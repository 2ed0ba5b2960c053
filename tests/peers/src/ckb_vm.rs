//! ckb-vm as its documentation runs a program: the assembly mode, which decodes traces and threads through them.

use crate::machines::Ended;
use ckb_vm::{
    DefaultMachineBuilder, DefaultMachineRunner, ISA_IMC, ISA_MOP, SupportMachine,
    cost_model::constant_cycles,
    machine::{
        VERSION2,
        asm::{AsmCoreMachine, AsmMachine},
    },
};
use eyre::eyre;

/// It runs pairs of instructions that belong together as one.
pub const FASTEST: u8 = ISA_IMC | ISA_MOP;
/// It runs each by itself, so that its count is one of instructions.
#[cfg(test)]
pub const UNFUSED: u8 = ISA_IMC;

/// Runs a program that makes no call but `exit`.
///
/// # Errors
/// When it is none, or does not exit.
pub fn run(elf: &[u8], isa: u8) -> eyre::Result<Ended> {
    let failed = |error: ckb_vm::Error| eyre!("ckb-vm: {error}");
    let core = <Box<AsmCoreMachine> as SupportMachine>::new(isa, VERSION2, u64::MAX);
    let core = DefaultMachineBuilder::new(core).instruction_cycle_func(Box::new(constant_cycles)).build();
    let mut machine = AsmMachine::new(core);
    machine.load_program(&elf.to_vec().into(), [].into_iter()).map_err(failed)?;
    let exit = machine.run().map_err(failed)?;
    Ok(Ended { exit: exit.cast_unsigned(), instructions: machine.machine.cycles() })
}
