//! What spans rooms: recorded flow, workloads, a client, the devnet.

pub mod audit;
pub mod backtest;
pub mod bench;
pub mod client;
pub mod congestion;
pub mod contract;
pub mod crash;
pub mod desk;
pub mod devnet;
pub mod flow;
pub mod guest;
pub mod load;
pub mod replay;
pub mod scan;
pub mod scenario;
pub mod size;
pub mod stream;
pub mod trader;
pub mod workload;
pub mod world;
