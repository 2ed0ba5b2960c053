//! F1 to F6 of risk.md 7.7 on random auctions, and the specification.

use super::*;
use crate::auction::share;
use alloc::{collections::BTreeMap, vec};
use proptest::{prelude::*, sample::Index, test_runner::Config};

/// Bands are this wide at most, and lie in prices of twice that.
const WIDTH: u64 = 16;
/// Ids are this far apart, so that the parts of an order fit between it and the next.
const ID_STEP: u64 = 16;

/// Limits in and about the band; sizes of a few lots, now and then many.
fn interest() -> impl Strategy<Value = Interest> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let size = prop_oneof![1 => Just(0_u64), 30 => 1..8_u64, 6 => 8..60_u64];
    (side, 1..=2 * WIDTH, size, 0..6_u32, prop::bool::weighted(0.15)).prop_map(
        |(side, limit, size, owner, forced)| Interest { owner, forced, ..order(side, 0, limit, size) },
    )
}

/// Auctions of every kind of force. The owners are few, so that much is netted, or as many as orders.
fn auction() -> impl Strategy<Value = (Vec<Interest>, Terms)> {
    let force =
        prop_oneof![Just((false, false)), Just((true, false)), Just((false, true)), Just((true, true))];
    let orders = (prop::collection::vec(interest(), 0..24), force, any::<bool>());
    let orders = orders.prop_map(|(mut orders, (bids, asks), one_each)| {
        for (place, order) in orders.iter_mut().enumerate() {
            order.id = OrderId(ID_STEP * (place as u64 + 1));
            order.forced &= if order.side == Side::Buy { bids } else { asks };
            if one_each {
                order.owner = place as u32;
            }
        }
        orders
    });
    (orders, terms())
}

fn terms() -> impl Strategy<Value = Terms> {
    (1..=WIDTH, 0..=WIDTH, any::<Index>(), any::<[u8; 32]>()).prop_map(|(lo, width, index, seed)| {
        let index = PriceTicks(lo + index.index(width as usize + 1) as u64);
        Terms { lo: PriceTicks(lo), hi: PriceTicks(lo + width), index, seed: B256::new(seed) }
    })
}

/// Lots by order, over any of the lists.
fn by_order<'a>(lists: impl IntoIterator<Item = &'a Vec<OrderLots>>) -> BTreeMap<OrderId, u64> {
    let mut lots = BTreeMap::new();
    lists.into_iter().flatten().for_each(|fill| *lots.entry(fill.id).or_default() += fill.size.0);
    lots
}

fn filled(clearing: &Clearing) -> BTreeMap<OrderId, u64> {
    by_order(clearing.cross.iter().flat_map(|cross| [&cross.bought, &cross.sold]))
}

/// The orders that take part, as netting leaves them.
fn netted(orders: &[Interest], terms: &Terms, clearing: &Clearing) -> Vec<Interest> {
    let gone = by_order([&clearing.netted]);
    let mut orders: Vec<_> = orders.iter().copied().filter(|order| terms.admits(order)).collect();
    orders.iter_mut().for_each(|order| order.size.0 -= gone.get(&order.id).unwrap_or(&0));
    orders
}

/// What could trade at `price` of `orders`.
fn volume_at(orders: &[Interest], price: u64) -> u128 {
    let willing = |side: Side| {
        let accepts = orders.iter().filter(|o| o.side == side && side.accepts(o.limit, PriceTicks(price)));
        accepts.map(|order| u128::from(order.size.0)).sum::<u128>()
    };
    willing(Side::Buy).min(willing(Side::Sell))
}

/// Whether limit `a` is better than `b` on their side.
fn better(side: Side, a: PriceTicks, b: PriceTicks) -> bool {
    a != b && side.accepts(a, b)
}

fn sum(fills: &[OrderLots]) -> u128 {
    fills.iter().map(|fill| u128::from(fill.size.0)).sum()
}

proptest! {
    #![proptest_config(Config { cases: 2_048, ..Config::default() })]

    /// What a side shares is what it would have, did somebody take just so much of it at any price.
    #[test]
    fn a_share_is_what_trades_with_as_many_lots_of_the_other_side((mut orders, terms) in auction(), lots in 1..200_u64) {
        orders.retain(|order| order.side == Side::Buy);
        orders.iter_mut().for_each(|order| (order.owner, order.forced) = (order.id.0 as u32, false));
        orders.retain(|order| terms.admits(order));
        let shares = share(&orders, lots.into(), &terms);
        orders.push(order(Side::Sell, 1, terms.lo.0, lots));
        let bought = clear(&orders, &terms).cross.map_or(Vec::new(), |cross| cross.bought);
        prop_assert_eq!(shares, bought);
    }

    #[test]
    fn an_auction_clears_as_its_specification((orders, terms) in auction()) {
        prop_assert_eq!(clear(&orders, &terms), naive::clear(&orders, &terms));
    }

    /// F1. Nor do the numbers of the owners matter.
    #[test]
    fn the_sequence_of_the_orders_does_not_matter(
        ((orders, terms), shuffled) in auction().prop_flat_map(|(orders, terms)| {
            (Just((orders.clone(), terms)), Just(orders).prop_shuffle())
        }),
        mask in any::<u32>(),
    ) {
        let clearing = clear(&orders, &terms);
        prop_assert_eq!(clear(&shuffled, &terms), clearing.clone());
        let renumbered: Vec<_> = shuffled.into_iter().map(|order| of(order.owner ^ mask, order)).collect();
        prop_assert_eq!(clear(&renumbered, &terms), clearing);
    }

    /// F2 and F6: one price, in the band, within the limit of everybody, forced or not; and as much is bought
    /// as sold, of nobody more than he has.
    #[test]
    fn everybody_who_trades_accepts_the_one_price((orders, terms) in auction()) {
        let clearing = clear(&orders, &terms);
        let fills = filled(&clearing);
        let left = netted(&orders, &terms, &clearing);
        if let Some(cross) = &clearing.cross {
            prop_assert!(terms.lo <= cross.price && cross.price <= terms.hi);
            prop_assert_eq!((sum(&cross.bought), sum(&cross.sold)), (cross.volume, cross.volume));
            prop_assert_eq!(fills.len(), cross.bought.len() + cross.sold.len(), "one fill an order");
            for (fills, side) in [(&cross.bought, Side::Buy), (&cross.sold, Side::Sell)] {
                for fill in fills {
                    let order = left.iter().find(|order| order.id == fill.id).expect("it takes part");
                    prop_assert!(order.side == side && side.accepts(order.limit, cross.price));
                    prop_assert!(fill.size > SizeLots::ZERO && fill.size <= order.size);
                }
            }
        }
    }

    /// F3. Its parts follow each other by id, as orders placed one after the other do.
    #[test]
    fn splitting_an_order_changes_its_total_by_at_most_a_lot_a_split(
        (orders, terms) in auction(),
        which in any::<Index>(),
        cuts in prop::collection::vec(1..20_u64, 1..ID_STEP as usize - 1),
    ) {
        let Some(&whole) = orders.get(which.index(orders.len().max(1))) else { return Ok(()) };
        let mut split: Vec<_> = orders.iter().copied().filter(|order| order.id != whole.id).collect();
        let mut parts = vec![whole];
        for cut in cuts {
            let last = parts.last_mut().expect("there is one");
            if last.size.0 > cut {
                last.size.0 -= cut;
                let next = Interest { id: OrderId(last.id.0 + 1), size: SizeLots(cut), ..*last };
                parts.push(next);
            }
        }
        split.extend(&parts);
        let (before, after) = (clear(&orders, &terms), clear(&split, &terms));
        prop_assert_eq!(before.cross.as_ref().map(|c| c.price), after.cross.as_ref().map(|c| c.price));
        let total = |clearing: &Clearing| -> u64 {
            filled(clearing).range(whole.id..OrderId(whole.id.0 + ID_STEP)).map(|(_, lots)| lots).sum()
        };
        prop_assert!(total(&before).abs_diff(total(&after)) < parts.len() as u64);
    }

    /// F4, over every price of the band.
    #[test]
    fn no_price_trades_more((orders, terms) in auction()) {
        let clearing = clear(&orders, &terms);
        let left = netted(&orders, &terms, &clearing);
        let most = (terms.lo.0..=terms.hi.0).map(|price| volume_at(&left, price)).max().expect("a band");
        prop_assert_eq!(clearing.cross.map_or(0, |cross| cross.volume), most);
    }

    /// F5. With nobody forced, or both sides, everybody with a limit better than the price is filled whole;
    /// but forced orders from beyond the band, at its edge.
    #[test]
    fn a_better_limit_is_served_first((orders, terms) in auction()) {
        let clearing = clear(&orders, &terms);
        let (left, fills) = (netted(&orders, &terms, &clearing), filled(&clearing));
        let whole = |order: &Interest| fills.get(&order.id).copied().unwrap_or(0) == order.size.0;
        for a in &left {
            for b in left.iter().filter(|b| b.side == a.side && better(a.side, a.limit, b.limit)) {
                prop_assert!(whole(a) || !fills.contains_key(&b.id), "{a:?} before {b:?}");
            }
        }
        let forced = |side| left.iter().any(|order| order.forced && order.side == side);
        if let Some(cross) = &clearing.cross && forced(Side::Buy) == forced(Side::Sell) {
            for order in &left {
                let clipped = order.limit.clamp(terms.lo, terms.hi);
                prop_assert!(whole(order) || !better(order.side, clipped, cross.price), "{order:?}");
            }
        }
    }

    #[test]
    fn what_stays_open_does_not_cross((orders, terms) in auction()) {
        let clearing = clear(&orders, &terms);
        let fills = filled(&clearing);
        let mut left = netted(&orders, &terms, &clearing);
        left.iter_mut().for_each(|order| order.size.0 -= fills.get(&order.id).unwrap_or(&0));
        let open = |side| left.iter().filter(move |o| o.side == side && o.size > SizeLots::ZERO);
        let (bid, ask) = (open(Side::Buy).map(|o| o.limit).max(), open(Side::Sell).map(|o| o.limit).min());
        prop_assert!(bid.is_none() || ask.is_none() || bid < ask);
    }

    /// Forced orders aside, nobody is on both sides of the trades, and netting takes the same from both sides
    /// of an owner and nothing from anybody else.
    #[test]
    fn nobody_trades_with_himself((orders, terms) in auction()) {
        let clearing = clear(&orders, &terms);
        let (gone, fills) = (by_order([&clearing.netted]), filled(&clearing));
        for owner in orders.iter().map(|order| order.owner) {
            let of_side = |lots: &BTreeMap<OrderId, u64>, side| -> u64 {
                let own = orders.iter().filter(|o| o.owner == owner && o.side == side && !o.forced);
                own.filter_map(|order| lots.get(&order.id)).sum()
            };
            prop_assert!(of_side(&fills, Side::Buy) == 0 || of_side(&fills, Side::Sell) == 0);
            prop_assert_eq!(of_side(&gone, Side::Buy), of_side(&gone, Side::Sell));
        }
        prop_assert!(orders.iter().all(|order| !order.forced || !gone.contains_key(&order.id)));
    }
}
