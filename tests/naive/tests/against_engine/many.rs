//! Many short lives, each from a seed of its own, in every kind of exchange and with every kind of trouble.

use rand::{RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    Size, collateral, endings, exits, inputs, limited, moving, paced,
    pair::Pair,
    settings::{Setting, guarded, huge, ladder, ordinary, protected, tiny},
    shortfall, silos, stress,
};

/// Steps of a life.
const STEPS: u32 = 120;

/// Of what kind a life is: the exchanges it may be in, how it begins, and what happens in it.
struct Kind {
    settings: Vec<Setting>,
    begin: fn(&mut Pair),
    step: fn(&mut Pair, u64),
}

fn under_stress(pair: &mut Pair, number: u64) {
    stress::step(pair, &mut ChaCha8Rng::seed_from_u64(number));
}

fn leaving(pair: &mut Pair, number: u64) {
    exits::step(pair, number, inputs::step);
}

fn leaving_under_stress(pair: &mut Pair, number: u64) {
    exits::step(pair, number, under_stress);
}

fn kinds() -> Vec<Kind> {
    let stressed = [guarded(ladder(), [true, false]), protected(guarded(ladder(), [true, true]), 1 << 60)];
    let plain = [ordinary(), huge(), tiny(), ladder(), protected(ladder(), 0)];
    let kind = |settings: &[Setting], begin, step| Kind { settings: settings.to_vec(), begin, step };
    vec![
        kind(&plain, inputs::begin, leaving),
        kind(&stressed, inputs::begin, under_stress),
        kind(&stressed, inputs::begin, leaving_under_stress),
        kind(&limited::settings(), limited::begin, limited::step),
        kind(&paced::settings(), paced::begin, paced::step),
        kind(&silos::settings(), silos::begin, silos::step),
        kind(&shortfall::settings(), inputs::begin, leaving),
        kind(&endings::settings(), endings::begin, endings::step),
        kind(&moving::settings(), limited::begin, moving::step),
        kind(&collateral::settings(), inputs::begin, collateral::ordinary_step),
    ]
}

/// Ten thousand seeds at night, two hundred elsewhere, and a few where it is to be quick.
#[test]
fn many_lives_are_those_of_the_naive_exchange() {
    let lives = match crate::size() {
        Size::Nightly => 10_000,
        Size::Full => 200,
        Size::Quick => 12,
    };
    let (first, kinds) = (crate::seed(), kinds());
    for seed in (0..lives).map(|n| first.wrapping_add(n)) {
        // Whoever looks for a life that differs finds its seed in the last line.
        eprintln!("seed {seed}");
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        let kind = kinds.choose(&mut numbers).expect("there are some");
        let setting = kind.settings.choose(&mut numbers).expect("there are some").clone();
        let mut pair = Pair::new(setting);
        (kind.begin)(&mut pair);
        (0..STEPS).for_each(|_| (kind.step)(&mut pair, numbers.next_u64()));
    }
}
