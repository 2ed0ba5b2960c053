//! `ballast-instructions WORKLOAD prepare|run`: a fixed workload, up to where the work begins or to its end. The
//! difference of the two in instructions is what the work takes; `scripts/instructions` counts it.

use ballast_instructions::{book, engine, root};
use std::{env, process::ExitCode};

/// Instructions are told for each operation: prints how many operations there are.
fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [name, mode] = arguments.as_slice() else { return usage() };
    let runs = match mode.as_str() {
        "prepare" => false,
        "run" => true,
        _ => return usage(),
    };
    let operations = match name.as_str() {
        "book" => book::run(runs),
        "engine" => engine::run(runs),
        "root" => root::run(runs),
        _ => return usage(),
    };
    eprintln!("{operations} operations");
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    eprintln!("usage: ballast-instructions book|engine|root prepare|run");
    ExitCode::FAILURE
}
