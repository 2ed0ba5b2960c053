//! The exchange a second time: slow, plain, and written from `docs/protocol.md` and the types alone.
//!
//! It shares no rule and no arithmetic with the engine. Where the two differ, one of them has read the
//! specification wrongly, or the specification is unclear. Orders are one list a market, found by looking at all
//! of them; whatever may fail is tried on the state and the state put back; formulas are written as the document
//! writes them. It knows the signer of an input and no signatures, no trees, no batches' bytes.

mod account;
mod assets;
mod auction;
mod authority;
mod batching;
mod book;
mod cancel;
mod certain;
mod clear;
mod closing;
mod collateral;
mod conditionals;
mod crowding;
mod deleverage;
mod deposits;
mod exchange;
mod exit;
mod exit_torn;
mod filling;
mod fire;
mod forced;
mod forced_pairs;
mod fractions;
mod funding;
mod governance;
mod groups;
mod guardian;
mod haircut;
mod halt;
mod history;
mod index;
mod interest;
mod lag;
mod leaving;
mod links;
mod liquidate;
mod margin;
mod mark;
mod market;
mod meeting;
mod modes;
mod numbers;
mod operations;
mod pacing;
mod pause;
mod peg;
mod place;
mod pools;
mod prices;
mod protection;
mod replace;
mod requests;
mod resolution;
mod sessions;
mod settlement;
mod shortfall;
mod strict;
mod system;
mod takeover;
mod trade;
mod transfer;
mod withdraw;

pub use account::{Account, Closed, Nonces, Position, Session};
pub use assets::Asset;
pub use collateral::Counted;
pub use exchange::Exchange;
pub use fractions::Fractions;
pub use governance::Change;
pub use halt::Halt;
pub use history::{Grade, History, Marked, Tick, Window};
pub use margin::Margin;
pub use mark::Average;
pub use market::{Market, Pace, Report};
pub use modes::Told;
pub use pacing::{Bucket, Pacing, Queued};
pub use pause::Pause;
pub use peg::{Guard, Peg};
pub use protection::{Pool, Takeovers};
pub use resolution::Stage;
pub use settlement::Settled;
pub use shortfall::Shortfall;
