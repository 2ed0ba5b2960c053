//! stdout is the result, stderr is talk.

use alloy::primitives::{U256, utils::format_ether};
use serde_json::{Value, json};
use std::{io::Write, process::ExitCode};

/// What a command found or did, for people and for programs.
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) json: Value,
}

/// Prints the result.
pub(crate) fn result(answer: &Answer, as_json: bool) -> ExitCode {
    let line = if as_json { answer.json.to_string() } else { answer.text.clone() };
    // A reader that went away has what it wanted.
    let _ = writeln!(std::io::stdout(), "{line}");
    ExitCode::SUCCESS
}

/// Prints why there is none.
pub(crate) fn failure(error: &eyre::Report, as_json: bool) -> ExitCode {
    if as_json {
        let _ = writeln!(std::io::stdout(), "{}", json!({ "error": format!("{error:#}") }));
    }
    say(&format!("error: {error:#}"));
    ExitCode::FAILURE
}

/// Says what is going on.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// An amount of wei in ether, to the wei and without trailing zeros.
pub(crate) fn ether(wei: U256) -> String {
    let text = format_ether(wei);
    let short = text.trim_end_matches('0').trim_end_matches('.');
    format!("{short} ETH")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ether_is_told_to_the_wei_and_no_longer() {
        assert_eq!(ether(U256::ZERO), "0 ETH");
        assert_eq!(ether(U256::ONE), "0.000000000000000001 ETH");
        assert_eq!(ether(U256::from(1_250_000_000_000_u64)), "0.00000125 ETH");
        assert_eq!(ether(U256::from(10_u64.pow(19))), "10 ETH");
    }
}
