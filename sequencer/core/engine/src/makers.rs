//! The accounts that an order meets, as they would stand after.

use alloc::vec::Vec;

use ballast_types::AccountId;

use crate::standing::Standing;

/// Standings by account. Few of them mostly, of an order at most as many as it may meet; emptied, it keeps its memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Makers {
    standings: Vec<Standing>,
    /// Where each account's is, accounts ascending: what moves when one is put between others is small.
    places: Vec<(AccountId, u32)>,
}

impl Makers {
    /// Forgets everybody.
    pub(crate) fn clear(&mut self) {
        self.standings.clear();
        self.places.clear();
    }

    /// The standing of an account that was met.
    pub(crate) fn get(&self, account: AccountId) -> Option<&Standing> {
        let place = self.find(account).ok()?;
        Some(&self.standings[self.places[place].1 as usize])
    }

    /// How an account stands now.
    pub(crate) fn set(&mut self, standing: Standing) {
        match self.find(standing.account) {
            Ok(place) => self.standings[self.places[place].1 as usize] = standing,
            Err(place) => {
                let at = u32::try_from(self.standings.len()).expect("meetings are bounded");
                self.places.insert(place, (standing.account, at));
                self.standings.push(standing);
            }
        }
    }

    /// Everybody, in the order in which they were met first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Standing> {
        self.standings.iter()
    }

    fn find(&self, account: AccountId) -> Result<usize, usize> {
        self.places.binary_search_by_key(&account, |(other, _)| *other)
    }
}
