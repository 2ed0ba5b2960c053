//! The escape program against the engine's own reckoning, over random streams.

use alloc::{collections::BTreeMap, vec::Vec};

use ballast_batch::ExitLeaves;
use ballast_state::{QUEUES, Section};
use ballast_types::{AccountId, PoolId, Quote, codec};
use proptest::{prelude::*, test_runner::Config};

use super::random::{begin, carry_out, step};
use crate::{
    escape::{Escape, equity},
    world::{ETH, Leaves, WBTC, World},
};

/// What a diff against nothing would tell.
fn exit_leaves(all: &Leaves) -> ExitLeaves {
    let mut leaves = ExitLeaves::default();
    for ((section, index), bytes) in &all.0 {
        match section {
            Section::Accounts => drop(leaves.accounts.insert(*index, codec::decode(bytes).expect("ours"))),
            Section::Markets => drop(leaves.markets.insert(*index, codec::decode(bytes).expect("ours"))),
            Section::Pools if *index < QUEUES => {
                leaves.pools.insert(*index, codec::decode(bytes).expect("ours"));
            }
            Section::Pools => drop(leaves.queues.insert(*index, codec::decode(bytes).expect("ours"))),
            _ => {}
        }
    }
    leaves
}

/// Equities in USDC by pool, as the engine has them.
fn equities(world: &World) -> BTreeMap<PoolId, Vec<i128>> {
    let mut all: BTreeMap<PoolId, Vec<i128>> = BTreeMap::new();
    for id in 0..world.x.state.chain.accounts {
        all.entry(world.pool_of(id)).or_default().push(world.summary(id).equity_in_usdc());
    }
    all
}

fn check(world: &mut World) -> Result<(), TestCaseError> {
    world.seal();
    let leaves = exit_leaves(&world.leaves);
    for (id, account) in &leaves.accounts {
        let engines = world.summary(*id).equity_in_usdc();
        prop_assert_eq!(equity(&leaves, account), engines, "account {}", AccountId(*id));
    }
    let escape = Escape::of(&leaves);
    for asset in [ETH, WBTC] {
        let (credited, withdrawn) = world.custody(asset);
        let paid =
            escape.payouts().iter().filter(|payout| payout.asset == asset.0).map(|payout| payout.amount);
        // What is seized of those who owe is shared, and less than a unit for each is lost.
        let owing = leaves.accounts.values().any(|account| equity(&leaves, account) < 0);
        let lost =
            (credited - withdrawn).checked_sub(paid.sum::<u64>()).expect("no more is paid than is held");
        let most = if owing { leaves.accounts.len() as u64 } else { 0 };
        prop_assert!(lost <= most, "{lost} of what is in custody are paid to nobody");
    }
    let mut equities = equities(world);
    for pool in escape.pools() {
        let ledger = world.ledger(pool.pool);
        let equities = equities.remove(&pool.pool).unwrap_or_default();
        prop_assert_eq!(pool.held, ledger.held());
        prop_assert_eq!(Quote(pool.waiting as i64), ledger.pacing.queued);
        prop_assert!(i128::from(pool.paid) <= pool.held);
        // Gains and losses of positions add up to nothing.
        let [deficit, fees, fund] =
            [ledger.deficit, ledger.fees, ledger.fund].map(|amount| i128::from(amount.0));
        prop_assert_eq!(equities.iter().sum::<i128>(), pool.held + deficit - fees - fund);
        let owed: i128 = equities.iter().map(|equity| (*equity).max(0)).sum();
        if equities.iter().all(|equity| *equity >= 0) && ledger.deficit == Quote::ZERO {
            prop_assert_eq!(i128::from(pool.paid), owed);
        }
        let lost = owed.min(pool.held) - i128::from(pool.paid);
        prop_assert!((0..=equities.len() as i128).contains(&lost), "{} u are paid to nobody", lost);
    }
    prop_assert!(equities.is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(Config::with_cases(48))]

    /// After any stream each account's equity is that of the engine, and every pool pays what it has.
    #[test]
    fn escape_agrees_with_the_engine(
        steps in prop::collection::vec(step(), 1..120), siloed in any::<bool>(),
    ) {
        let mut world = begin(siloed);
        steps.iter().for_each(|step| carry_out(&mut world, step));
        check(&mut world)?;
    }
}
