//! The pipeline and its interface as a whole, on a store in memory and a clock that the test moves: no
//! processes, no L1.

mod answers;
mod assets;
mod batches;
mod clearing;
mod conditionals;
mod crash;
mod docs;
mod durability;
mod ends;
mod exits;
mod feeds;
mod governance;
mod http;
mod liquidation;
mod machine;
mod margin;
mod modes;
mod order_status;
mod pricing;
mod quarantine;
mod queries;
mod resubmission;
mod support;
mod sweeping;
mod transfers;
mod watched;
mod websocket;
mod what_if;
