//! The whole exchange looks at itself. Callable after any input, anywhere; an error is a fault of ours.
//!
//! The numbers are those of `docs/INVARIANTS.md`: up to 25 from risk.md section 11, the others from here.

mod accounts;
mod audit;
mod exits;
mod governance;
mod holdings;
mod markets;
mod peg;
mod queues;
mod withdrawals;

pub use audit::{Audit, Totals};

use alloc::string::String;
use ballast_types::PoolId;
use core::fmt;

use crate::exchange::Exchange;

/// What is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Number of the invariant.
    pub invariant: u16,
    /// The pool in which it is broken, where that is one.
    pub pool: Option<PoolId>,
    /// Where, and what was found.
    pub finding: String,
}

impl Violation {
    fn of(self, pool: PoolId) -> Self {
        Self { pool: Some(pool), ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "INV-{}: {}", self.invariant, self.finding)
    }
}

impl core::error::Error for Violation {}

/// Recounts everything from the facts: takes time in proportion to all accounts and orders. For an exchange
/// that is held whole.
///
/// # Errors
/// The first [`Violation`] found.
///
/// # Panics
/// When the exchange is lazy.
pub fn check(x: &Exchange) -> Result<(), Violation> {
    markets::check_dense(x)?;
    markets::check_markets(x)?;
    peg::check_peg(x)?;
    accounts::check_accounts(x)?;
    exits::check_exits(x)?;
    Audit::of(&x.state).check(&Totals::of(&x.state))?;
    withdrawals::check_withdrawals(x)?;
    holdings::check_prices(x)?;
    queues::check_queues(x)?;
    governance::check_pending(x)?;
    governance::check_signers(x)
}

/// `Ok` when it holds; the finding is only written when it does not.
fn ensure(holds: bool, invariant: u16, finding: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { invariant, pool: None, finding: finding() }) }
}

#[cfg(test)]
mod tests;
