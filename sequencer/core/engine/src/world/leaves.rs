//! What the state root covers, byte for byte.

use alloc::{collections::BTreeMap, vec::Vec};

use ballast_state::{Account, Change, LeafSource, Section};
use ballast_types::codec;

use crate::invariants::Audit;

/// Every leaf as last committed, and what the accounts among them add up to.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Leaves(pub(crate) BTreeMap<(Section, u32), Vec<u8>>, Audit);

impl Leaves {
    pub(crate) fn take(&mut self, changes: &[Change]) {
        let account = |bytes: &Vec<u8>| codec::decode::<Account>(bytes).expect("a leaf of ours");
        for (section, index, bytes) in changes {
            let before = match bytes {
                Some(bytes) => self.0.insert((*section, *index), bytes.clone()),
                None => self.0.remove(&(*section, *index)),
            };
            if *section == Section::Accounts {
                let [before, after] = [&before, bytes].map(|bytes| bytes.as_ref().map(account));
                self.1.changed(before.as_ref(), after.as_ref());
            }
        }
    }

    /// The sums that were kept as accounts changed.
    pub(crate) const fn audit(&self) -> &Audit {
        &self.1
    }
}

impl LeafSource for Leaves {
    fn load(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        self.0.get(&(section, index)).cloned()
    }
}
