//! How much the stripe of the open batch will tell: its diff must fit L1 with it.

use ballast_batch::diff::{Previous, Stripe, Stripes, Told};
use ballast_state::{Account, Market, Pool, Queued, State};
use ballast_types::{AccountId, MarketId, PoolId};

/// What the stripe of the open batch would tell were it sealed now.
pub(super) fn held(state: &State) -> Told {
    let chain = &state.chain;
    Told::of(&Stripe::of(chain.batch.0, chain.accounts, Stripes::OURS, &mut Leaves(state)))
}

struct Leaves<'a>(&'a State);

impl Previous for Leaves<'_> {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        self.0.accounts.get(id.0).cloned()
    }
    fn market(&mut self, id: MarketId) -> Option<Market> {
        self.0.markets.get(id.0.into()).cloned()
    }
    fn pool(&mut self, id: PoolId) -> Option<Pool> {
        self.0.pools.get(id.0.into()).copied()
    }
    fn queued(&mut self, index: u32) -> Option<Queued> {
        self.0.queues.get(index).copied()
    }
}
