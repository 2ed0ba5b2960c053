//! What the command line writes out for governance is what the engine reads.

use ballast_bridge::governance;
use ballast_engine::governance::{ACTIONS, SIGNERS};

#[test]
fn every_action_of_the_engine_goes_by_its_name_and_number_at_the_command_line() {
    for action in &ACTIONS {
        let told = governance::Action::named(action.name).expect("the command line knows it");
        let of = if action.is_of_pool() { "pool" } else { "market" };
        assert_eq!((told.number, told.of), (action.number, of), "{}", action.name);
    }
    for (number, name) in SIGNERS {
        let told = governance::Action::named(name).expect("the command line knows it");
        assert_eq!((told.number, told.of), (number, "place"), "{name}");
    }
}
