//! The states that subscriptions begin with and what is looked at for them, as queries answer them.

use super::{
    margin,
    markets::market_view,
    views::{NodeViews, account_view, no_market, orders_view},
};
use crate::{
    feed::{Seen, Snapshots},
    rpc::{View, ViewError, Views, answered},
    wire::{Channel, Update, Watched},
};
use ballast_types::{AccountId, PoolId, RejectCode, Rejection, Seq};
use serde::Serialize;

/// Levels of a side, or trades, in the snapshot that a subscription begins with.
const MAX_SHOWN: usize = 1_000;

impl Snapshots for NodeViews {
    fn snapshot(&self, channel: Channel) -> Result<Update, Rejection> {
        answered(|| self.begin_with(channel)).map_err(refusal)
    }

    fn look(&self, watched: Watched) -> Result<Seen, Rejection> {
        answered(|| self.see(watched)).map_err(refusal)
    }

    fn pool_of(&self, account: AccountId) -> Option<PoolId> {
        margin::facts(&self.mirror.read().exchange.state, account).map(|(account, _)| account.pool)
    }
}

impl NodeViews {
    fn begin_with(&self, channel: Channel) -> View<Update> {
        match channel {
            Channel::Book(market) => told(self.book(market, MAX_SHOWN), |book| book.seq),
            Channel::Trades(market) => told(self.trades(market, MAX_SHOWN), |trades| trades.seq),
            Channel::Market(market) => {
                let view = self.mirror.read();
                let found = market_view(&view.exchange, market, self.now(&view.exchange));
                let seq = view.exchange.state.chain.seq.0;
                told(
                    found
                        .map(|market| serde_json::json!({ "seq": seq, "market": market }))
                        .ok_or_else(|| no_market(&view.exchange, market).into()),
                    |_| seq,
                )
            }
            Channel::Account(account) => {
                // Of one state: an update between the two would be told again.
                let both = {
                    let view = self.mirror.read();
                    account_view(&view.exchange, account)
                        .and_then(|found| Ok((found, orders_view(&view.exchange, account)?)))
                };
                let account_and_orders = both.map(|(account, orders)| {
                    serde_json::json!({ "seq": account.seq, "account": account, "orders": orders })
                });
                told(account_and_orders, |both| both["seq"].as_u64().unwrap_or_default())
            }
            Channel::Watched(watched) => self.see(watched).map(|seen| Update::of(seen.seq(), &seen)),
        }
    }

    fn see(&self, watched: Watched) -> View<Seen> {
        match watched {
            Watched::Margin(account) => Views::account(self, account).map(Seen::Account),
            Watched::Pool(pool) => self.pool(pool).map(Seen::Pool),
            Watched::Pricing(market) => self.pricing(market).map(Box::new).map(Seen::Pricing),
        }
    }
}

fn told<T: Serialize>(view: View<T>, seq: impl Fn(&T) -> u64) -> View<Update> {
    view.map(|view| Update::of(Seq(seq(&view)), &view))
}

fn refusal(error: ViewError) -> Rejection {
    match error {
        ViewError::Refused(rejection) => rejection,
        // The journal, which nothing of this reads; or it panicked, and the log says so.
        ViewError::Failed => RejectCode::NotFound.into(),
    }
}
