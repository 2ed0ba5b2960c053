//! What a run met, so that it can be asked whether it met what it is there to meet.

use std::collections::BTreeMap;

use ballast_types::{Event, Outcome, RejectCode, Rejection, Status};

/// Every kind of event, why orders leave or shrink, and the refusals that no limit of capacity makes rare.
const ALL: &[&str] = &[
    "OperationRejected",
    "OrderAccepted",
    "Fill",
    "OrderRested",
    "AllCancelled",
    "CancelScheduled",
    "ScheduledCancel",
    "LeverageSet",
    "Deposited",
    "Withdrawn",
    "SessionGranted",
    "SessionRevoked",
    "PriceUpdated",
    "FundingAccrued",
    "longs paid",
    "became or stayed fresh",
    "became or stayed uncertain",
    "publishers contradict",
    "fresh",
    "uncertain",
    "stale",
    "invalid by contradiction",
    "invalid by silence",
    "no longer stale",
    "jumped",
    "a jump was believed",
    "a jump without a witness",
    "a clearing put off by a jump",
    "a report was outvoted",
    "came back",
    "came back while orders waited",
    "no longer contradicted",
    "shrank while others waited",
    "held back by another market that is stale",
    "held back by another market that is invalid",
    "an hour with too few",
    "a premium above zero",
    "a premium below zero",
    "a basis above zero",
    "a basis below zero",
    "the touch was forgotten",
    "a touch of before",
    "mark beside the index",
    "mark at its bound",
    "an uncertain mark",
    "BatchPosted",
    "BatchSealed",
    "Restricted",
    "OrderWaits",
    "Cleared",
    "cleared at a price",
    "removed OutsideBand",
    "iceberg rested",
    "iceberg refreshed",
    "rebate",
    "excused from initial margin",
    "excused from fill margin",
    "removed Filled",
    "removed Cancelled",
    "removed Replaced",
    "removed ImmediateOrCancel",
    "removed FillLimit",
    "removed SelfTrade",
    "removed MakerMargin",
    "removed Expired",
    "removed ReduceOnly",
    "removed Scheduled",
    "removed SelfTradeTaker",
    "removed OneCancelsOther",
    "ConditionalPlaced",
    "ConditionalFired",
    "ConditionalReduced",
    "fired a part",
    "fired at its time",
    "fired when opened",
    "fired while its group slept",
    "fired beside an open order",
    "fired beside others",
    "fired alone",
    "an order of a group was replaced",
    "woke up smaller",
    "reduced while awake",
    "waited in vain Cancelled",
    "waited in vain Scheduled",
    "waited in vain OneCancelsOther",
    "waited in vain NotOpened",
    "waited in vain Filled",
    "reduced Reduced",
    "reduced SelfTrade",
    "reduced SelfTradeTaker",
];
/// Refusals for want of capacity, too rare to wait for, or met by lives on the ladder and such as end or exit.
const RARE: &[RejectCode] = &[
    RejectCode::Malformed,
    RejectCode::TooLarge,
    RejectCode::BookFull,
    RejectCode::BatchFull,
    RejectCode::NotionalTooLarge,
    RejectCode::TooManyLeverages,
    RejectCode::TooManyPositions,
    RejectCode::PositionTooLarge,
    RejectCode::Overflow,
    RejectCode::BackstopOnlyReduces,
    RejectCode::PoolInDeficit,
    RejectCode::WithdrawalsPaused,
    RejectCode::OpenInterestLimited,
    RejectCode::AccountExiting,
    RejectCode::ExitDue,
    RejectCode::PoolInResolution,
    RejectCode::MarketSettled,
    RejectCode::Busy,
    RejectCode::TooManyAccounts,
    RejectCode::WithdrawalsFull,
    RejectCode::WithdrawalPaced,
    RejectCode::UnknownAction,
    RejectCode::OutOfBounds,
    RejectCode::TooManyRequests,
    RejectCode::ShuttingDown,
    RejectCode::NotFound,
    RejectCode::PoolQuarantined,
];

/// How often each thing happened, by its name.
#[derive(Default)]
pub(crate) struct Seen(BTreeMap<String, u64>);

impl Seen {
    /// Notes an outcome that used so many arrival numbers.
    pub(crate) fn note(&mut self, outcome: &Outcome, arrivals: u64) {
        let accepted =
            outcome.events.iter().filter(|event| matches!(event, Event::OrderAccepted { .. })).count();
        if arrivals > accepted as u64 {
            self.count("iceberg refreshed");
        }
        if let Status::Rejected(rejection) = outcome.status {
            self.reject(rejection);
        }
        for event in &outcome.events {
            let text = format!("{event:?}");
            self.count(text.split([' ', '(']).next().unwrap_or_default());
            match event {
                Event::OperationRejected { rejection, .. } => self.reject(*rejection),
                Event::OrderRemoved { reason, .. } => self.count(&format!("removed {reason:?}")),
                Event::ConditionalRemoved { reason, .. } => self.count(&format!("waited in vain {reason:?}")),
                Event::OrderReduced { reason, .. } => self.count(&format!("reduced {reason:?}")),
                Event::OrderRested { order, .. } if order.iceberg.is_some() => self.count("iceberg rested"),
                Event::Cleared { price: Some(_), .. } => self.count("cleared at a price"),
                Event::Fill { maker_fee, .. } if maker_fee.0 < 0 => self.count("rebate"),
                _ => {}
            }
        }
    }

    fn reject(&mut self, rejection: Rejection) {
        self.count(&format!("{:?}", rejection.code));
    }

    pub(crate) fn count(&mut self, what: &str) {
        *self.0.entry(what.to_owned()).or_default() += 1;
    }

    pub(crate) fn times(&self, what: &str) -> u64 {
        self.0.get(what).copied().unwrap_or_default()
    }

    pub(crate) fn code(&self, code: RejectCode) -> u64 {
        self.times(&format!("{code:?}"))
    }

    /// All of it, one a line.
    pub(crate) fn table(&self) -> String {
        self.0.iter().map(|(what, times)| format!("{times:>8} {what}\n")).collect()
    }

    /// Everything that an ordinary life is there to meet.
    pub(crate) fn check_all(&self) {
        let codes = RejectCode::ALL.iter().filter(|code| !RARE.contains(code)).map(|code| code.name());
        let missing: Vec<&str> =
            ALL.iter().copied().chain(codes).filter(|what| self.times(what) == 0).collect();
        assert!(missing.is_empty(), "never happened: {missing:?}\n{}", self.table());
    }
}
