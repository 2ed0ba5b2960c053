//! What accounts hold of assets beside USDC, in a diff: those holdings that changed.

use ballast_state::{Account, Holdings};
use ballast_types::{AssetId, Units, limits::MAX_ASSETS};

use super::{
    DiffError,
    coder::{Chance, Coder},
    numbers::{Ids, Step},
    section::Base,
};

/// Columns of the holdings. Most accounts hold nothing: that costs each a bit of its chances.
pub(super) struct Columns {
    /// Whether a holding changed, or another one: of the first of an account, and of the others.
    more: [Chance; 2],
    assets: Ids,
    amounts: Step,
}

impl Default for Columns {
    fn default() -> Self {
        Self { more: Default::default(), assets: Ids::new(3), amounts: Step::default() }
    }
}

impl Columns {
    /// The holdings after; nothing of meaning where those before were unknown.
    pub(super) fn code(
        &mut self,
        coder: &mut impl Coder,
        base: Base<'_, Account>,
        after: Option<&Account>,
    ) -> Result<Holdings, DiffError> {
        let before = base.known().map_or(&Holdings::NONE, |account| &account.holdings);
        let mut told = changed(before, after.map_or(before, |account| &account.holdings));
        let mut holdings = before.clone();
        self.assets.restart();
        for place in 0.. {
            let next = told.next();
            if !coder.bit(&mut self.more[usize::from(place > 0)], next.is_some())? {
                break;
            }
            let (asset, amount) = next.unwrap_or_default();
            let asset: u16 = self.assets.code(coder, asset.0.into())?;
            if !(1..MAX_ASSETS).contains(&asset) {
                return Err(DiffError::Id);
            }
            let asset = AssetId(asset);
            let held = before.of(asset);
            let amount = Units(self.amounts.code(coder, held.0, amount.0)?);
            // Of what was unknown the step leads to nothing of meaning.
            if base.is_unknown() {
                continue;
            }
            if amount == held {
                return Err(DiffError::NoChange);
            }
            if amount != Units::ZERO && !amount.is_valid() {
                return Err(DiffError::Value);
            }
            holdings.set(asset, amount);
        }
        Ok(holdings)
    }
}

/// The assets of which another amount is held afterwards, ascending, and that amount.
fn changed<'a>(before: &'a Holdings, after: &'a Holdings) -> impl Iterator<Item = (AssetId, Units)> + 'a {
    let assets = (1..MAX_ASSETS).map(AssetId);
    assets.filter(|asset| before.of(*asset) != after.of(*asset)).map(|asset| (asset, after.of(asset)))
}

/// How many holdings changed.
pub(super) fn moved(before: &Holdings, after: &Holdings) -> usize {
    changed(before, after).count()
}
