//! The sequencer: the edges of the exchange, in the order in which a request meets them.
//!
//! [`rpc`] parses and bounds → [`admission`] fixes the order and recovers signers → [`sequence`] gives number
//! and time and carries out → [`journal`] makes durable → [`publish`] lets the mirror follow and tells →
//! [`batcher`] makes batches for the bridge to post. [`app`] puts them together, and nothing else does.
//!
//! What is absent: rules of the exchange. Nothing here decides what an input does.

pub mod admission;
pub mod app;
pub mod batcher;
pub mod clearer;
pub mod clock;
pub mod config;
pub mod exits;
pub mod fatal;
pub mod feed;
mod holders;
pub mod journal;
pub mod ladder;
pub mod liquidator;
pub mod metrics;
pub mod mirror;
pub mod pipeline;
pub mod promise;
pub mod publish;
pub mod quarantine;
pub mod restart;
pub mod rpc;
pub mod secp;
pub mod sequence;
pub mod settler;
pub mod sweeper;
pub mod triggers;
pub mod wire;
