//! What governance may ask for, as people say it: actions by name, values in percent, USDC or seconds. Whether it may be is
//! for the exchange to say (protocol.md, Governance); here it is only written down, so that somebody can sign it.

use crate::{
    amount,
    bindings::{
        Governance::{executeCall, scheduleCall},
        Inbox::governCall,
    },
};
use alloy::{
    primitives::{Address, B256, Bytes, U256},
    sol_types::SolCall,
};
pub use ballast_engine::governance::Unit;
use ballast_engine::governance::{ACTIONS, Action as Known, GUARDIAN, PUBLISHER, SIGNERS};
use ballast_types::limits::{MAX_ACCOUNTS, MAX_PUBLISHERS};

/// A parameter that governance may move, or a signer that it may replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its number on L1.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// What its subject is.
    pub of: &'static str,
    /// What its values are counted in. Fractions are written as `4%` or `40000 ppm`, amounts in USDC, times in Unix seconds,
    /// accounts by their number.
    pub unit: Unit,
}

impl From<&Known> for Action {
    fn from(known: &Known) -> Self {
        let of = if known.is_of_pool() { "pool" } else { "market" };
        Self { number: known.number, name: known.name, of, unit: known.unit }
    }
}

/// Every action of the engine, by number.
pub fn actions() -> impl Iterator<Item = Action> {
    let signers =
        SIGNERS.iter().map(|&(number, name)| Action { number, name, of: "place", unit: Unit::Account });
    ACTIONS.iter().map(Action::from).chain(signers)
}

/// Why a text is no value of an action, or no action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GovernanceError {
    /// No action has this name or number.
    #[error("there is no action \"{0}\": it is one of {names}", names = names())]
    Action(String),
    /// Not a part of something.
    #[error("\"{0}\" is not a fraction: write it as 4% or as 40000 ppm")]
    Fraction(String),
    /// Not an amount.
    #[error(transparent)]
    Amount(#[from] amount::AmountError),
    /// Not a time at which a market can settle.
    #[error("\"{0}\" is not a Unix time in seconds at a whole minute, such as 1796083200")]
    Time(String),
    /// Not an account.
    #[error("\"{0}\" is not the number of an account, whose owner is to sign")]
    Account(String),
    /// No place of a signer.
    #[error("there is no place {subject} of who signs: the first is 0, and there are at most {places}")]
    Place {
        /// What was asked for.
        subject: u16,
        /// How many there may be.
        places: usize,
    },
}

fn names() -> String {
    actions().map(|action| action.name).collect::<Vec<_>>().join(", ")
}

impl Action {
    /// The action with this name or number.
    ///
    /// # Errors
    /// [`GovernanceError::Action`] when there is none.
    pub fn named(text: &str) -> Result<Self, GovernanceError> {
        let known = actions().find(|action| action.name == text || action.number.to_string() == text);
        known.ok_or_else(|| GovernanceError::Action(text.to_owned()))
    }

    /// The subject as L1 is told, where there can be such a one: who signs has a place.
    ///
    /// # Errors
    /// [`GovernanceError::Place`] of a signer's.
    pub const fn subject(&self, subject: u16) -> Result<u16, GovernanceError> {
        let places = match self.number {
            PUBLISHER => MAX_PUBLISHERS,
            GUARDIAN => 1,
            _ => return Ok(subject),
        };
        if (subject as usize) < places {
            Ok(subject)
        } else {
            Err(GovernanceError::Place { subject, places })
        }
    }

    /// A value of it as L1 is told. Nothing is rounded: what cannot be said exactly is refused.
    ///
    /// # Errors
    /// [`GovernanceError`] when the text is not in its unit.
    pub fn value(&self, text: &str) -> Result<u64, GovernanceError> {
        match self.unit {
            Unit::Fraction => fraction(text).ok_or_else(|| GovernanceError::Fraction(text.to_owned())),
            Unit::Amount => Ok(amount::parse(text)?),
            Unit::Time => {
                let seconds = text.parse::<u64>().ok().filter(|at| at.is_multiple_of(60));
                let at = seconds.and_then(|at| at.checked_mul(1_000));
                at.ok_or_else(|| GovernanceError::Time(text.to_owned()))
            }
            Unit::Account => {
                let account = text.parse::<u32>().ok().filter(|account| *account < MAX_ACCOUNTS);
                account.map(u64::from).ok_or_else(|| GovernanceError::Account(text.to_owned()))
            }
        }
    }

    /// A value of it in words.
    #[must_use]
    pub fn in_words(&self, value: u64) -> String {
        match self.unit {
            Unit::Fraction => format!("{value} ppm, that is {}.{:04}%", value / 10_000, value % 10_000),
            Unit::Amount => amount::display(value),
            Unit::Time => format!("{} seconds after 1970", value / 1_000),
            Unit::Account => format!("the owner of account {value}"),
        }
    }
}

/// Parts in a million.
fn fraction(text: &str) -> Option<u64> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(parts) = text.strip_suffix("ppm") {
        let parts = parts.trim_end();
        return digits(parts).then(|| parts.parse().ok()).flatten();
    }
    let percent = text.strip_suffix('%')?.trim_end();
    let (whole, part) = percent.split_once('.').unwrap_or((percent, "0"));
    if !digits(whole) || !digits(part) || part.len() > 4 {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(10_000)?.checked_add(format!("{part:0<4}").parse().ok()?)
}

/// The call of the inbox.
#[must_use]
pub fn govern_data(action: u8, subject: u16, value: u64) -> Bytes {
    governCall { action, subject, value }.abi_encode().into()
}

/// The two calls of a timelock that carry `data` to the inbox: one that lets it wait for `delay` seconds, and one that
/// carries it out. `salt` sets it apart from the same call at another time; nothing has to come before it.
#[must_use]
pub fn timelock_data(inbox: Address, data: &Bytes, salt: B256, delay: u64) -> [Bytes; 2] {
    let schedule = scheduleCall {
        target: inbox,
        value: U256::ZERO,
        data: data.clone(),
        predecessor: B256::ZERO,
        salt,
        delay: U256::from(delay),
    };
    let execute = executeCall {
        target: inbox,
        value: U256::ZERO,
        payload: data.clone(),
        predecessor: B256::ZERO,
        salt,
    };
    [schedule.abi_encode().into(), execute.abi_encode().into()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{hex, keccak256};

    #[test]
    fn actions_go_by_name_and_by_number() {
        for action in actions() {
            assert_eq!(Action::named(action.name), Ok(action));
            assert_eq!(Action::named(&action.number.to_string()), Ok(action));
        }
        let mut numbers: Vec<u8> = actions().map(|action| action.number).collect();
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..14), "each number once");
        let error = Action::named("leverage").expect_err("no such action").to_string();
        assert!(error.contains("open_interest_cap") && Action::named("14").is_err());
    }

    #[test]
    fn values_are_said_in_percent_usdc_and_seconds_and_never_rounded() {
        let value = |name: &str, text: &str| Action::named(name).expect("it is there").value(text).ok();
        assert_eq!(value("maintenance_margin", "4%"), Some(40_000));
        assert_eq!(value("hour_share", "0.0625 %"), Some(625));
        assert_eq!(value("day_share", "12345 ppm"), Some(12_345));
        for bad in ["4", "4.00001%", "-4%", "%", "ppm", "4,5%", "4 % ", "99999999999999999999%"] {
            assert_eq!(value("initial_margin", bad), None, "{bad}");
        }
        assert_eq!((value("publisher", "17"), value("guardian", "268435455")), (Some(17), Some(268_435_455)));
        for bad in ["268435456", "4294967296", "-1", "alice", "1.0", ""] {
            assert_eq!(value("publisher", bad), None, "{bad}");
        }
        assert_eq!(value("open_interest_cap", "1,000,000 USDC"), Some(1_000_000_000_000));
        assert_eq!(value("day_floor", "0.0000001"), None);
        assert_eq!(value("settles_at", "1796083200"), Some(1_796_083_200_000));
        assert_eq!(
            (value("settles_at", "1796083201"), value("settles_at", &u64::MAX.to_string())),
            (None, None)
        );
        let words = |name: &str, value| Action::named(name).expect("it is there").in_words(value);
        assert_eq!(words("hour_share", 40_625), "40625 ppm, that is 4.0625%");
        assert!(words("hour_floor", 2_000_000).contains("2.00 USDC"));
    }

    #[test]
    fn calls_are_those_of_the_inbox_and_of_a_timelock() {
        let selector = |signature: &str| keccak256(signature)[..4].to_vec();
        let data = govern_data(6, 1, 20_000);
        assert_eq!(data[..4], selector("govern(uint8,uint16,uint64)"));
        let words = format!("{:064x}{:064x}{:064x}", 6, 1, 20_000);
        assert_eq!(hex::encode(&data[4..]), words);
        let (inbox, salt) = (Address::repeat_byte(2), B256::repeat_byte(9));
        let [schedule, execute] = timelock_data(inbox, &data, salt, 259_200);
        assert_eq!(schedule[..4], selector("schedule(address,uint256,bytes,bytes32,bytes32,uint256)"));
        assert_eq!(execute[..4], selector("execute(address,uint256,bytes,bytes32,bytes32)"));
        let said = scheduleCall::abi_decode(&schedule).expect("it reads what it wrote");
        assert_eq!((said.target, said.data, said.salt, said.delay), (inbox, data, salt, U256::from(259_200)));
    }
}
