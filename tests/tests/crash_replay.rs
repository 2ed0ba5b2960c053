//! T11 of risk.md 4.9: a crash goes through the real engine and ladder, and everything adds up.

use ballast_tests::crash::{Assumptions, Crash, Report, plot, run, table};
use std::{env, fs, path::PathBuf};

/// A crowd that is small enough for a test, and looked at whole after every tick.
fn small(accounts: u32) -> Assumptions {
    Assumptions { accounts, audit: true, ..Assumptions::default() }
}

fn replayed(crash: &Crash, assumed: &Assumptions) -> Report {
    run(crash, assumed).expect("the exchange begins")
}

/// Nobody is missed, nothing is lost; and that the fund cannot pay for a gap of 30% is told.
#[test]
fn a_gap_is_liquidated_to_the_last_and_adds_up() {
    let report = replayed(&Crash::gap(3, 5), &small(300));
    let text = table::table(&report);
    assert_eq!((report.broken.as_deref(), report.missed), (None, 0), "{text}");
    assert!(report.audits > 300 && report.liquidated > 50, "{text}");
    assert!(report.sizes.failed * 10 < report.sizes.wanted, "nearly all entered: {text}");
    let forced: f64 = report.rows.iter().flat_map(|row| row.forced).sum();
    let bankrupt: u64 = report.rows.iter().map(|row| row.bankrupt).sum();
    assert!(forced > 0.0 && bankrupt > 0, "{text}");
    assert!(report.turn.worst <= 1_000, "whoever can be helped is, within a second: {text}");
}

/// T11: an asset of class C loses nine tenths. Its silo pays, and those who won there; the common pool pays for nothing.
#[test]
fn a_collapse_in_class_c_stays_in_its_silo() {
    let report = replayed(&Crash::collapse(10), &small(300));
    let text = table::table(&report);
    assert_eq!(report.failures(), Vec::<String>::new(), "{text}");
    let [common, silo] = report.pools.as_slice() else { panic!("two pools: {text}") };
    assert!(common.worst.fund >= common.before.fund && common.worst.deficit == 0.0, "{text}");
    assert!(silo.worst.fund < silo.before.fund, "the silo had to pay: {text}");
    let [.., row] = report.rows.as_slice() else { panic!("there are markets: {text}") };
    assert!(row.class == "C" && row.fall > 0.85 && row.bankrupt > 0, "{text}");
}

/// Of more bankrupt accounts than the ladder looks at between two looks none was torn up before all had been looked at.
#[test]
fn tear_ups_do_not_wait_for_everybody_to_be_looked_at() {
    let assumed = Assumptions { audit: false, ..small(3_000) };
    let report = replayed(&Crash::gap(1, 1), &assumed);
    assert!(report.turn.worst <= 1_000, "{}", table::table(&report));
}

#[test]
fn the_same_seed_ends_in_the_same_state() {
    let crash = Crash::gap(2, 1);
    let [one, again, other] =
        [1, 1, 2].map(|seed| replayed(&crash, &Assumptions { seed, ..small(120) }).root);
    assert_eq!(one, again);
    assert_ne!(one, other);
}

/// What a crash did is drawn, and said in numbers.
#[test]
fn pictures_and_the_table_are_written() {
    let report = replayed(&Crash::gap(1, 1), &small(60));
    let folder = tempfile::tempdir().expect("a folder");
    plot::draw(&report, folder.path()).expect("pictures are written");
    for name in ["price", "mark", "fund", "forced", "below", "lag"] {
        let picture = fs::read_to_string(folder.path().join(format!("{name}.svg"))).expect("a picture");
        assert!(picture.contains("<polyline"), "{name}: there is a line in it");
    }
    assert!(table::table(&report).contains("state root"));
    assert!(serde_json::to_string(&report).is_ok());
}

/// Twenty minutes of a recorded crash.
#[test]
fn a_recorded_crash_adds_up() {
    let data = env::var_os("BALLAST_DATA").map_or_else(|| PathBuf::from("../../shared/data"), PathBuf::from);
    let folder = data.join("minute/2023-08-17_flush");
    if !folder.is_dir() {
        eprintln!("SKIPPED: {} does not exist; set BALLAST_DATA", folder.display());
        return;
    }
    let crash = Crash::read(&folder, 0.33, 3, &[]).expect("the crash can be read");
    let names: Vec<&str> = crash.assets.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!(names, ["BTC", "ETH", "SOL"]);
    let report = replayed(&crash, &small(300));
    assert_eq!(report.failures(), Vec::<String>::new(), "{}", table::table(&report));
    assert!(report.rows[0].fall > 0.05 && report.liquidated > 0, "{}", table::table(&report));
}
