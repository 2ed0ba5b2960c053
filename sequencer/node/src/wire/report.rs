//! What publishers and the guardian say, as JSON.

use super::{
    mode::ModeView,
    number::{Decimal, Integer},
    request::SignatureRequest,
};
use ballast_types::{
    GuardianCommand, MarketId, Millis, Ppm, PriceReport, PriceTicks, RejectCode, Rejection, ReportedPrice,
    Restrict, Signature, limits::MAX_REPORTED_PRICES,
};
use serde::{Deserialize, Serialize};

/// The price of one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportedPriceRequest {
    /// Which market.
    pub market: Integer<u16>,
    /// Its spot price, in ticks.
    pub price: Decimal,
    /// Price of its perpetual futures at other exchanges, in ticks; none when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub perp: Option<Decimal>,
    /// How far off the price may be at most, parts in a million of it; 0 when not told.
    #[serde(default)]
    pub confidence: Integer<u32>,
}

/// What a publisher saw: EIP-712 `PriceReport`, signed by the publisher.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PriceReportRequest {
    /// Place of the publisher in the genesis.
    pub publisher: Integer<u8>,
    /// When it saw them, in milliseconds.
    pub time: Decimal,
    /// One price a market, markets strictly ascending.
    pub prices: Vec<ReportedPriceRequest>,
    /// 65 bytes, `r || s || v`.
    pub signature: SignatureRequest,
}

/// What a guardian asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum GuardianCommandRequest {
    /// A market is restricted for a while: EIP-712 `Restrict`.
    Restrict {
        /// Which market.
        market: Integer<u16>,
        /// To what.
        mode: ModeView,
        /// When it is over, in milliseconds.
        until: Decimal,
        /// When this was said, in milliseconds.
        time: Decimal,
    },
}

/// A command of the guardian, signed by the guardian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GuardianRequest {
    /// What is asked for.
    pub command: GuardianCommandRequest,
    /// 65 bytes, `r || s || v`.
    pub signature: SignatureRequest,
}

impl GuardianRequest {
    /// The command and its signature.
    #[must_use]
    pub const fn into_command(self) -> (GuardianCommand, Signature) {
        let GuardianCommandRequest::Restrict { market, mode, until, time } = self.command;
        let command = Restrict {
            market: MarketId(market.0),
            mode: mode.into_mode(),
            until: Millis(until.0),
            time: Millis(time.0),
        };
        (GuardianCommand::Restrict(command), self.signature.0)
    }
}

impl PriceReportRequest {
    /// The report and its signature.
    ///
    /// # Errors
    /// `TooManyItems` when it has more prices than there can be markets.
    pub fn into_report(self) -> Result<(PriceReport, Signature), Rejection> {
        let count = self.prices.len();
        if count > MAX_REPORTED_PRICES {
            return Err(Rejection::new(RejectCode::TooManyItems, count as u64, MAX_REPORTED_PRICES as u64));
        }
        let price = |p: ReportedPriceRequest| ReportedPrice {
            market: MarketId(p.market.0),
            price: PriceTicks(p.price.0),
            perp: p.perp.map(|perp| PriceTicks(perp.0)),
            confidence: Ppm(p.confidence.0),
        };
        let report = PriceReport {
            publisher: self.publisher.0,
            time: Millis(self.time.0),
            prices: self.prices.into_iter().map(price).collect(),
        };
        Ok((report, self.signature.0))
    }
}
