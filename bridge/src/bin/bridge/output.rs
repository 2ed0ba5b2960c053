//! stdout is the result, stderr is talk.

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
