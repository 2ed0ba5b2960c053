//! Lives of many steps in several settings, and what never happened in them.

use crate::{pair::Pair, settings::Setting};

/// A life in each of the settings, one after the other: so many steps after its beginning.
pub(crate) fn lives(
    settings: impl IntoIterator<Item = Setting>,
    new: impl Fn(Setting) -> Pair,
    begin: impl Fn(&mut Pair),
    steps: u32,
    mut step: impl FnMut(&mut Pair),
) -> Vec<Pair> {
    let live = |setting| {
        let mut pair = new(setting);
        begin(&mut pair);
        (0..steps).for_each(|_| step(&mut pair));
        eprintln!("{} inputs\n{}", pair.inputs(), pair.seen.table());
        pair
    };
    settings.into_iter().map(live).collect()
}

/// Which of these happened in none of the lives.
pub(crate) fn missing(lives: &[Pair], all: &[&'static str]) -> Vec<&'static str> {
    let happened = |what: &str| lives.iter().any(|pair| pair.seen.times(what) > 0);
    let missing: Vec<&str> = all.iter().copied().filter(|what| !happened(what)).collect();
    eprintln!("never happened: {missing:?}");
    missing
}
