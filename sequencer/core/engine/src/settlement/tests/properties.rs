//! Whoever is cashed in whatever order has what he had, and whoever leaves a pool that was resolved is paid what it has.

use proptest::prelude::*;

use super::*;
use crate::tests::random::{carry_out, step};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_order_in_which_positions_become_cash_is_nothing_to_anybody(
        trades in proptest::collection::vec((0..4_u32, 1..4_u32, 1..50_000_u64), 1..8),
        price in 800..1_200_u64,
        order in Just([0_u32, 1, 2, 3]).prop_shuffle(),
    ) {
        let mut world = dated();
        for (buyer, by, lots) in trades {
            world.trade(buyer, (buyer + by) % 4, ALT, 1_000, lots);
        }
        minutes(&mut world, 99, &[price]);
        world.time = END;
        world.settle(ALT);
        world.time += SETTLEMENT_GRACE_MS;
        let equity: Vec<_> = (0..4).map(|account| world.summary(account).equity).collect();
        for account in order {
            // INV-1, 2 and 70 hold after each.
            world.settle_positions(ALT, &[account]);
        }
        for account in 0..4 {
            prop_assert_eq!(i128::from(world.cash(account)), equity[account as usize]);
        }
    }

    #[test]
    fn in_whatever_parts_all_leave_no_more_is_paid_than_is_held(
        parts in proptest::collection::vec((any::<bool>(), 1..12_000_i64), 1..12),
    ) {
        let mut world = due();
        world.resolve(SILO);
        world.resolve(SILO);
        let held = world.ledger(SILO).held();
        let ratio = i128::from(world.ledger(SILO).ratio().expect("it was resolved"));
        let mut least = 0;
        for (first, usdc) in parts {
            let (account, by) = if first { (5, owner(2)) } else { (7, owner(4)) };
            let amount = (usdc * USDC + 1).min(world.cash(account));
            // INV-71 holds after each.
            if world.withdraw(by, account, amount) == Status::Accepted {
                least += i128::from(amount) * ratio / i128::from(RATIO_WHOLE);
            }
        }
        prop_assert_eq!(held - world.ledger(SILO).held(), least);
    }

    /// INV-71 and all the others hold after every input.
    #[test]
    fn whatever_happens_around_a_resolution_adds_up(
        steps in proptest::collection::vec(step(), 1..60), before in 0..3_u8, after in 0..3_u8,
    ) {
        let mut world = due();
        (0..before).for_each(|_| drop(world.resolve(SILO)));
        world.seal();
        let (leaves, from) = (world.leaves.clone(), world.log.len());
        let half = steps.len() / 2;
        steps[..half].iter().for_each(|step| carry_out(&mut world, step));
        (0..after).for_each(|_| drop(world.resolve(SILO)));
        steps[half..].iter().for_each(|step| carry_out(&mut world, step));
        world.check_lazy(&leaves, from);
    }
}
