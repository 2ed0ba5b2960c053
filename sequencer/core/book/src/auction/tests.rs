//! Small auctions that can be checked by hand, then all properties at once on random ones.

mod properties;

use super::{Clearing, Cross, Interest, OrderLots, Terms, clear, naive};
use alloc::vec::Vec;
use alloy_primitives::{B256, b256};
use ballast_types::{
    OrderId, PriceTicks, Side, SizeLots,
    limits::{MAX_PRICE, MAX_SIZE},
};

/// The band of every table here: 95 to 105 around an index of 100.
const TERMS: Terms =
    Terms { lo: PriceTicks(95), hi: PriceTicks(105), index: PriceTicks(100), seed: B256::ZERO };

fn order(side: Side, id: u64, limit: u64, size: u64) -> Interest {
    let (limit, size) = (PriceTicks(limit), SizeLots(size));
    Interest { id: OrderId(id), owner: id as u32, side, limit, size, forced: false }
}

fn bid(id: u64, limit: u64, size: u64) -> Interest {
    order(Side::Buy, id, limit, size)
}

fn ask(id: u64, limit: u64, size: u64) -> Interest {
    order(Side::Sell, id, limit, size)
}

fn forced(order: Interest) -> Interest {
    Interest { forced: true, ..order }
}

fn of(owner: u32, order: Interest) -> Interest {
    Interest { owner, ..order }
}

fn lots(lots: &[(u64, u64)]) -> Vec<OrderLots> {
    lots.iter().map(|&(id, size)| OrderLots { id: OrderId(id), size: SizeLots(size) }).collect()
}

/// Clears both ways, and gives the cross.
fn cross(interests: &[Interest]) -> Option<Cross> {
    let clearing = clear(interests, &TERMS);
    assert_eq!(clearing, naive::clear(interests, &TERMS));
    clearing.cross
}

#[track_caller]
fn assert_crosses(interests: &[Interest], price: u64, bought: &[(u64, u64)], sold: &[(u64, u64)]) {
    let (bought, sold) = (lots(bought), lots(sold));
    let volume = bought.iter().map(|fill| u128::from(fill.size.0)).sum();
    assert_eq!(cross(interests), Some(Cross { price: PriceTicks(price), volume, bought, sold }));
}

#[test]
fn nothing_trades_where_nothing_crosses() {
    assert_eq!(clear(&[], &TERMS), Clearing::default());
    assert_eq!(cross(&[bid(1, 99, 5), ask(2, 101, 5)]), None);
    assert_eq!(cross(&[bid(1, 99, 5), bid(2, 100, 5)]), None);
    assert_eq!(cross(&[bid(1, 102, 0), ask(2, 98, 5)]), None, "an order of no lots");
}

#[test]
fn most_lots_trade_at_the_price() {
    // price   bids >=   asks <=   trades
    //   98       20        4         4
    //   99       20       10        10
    //  101       12       10        10     surplus 2, as small as any
    //  102       12       18        12     surplus 6, but the most lots
    //  103        4       18         4
    let book = [bid(1, 103, 4), bid(2, 102, 8), bid(3, 99, 8), ask(4, 98, 4), ask(5, 99, 6), ask(6, 102, 8)];
    assert_crosses(&book, 102, &[(1, 4), (2, 8)], &[(4, 4), (5, 6), (6, 2)]);
}

#[test]
fn of_equal_volumes_the_smallest_surplus_wins_then_the_nearest_to_the_index() {
    // price   bids >=   asks <=   trades   surplus
    //   97       10        4         4        6
    //  100       10        4         4        6       the index
    //  101        4        4         4        0
    assert_crosses(&[bid(1, 101, 4), bid(2, 100, 6), ask(3, 97, 4)], 101, &[(1, 4)], &[(3, 4)]);
    // No surplus anywhere from 98 to 103: the index, though nobody has it as his limit.
    assert_crosses(&[bid(1, 103, 5), ask(2, 98, 5)], 100, &[(1, 5)], &[(2, 5)]);
    // The index is not among them: the nearer limit.
    assert_crosses(&[bid(1, 104, 5), ask(2, 102, 5)], 102, &[(1, 5)], &[(2, 5)]);
    assert_crosses(&[bid(1, 98, 5), ask(2, 96, 5)], 98, &[(1, 5)], &[(2, 5)]);
}

#[test]
fn a_limit_better_than_the_price_is_never_rationed() {
    // 5 trade with a surplus of 5 at 98, 100 and 103. At the index the bid of 103 would get half, and nobody
    // could outbid it for the rest; at 103 it is the last that trades.
    assert_crosses(&[bid(1, 103, 10), ask(2, 98, 5)], 103, &[(1, 5)], &[(2, 5)]);
    assert_crosses(&[bid(1, 102, 5), ask(2, 97, 10)], 97, &[(1, 5)], &[(2, 5)]);
}

#[test]
fn forced_sales_take_the_highest_price_and_forced_purchases_the_lowest() {
    let sale = [bid(1, 103, 4), bid(2, 101, 6), forced(ask(3, 96, 5))];
    assert_crosses(&sale, 101, &[(1, 4), (2, 1)], &[(3, 5)]);
    let whole = [bid(1, 103, 5), bid(2, 101, 6), forced(ask(3, 96, 5))];
    assert_crosses(&whole, 103, &[(1, 5)], &[(3, 5)]);
    let purchase = [ask(1, 97, 4), ask(2, 99, 6), forced(bid(3, 104, 5))];
    assert_crosses(&purchase, 99, &[(3, 5)], &[(1, 4), (2, 1)]);
    // Both sides forced: as if none were.
    let both = [forced(bid(1, 103, 5)), forced(ask(2, 98, 5))];
    assert_crosses(&both, 100, &[(1, 5)], &[(2, 5)]);
}

#[test]
fn a_forced_limit_beyond_the_band_counts_at_its_edge_and_fills_first() {
    // The account would sell down to 90; the band ends at 95, where another ask waits.
    let book = [bid(1, 95, 6), forced(ask(2, 90, 5)), ask(3, 95, 5)];
    assert_crosses(&book, 95, &[(1, 6)], &[(2, 5), (3, 1)]);
    let purchase = [ask(1, 105, 6), forced(bid(2, 110, 5)), bid(3, 105, 5)];
    assert_crosses(&purchase, 105, &[(2, 5), (3, 1)], &[(1, 6)]);
}

#[test]
fn a_forced_limit_that_the_band_does_not_reach_takes_no_part() {
    // Clipped to 105 the account would sell below its 106.
    assert_eq!(cross(&[bid(1, 105, 5), forced(ask(2, 106, 5))]), None);
    assert_eq!(cross(&[ask(1, 95, 5), forced(bid(2, 94, 5))]), None);
    // Nor does it make a forced sale of an auction.
    let book = [bid(1, 103, 5), ask(2, 98, 5), forced(ask(3, 106, 5))];
    assert_crosses(&book, 100, &[(1, 5)], &[(2, 5)]);
}

#[test]
fn an_unforced_limit_beyond_the_band_takes_no_part_in_anything() {
    assert_eq!(cross(&[bid(1, 106, 5), ask(2, 98, 5)]), None);
    assert_eq!(cross(&[bid(1, 103, 5), ask(2, 94, 5)]), None);
    let own = [of(7, bid(1, 106, 5)), of(7, ask(2, 98, 5))];
    assert_eq!(clear(&own, &TERMS), Clearing::default());
}

#[test]
fn a_surplus_of_forced_orders_drives_the_price_to_the_edge() {
    // Both sides forced, 8 for sale from 90 and 3 bid for: the price falls as far as the band goes.
    assert_crosses(&[forced(ask(1, 90, 8)), forced(bid(2, 97, 3))], 95, &[(2, 3)], &[(1, 3)]);
    assert_crosses(&[forced(bid(1, 110, 8)), forced(ask(2, 103, 3))], 105, &[(1, 3)], &[(2, 3)]);
}

#[test]
fn the_last_level_is_shared_in_proportion_to_size() {
    // 10 sold; 4 to the better bid, 6 over 12 lots at 100: half of each.
    let book = [bid(1, 101, 4), bid(2, 100, 2), bid(3, 100, 4), bid(4, 100, 6), forced(ask(5, 96, 10))];
    assert_crosses(&book, 100, &[(1, 4), (2, 1), (3, 2), (4, 3)], &[(5, 10)]);
    // 5 over 8: 0.625, 1.875 and 2.5 lots. The two largest remainders get the two lots left over.
    let uneven = [bid(1, 100, 1), bid(2, 100, 3), bid(3, 100, 4), forced(ask(4, 96, 5))];
    assert_crosses(&uneven, 100, &[(1, 1), (2, 2), (3, 2)], &[(4, 5)]);
    // 1 over 1,000,001: a lot is not divided.
    let crumb = [bid(1, 100, 1), bid(2, 100, 1_000_000), forced(ask(3, 96, 1))];
    assert_crosses(&crumb, 100, &[(2, 1)], &[(3, 1)]);
}

#[test]
fn equal_remainders_are_drawn_by_the_seed() {
    let book = [bid(1, 100, 1), bid(2, 100, 1), bid(3, 100, 1), forced(ask(4, 96, 1))];
    let winner = |seed: u8| {
        let terms = Terms { seed: B256::repeat_byte(seed), ..TERMS };
        let cross = clear(&book, &terms).cross.expect("they cross");
        assert_eq!(cross.bought.len(), 1);
        let smallest = [1, 2, 3].map(OrderId).into_iter().min_by_key(|&id| terms.draw(id));
        assert_eq!(Some(cross.bought[0].id), smallest);
        cross.bought[0].id.0 as usize
    };
    let mut wins = [0; 4];
    (0..=255).for_each(|seed| wins[winner(seed)] += 1);
    assert!(wins[1..].iter().all(|&wins| wins > 50), "nobody is favoured: {wins:?}");
}

#[test]
fn what_an_order_draws_is_law() {
    // keccak256 of 32 bytes of 0 and 00000000000001ff.
    let expected = b256!("fd86a967d1f191cde2c7cf4d4c2a6d9dd5f902563ceadad29bf03dc0a2d597eb");
    assert_eq!(TERMS.draw(OrderId(0x1ff)), expected);
}

#[test]
fn an_owner_does_not_meet_himself() {
    // He bids 102 and asks 98: the smaller side vanishes from both, and 3 of his bid stay.
    let book = [of(7, bid(1, 102, 8)), of(7, ask(2, 98, 5)), ask(3, 101, 9)];
    let clearing = clear(&book, &TERMS);
    assert_eq!(clearing, naive::clear(&book, &TERMS));
    assert_eq!(clearing.netted, lots(&[(1, 5), (2, 5)]));
    assert_eq!(
        clearing.cross.map(|cross| (cross.bought, cross.sold)),
        Some((lots(&[(1, 3)]), lots(&[(3, 3)])))
    );
}

#[test]
fn netting_takes_the_best_limit_first_then_the_older_and_only_what_crosses() {
    let (bids, asks) = ([bid(1, 101, 2), bid(2, 103, 2), bid(3, 101, 2), bid(4, 97, 9)], ask(5, 98, 5));
    let mut own: Vec<_> = bids.into_iter().chain([asks]).map(|order| of(7, order)).collect();
    // 103 first, then the older at 101 and one lot of the younger; 97 does not cross 98.
    assert_eq!(clear(&own, &TERMS).netted, lots(&[(2, 2), (1, 2), (3, 1), (5, 5)]));
    // The larger ask leaves 4 lots, which the 97 does not reach.
    own[4].size = SizeLots(10);
    assert_eq!(clear(&own, &TERMS).netted, lots(&[(2, 2), (1, 2), (3, 2), (5, 6)]));
    assert_eq!(clear(&own, &TERMS).cross, None);
}

#[test]
fn a_quote_of_two_sides_takes_part_with_both() {
    let book = [of(7, bid(1, 99, 5)), of(7, ask(2, 101, 5)), forced(ask(3, 96, 3))];
    assert_crosses(&book, 99, &[(1, 3)], &[(3, 3)]);
    assert_eq!(clear(&book, &TERMS).netted, []);
}

#[test]
fn the_owner_of_a_forced_sale_may_buy_it_but_does_not_net_it() {
    let book = [of(7, forced(ask(1, 96, 5))), of(7, bid(2, 101, 5)), of(7, ask(3, 100, 2))];
    let clearing = clear(&book, &TERMS);
    assert_eq!(clearing, naive::clear(&book, &TERMS));
    assert_eq!(clearing.netted, lots(&[(2, 2), (3, 2)]));
    assert_eq!(
        clearing.cross.map(|cross| (cross.bought, cross.sold)),
        Some((lots(&[(2, 3)]), lots(&[(1, 3)])))
    );
}

#[test]
fn clearing_again_without_an_order_brings_back_what_it_netted() {
    let book = [of(7, bid(1, 102, 5)), of(7, ask(2, 98, 5)), bid(3, 100, 5)];
    assert_eq!(cross(&book), None);
    assert_crosses(&book[1..], 100, &[(3, 5)], &[(2, 5)]);
}

#[test]
fn the_largest_orders_at_the_largest_price_do_not_overflow() {
    let top = PriceTicks(MAX_PRICE);
    let terms = Terms { lo: PriceTicks(1), hi: top, index: top, seed: B256::ZERO };
    let orders = 1_u64 << 12;
    let bids = (0..orders).map(|id| bid(id, MAX_PRICE, MAX_SIZE));
    let asks = (orders..2 * orders - 1).map(|id| ask(id, 1, MAX_SIZE));
    let cross = clear(&bids.chain(asks).collect::<Vec<_>>(), &terms).cross.expect("they cross");
    let volume = u128::from(orders - 1) * u128::from(MAX_SIZE);
    assert_eq!((cross.price, cross.volume), (top, volume));
    assert_eq!(cross.bought.iter().map(|fill| u128::from(fill.size.0)).sum::<u128>(), volume);
}

#[test]
#[should_panic(expected = "the index lies within the band")]
fn an_index_outside_the_band_is_the_callers_mistake() {
    let terms = Terms { index: PriceTicks(94), ..TERMS };
    let _ = clear(&[], &terms);
}
