//! The liquidation ladder of an account that lacks margin (risk.md 5): where it stands, what is closed of it and at which
//! price, who pays and who takes over.
//!
//! Pure functions, in the order of the ladder; the engine applies them, and a simulation of one market does in the
//! tests. Amounts are in u, prices in ticks, sizes in lots. A position is closed by a forced order: one that sells for
//! a long, one that buys for a short. Roundings leave the account's health no lower and make no money: what one side
//! gets another pays, to the unit.

pub mod deleverage;
pub mod fund;
pub mod holding;
pub mod level;
pub mod price;
pub mod settle;
pub mod size;
pub mod threshold;
pub mod waterfill;

pub use deleverage::{
    Loss, deficit_of, gain, gain_spent, haircut, split_deficit, tear_up_cap, tear_up_weight,
};
pub use fund::{Claims, fund_target, interest_part, split_penalty};
pub use holding::Holding;
pub use level::{Health, Level, level};
pub use price::{
    affordable_limit, bears, exit_price, fillable_price, rescue_price, takeover_price, zero_price,
};
pub use settle::{ForcedFill, Settlement};
pub use size::{closing_order, lots_to_close, paced};
pub use threshold::liquidation_mark;
pub use waterfill::{pro_rata, waterfill};

#[cfg(test)]
mod simulation;
