//! The command that back-tests the margin model, on prices made from a seed: what passes, what fails, what is too short,
//! and what it says without data.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

/// Enough for T1's likelihood, T4, T5 and T6 after the burn-in.
const HOURS: usize = 4_100;

/// Close to normal, with a deviation of 1.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
}

/// Bars of an hour whose returns are these.
fn bars(returns: impl Iterator<Item = f64>) -> String {
    let mut price = 50_000.0;
    let mut text = String::from("time_unix_s,open,high,low,close,volume\n");
    for (hour, r) in returns.enumerate() {
        price *= 1.0 + r;
        text.push_str(&format!("{},0,0,0,{price:.4},0\n", 1_600_000_000 / 3_600 * 3_600 + hour * 3_600));
    }
    text
}

/// Calm days and wild days, as volatility that is slow to change has them.
fn steady() -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let sigma = |hour: usize| 0.006 * (1.0 + 0.3 * (hour as f64 / 700.0).sin());
    bars((0..HOURS).map(move |hour| sigma(hour) * normal(&mut rng)))
}

/// The same with a crash of six hours every two weeks, each hour twice as bad as the one before.
fn crashing() -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    bars((0..HOURS).map(move |hour| {
        let calm = 0.002 * normal(&mut rng);
        if hour % 336 < 6 { -0.004 * f64::from(1 << (hour % 336)) } else { calm }
    }))
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a folder can be made");
    let file = fs::File::create(path).expect("a file can be made");
    let mut gz = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    gz.write_all(text.as_bytes()).and_then(|()| gz.finish().map(drop)).expect("a file can be written");
}

fn backtest(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_backtest"))
        .args(arguments)
        .env_remove("BALLAST_DATA")
        .output()
        .expect("the command runs")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).expect("one line of JSON")
}

#[test]
fn steady_prices_are_judged_and_pass() {
    let dir = TempDir::new().expect("a folder");
    write(&dir.path().join("minute/event/venue_BTCUSDT_1h.csv.gz"), &steady());
    let data = dir.path().display().to_string();
    let output = backtest(&["--data", &data, "--json"]);
    let report = json(&output);
    assert!(output.status.success(), "{report}");
    assert_eq!(report["outcome"], "passed");
    let rows = report["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2);
    for row in rows {
        assert_eq!(row["figures"]["n"], (HOURS - 1 - 744) as u64);
        for gate in ["kupiec", "z2", "beyond", "beyond_initial", "procyclicality", "deviation"] {
            assert_eq!(row["verdicts"][gate], "passed", "{gate} of {row}");
        }
        assert_eq!(
            (&row["verdicts"]["hit_rate"], &row["verdicts"]["traffic"]),
            (&"too_short".into(), &"too_short".into())
        );
    }
    let text = String::from_utf8(backtest(&["--data", &data]).stdout).expect("text");
    assert!(
        text.contains("event/venue_BTCUSDT_1h")
            && text.ends_with("passed: no gate failed of those that could judge\n"),
        "{text}"
    );
}

#[test]
fn crashes_that_double_by_the_hour_fail_and_the_command_says_so_with_its_exit_code() {
    let dir = TempDir::new().expect("a folder");
    let file = dir.path().join("bars.csv.gz");
    write(&file, &crashing());
    let output = backtest(&[&file.display().to_string()]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("FAILED") && text.ends_with("\nFAILED: a gate failed\n"), "{text}");
    let report = json(&backtest(&[&file.display().to_string(), "--json"]));
    assert_eq!(report["outcome"], "failed");
}

#[test]
fn what_is_too_short_is_named_and_not_judged() {
    let dir = TempDir::new().expect("a folder");
    write(
        &dir.path().join("minute/event/venue_BTCUSDT_1h.csv.gz"),
        &bars((0..100).map(|k| f64::from(k % 3) * 0.001)),
    );
    let days = "date,BTC,ETH\n2023-01-01,1,\n2023-01-02,2,5\n2023-01-04,3,6\n";
    write(&dir.path().join("panel/venue_daily_close.csv.gz"), days);
    let data = dir.path().display().to_string();
    let output = backtest(&["--data", &data, "--json"]);
    let report = json(&output);
    assert_eq!((&report["outcome"], output.status.code()), (&"not_judged".into(), Some(2)));
    let short = report["too_short"].as_array().expect("a list");
    let told: Vec<_> = short.iter().map(|it| (it["series"].as_str(), it["steps"].as_u64())).collect();
    assert_eq!(
        told,
        [(Some("event/venue_BTCUSDT_1h"), Some(99)), (Some("BTC"), Some(1)), (Some("ETH"), Some(0))]
    );
    assert!(report["rows"].as_array().expect("rows").is_empty());
    let days = backtest(&["--data", &data, "--step", "day"]);
    let text = String::from_utf8(days.stdout).expect("text");
    assert_eq!(days.status.code(), Some(2), "{text}");
    assert!(
        text.contains("Too short to walk: 2 series of days") && text.contains("\nNOT JUDGED: "),
        "{text}"
    );
}

#[test]
fn days_that_pass_are_no_verdict_of_a_model_of_hours() {
    let dir = TempDir::new().expect("a folder");
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let (mut price, mut text) = (100.0, String::from("date,BTC\n"));
    let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    for year in 2021..=2023 {
        for (month, length) in (1..).zip(lengths) {
            for day in 1..=length {
                price *= 1.0 + 0.006 * normal(&mut rng);
                text.push_str(&format!("{year}-{month:02}-{day:02},{price:.6}\n"));
            }
        }
    }
    write(&dir.path().join("panel/venue_daily_close.csv.gz"), &text);
    let output = backtest(&["--data", &dir.path().display().to_string(), "--json"]);
    let report = json(&output);
    let verdicts: Vec<_> = report["rows"].as_array().expect("rows").iter().map(|it| &it["verdict"]).collect();
    assert_eq!(verdicts, ["passed", "passed"]);
    assert_eq!((&report["outcome"], output.status.code()), (&"not_judged".into(), Some(2)));
}

#[test]
fn without_data_it_says_where_it_looked_and_how_to_name_another_folder() {
    let output = backtest(&["--data", "/nowhere/at/all"]);
    let text = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1));
    assert!(text.contains("/nowhere/at/all") && text.contains("BALLAST_DATA"), "{text}");
}
