//! What is assumed of everybody who is not recorded: how many trade, how large, at which leverage, and how deep the book is.
//!
//! Amounts are relative to the open interest of a market, so that one number scales the whole run.

use clap::Args;
use serde::Serialize;

/// Everything that is assumed. The defaults are those that the tables of `docs/risk-model.md` were made with.
#[derive(Clone, Copy, Debug, PartialEq, Args, Serialize)]
pub struct Assumptions {
    /// Accounts of traders. Makers, those who trade at random and the backstop come on top.
    #[arg(long, default_value_t = 10_000)]
    pub accounts: u32,
    /// Seed of everything that is drawn.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Milliseconds from one tick to the next: all publishers report, makers quote anew.
    #[arg(long, default_value_t = 1_000)]
    pub tick_ms: u64,
    /// Price publishers.
    #[arg(long, default_value_t = 7)]
    pub publishers: u8,
    /// How many of them a price needs.
    #[arg(long, default_value_t = 5)]
    pub quorum: u8,
    /// How far a publisher's price is off, in basis points: one standard deviation.
    #[arg(long, default_value_t = 0.5)]
    pub publisher_noise: f64,
    /// Milliseconds from one publisher's report of a tick to the next one's; all come at once at 0. With all of them it must
    /// be less than a tick.
    #[arg(long, default_value_t = 0)]
    pub apart_ms: u64,
    /// One-sided open interest when the crash begins, as a part of the launch caps: BTC 250M, ETH 150M, B 40M, C 1M USDC.
    #[arg(long, default_value_t = 1.0)]
    pub open_interest: f64,
    /// Part of the accounts that is long. Both sides together hold what is said above, so that the fewer are larger.
    #[arg(long, default_value_t = 0.7)]
    pub long_accounts: f64,
    /// Part of the long open interest that traders are short; the makers are short of the rest.
    #[arg(long, default_value_t = 0.85)]
    pub short_interest: f64,
    /// Median leverage of an account when the crash begins. It is lognormal, and cut off at 1 and at 95% of what the
    /// market allows.
    #[arg(long, default_value_t = 4.0)]
    pub leverage: f64,
    /// Standard deviation of its logarithm.
    #[arg(long, default_value_t = 0.7)]
    pub leverage_spread: f64,
    /// Tail of the sizes, a Pareto exponent: the smaller, the more of the open interest is in few hands. No account holds
    /// more than 3% of a side.
    #[arg(long, default_value_t = 1.2)]
    pub size_tail: f64,
    /// Part of the accounts that has a stop: it closes all at 20% to 90% of the way to liquidation.
    #[arg(long, default_value_t = 0.3)]
    pub stops: f64,
    /// Part of the accounts in A and B that hold a second market, the same way.
    #[arg(long, default_value_t = 0.2)]
    pub second_market: f64,
    /// Makers of each market.
    #[arg(long, default_value_t = 3)]
    pub makers: u16,
    /// Capital of a market's makers together, as a part of its open interest. They hold no more than three times what is
    /// left of it.
    #[arg(long, default_value_t = 0.08)]
    pub maker_capital: f64,
    /// What makers show on each side within 1% of the price in calm times, as a part of the open interest. While the price
    /// moves `v` a minute instead of the ordinary `v0`, it is `1 / (1 + (v / v0 / 10)^2)` of that, and their spread is
    /// `1 + v / v0 / 10` times the ordinary one.
    #[arg(long, default_value_t = 0.015)]
    pub depth: f64,
    /// The least that is left of the depth.
    #[arg(long, default_value_t = 0.1)]
    pub depth_floor: f64,
    /// Volume of those who trade at random in a day, in open interests.
    #[arg(long, default_value_t = 3.0)]
    pub turnover: f64,
    /// How much more of that sells than buys while the price falls as in the worst minutes, and the reverse.
    #[arg(long, default_value_t = 0.3)]
    pub panic: f64,
    /// What the insurance fund of the common pool holds, in USDC. Its target when not said: the largest of 5M, of 1% and 2% of
    /// the open interest in A and B, and of what the largest accounts could lose (risk.md 5.8). A silo's holds its own target: the
    /// same, with 100,000 and 10%.
    #[arg(long)]
    pub fund: Option<f64>,
    /// Equity of the common pool's backstop, in USDC.
    #[arg(long, default_value_t = 5_000_000.0)]
    pub backstop: f64,
    /// Equity of the backstop of each silo, in USDC.
    #[arg(long, default_value_t = 100_000.0)]
    pub silo_backstop: f64,
    /// Part of its positions that the backstop sells in a minute, within 0.5% of the price.
    #[arg(long, default_value_t = 0.05)]
    pub unwind: f64,
    /// Milliseconds of the exchange's time that a group of the sequencer takes, at least: one in which the ladder looks at
    /// 64 accounts for nothing takes about so long.
    #[arg(long, default_value_t = 3)]
    pub group_ms: u64,
    /// Microseconds of the exchange's time that a step of the ladder takes. The table tells what it took on this machine.
    #[arg(long, default_value_t = 500)]
    pub step_us: u64,
    /// Values every account after every tick, and compares with whom the index of the ladder finds.
    #[arg(long)]
    pub audit: bool,
}

impl Default for Assumptions {
    /// What is assumed when nothing is said.
    fn default() -> Self {
        #[derive(clap::Parser)]
        struct Nothing {
            #[command(flatten)]
            assumptions: Assumptions,
        }
        <Nothing as clap::Parser>::parse_from(["nothing"]).assumptions
    }
}
