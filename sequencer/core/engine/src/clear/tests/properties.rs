//! F1 to F5 of risk.md 7.7 through inputs. F6 is of forced orders, which there are none of yet. F3, on splitting, is
//! tested where the auction is: here fees and margin see the pieces.

use alloc::{collections::BTreeMap, vec::Vec};

use ballast_types::{Event, OrderId, PriceTicks, Side};
use proptest::prelude::*;

use super::{batching, cleared, wait};
use crate::world::{BTC, ONE, PRICE, World, buy, sell};

/// An order: who, whether he buys, ticks from the price, lots.
type Draft = (u32, bool, i64, u64);

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    prop::collection::vec((0..8_u32, any::<bool>(), -8..9_i64, 1..ONE), 1..40)
}

fn place(world: &mut World, (account, buys, off, size): Draft) -> OrderId {
    let price = PRICE.checked_add_signed(off).expect("near the price");
    // Everybody has one side, so that nothing is netted and every account is an owner.
    let account = if buys { account } else { account + 8 };
    wait(world, account, if buys { buy(price, size) } else { sell(price, size) })
}

/// What each order traded, by its place, and the price.
fn hold(drafts: &[Draft]) -> (Vec<u64>, Option<PriceTicks>, World) {
    let mut world = batching(16);
    let ids: Vec<OrderId> = drafts.iter().map(|draft| place(&mut world, *draft)).collect();
    let events = cleared(&mut world);
    let mut traded: BTreeMap<OrderId, u64> = BTreeMap::new();
    let mut price = None;
    for event in &events {
        match event {
            Event::Cleared { price: cleared, .. } => price = *cleared,
            Event::Fill { price: paid, size, taker_order, maker_order, .. } => {
                assert_eq!(Some(*paid), price, "F2: one price");
                *traded.entry(*taker_order).or_default() += size.0;
                *traded.entry(*maker_order).or_default() += size.0;
            }
            _ => {}
        }
    }
    (ids.iter().map(|id| traded.get(id).copied().unwrap_or_default()).collect(), price, world)
}

fn sum(drafts: &[Draft], counts: impl Fn(&Draft) -> bool) -> u64 {
    drafts.iter().filter(|draft| counts(draft)).map(|draft| draft.3).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn most_lots_trade_and_no_better_price_is_passed_over(drafts in drafts()) {
        let (traded, price, world) = hold(&drafts);
        let most = (-8..9).map(|at| {
            let bids = sum(&drafts, |&(_, buys, off, _)| buys && off >= at);
            let asks = sum(&drafts, |&(_, buys, off, _)| !buys && off <= at);
            bids.min(asks)
        });
        let volume: u64 = traded.iter().sum::<u64>() / 2;
        prop_assert_eq!(volume, most.max().unwrap_or(0), "F4: maximal volume");
        let Some(price) = price else { return Ok(()) };
        let at = price.0.cast_signed() - PRICE.cast_signed();
        for (draft, lots) in drafts.iter().zip(&traded) {
            let &(_, buys, off, size) = draft;
            let (better, worse) = if buys { (off > at, off < at) } else { (off < at, off > at) };
            prop_assert!(!better || *lots == size, "F5: {draft:?} is better than {at} and not filled");
            prop_assert!(!worse || *lots == 0, "{draft:?} trades beyond its limit");
        }
        let book = world.x.book(BTC).expect("listed");
        prop_assert_eq!(book.waiting(), 0, "nothing is left to wait");
        let best = [Side::Buy, Side::Sell].map(|side| book.best(side));
        prop_assert!(!matches!(best, [Some(bid), Some(ask)] if bid >= ask));
    }

    /// F1, up to the lot that the draw gives: ids and the seed are others when the sequence is.
    #[test]
    fn the_sequence_of_orders_changes_no_price_and_no_more_than_a_lot(drafts in drafts(), by in any::<prop::sample::Index>()) {
        let (traded, price, _) = hold(&drafts);
        let mut turned = drafts.clone();
        turned.rotate_left(by.index(drafts.len()));
        let (mut again, same, _) = hold(&turned);
        again.rotate_right(by.index(drafts.len()));
        prop_assert_eq!(price, same);
        for (one, other) in traded.iter().zip(&again) {
            prop_assert!(one.abs_diff(*other) <= 1, "{traded:?} {again:?}");
        }
    }
}
