//! The reference of the interface tells what the interface does.

use crate::support::*;
use ballast_node::rpc::methods;
use ballast_types::RejectCode;

const REFERENCE: &str = include_str!("../../../../docs/rpc.md");

#[test]
fn every_code_is_in_the_reference_with_its_meaning_and_no_other() {
    let row = |code: &RejectCode| format!("| {} | {} | {} |", code.number(), code.name(), code.text());
    let expected: Vec<String> = RejectCode::ALL.iter().map(row).collect();
    let section = REFERENCE.split("## Codes").nth(1).expect("a section");
    let is_row =
        |line: &&str| line.starts_with("| ") && line.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
    let found: Vec<&str> = section.lines().filter(is_row).collect();
    assert_eq!(found, expected, "docs/rpc.md should read:\n{}", expected.join("\n"));
}

#[test]
fn every_method_is_in_the_reference() {
    let rig = Rig::new();
    let (entry, views, _) = rig.core.ports();
    let methods = methods(entry, views);
    let own = ["ballast_subscribe", "ballast_unsubscribe", "ballast_subscription"];
    for method in methods.method_names().chain(own) {
        assert!(REFERENCE.contains(&format!("`{method}`")), "docs/rpc.md says nothing of {method}");
    }
}
