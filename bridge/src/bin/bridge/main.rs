//! `bridge`: money into the exchange and out again, from the command line.

mod args;
mod claim;
mod context;
mod deposit;
mod node;
mod output;
mod status;
mod transfer;
mod withdraw;

use args::{Args, Command};
use clap::Parser;
use context::Context;
use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args).await {
        Ok(result) => output::result(&result, args.json),
        Err(error) => output::failure(&error, args.json),
    }
}

async fn run(args: &Args) -> eyre::Result<output::Answer> {
    let context = Context::new(&args.network, &args.key).await?;
    match &args.command {
        Command::Deposit(options) => deposit::run(&context, options).await,
        Command::Withdraw(options) => withdraw::run(&context, options).await,
        Command::Transfer(options) => transfer::run(&context, options).await,
        Command::Status(options) => status::run(&context, options).await,
        Command::Claim(options) => claim::run(&context, options).await,
    }
}
