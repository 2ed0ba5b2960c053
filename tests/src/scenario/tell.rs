//! Tells what happened in a trader's words.

use super::read::{PRICE_DECIMALS, SIZE_DECIMALS};
use alloy::primitives::utils::format_units;
use ballast_types::{AccountId, Event, OrderId, PriceTicks, RemovalReason, SizeLots};

/// Names of orders.
pub(super) trait Names {
    /// What the scenario calls an order.
    fn of(&self, order: OrderId) -> String;
}

/// One phrase an event that is worth one, for the account `me`.
pub(super) fn phrases(events: &[Event], me: AccountId, names: &impl Names) -> Vec<String> {
    events.iter().filter_map(|event| phrase(event, me, names)).collect()
}

fn phrase(event: &Event, me: AccountId, names: &impl Names) -> Option<String> {
    Some(match event {
        Event::OperationRejected { rejection, .. } => format!("rejected {}", rejection.code.name()),
        Event::Fill { price, size, maker_order, .. } => {
            format!("fills {} of {} @ {}", lots(*size), names.of(*maker_order), usdc(*price))
        }
        Event::OrderRested { order, .. } => {
            let shown = if order.iceberg.is_some() {
                format!(" showing {}", lots(order.size))
            } else {
                String::new()
            };
            format!("rests {} @ {}{shown}", lots(order.open()), usdc(order.price))
        }
        Event::OrderRemoved { reason: RemovalReason::Filled, .. } => return None,
        Event::OrderRemoved { account, order, size, reason, .. } => {
            let name = names.of(*order);
            let whose = if *account == me && !rested(*reason) { String::new() } else { format!("{name} ") };
            format!("{whose}drops {} {}", lots(*size), why(*reason))
        }
        Event::OrderReduced { account, order, size, left, reason, .. } => {
            let name = names.of(*order);
            let whose = if *account == me && !rested(*reason) { String::new() } else { format!("{name} ") };
            format!("{whose}loses {} and keeps {} {}", lots(*size), lots(*left), why(*reason))
        }
        Event::AllCancelled { count, .. } => format!("cancels {count}"),
        Event::ScheduledCancel { count, .. } => format!("cancels {count} as scheduled"),
        _ => return None,
    })
}

/// Whether the order had been resting.
const fn rested(reason: RemovalReason) -> bool {
    !matches!(
        reason,
        RemovalReason::ImmediateOrCancel | RemovalReason::FillLimit | RemovalReason::SelfTradeTaker
    )
}

const fn why(reason: RemovalReason) -> &'static str {
    match reason {
        RemovalReason::Filled => "filled",
        RemovalReason::Cancelled => "cancelled",
        RemovalReason::Replaced => "replaced",
        RemovalReason::ImmediateOrCancel => "unfilled",
        RemovalReason::FillLimit => "fill-limit",
        RemovalReason::SelfTrade | RemovalReason::SelfTradeTaker => "self-trade",
        RemovalReason::MakerMargin => "maker-margin",
        RemovalReason::Expired => "expired",
        RemovalReason::ReduceOnly => "nothing-to-close",
        RemovalReason::Scheduled => "scheduled",
        RemovalReason::Reduced => "reduced",
    }
}

fn lots(size: SizeLots) -> String {
    trimmed(size.0, SIZE_DECIMALS)
}

fn usdc(price: PriceTicks) -> String {
    trimmed(price.0, PRICE_DECIMALS)
}

/// A number of units of `10^-decimals`, without idle zeros.
fn trimmed(units: u64, decimals: u8) -> String {
    let text = format_units(units, decimals).expect("few decimals");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
