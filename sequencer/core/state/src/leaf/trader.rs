//! The trading part of an account. What few accounts have lies beside the others' memory, and costs those who lack it a
//! pointer; a leaf has it in its place.

use super::{Forced, Volume};
use crate::nonce::NonceWindow;
use alloc::{boxed::Box, vec::Vec};
use alloy_primitives::Address;
use ballast_types::{Conditional, Group, KeyNumber, MarketId, Millis, Quote, SizeLots};
use borsh::{
    BorshDeserialize, BorshSerialize,
    io::{Read, Result, Write},
};
use core::ops::{Deref, DerefMut};

/// The trading part of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trader {
    /// Nonces of the owner's key.
    pub nonces: NonceWindow,
    /// Per market with a position or open orders, markets strictly ascending.
    pub books: Vec<TraderBook>,
    /// Resting orders over all markets.
    pub open_orders: u32,
    /// Those of them that only ever close: they need no margin.
    pub reducing: u32,
    /// Sum of the reserves of the resting orders (risk.md 3.5).
    pub reserve: Quote,
    /// What it traded lately.
    pub volume: Volume,
    /// Number of the key whose session began last.
    pub last_key: KeyNumber,
    /// The day of its last small exit, counted from the Unix epoch; that of its opening before the first in a paced pool.
    pub exit_day: Option<u32>,
    /// How many of its withdrawals wait: at most [`MAX_TICKETS`](ballast_types::limits::MAX_TICKETS), and those that were
    /// forced or end an exit.
    pub tickets: u32,
    /// What few accounts have.
    pub seldom: Seldom,
}

const _: () = assert!(size_of::<usize>() < 8 || size_of::<Trader>() <= 112, "a million of them count");

/// What few accounts are taken to have. The default is to have none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uncommon {
    /// Session keys, addresses strictly ascending.
    pub sessions: Vec<Session>,
    /// When all its orders are to be cancelled.
    pub cancel_at: Option<Millis>,
    /// Its orders that wait for a condition, if any.
    pub contingent: Option<Box<Contingent>>,
    /// What it said of its leverage, markets strictly ascending, at most
    /// [`MAX_POSITIONS`](ballast_types::limits::MAX_POSITIONS). It stays without a position.
    pub leverages: Vec<Leverage>,
    /// What forced orders closed lately.
    pub forced: Forced,
    /// While it exits, who is to be paid on L1.
    pub exit: Option<Address>,
}

static NOTHING: Uncommon = Uncommon {
    sessions: Vec::new(),
    cancel_at: None,
    contingent: None,
    leverages: Vec::new(),
    forced: Forced { window: 0, market: MarketId(0), closed: SizeLots::ZERO },
    exit: None,
};

/// [`Uncommon`], whose memory is taken by the first change, and given back when the leaf is read again. Whether it is taken
/// makes no difference to anything else.
#[derive(Clone, Default)]
pub struct Seldom(Option<Box<Uncommon>>);

impl From<Uncommon> for Seldom {
    fn from(uncommon: Uncommon) -> Self {
        Self((uncommon != NOTHING).then(|| Box::new(uncommon)))
    }
}

impl Deref for Seldom {
    type Target = Uncommon;

    #[inline]
    fn deref(&self) -> &Uncommon {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for Seldom {
    fn deref_mut(&mut self) -> &mut Uncommon {
        self.0.get_or_insert_default()
    }
}

impl core::fmt::Debug for Seldom {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        (**self).fmt(f)
    }
}

impl PartialEq for Seldom {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Seldom {}

/// The fields in the order of the leaf.
impl BorshSerialize for Trader {
    fn serialize<W: Write>(&self, writer: &mut W) -> Result<()> {
        let Self { nonces, books, open_orders, reducing, reserve, .. } = self;
        let Self { volume, last_key, exit_day, tickets, seldom, .. } = self;
        let Uncommon { sessions, cancel_at, contingent, leverages, forced, exit } = &**seldom;
        (nonces, sessions, books, open_orders, reducing, reserve, cancel_at, volume).serialize(writer)?;
        (last_key, contingent, leverages, forced, exit_day, tickets, exit).serialize(writer)
    }
}

impl BorshDeserialize for Trader {
    fn deserialize_reader<R: Read>(reader: &mut R) -> Result<Self> {
        let (nonces, sessions, books, open_orders, reducing, reserve, cancel_at, volume) =
            BorshDeserialize::deserialize_reader(reader)?;
        let (last_key, contingent, leverages, forced, exit_day, tickets, exit) =
            BorshDeserialize::deserialize_reader(reader)?;
        let seldom = Uncommon { sessions, cancel_at, contingent, leverages, forced, exit }.into();
        Ok(Self {
            nonces,
            books,
            open_orders,
            reducing,
            reserve,
            volume,
            last_key,
            exit_day,
            tickets,
            seldom,
        })
    }
}

/// How many times its initial margin an account's position in a market may be worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Leverage {
    /// Which market.
    pub market: MarketId,
    /// How many times; not 0.
    pub times: u16,
}

/// Orders of an account that wait for a condition: at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Contingent {
    /// The orders, ids strictly ascending, at most [`MAX_CONDITIONALS`](ballast_types::limits::MAX_CONDITIONALS).
    pub orders: Vec<Conditional>,
    /// What hangs together among them, ids strictly ascending; each has at least one of the orders.
    pub groups: Vec<Group>,
}

/// A key that may trade for the account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Session {
    /// Its address.
    pub key: Address,
    /// Its number among the account's keys, which its orders carry.
    pub number: KeyNumber,
    /// Last time at which it may trade.
    pub valid_until: Millis,
    /// What it may do ([`ballast_types::command::scope`]).
    pub scope: u8,
    /// Its nonces.
    pub nonces: NonceWindow,
}

/// An account's standing in one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct TraderBook {
    /// Which market.
    pub market: MarketId,
    /// Signed cost basis of the position, `B` of risk.md 1.3; 0 without a position.
    pub basis: Quote,
    /// Sum of the open bids, but for those that only ever close.
    pub bid_lots: SizeLots,
    /// Sum of the open asks, but for those that only ever close.
    pub ask_lots: SizeLots,
    /// Number of open orders of either kind.
    pub orders: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use ballast_types::{KeyNumber, codec};

    #[test]
    fn what_is_the_default_takes_no_memory_once_it_is_read_again() {
        assert_eq!(NOTHING, Uncommon::default());
        assert!(Seldom::from(Uncommon::default()).0.is_none());
        let mut trader = Trader::default();
        trader.seldom.cancel_at = None;
        assert!(trader.seldom.0.is_some(), "a change takes it");
        assert_eq!(trader, Trader::default());
        let bytes = codec::encode(&trader);
        assert_eq!(bytes, codec::encode(&Trader::default()));
        let read: Trader = codec::decode(&bytes).expect("it is one");
        assert!(read.seldom.0.is_none());
    }

    /// One field at a time that is not the default.
    #[test]
    fn what_few_have_is_read_as_it_was_written() {
        let (exit, cancel_at) = (Some(Address::repeat_byte(7)), Some(Millis(0)));
        let key = Session {
            key: Address::ZERO,
            number: KeyNumber(0),
            valid_until: Millis(0),
            scope: 0,
            nonces: NonceWindow::default(),
        };
        let forced = Forced { window: 0, market: MarketId(0), closed: SizeLots(1) };
        let none = Uncommon::default;
        for some in [
            Uncommon { sessions: vec![key], ..none() },
            Uncommon { cancel_at, ..none() },
            Uncommon { contingent: Some(Box::default()), ..none() },
            Uncommon { leverages: vec![Leverage { market: MarketId(0), times: 0 }], ..none() },
            Uncommon { forced, ..none() },
            Uncommon { exit, ..none() },
        ] {
            let trader = Trader { seldom: some.clone().into(), ..Trader::default() };
            let read: Trader = codec::decode(&codec::encode(&trader)).expect("it is one");
            assert_eq!((&read, &*read.seldom), (&trader, &some));
            assert_ne!(read, Trader::default());
        }
    }
}
