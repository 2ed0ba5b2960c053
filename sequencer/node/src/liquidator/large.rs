//! Who holds much in a market whose tiers follow the price: when the tiers moved, he may need more, and nobody else.

use ballast_state::{Market, State};
use ballast_types::{AccountId, Lots, MarketId, Quote, SizeLots};
use std::collections::BTreeSet;

/// Whoever held more than so many lots when he was last looked at, and maybe others.
#[derive(Clone, Debug)]
pub(super) struct Large {
    least: SizeLots,
    holders: BTreeSet<AccountId>,
}

impl Large {
    /// Of a market of which nobody was looked at; none where tiers do not follow.
    pub(super) fn of(market: &Market) -> Option<Self> {
        let first = market.params.margin_tiers.first().filter(|tier| tier.notional > Quote::ZERO)?;
        Some(Self { least: half(first.above), holders: BTreeSet::new() })
    }

    /// An account that is looked at holds so much there.
    pub(super) fn note(&mut self, account: AccountId, size: Lots) {
        if size.abs() > self.least {
            self.holders.insert(account);
        }
    }

    /// Who holds more in `market`, which this is of, than its first tier reaches. Who holds less needs no more than the first
    /// tier asks for, whatever the others did, so that what was told of him before is no less. This walks through all accounts
    /// where the tier has halved since it last did.
    pub(super) fn beyond_first_tier(&mut self, state: &State, market: MarketId) -> Vec<AccountId> {
        let tiers = state.markets.get(market.0.into()).map_or(&[][..], |market| &market.params.margin_tiers);
        let Some(first) = tiers.first().map(|tier| tier.above) else { return Vec::new() };
        let held = |id: AccountId| {
            let positions = state.accounts.get(id.0).map_or(&[][..], |account| &account.positions);
            let here = positions.iter().find(|position| position.market == market);
            here.map_or(SizeLots::ZERO, |position| position.size.abs())
        };
        // Where it has grown much those who once held little are forgotten.
        self.least = self.least.max(half(half(first)));
        if first < self.least {
            self.least = half(first);
            self.holders = state.accounts.iter().map(|(id, _)| AccountId(id)).collect();
        }
        self.holders.retain(|id| held(*id) > self.least);
        self.holders.iter().copied().filter(|id| held(*id) > first).collect()
    }
}

const fn half(bound: SizeLots) -> SizeLots {
    SizeLots(bound.0 / 2)
}
