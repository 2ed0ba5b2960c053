//! `bridge`: money into the exchange and out again, from the command line.

mod archives;
mod args;
mod asset;
mod bond;
mod claim;
mod context;
mod demand;
mod deposit;
mod ending;
mod escape;
mod force;
mod freeze;
mod from_l1;
mod govern;
mod node;
mod output;
mod permit;
mod rebuild;
mod refund;
mod reject;
mod reveal;
mod slash;
mod status;
mod stress;
mod transaction;
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
    if let Command::Govern(options) = &args.command {
        return govern::run(&args.network, options);
    }
    let key = (!args.command.prints()).then_some(&args.key);
    let context = Context::new(&args.network, key).await?;
    match &args.command {
        Command::Deposit(options) => deposit::run(&context, options).await,
        Command::Withdraw(options) => withdraw::run(&context, options).await,
        Command::Transfer(options) => transfer::run(&context, options).await,
        Command::Status(options) => status::run(&context, options).await,
        Command::Claim(options) => claim::run(&context, options).await,
        Command::ForceExit(options) => force::exit(&context, options).await,
        Command::ForceWithdraw(options) => force::withdraw(&context, options).await,
        Command::ForceCancel(options) => force::cancel(&context, options).await,
        Command::ForceLiquidate(options) => force::liquidate(&context, options).await,
        Command::Refund(options) => refund::run(&context, options).await,
        Command::Govern(_) => unreachable!("it was carried out without L1"),
        Command::Freeze(options) => freeze::run(&context, options).await,
        Command::Slash(options) => slash::run(&context, options).await,
        Command::Bond(options) => bond::run(&context, options).await,
        Command::Stress(options) => stress::run(&context, options).await,
        Command::Demand(options) => demand::run(&context, options).await,
        Command::Reveal(options) => reveal::run(&context, options).await,
        Command::Reject(options) => reject::run(&context, options).await,
        Command::Rebuild(options) => rebuild::run(&context, options).await,
        Command::Escape(options) => escape::run(&context, options).await,
    }
}
