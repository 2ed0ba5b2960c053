//! Whether an account can bear the fills of its orders that rest or wait.

use ballast_risk::transition_allowed;
use ballast_state::State;
use ballast_types::MarketId;

use crate::{margin, standing::Standing};

/// Whether the account, which stood in `market` as `before`, has the fill margin `after` fills of its orders, or else
/// they shrink its position and leave it no less healthy (risk.md 3.10) or no deeper in debt. Shrinking alone does not
/// excuse a fill: the price of a resting order may be far behind the mark, and the gain that outweighs it withdrawn.
///
/// What all bids or all asks could make of the position grows by no fill but that of an order that only closes,
/// which they do not count: then they need the initial margin that they would need if they came now.
pub(crate) fn is_bearable(state: &State, market: MarketId, before: &Standing, after: &Standing) -> bool {
    if !after.is_bounded() {
        return false;
    }
    if after.reach().lots() > before.reach().lots() {
        return margin::meets_initial(state, market, after);
    }
    if margin::meets_fill(state, market, after) {
        return true;
    }
    shrinks(before, after) && {
        let [was, then] = [before, after].map(|it| margin::summary_with(state, market, it));
        then.equity >= was.equity || transition_allowed(&was, &then, [(before.reach(), after.reach())])
    }
}

/// Whether the position became smaller without changing sides.
const fn shrinks(before: &Standing, after: &Standing) -> bool {
    after.size.0.unsigned_abs() < before.size.0.unsigned_abs()
        && after.size.0.signum() * before.size.0.signum() >= 0
}
