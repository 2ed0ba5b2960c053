//! Every scenario table comes out as it says. `tests/src/scenario.rs` explains how they are written.

use ballast_tests::scenario::{files, run};

#[test]
fn every_scenario_comes_out_as_it_says() {
    let mut failures = Vec::new();
    for (name, text) in files() {
        if let Err(failure) = run(&text) {
            failures.push(format!("tests/scenarios/{name}, {failure}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_line_that_comes_out_otherwise_is_found() {
    let text = "account a 100\nmark 50000\na: buy 0.001 @ 50000 -> rests 0.002 @ 50000\n";
    let failure = run(text).expect_err("it rests 0.001");
    assert_eq!((failure.line, failure.what.as_str()), (3, "what happened: rests 0.001 @ 50000"));
    assert!(run("nonsense").is_err());
    assert!(run("account a 100\na cash 99").is_err());
}
