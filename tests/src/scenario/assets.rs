//! Assets beside USDC: which there are, and how they come and go.

use super::{
    read::{Line, ReadError, line},
    world::{TIME, Told, World, accepted, equal},
};
use ballast_types::{
    AssetId, AssetParams, Collateral, L1Payload, MarketId, Millis, Ppm, Quote, Units, UserCommand, Withdraw,
    limits::MAX_AMOUNT,
};

/// So much of an asset, by its symbol, in 10^-6 of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct InKind {
    pub(super) amount: i64,
    pub(super) symbol: String,
}

/// The assets that the scenario lists.
pub(super) fn assets(text: &str) -> Vec<AssetParams> {
    let lines = || text.lines().filter_map(|text| line(text).ok().flatten());
    let terms = |symbol: &str| {
        lines().find_map(|(said, _)| match said {
            Line::Collateral { symbol: listed, haircut, new } if listed == symbol => {
                Some(collateral(haircut, new))
            }
            _ => None,
        })
    };
    let listed = lines().filter_map(|(said, _)| match said {
        Line::Asset(InKind { amount, symbol }) => {
            let collateral = terms(&symbol);
            Some(AssetParams { symbol, minimum: Units(amount.unsigned_abs()), collateral })
        }
        _ => None,
    });
    listed.collect()
}

/// A token is worth what a whole of the market is. It has counted in full for long, or where it is `new` since the beginning, for
/// at most so much USDC in the end.
fn collateral(haircut: u32, new: Option<i64>) -> Collateral {
    Collateral {
        market: MarketId(0),
        units_per_lot: Units(10),
        haircut: Ppm(haircut),
        size_factor: Ppm(0),
        since: Millis(if new.is_some() { TIME } else { 0 }),
        most: Quote(new.unwrap_or(MAX_AMOUNT)),
        total: Units(MAX_AMOUNT.unsigned_abs()),
    }
}

impl World {
    /// USDC, or an asset that the scenario lists; any other where it does not.
    pub(super) fn asset(&self, symbol: &str) -> AssetId {
        let place = self.symbols().position(|listed| listed == symbol);
        AssetId(place.map_or(u16::MAX, |place| u16::try_from(place).expect("at most eight")))
    }

    pub(super) fn deposit_in_kind(&mut self, InKind { amount, symbol }: &InKind, to: &str) -> Told {
        let (owner, account) = (self.key(to)?.address(), self.account(to)?);
        let asset = self.asset(symbol);
        accepted(&self.l1(L1Payload::Deposit { asset, owner, account, amount: Quote(*amount) }))
    }

    /// To the owner's own address.
    pub(super) fn withdraw(&mut self, InKind { amount, symbol }: &InKind, from: &str) -> Told {
        let (account, nonce, expires) = self.header(from)?;
        let (asset, amount, recipient) = (self.asset(symbol), Quote(*amount), self.key(from)?.address());
        let withdraw = Withdraw { account, nonce, expires, asset, amount, recipient };
        let outcome = self.command(from, UserCommand::Withdraw(withdraw))?;
        Ok(self.tell(&outcome, account))
    }

    /// What an account holds of an asset beside USDC.
    pub(super) fn holds(
        &self,
        account: &str,
        InKind { amount, symbol }: &InKind,
    ) -> Result<Vec<String>, ReadError> {
        let held = self.owned(account)?.holdings.of(self.asset(symbol));
        equal("units", held, Units(amount.unsigned_abs()))
    }
}
