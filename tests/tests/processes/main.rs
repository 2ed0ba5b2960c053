//! The whole exchange as real processes: L1, contracts, node, validator, and the tools of its users. Each test has a devnet of
//! its own. They lie in one program, for most of their time is spent waiting, which they do side by side.

mod censorship;
mod clients;
mod congestion;
mod crash;
mod demands;
mod disputes;
mod escape;
mod escape_disputes;
mod forged;
mod garbage;
mod l1;
mod real_time;
mod rejected;
mod restarted;
mod smoke;
mod sybils;
mod withheld;
