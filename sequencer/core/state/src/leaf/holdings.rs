//! What an account holds of assets beside USDC, and what arrived and left of each.

use alloc::boxed::Box;
use ballast_types::{AssetId, Ppm, Units, limits::MAX_ASSETS};
use borsh::{
    BorshDeserialize, BorshSerialize,
    io::{Error, ErrorKind, Read, Write},
};

/// What an account holds of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Holding {
    /// Which asset; not USDC, which is cash.
    pub asset: AssetId,
    /// How much: 1 to 2^60.
    pub amount: Units,
}

impl Holding {
    /// Whether it may be held at all.
    const fn is_valid(&self) -> bool {
        self.asset.0 >= 1 && self.asset.0 < MAX_ASSETS && self.amount.is_valid()
    }
}

/// Assets beside USDC that there can be.
const OTHERS: usize = MAX_ASSETS as usize - 1;

/// What an account holds of assets beside USDC. Few accounts hold any, so those that do not take a word of memory and a byte of
/// their leaf.
///
/// Encoded as their number, one byte, and the [`Holding`]s, assets strictly ascending. What is out of form is no leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings(
    /// By the place of the asset; none where all are 0.
    Option<Box<[Units; OTHERS]>>,
);

impl Holdings {
    /// Nothing is held.
    pub const NONE: Self = Self(None);

    /// Whether nothing is held.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Those of which there is something, assets ascending.
    pub fn iter(&self) -> impl Iterator<Item = Holding> + '_ {
        let amounts = self.0.iter().flat_map(|amounts| amounts.iter());
        let holdings =
            (1..).zip(amounts).map(|(asset, amount)| Holding { asset: AssetId(asset), amount: *amount });
        holdings.filter(|holding| holding.amount > Units::ZERO)
    }

    /// How much is held of an asset; nothing of USDC, which is cash.
    #[must_use]
    pub fn of(&self, asset: AssetId) -> Units {
        let amount = || self.0.as_ref()?.get(asset.place()?).copied();
        amount().unwrap_or_default()
    }

    /// From here on so much of an asset is held; 0 for nothing.
    ///
    /// # Panics
    /// When the asset is USDC or none that there can be, or the amount is above 2^60: a caller's bug.
    pub fn set(&mut self, asset: AssetId, amount: Units) {
        assert!(amount == Units::ZERO || amount.is_valid(), "{amount} of asset {asset} cannot be held");
        let mut amounts = self.0.take().unwrap_or_default();
        let place = asset.place().filter(|place| *place < OTHERS);
        amounts[place.expect("it is an asset beside USDC")] = amount;
        self.0 = Some(amounts).filter(|amounts| amounts.iter().any(|amount| *amount > Units::ZERO));
    }
}

impl BorshSerialize for Holdings {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<(), Error> {
        // At most seven.
        writer.write_all(&[self.iter().count() as u8])?;
        self.iter().try_for_each(|holding| holding.serialize(writer))
    }
}

impl BorshDeserialize for Holdings {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self, Error> {
        let count = u8::deserialize_reader(reader)?;
        let (mut holdings, mut last) = (Self::NONE, AssetId::USDC);
        for _ in 0..count {
            let holding = Holding::deserialize_reader(reader)?;
            if holding.asset <= last || !holding.is_valid() {
                return Err(Error::new(ErrorKind::InvalidData, "holdings out of form"));
            }
            last = holding.asset;
            holdings.set(holding.asset, holding.amount);
        }
        Ok(holdings)
    }
}

/// How an exit values an asset that counts as margin, by the market whose index is its price: what genesis says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Priced {
    /// Which asset.
    pub asset: AssetId,
    /// How many units are what a lot of the market is worth: 1 to 2^40.
    pub units_per_lot: Units,
    /// Part of the value that does not count, at most 10^6.
    pub haircut: Ppm,
}

/// What arrived from L1 and left for it of an asset beside USDC. What is between them is held by accounts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Custody {
    /// All that was ever credited, at most 2^60.
    pub credited: Units,
    /// All that was ever debited, at most that.
    pub withdrawn: Units,
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use alloc::{collections::BTreeMap, vec::Vec};
    use ballast_types::codec;
    use core::mem::size_of;
    use proptest::{collection::vec, prelude::*};

    fn encoded(holdings: &[(u16, u64)]) -> Vec<u8> {
        let mut bytes = Vec::from([holdings.len() as u8]);
        for (asset, amount) in holdings {
            bytes.extend(asset.to_le_bytes());
            bytes.extend(amount.to_le_bytes());
        }
        bytes
    }

    proptest! {
        #[test]
        fn holdings_are_a_map_that_forgets_nothings(said in vec((1..MAX_ASSETS, prop_oneof![Just(0), 1..4_u64, Just(1 << 60)]), 0..20)) {
            let (mut holdings, mut map) = (Holdings::NONE, BTreeMap::new());
            for (asset, amount) in said {
                holdings.set(AssetId(asset), Units(amount));
                map.insert(asset, amount);
                prop_assert_eq!(holdings.of(AssetId(asset)), Units(amount));
            }
            map.retain(|_, amount| *amount > 0);
            let all: Vec<_> = holdings.iter().map(|holding| (holding.asset.0, holding.amount.0)).collect();
            let map: Vec<_> = map.into_iter().collect();
            prop_assert_eq!(&all, &map);
            prop_assert_eq!(holdings == Holdings::NONE, map.is_empty(), "nothing has one form");
            let bytes = codec::encode(&holdings);
            prop_assert_eq!(&bytes, &encoded(&map));
            prop_assert_eq!(codec::decode::<Holdings>(&bytes).expect("it was encoded"), holdings);
        }
    }

    #[test]
    fn an_account_that_holds_nothing_pays_a_byte_and_a_word() {
        assert_eq!(codec::encode(&Holdings::NONE), [0]);
        assert_eq!(size_of::<Holdings>(), size_of::<usize>());
    }

    #[test]
    fn what_is_out_of_form_is_no_leaf() {
        let refused: [&[(u16, u64)]; 7] = [
            &[(0, 1)],
            &[(MAX_ASSETS, 1)],
            &[(1, 0)],
            &[(1, (1 << 60) + 1)],
            &[(2, 1), (1, 1)],
            &[(1, 1), (1, 1)],
            &[(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1)],
        ];
        for holdings in refused {
            assert!(codec::decode::<Holdings>(&encoded(holdings)).is_err(), "{holdings:?}");
        }
        assert!(codec::decode::<Holdings>(&[1, 1, 0]).is_err(), "cut off");
    }

    #[test]
    #[should_panic(expected = "beside USDC")]
    fn usdc_is_cash() {
        Holdings::default().set(AssetId::USDC, Units(1));
    }
}
