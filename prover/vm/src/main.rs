//! Tells by what a deployment judges batches when they are judged by an ELF file.

use ballast_vm::Image;
use clap::Parser;
use eyre::{Context, Result};
use std::{
    fs,
    io::{Write, stdout},
    path::PathBuf,
};

/// The program hash of an ELF file for the machine (docs/machine.md), on one line.
#[derive(Debug, Parser)]
#[command(name = "ballast-vm", version)]
struct Options {
    /// The program, as `scripts/guest` builds it.
    elf: PathBuf,
}

fn main() -> Result<()> {
    let Options { elf } = Options::parse();
    let file = fs::read(&elf).wrap_err_with(|| format!("cannot read {}", elf.display()))?;
    let mut image = Image::from_elf(&file).wrap_err_with(|| format!("{} is no image", elf.display()))?;
    writeln!(stdout(), "{}", image.program_hash())?;
    Ok(())
}
