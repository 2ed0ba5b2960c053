//! What a devnet tells whoever started it.

use super::{Devnet, accounts};
use std::{
    fmt::Write as _,
    io::{self, Write as _},
    process::ExitCode,
};

/// Writes a line to stdout, which is for results.
///
/// # Errors
/// When stdout is closed.
pub fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Ends a program: with success, or with the reason on stderr.
#[must_use]
pub fn end(done: eyre::Result<()>) -> ExitCode {
    let Err(error) = done else { return ExitCode::SUCCESS };
    // There is nobody else to tell when stderr is closed.
    let _ = writeln!(io::stderr(), "error: {error:#}");
    ExitCode::FAILURE
}

/// Where everything is, and how to trade.
#[must_use]
pub fn panel(devnet: &Devnet) -> String {
    let mut text = String::from("\nBallast devnet\n\n");
    let mut line = |name: &str, what: &str| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {name:<12}{what}");
    };
    let d = devnet.deployment();
    line("L1", &format!("{}   chain {}", devnet.l1().url(), d.chain_id));
    line("RPC", &format!("{}   {}", devnet.http(), devnet.ws()));
    line("metrics", &devnet.metrics());
    line("files", &devnet.dir().display().to_string());
    line(
        "validator",
        &devnet.validator_log().map_or("not running".to_owned(), |log| log.display().to_string()),
    );
    for (name, address) in [
        ("token", d.token),
        ("vault", d.vault),
        ("inbox", d.inbox),
        ("rollup", d.rollup),
        ("withdrawals", d.withdrawals),
    ] {
        line(name, &address.to_string());
    }
    for (name, account) in [("alice", accounts::ALICE), ("bob", accounts::BOB)] {
        line(name, &format!("{}   key {}", accounts::address(account), accounts::private_key(account)));
    }
    for (number, market) in devnet.options().markets.iter().enumerate() {
        let params = &market.params;
        let (tick, lot) = (params.price_decimals, params.size_decimals);
        line(&params.symbol, &format!("market {number}, tick 1e-{tick} USDC, lot 1e-{lot}"));
    }
    text + &examples(devnet)
}

/// Commands to try, ready to be pasted.
fn examples(devnet: &Devnet) -> String {
    let (http, l1) = (devnet.http(), devnet.l1().url());
    let deployment = devnet.dir().join(super::DEPLOYMENT);
    let tool =
        super::process::program("bridge").map_or("bridge".to_owned(), |path| path.display().to_string());
    format!(
        "\n\
         The book, the account of alice, where the exchange stands:\n\
         \n  curl -s {http} -H 'content-type: application/json' -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ballast_book\",\"params\":[0,5]}}'\
         \n  curl -s {http} -H 'content-type: application/json' -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ballast_accounts\",\"params\":[\"{alice}\"]}}'\
         \n  curl -s {http} -H 'content-type: application/json' -d '{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ballast_status\",\"params\":[]}}'\n\
         \n\
         Money in and out:\n\
         \n  export BALLAST_L1={l1} BALLAST_NODE={http} BALLAST_DEPLOYMENT={deployment}\
         \n  export BALLAST_KEY={key}\
         \n  {tool} deposit 1000\
         \n  {tool} deposit 2 --asset 1\n\
         \n\
         Trade with a wallet's signature (`tests/clients/python`):\n\
         \n  \"$BALLAST_PYTHON\" tests/clients/python/trade.py {ws} {key}\n\
         \n\
         Ctrl-C stops it.\n",
        alice = accounts::address(accounts::ALICE),
        key = accounts::private_key(accounts::ALICE),
        deployment = deployment.display(),
        ws = devnet.ws(),
    )
}
