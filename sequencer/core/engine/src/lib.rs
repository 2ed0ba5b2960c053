//! START HERE: the exchange as one function from state and input to state and outcome.
//!
//! [`apply`] is the table of contents; every command has a file of its own. Here, and only here, orders meet
//! money: the book plans fills and knows no account, risk weighs accounts and knows no book.
//!
//! What is absent: no clock (time is an input), no I/O, no randomness, no float, no thread, no signature
//! arithmetic (see [`verify`]), and no panic that an input could cause: whatever a user, a publisher or L1
//! says, the answer is an [`Outcome`](ballast_types::Outcome).

#![no_std]

extern crate alloc;

mod apply;
mod authority;
mod batching;
mod bearing;
mod books;
mod breakers;
mod cancel_all;
mod cancel_order;
mod capacity;
mod clear;
mod collateral;
mod commit;
mod conditionals;
mod deleverage;
mod due;
pub mod escape;
mod exchange;
mod exit;
mod facts;
mod foresee;
mod fund;
pub mod genesis;
pub mod governance;
mod grant_session;
mod guardian;
mod holdings;
mod inbox;
mod interest;
pub mod invariants;
mod l1_batch_posted;
mod l1_deposit;
mod l1_forced;
mod l1_governance;
mod lag;
mod liquidate;
mod makers;
mod margin;
mod matching;
mod open_account;
mod operations;
mod oracle;
mod own_orders;
mod pacing;
mod peg;
mod place_order;
mod precheck;
mod pricing;
mod rehearse;
mod replace_order;
mod report_prices;
mod resting;
mod revoke_session;
mod seal_batch;
mod set_leverage;
mod settlement;
mod shortfall;
mod standing;
mod sweep;
mod tiers;
mod totals;
mod transfer;
mod verify;
mod watch;
mod withdraw;

pub use apply::{apply, apply_into};
pub use batching::matches_in_batches;
pub use breakers::mode_of;
pub use clear::can_clear;
pub use collateral::{backing_of, collateral_value, markets_of as collateral_markets, pledge};
pub use commit::{commit, commit_by, forget_changes};
pub use conditionals::is_due;
pub use deleverage::{Largest, Sides, can_deleverage, gains_due, largest_of_pool};
pub use escape::{Escape, PoolEscape};
pub use exchange::{Exchange, RestoreError};
pub use exit::{can_exit, due_exit, is_closable};
pub use genesis::{GenesisConfig, GenesisError, History, Listing, ProtectionConfig};
pub use interest::{limit as open_interest_limit, limit_of_account as position_limit};
pub use liquidate::{can_liquidate, can_only_be_torn_up};
pub use margin::meets_initial;
pub use oracle::{is_believed, oracle_state};
pub use pacing::flow;
pub use peg::worth as usdc_worth;
pub use precheck::precheck;
pub use rehearse::{rehearse, take_back};
pub use settlement::{can_cash, can_resolve, can_settle, is_cashed, is_in_grace};
pub use shortfall::{Shortfall, shortfall_of};
pub use standing::Standing;
pub use verify::{Said, Verified, verify};
pub use watch::{Watch, watch};

#[cfg(test)]
mod tests;
#[cfg(test)]
mod world;
