//! Funding for days.

use alloc::{vec, vec::Vec};

use ballast_types::{
    PriceTicks, ReportedPrice,
    limits::{FUNDING_PERIOD_MS, MAX_FUNDING_INDEX},
};

use super::{funding, pricing};
use crate::{
    facts,
    world::{BTC, PRICE, World},
};

/// The publishers' minute: two of them agree on a price.
fn minute(world: &mut World, price: u64) {
    world.time += FUNDING_PERIOD_MS;
    for from in 0..2 {
        let told = ReportedPrice { perp: None, ..ReportedPrice::plain(BTC, PriceTicks(price)) };
        world.say(from, world.time, vec![told]);
    }
}

/// S15 of the design: funding at its cap for 72 hours, positions of odd sizes. What the longs pay is what the shorts get, in
/// each minute to the unit, and the index is what was due in all of them, rounded down once.
#[test]
fn funding_at_its_cap_for_three_days_moves_what_it_takes_and_nothing_else() {
    let mut world = World::trading(5);
    let price = PRICE + 3;
    world.set_prices(&[(BTC, price)]);
    for (buyer, seller, lots) in [(0, 1, 3_331), (2, 1, 7), (0, 3, 10_008), (2, 4, 1), (3, 4, 4_999)] {
        world.trade(buyer, seller, BTC, price, lots);
    }
    let equity = |world: &World| -> i128 { (0..5).map(|id| world.summary(id).equity).sum() };
    let (all, begun) = (equity(&world), (funding(&world), pricing(&world).carry));
    let held: Vec<i64> = (0..5).map(|id| world.size(id, BTC)).collect();
    assert_eq!(held, [13_339, -3_338, 8, -5_009, -5_000]);
    for passed in 1..=72 * 60_i128 {
        // A book that is far above the index all the time; (4% - 2%) / 2 an hour is the cap.
        facts::venue_mut(&mut world.x.state, BTC).pricing.premium.value = 8_000_000_000;
        let before: Vec<i128> = (0..5).map(|id| world.summary(id).equity).collect();
        let index = funding(&world);
        minute(&mut world, price);
        let step = i128::from(funding(&world) - index);
        for (id, before) in (0..5).zip(before) {
            let paid = step * i128::from(world.size(id, BTC));
            assert_eq!(world.summary(id).equity, before - paid, "account {id}, minute {passed}");
        }
        assert_eq!(equity(&world), all, "minute {passed}");
        let due = 10_000_000 * i128::from(price) * passed + i128::from(begun.1);
        assert_eq!(i128::from(funding(&world) - begun.0), due.div_euclid(60_000_000_000), "minute {passed}");
    }
    assert!(funding(&world).unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs());
    // 1% an hour is 72% of what a lot is worth.
    assert_eq!(funding(&world) - begun.0, 360_002);
}
