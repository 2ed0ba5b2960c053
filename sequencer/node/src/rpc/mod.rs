//! The public interface: JSON-RPC 2.0 over HTTP and WebSocket on one port. Parses, bounds, and hands on;
//! decides nothing. `docs/rpc.md` is its reference.
//!
//! Calls of one connection take effect in the order in which they were sent (see [`ws`]); a client that does
//! not read is slowed and then dropped.

mod api;
pub mod assets;
mod dispatch;
mod error;
mod http;
mod inbox;
mod markets;
mod parameters;
mod patience;
mod ports;
mod resubmission;
mod server;
mod what_if;
mod ws;

pub use api::{Rpc, methods};
pub use dispatch::answer;
pub(crate) use error::answered;
pub use error::{LAGGED_NOTICE, error_object};
pub use parameters::parameters;
pub use ports::{Channels, Entry, OrderName, View, ViewError, Views};
pub use server::{Server, ServerConfig};
