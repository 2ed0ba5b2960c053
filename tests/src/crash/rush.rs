//! How long it takes to act on very many accounts that fall below maintenance at once.

use super::{assumptions::Assumptions, drive::Drive, event::Crash};
use serde::Serialize;

/// Part by which the price falls: less than the 3% that would be a jump, in which nobody is liquidated. Who trades bitcoin with
/// a twenty-fifth of it at most is left with 1.5%, and 2% must be kept.
const FALL: f64 = 0.029_5;
/// Dollars of the backstop: enough for all, for what the book takes is bounded by its pace.
const BACKSTOP: f64 = 1e10;

/// What was done at the tick of the fall.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Rush {
    /// Accounts that were liquidated by at least a step, or torn up.
    pub acted_on: usize,
    /// Steps of the ladder.
    pub steps: usize,
    /// Milliseconds of CPU time of one thread: finding all of them, asking before each step whether it can be taken, taking
    /// it, and telling everybody in the node who follows.
    pub ms: f64,
}

/// Lets `accounts` enter one market of class A at the highest leverage, half of them long, and lets its price fall by so
/// much that all who are long are below maintenance.
///
/// # Errors
/// As [`run`](super::run).
pub fn rush(accounts: u32) -> eyre::Result<Rush> {
    let assumed = Assumptions {
        accounts,
        leverage: 25.0,
        backstop: BACKSTOP,
        leverage_spread: 0.0,
        long_accounts: 0.5,
        stops: 0.0,
        second_market: 0.0,
        turnover: 0.0,
        ..Assumptions::default()
    };
    let crash = Crash::gap(1, 1, FALL);
    let mut drive = Drive::begin(&crash, &assumed)?;
    let (named, steps, time) = drive.rush_at(crash.from + 120_000);
    Ok(Rush { acted_on: named.len(), steps, ms: (time.as_secs_f64() * 1e6).round() / 1e3 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_long_is_acted_on_at_the_fall() {
        let Rush { acted_on, steps, .. } = rush(200).expect("an exchange begins");
        assert!(acted_on >= 80 && steps >= acted_on, "{acted_on} accounts in {steps} steps");
    }
}
