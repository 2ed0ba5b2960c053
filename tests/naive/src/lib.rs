//! The exchange a second time: slow, plain, and written from `docs/protocol.md` and the types alone.
//!
//! It shares no rule and no arithmetic with the engine. Where the two differ, one of them has read the
//! specification wrongly, or the specification is unclear. Orders are one list a market, found by looking at all
//! of them; whatever may fail is tried on the state and the state put back; formulas are written as the document
//! writes them. It knows the signer of an input and no signatures, no trees, no batches' bytes.

mod account;
mod auction;
mod authority;
mod batching;
mod book;
mod cancel;
mod certain;
mod clear;
mod conditionals;
mod deposits;
mod exchange;
mod fire;
mod funding;
mod groups;
mod index;
mod links;
mod margin;
mod mark;
mod market;
mod meeting;
mod numbers;
mod operations;
mod place;
mod prices;
mod replace;
mod sessions;
mod system;
mod trade;
mod withdraw;

pub use account::{Account, Nonces, Position, Session};
pub use exchange::{Exchange, Pool};
pub use margin::Margin;
pub use mark::Average;
pub use market::{Market, Report};
