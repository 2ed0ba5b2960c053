//! A test exchange with two pools, and what may happen to both at once.

use alloc::{collections::BTreeSet, vec, vec::Vec};

use ballast_state::{Change, LeafSource, Pacing, Pool, QUEUES, Section};
use ballast_types::{
    AccountId, Event, Input, MarketClass, MarketParams, Outcome, PoolId, Ppm, Quote, Source, Status,
    SystemCommand, Transfer, UserCommand, codec,
    limits::{FUND_ACCOUNT, FUND_DAY_MS, NEW_ACCOUNT},
};

use super::{ALT, BACKSTOP, BTC, MEME, PRICE, USDC, World, altcoin, bitcoin, config, owner};
use crate::{GenesisConfig, Listing, ProtectionConfig, facts};

/// The pool of [`MEME`].
pub(crate) const SILO: PoolId = PoolId(1);

fn meme() -> MarketParams {
    MarketParams {
        symbol: "MEME-USD".into(),
        class: MarketClass::C,
        initial_margin: Ppm(100_000),
        maintenance_margin: Ppm(50_000),
        ..altcoin()
    }
}

impl World {
    /// BTC and ALT in pool 0, MEME alone in pool 1. Both have a backstop, accounts 0 and 1, with `backstop` u, and a fund of
    /// `fund` u, its target. `accounts` accounts in pool 0, 2 and up, have 100,000 USDC each.
    pub(crate) fn siloed(accounts: u8, backstop: i64, fund: i64) -> Self {
        let protection = |n| ProtectionConfig {
            backstop: owner(n),
            fund_target: Quote(fund),
            ..ProtectionConfig::default()
        };
        let mut config = config(vec![bitcoin(), altcoin()]);
        config.markets.push(Listing { params: meme(), pool: SILO });
        let pools = vec![protection(BACKSTOP), protection(BACKSTOP + 1)];
        let mut world = Self::begin(&GenesisConfig { pools, ..config });
        world.time = 20_000 * FUND_DAY_MS;
        world.set_prices(&[(BTC, PRICE), (ALT, 1_000), (MEME, 1_000)]);
        for pool in 0..2_u8 {
            let account = u32::from(pool);
            assert_eq!(world.deposit(owner(BACKSTOP + pool), account, backstop), Status::Accepted);
            assert_eq!(world.deposit(owner(99), FUND_ACCOUNT - account, fund), Status::Accepted);
        }
        for n in 0..accounts {
            assert_eq!(world.deposit(owner(n + 2), NEW_ACCOUNT, 100_000 * USDC), Status::Accepted);
        }
        world
    }

    /// The owner of `account` moves money to an account, or to a new one, of a pool.
    pub(crate) fn transfer(&mut self, account: u32, to: u32, pool: PoolId, amount: i64) -> Outcome {
        let signer = if account < self.x.state.chain.accounts { self.owner_of(account) } else { owner(0) };
        let (account, nonce, expires) = (AccountId(account), self.next_nonce(), self.expires());
        let transfer = Transfer { account, nonce, expires, to: AccountId(to), pool, amount: Quote(amount) };
        self.command(signer, UserCommand::Transfer(transfer))
    }

    pub(crate) fn is_siloed(&self) -> bool {
        self.x.state.genesis.pools > 1
    }

    pub(crate) fn pool_of(&self, account: u32) -> PoolId {
        facts::account(&self.x.state, AccountId(account)).pool
    }

    pub(crate) fn ledger(&self, pool: PoolId) -> Pool {
        *facts::pool(&self.x.state, pool)
    }
}

/// INV-62: an input changes accounts or the ledger of one pool alone, but for a transfer, and for conditional orders of several
/// markets that fire at once. What of the vault stands for a pool is another only when money comes or goes, and what came
/// from other pools only after a transfer.
pub(super) fn check(world: &World, input: &Input, outcome: &Outcome) {
    let transferred = outcome.events.iter().any(|event| matches!(event, Event::Transferred { .. }));
    let is_bridged = |event: &Event| {
        matches!(
            event,
            Event::Deposited { .. }
                | Event::FundDeposited { .. }
                | Event::Withdrawn { .. }
                | Event::WithdrawalQueued { .. }
        )
    };
    let touched: BTreeSet<PoolId> =
        world.changes.iter().filter_map(|change| pool_of(world, change)).collect();
    let fires = matches!(input.source, Source::System(SystemCommand::Fire { .. }));
    let traded = |pool: &PoolId| {
        outcome.events.iter().any(|event| {
        matches!(event, Event::Fill { market, .. } if facts::market(&world.x.state, *market).pool == *pool)
    })
    };
    let apart = touched.len() < 2 || transferred || fires && touched.iter().all(traded);
    assert!(apart, "INV-62: {touched:?} by {input:?} {outcome:?}");
    for pool in &touched {
        let (was, is) = (before(world, *pool), world.ledger(*pool));
        let moved = transferred || was.transferred == is.transferred;
        let bridged = transferred || was.held() == is.held() || outcome.events.iter().any(is_bridged);
        assert!(moved && bridged, "INV-62: {was:?} {is:?} by {input:?}");
    }
}

/// The pool whose money a change is about. What waits to leave is nobody's in it any more.
fn pool_of(world: &World, (section, index, _): &Change) -> Option<PoolId> {
    match section {
        Section::Accounts => Some(world.pool_of(*index)),
        Section::Pools if *index < QUEUES => {
            let id = PoolId(u16::try_from(*index).expect("a pool's id"));
            let unpaced = |pool: Pool| Pool { pacing: Pacing::default(), ..pool };
            (unpaced(before(world, id)) != unpaced(world.ledger(id))).then_some(id)
        }
        _ => None,
    }
}

/// The pool's ledger before the input.
fn before(world: &World, pool: PoolId) -> Pool {
    let leaf: Vec<u8> =
        world.leaves.load(Section::Pools, u32::from(pool.0)).expect("pools are those of genesis");
    codec::decode(&leaf).expect("a committed leaf decodes")
}
