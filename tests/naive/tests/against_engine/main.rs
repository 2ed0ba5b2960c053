//! The engine against the naive exchange: every input to both, everything observable compared after each.

mod batches;
mod cases;
mod collateral;
mod conditionals;
mod custody;
mod disagreements;
mod edge;
mod ended;
mod endings;
mod exiting;
mod exits;
mod falls;
mod forced;
mod hours;
mod inputs;
mod ladder;
mod limited;
mod lives;
mod many;
mod modes;
mod moving;
mod orders;
mod outliers;
mod paced;
mod pair;
mod pledged;
mod pricing;
mod protection;
mod recorded;
mod reports;
mod rungs;
mod seen;
mod settings;
mod shortfall;
mod silos;
mod squeeze;
mod stack;
mod stress;
mod transfers;
mod waiting;

use std::hash::{BuildHasher, Hasher, RandomState};

use proptest::prelude::*;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use ballast_types::RejectCode;

use crate::{
    pair::Pair,
    settings::{Setting, crowded, guarded, huge, ladder, ordinary, protected, tiny},
};

/// A fresh seed, or the one of the environment variable `BALLAST_SEED`; said aloud.
fn seed() -> u64 {
    let seed = match std::env::var("BALLAST_SEED") {
        Ok(seed) => seed.parse().expect("BALLAST_SEED is a number"),
        Err(_) => RandomState::new().build_hasher().finish(),
    };
    eprintln!("BALLAST_SEED={seed}");
    seed
}

/// How much is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Size {
    Quick,
    Full,
    /// As much as `Full`, and ten thousand lives.
    Nightly,
}

/// What the environment variable `BALLAST_SIZE` says: `full` or `nightly`; else what is quick.
fn size() -> Size {
    match std::env::var("BALLAST_SIZE").as_deref() {
        Ok("full") => Size::Full,
        Ok("nightly") => Size::Nightly,
        _ => Size::Quick,
    }
}

fn is_full() -> bool {
    size() != Size::Quick
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn the_engine_does_as_the_naive_exchange(
        setting in prop_oneof![
            Just(ordinary()),
            Just(huge()),
            Just(tiny()),
            Just(crowded()),
            Just(ladder()),
            Just(protected(ladder(), 1 << 60)),
            Just(protected(ladder(), 0)),
            Just(guarded(ladder(), [true, true])),
            Just(guarded(huge(), [true, false])),
            Just(guarded(tiny(), [true, true])),
            prop::sample::select(limited::settings().to_vec()),
            prop::sample::select(shortfall::settings().to_vec()),
            prop::sample::select(silos::settings().to_vec()),
            prop::sample::select(endings::settings().to_vec()),
            prop::sample::select(paced::settings().to_vec()),
            prop::sample::select(moving::settings().to_vec()),
        ],
        steps in prop::collection::vec(any::<u64>(), 1..150),
    ) {
        let mut pair = Pair::new(setting);
        inputs::begin(&mut pair);
        let other = |pair: &mut Pair, number| exits::step(pair, number, inputs::step);
        steps.into_iter().for_each(|number| custody::step(&mut pair, number, other));
    }
}

/// A long stream in a setting.
fn live(new: impl Fn(Setting) -> Pair, seed: u64, setting: Setting, steps: u32) -> Pair {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let mut pair = new(setting);
    inputs::begin(&mut pair);
    for _ in 0..steps {
        inputs::step(&mut pair, numbers.next_u64());
    }
    eprintln!("{} inputs\n{}", pair.inputs(), pair.seen.table());
    pair
}

/// So many steps, or five times as many at full size.
fn long(steps: u32) -> u32 {
    if is_full() { 5 * steps } else { steps }
}

#[test]
fn a_long_life_is_that_of_the_naive_exchange() {
    live(Pair::new, seed(), ordinary(), long(20_000));
}

/// The seed is always the same one: what must have happened is asked of it, which a fresh one may miss by chance.
#[test]
fn a_long_life_meets_everything() {
    let mut pair = live(Pair::new, 1, ordinary(), 20_000);
    stack::play(&mut pair);
    transfers::play(&mut pair, &mut ChaCha8Rng::seed_from_u64(1));
    pair.seen.check_all();
}

/// That of the same seed always.
#[test]
fn a_life_near_the_bounds_meets_them() {
    let pair = live(Pair::alone, 1, huge(), 4_000);
    for code in [RejectCode::PositionTooLarge, RejectCode::Overflow, RejectCode::NotionalTooLarge] {
        assert!(pair.seen.code(code) > 0, "{code:?} never happened");
    }
}

#[test]
fn a_life_near_the_bounds_is_that_of_the_naive_exchange() {
    live(Pair::new, seed(), huge(), long(4_000));
}

/// That of the same seed always.
#[test]
fn many_publishers_differ() {
    let pair = live(Pair::alone, 1, crowded(), 4_000);
    for what in
        ["a report was outvoted", "publishers contradict", "a jump was believed", "a jump without a witness"]
    {
        assert!(pair.seen.times(what) > 0, "never happened: {what}\n{}", pair.seen.table());
    }
}

#[test]
fn a_life_with_many_publishers_is_that_of_the_naive_exchange() {
    live(Pair::new, seed(), crowded(), long(4_000));
}

#[test]
fn a_life_of_a_tick_or_two_is_that_of_the_naive_exchange() {
    live(Pair::new, seed(), tiny(), long(4_000));
}
