use super::*;
use alloc::collections::BTreeSet;
use proptest::{collection::vec, prelude::*};

struct Leaves(BTreeMap<u32, u64>);

impl LeafSource for Leaves {
    fn load(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        assert_eq!(section, Section::Pools);
        self.0.get(&index).map(codec::encode)
    }
}

fn index() -> impl Strategy<Value = u32> {
    prop_oneof![0..4_u32, CHUNK - 2..CHUNK + 2, 0..4 * CHUNK]
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Insert(u32, u64),
    Change(u32, u64),
    Commit,
    Forget,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => (index(), any::<u64>()).prop_map(|(index, value)| Act::Insert(index, value)),
        4 => (index(), any::<u64>()).prop_map(|(index, value)| Act::Change(index, value)),
        1 => Just(Act::Commit),
        1 => Just(Act::Forget),
    ];
    vec(act, 0..60)
}

proptest! {
    #[test]
    fn complete_and_lazy_tables_do_what_a_map_does(
        first in vec((index(), any::<u64>()), 0..40),
        acts in acts(),
    ) {
        let mut model: BTreeMap<u32, u64> = first.into_iter().collect();
        let mut changed = BTreeSet::new();
        let mut complete = Table::complete(Section::Pools);
        model.iter().for_each(|(index, value)| complete.insert(*index, *value));
        prop_assert_eq!(complete.take_dirty(), model.keys().copied().collect::<Vec<_>>());
        let mut lazy: Table<u64> = Table::lazy(Section::Pools, Arc::new(Leaves(model.clone())));
        for act in acts {
            match act {
                Act::Insert(index, value) => {
                    model.insert(index, value);
                    changed.insert(index);
                    complete.insert(index, value);
                    lazy.insert(index, value);
                }
                Act::Change(index, value) => {
                    for table in [&mut complete, &mut lazy] {
                        if let Some(old) = table.get_mut(index) {
                            *old = value;
                        }
                    }
                    if let Some(old) = model.get_mut(&index) {
                        *old = value;
                        changed.insert(index);
                    }
                }
                Act::Commit => {
                    let expected: Vec<_> = core::mem::take(&mut changed).into_iter().collect();
                    prop_assert_eq!(&complete.take_dirty(), &expected);
                    prop_assert_eq!(&lazy.take_dirty(), &expected);
                }
                Act::Forget => {
                    changed.clear();
                    complete.forget_changes();
                    lazy.forget_changes();
                }
            }
        }
        prop_assert!(complete.iter().eq(model.iter().map(|(index, value)| (*index, value))));
        prop_assert_eq!(complete.len(), model.last_key_value().map_or(0, |(last, _)| last + 1));
        prop_assert_eq!(complete.is_empty(), model.is_empty());
        for index in 0..5 * CHUNK {
            lazy.load(index);
            prop_assert_eq!(lazy.get(index), model.get(&index));
            prop_assert_eq!(complete.get(index), model.get(&index));
            prop_assert_eq!(complete.leaf(index), model.get(&index).map(codec::encode));
        }
    }
}

fn lazy() -> Table<u64> {
    Table::lazy(Section::Pools, Arc::new(Leaves(BTreeMap::from([(7, 70)]))))
}

#[test]
#[should_panic(expected = "Pools 7 is read before it is loaded")]
fn reading_what_was_not_loaded_is_our_mistake() {
    let _ = lazy().get(7);
}

#[test]
#[should_panic(expected = "Pools is not held whole")]
fn a_lazy_table_has_no_length() {
    let _ = lazy().len();
}

#[test]
fn an_empty_leaf_is_loaded_as_such_and_does_not_become_a_change() {
    let mut table = lazy();
    assert_eq!(table.get_mut(8), None);
    assert_eq!(table.get(8), None);
    assert_eq!(table.get_mut(7), Some(&mut 70));
    assert_eq!(table.take_dirty(), [7]);
    assert!(table.take_dirty().is_empty());
}

#[test]
fn a_far_index_does_not_fill_the_memory() {
    let mut table = Table::complete(Section::Pools);
    table.insert(1 << 28, 1_u64);
    assert_eq!((table.len(), table.get((1 << 28) - 1), table.get(1 << 28)), ((1 << 28) + 1, None, Some(&1)));
}

proptest! {
    #[test]
    fn what_is_taken_back_leaves_no_trace(
        first in vec((index(), any::<u64>()), 0..40),
        before in vec((index(), any::<u64>()), 0..20),
        tried in vec(attempts(), 1..5),
    ) {
        let model: BTreeMap<u32, u64> = first.into_iter().collect();
        let mut complete = Table::complete(Section::Pools);
        model.iter().for_each(|(index, value)| complete.insert(*index, *value));
        complete.forget_changes();
        let lazy: Table<u64> = Table::lazy(Section::Pools, Arc::new(Leaves(model.clone())));
        for mut table in [complete, lazy] {
            let (mut values, mut changed) = (model.clone(), BTreeSet::new());
            change(&mut table, &before);
            note(&mut values, &mut changed, &before);
            for attempt in &tried {
                attempt.make(&mut table, &mut values, &mut changed);
            }
            for index in 0..5 * CHUNK {
                table.load(index);
                prop_assert_eq!(table.get(index), values.get(&index));
            }
            prop_assert_eq!(table.take_dirty(), changed.into_iter().collect::<Vec<_>>());
        }
    }
}

/// Changes that stand or are taken back, with others within them.
#[derive(Clone, Debug)]
struct Attempt {
    stands: bool,
    before: Vec<(u32, u64)>,
    within: Vec<Self>,
    after: Vec<(u32, u64)>,
}

fn attempts() -> impl Strategy<Value = Attempt> {
    let changes = || vec((0..8_u32, any::<u64>()), 0..6);
    let leaf = (any::<bool>(), changes()).prop_map(|(stands, before)| Attempt {
        stands,
        before,
        within: Vec::new(),
        after: Vec::new(),
    });
    leaf.prop_recursive(3, 12, 3, move |inner| {
        (any::<bool>(), changes(), vec(inner, 0..3), changes())
            .prop_map(|(stands, before, within, after)| Attempt { stands, before, within, after })
    })
}

impl Attempt {
    fn make(&self, table: &mut Table<u64>, values: &mut BTreeMap<u32, u64>, changed: &mut BTreeSet<u32>) {
        let as_it_was = (values.clone(), changed.clone());
        table.begin_undo();
        change(table, &self.before);
        note(values, changed, &self.before);
        self.within.iter().for_each(|attempt| attempt.make(table, values, changed));
        change(table, &self.after);
        note(values, changed, &self.after);
        if self.stands {
            table.keep();
        } else {
            table.undo();
            (*values, *changed) = as_it_was;
        }
    }
}

fn change(table: &mut Table<u64>, changes: &[(u32, u64)]) {
    for &(index, value) in changes {
        if let Some(old) = table.get_mut(index) {
            *old = value;
        }
    }
}

fn note(values: &mut BTreeMap<u32, u64>, changed: &mut BTreeSet<u32>, changes: &[(u32, u64)]) {
    for &(index, value) in changes {
        if let Some(old) = values.get_mut(&index) {
            *old = value;
            changed.insert(index);
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    One(Act),
    /// Changes of what is there, which are kept or taken back together.
    Nested(Vec<(u32, u64)>, bool),
}

proptest! {
    #[test]
    fn what_is_watched_is_told_once_with_what_was_there_before(
        first in vec((index(), any::<u64>()), 0..40),
        steps in vec(prop_oneof![
            acts().prop_filter_map("one", |acts| acts.first().copied()).prop_map(Step::One),
            (vec((index(), any::<u64>()), 0..8), any::<bool>()).prop_map(|(all, kept)| Step::Nested(all, kept)),
        ], 0..20),
    ) {
        let mut table = Table::complete(Section::Pools);
        first.into_iter().for_each(|(index, value)| table.insert(index, value));
        let before: BTreeMap<u32, u64> = table.iter().map(|(index, value)| (index, *value)).collect();
        table.begin_watch();
        for step in steps {
            match step {
                Step::One(Act::Insert(index, value)) => table.insert(index, value),
                Step::One(Act::Change(index, value)) => {
                    if let Some(old) = table.get_mut(index) {
                        *old = value;
                    }
                }
                Step::One(Act::Commit | Act::Forget) => {}
                Step::Nested(changes, is_kept) => {
                    table.begin_undo();
                    for (index, value) in changes {
                        if let Some(old) = table.get_mut(index) {
                            *old = value;
                        }
                    }
                    if is_kept { table.keep() } else { table.undo() }
                }
            }
        }
        let mut told = BTreeMap::new();
        for (index, value) in table.end_watch() {
            prop_assert!(told.insert(index, value).is_none(), "{} is told twice", index);
            prop_assert_eq!(value, before.get(&index).copied());
        }
        for index in 0..4 * CHUNK {
            let (was, is) = (before.get(&index), table.get(index));
            prop_assert!(was == is || told.contains_key(&index), "{} changed untold", index);
        }
        table.begin_watch();
        prop_assert!(table.end_watch().is_empty());
        table.take_dirty();
    }
}
