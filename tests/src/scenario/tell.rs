//! Tells what happened in a trader's words.

use super::read::{PRICE_DECIMALS, SIZE_DECIMALS};
use alloy::primitives::utils::format_units;
use ballast_engine::governance;
use ballast_types::{
    AccountId, AssetId, Causes, ConditionalId, Cover, Event, ForcedRequest, GovernanceCall, OracleState,
    OrderId, Ppm, PriceTicks, Quote, RemovalReason, SizeLots,
};

/// Names of orders.
pub(super) trait Names {
    /// What the scenario calls an order.
    fn of(&self, order: OrderId) -> String;
    /// What the scenario calls an order that waits for a condition.
    fn of_waiting(&self, order: ConditionalId) -> String;
    /// What the scenario calls an account.
    fn of_account(&self, account: AccountId) -> String;
    /// The ticker of an asset.
    fn of_asset(&self, asset: AssetId) -> String;
}

/// One phrase an event that is worth one, for the account `me`.
pub(super) fn phrases(events: &[Event], me: AccountId, names: &impl Names) -> Vec<String> {
    events.iter().filter_map(|event| phrase(event, me, names)).collect()
}

fn phrase(event: &Event, me: AccountId, names: &impl Names) -> Option<String> {
    Some(match event {
        Event::OperationRejected { rejection, .. } => format!("rejected {}", rejection.code.name()),
        Event::Fill { price, size, taker, taker_order, maker_order, .. } => {
            let whose = if *taker == me { String::new() } else { format!("{} ", names.of(*taker_order)) };
            format!("{whose}fills {} of {} @ {}", lots(*size), names.of(*maker_order), usdc(*price))
        }
        Event::OrderRested { order, .. } => {
            let shown = if order.iceberg.is_some() {
                format!(" showing {}", lots(order.size))
            } else {
                String::new()
            };
            let whose = if order.account == me { String::new() } else { format!("{} ", names.of(order.id)) };
            format!("{whose}rests {} @ {}{shown}", lots(order.open()), usdc(order.price))
        }
        Event::OrderWaits { order, .. } => format!("waits {} @ {}", lots(order.open()), usdc(order.price)),
        Event::Cleared { price: Some(price), volume, .. } => {
            format!("clears {} @ {}", lots(*volume), usdc(*price))
        }
        Event::PriceUpdated { index, mark, oracle, .. } => {
            format!("index {} mark {} {}", usdc(*index), usdc(*mark), good_for(*oracle))
        }
        Event::Cleared { price: None, .. } => "clears nothing".to_owned(),
        Event::Restricted(restrict) => format!("restricted to {}", restrict.mode.name()),
        Event::ModeChanged { mode, causes, initial_factor, .. } => {
            let why: Vec<_> = Causes::ALL
                .iter()
                .filter(|(cause, _)| causes.any_of(*cause))
                .map(|(_, name)| *name)
                .collect();
            let why = if why.is_empty() { String::new() } else { format!(" for {}", why.join(" and ")) };
            let margin = if *initial_factor == Ppm::WHOLE {
                String::new()
            } else {
                format!(" at {}% margin", initial_factor.0 / 10_000)
            };
            format!("{}{why}{margin}", mode.name())
        }
        Event::AuctionPutOff { rounds, .. } => format!("puts the auction off {rounds}"),
        Event::MarginChanged { maintenance, initial, .. } => {
            format!("margin {} and {} ppm", maintenance.0, initial.0)
        }
        Event::PegChanged { price, weak, broken, low } => {
            let guards = [(weak, "weak"), (broken, "broken")];
            let on: Vec<_> = guards.into_iter().filter(|(on, _)| **on).map(|(_, name)| name).collect();
            let on = if on.is_empty() { "sound".to_owned() } else { on.join(" and ") };
            format!("usdc at {} is {on} from {}", price.0, low.0)
        }
        Event::TiersMoved { above, .. } => {
            let bounds: Vec<_> = above.iter().map(|bound| lots(*bound)).collect();
            format!("tiers begin above {}", bounds.join(", "))
        }
        Event::OpenInterestMargin { margin, .. } => format!("open interest asks {} ppm", margin.0),
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
        Event::LeverageSet { leverage: 0, .. } => "takes leverage back".to_owned(),
        Event::LeverageSet { leverage, .. } => format!("leverage {leverage}"),
        Event::ConditionalPlaced { conditional, .. } => {
            format!("{} waits {}", names.of_waiting(conditional.id), lots(conditional.order.size))
        }
        Event::ConditionalFired { conditional, size, .. } => {
            format!("{} fires {}", names.of_waiting(*conditional), lots(*size))
        }
        Event::ConditionalReduced { conditional, left, .. } => {
            format!("{} shrinks to {}", names.of_waiting(*conditional), lots(*left))
        }
        Event::ConditionalRemoved { conditional, reason, .. } => {
            format!("{} ends {}", names.of_waiting(*conditional), why(*reason))
        }
        Event::Liquidated { account, level, .. } => {
            format!("{} at level {level}", names.of_account(*account))
        }
        Event::Withdrawn { account, asset: AssetId::USDC, amount, .. } => {
            format!("{} withdraws {}", names.of_account(*account), money(*amount))
        }
        Event::Withdrawn { account, asset, amount, .. } => {
            let (name, symbol) = (names.of_account(*account), names.of_asset(*asset));
            format!("{name} withdraws {} {symbol}", money(*amount))
        }
        Event::WithdrawalQueued { account, amount, .. } => {
            format!("{} waits for {}", names.of_account(*account), money(*amount))
        }
        Event::Transferred { account, to, amount, fee, .. } => {
            let (from, to) = (names.of_account(*account), names.of_account(*to));
            let less = if fee.0 > 0 { format!(" less {}", money(*fee)) } else { String::new() };
            format!("{from} pays {} to {to}{less}", money(*amount))
        }
        Event::TakenOver { account, size, price, fund, .. } => {
            let whose = names.of_account(*account);
            let added = if fund.0 > 0 { format!(" fund adds {}", money(*fund)) } else { String::new() };
            format!("backstop takes {} of {whose} @ {}{added}", lots(*size), usdc(*price))
        }
        Event::Deleveraged { account, size, paid, .. } => {
            let name = names.of_account(*account);
            let (gets, amount) = if paid.0 < 0 { ("gets", Quote(-paid.0)) } else { ("pays", *paid) };
            format!("{name} is torn up {} and {gets} {}", lots(size.abs()), money(amount))
        }
        Event::GainsCut { account, paid } => {
            format!("{} pays {} of its gain", names.of_account(*account), money(*paid))
        }
        Event::MarketSettled { price, .. } => format!("settles @ {}", usdc(*price)),
        Event::PositionSettled { account, size, cash, .. } => {
            let sign = if cash.0 < 0 { "-" } else { "" };
            let name = names.of_account(*account);
            format!("{} of {name} make {sign}{}", lots(size.abs()), money(*cash))
        }
        Event::PoolPaused { .. } => "nothing leaves".to_owned(),
        Event::ResolutionBegan { .. } => "resolution begins".to_owned(),
        Event::PoolResolved { ratio, .. } => format!("pays {}%", trimmed(u64::from(*ratio), 7)),
        Event::ForcedRequest { account, request, .. } => {
            let what = match request {
                ForcedRequest::CancelAll => "cancel all",
                ForcedRequest::Withdraw => "a withdrawal",
                ForcedRequest::Exit => "an exit",
                ForcedRequest::Liquidate => "a liquidation",
            };
            format!("{} forces {what}", names.of_account(*account))
        }
        Event::Exiting { account, lots: held, .. } => {
            format!("{} leaves {}", names.of_account(*account), lots(held.abs()))
        }
        Event::ParameterChanged(GovernanceCall { action, value, .. })
            if governance::is_of_signer(*action) =>
        {
            let owner = names.of_account(AccountId(u32::try_from(*value).expect("there is such an account")));
            format!("{owner} signs as {}", action_name(*action))
        }
        Event::ParameterChanged(call) => format!("{} becomes {}", action_name(call.action), call.value),
        Event::GovernanceRefused(call, rejection) => {
            format!("{} stays for {}", action_name(call.action), rejection.code.name())
        }
        Event::ExitEnded { account, amount, .. } => {
            format!("{} is out with {}", names.of_account(*account), money(*amount))
        }
        Event::CollateralSold { account, asset, amount, proceeds } => {
            let (name, symbol) = (names.of_account(*account), names.of_asset(*asset));
            format!("{name} sells {} {symbol} for {}", trimmed(amount.0, 6), money(*proceeds))
        }
        Event::DeficitCovered { account, by, amount } => {
            let payer = match by {
                Cover::Fund => "fund",
                Cover::Backstop => "backstop",
                Cover::Pool => "nobody",
                Cover::Fees => "pool",
            };
            format!("{payer} pays {} for {}", money(*amount), names.of_account(*account))
        }
        _ => return None,
    })
}

fn action_name(number: u8) -> &'static str {
    governance::action_name(number).unwrap_or("nothing")
}

/// Whether the order had been resting.
const fn rested(reason: RemovalReason) -> bool {
    !matches!(
        reason,
        RemovalReason::ImmediateOrCancel
            | RemovalReason::FillLimit
            | RemovalReason::SelfTradeTaker
            | RemovalReason::OpenInterest
    )
}

const fn good_for(oracle: OracleState) -> &'static str {
    match oracle {
        OracleState::Fresh => "fresh",
        OracleState::Uncertain => "uncertain",
        OracleState::Stale => "stale",
        OracleState::Invalid => "invalid",
    }
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
        RemovalReason::OneCancelsOther => "other",
        RemovalReason::NotOpened => "not-opened",
        RemovalReason::OutsideBand => "outside-band",
        RemovalReason::Liquidation => "liquidation",
        RemovalReason::Settled => "settled",
        RemovalReason::Exit => "exit",
        RemovalReason::OpenInterest => "open-interest",
    }
}

fn lots(size: SizeLots) -> String {
    trimmed(size.0, SIZE_DECIMALS)
}

fn money(amount: Quote) -> String {
    trimmed(amount.0.unsigned_abs(), 6)
}

fn usdc(price: PriceTicks) -> String {
    trimmed(price.0, PRICE_DECIMALS)
}

/// A number of units of `10^-decimals`, without idle zeros.
fn trimmed(units: u64, decimals: u8) -> String {
    let text = format_units(units, decimals).expect("few decimals");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
