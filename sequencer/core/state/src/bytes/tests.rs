use super::*;
use alloc::vec::Vec;
use proptest::{collection::vec, option, prelude::*};

fn change() -> impl Strategy<Value = Change> {
    let index = prop_oneof![0..4_u32, BLOCK - 2..BLOCK + 2, 0..4 * BLOCK, u32::MAX - 3..=u32::MAX];
    let byte = prop_oneof![Just(0), Just(0), any::<u8>()];
    (prop::sample::select(&Section::ALL[..]), index, option::weighted(0.8, vec(byte, 0..40)))
}

proptest! {
    #[test]
    fn leaves_are_kept_as_in_a_map(changes in vec(change(), 0..80)) {
        let mut leaves = LeafBytes::default();
        let mut model = BTreeMap::new();
        for change in &changes {
            leaves.take(core::slice::from_ref(change));
            let (section, index, leaf) = change.clone();
            match leaf {
                Some(leaf) => model.insert((turn(section), index), Record { section, index, leaf }),
                None => model.remove(&(turn(section), index)),
            };
        }
        let records: Vec<_> = leaves.records().collect();
        prop_assert_eq!(&records, &model.values().cloned().collect::<Vec<_>>());
        let again: LeafBytes = records.into_iter().collect();
        for (section, index, _) in changes {
            let leaf = model.get(&(turn(section), index)).map(|record| record.leaf.clone());
            prop_assert_eq!(leaves.get(section, index), leaf.clone());
            prop_assert_eq!(again.get(section, index), leaf);
        }
    }
}
