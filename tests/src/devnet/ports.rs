//! Free ports.

use super::options::WantedPorts;
use eyre::{WrapErr, eyre};
use rand::Rng;
use std::net::{Ipv4Addr, TcpListener};

/// Where a free port is looked for.
const LOWEST: u16 = 12_000;
/// Where Linux begins to give ports to outgoing connections.
const HIGHEST: u16 = 32_768;
/// Ports that are tried.
const TRIES: usize = 1_000;

/// Where the devnet listens.
#[derive(Clone, Copy, Debug)]
pub struct Ports {
    /// L1.
    pub l1: u16,
    /// The node's JSON-RPC, HTTP and WebSocket.
    pub rpc: u16,
    /// The node's metrics.
    pub metrics: u16,
}

impl Ports {
    /// The ports that were asked for, and free ones for the rest.
    ///
    /// # Errors
    /// When one that was asked for is taken, or the machine has no free port.
    pub fn choose(wanted: WantedPorts) -> eyre::Result<Self> {
        for port in [wanted.l1, wanted.rpc, wanted.metrics].into_iter().flatten() {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).wrap_err_with(|| format!("port {port}"))?;
        }
        // All are held until the last is found, so that they differ.
        let held = [free()?, free()?, free()?];
        let port = |at: usize| held[at].local_addr().map(|address| address.port());
        Ok(Self {
            l1: wanted.l1.map_or_else(|| port(0), Ok)?,
            rpc: wanted.rpc.map_or_else(|| port(1), Ok)?,
            metrics: wanted.metrics.map_or_else(|| port(2), Ok)?,
        })
    }
}

/// A port below those that the kernel gives to outgoing connections: the node leaves its port while it is restarted,
/// and one who knocks meanwhile must not be given that very port to knock from. It is held.
///
/// # Errors
/// When the machine has none.
pub fn free() -> eyre::Result<TcpListener> {
    let mut random = rand::rng();
    let mut ports = std::iter::repeat_with(|| random.random_range(LOWEST..HIGHEST)).take(TRIES);
    let found = ports.find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    found.ok_or_else(|| eyre!("{TRIES} ports were tried, all are taken"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_ports_differ_and_wanted_ones_are_kept() {
        let free = free().expect("a port");
        let port = free.local_addr().expect("an address").port();
        let wanted = WantedPorts { rpc: Some(port), ..WantedPorts::default() };
        assert!(Ports::choose(wanted).is_err(), "somebody listens there");
        drop(free);
        let ports = Ports::choose(wanted).expect("ports");
        assert_eq!(ports.rpc, port);
        assert!(ports.l1 != ports.metrics && ports.l1 > 0);
    }
}
