//! What the state root covers: typed leaves, their tables, Merkle trees, proofs and snapshots.
//!
//! The state is facts only. Books, liquidation queues and every other index are functions of the facts and
//! live with their users; the orders of the books are committed as leaves whose bytes the engine supplies.

#![no_std]

extern crate alloc;

pub mod bytes;
pub mod commit;
pub mod leaf;
pub mod nonce;
pub mod snapshot;
pub mod state;
pub mod table;
pub mod tree;

pub use bytes::LeafBytes;
pub use commit::{Commitment, Subtree, state_root};
pub use leaf::{
    Account, Activity, Average, Breakers, Bucket, Capacity, CapacityReport, Chain, Checkpoint, Closing,
    Contingent, Custody, Exits, FACTORS, Factor, Flow, Forced, FundHistory, Genesis, Governance, Guard, Halt,
    Holders, Holding, Holdings, Interest, Lag, Leverage, MINUTES, Market, Minute, Minutes, OrderPage, Pace,
    Pacing, Pause, Peg, PegReport, Pending, PendingChange, Pool, Position, Premium, Priced, Pricing,
    Protection, QUEUES, Queued, Rate, Report, Resolution, Section, Seldom, Session, Settlement, Signers,
    Span, Stage, Strain, Told, Trader, TraderBook, Uncommon, Venue, Volume, Window, account_index,
    factor_index, lower_median, minutes_index, page_index, queue_index, queue_place,
};
pub use nonce::NonceWindow;
pub use state::{CHAIN_INDEX, Change, EncodeAll, GENESIS_INDEX, GOVERNANCE_INDEX, State};
pub use table::{LeafSource, Table};
pub use tree::{NodeSource, PartialTree, Tree, TreeError};
