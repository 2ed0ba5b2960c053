//! Diffs of accounts that traded: what they paid is told as prices.

use super::*;
use crate::diff::size::MAX_PARAMETER_BYTES;
use ballast_types::{
    MarginTier, SizeLots,
    limits::{MAX_FEE_TIERS, MAX_MARGIN_TIERS, MAX_MARKETS},
};

const MARK: u64 = 100_000;

fn venue(fees: Vec<FeeTier>, kappa: u32) -> Market {
    Market {
        params: MarketParams { fees, kappa, ..params(0) },
        pool: PoolId(0),
        index: PriceTicks(MARK),
        mark: PriceTicks(MARK),
        mark_time: Millis(0),
        oracle: OracleState::Fresh,
        fresh_mark: PriceTicks(MARK),
        funding: 7,
        initial_factor: Ppm(1_000_000),
        maintenance: Ppm(25_000),
        initial: Ppm(50_000),
        average: PriceTicks(0),
        settlement: None,
        open_interest_margin: Ppm(0),
        prices: Vec::new(),
        hour_average: PriceTicks(0),
        haircut: Ppm(0),
        haircut_initial: Ppm(0),
    }
}

/// An account with `held` lots buys `lots` at a price, or sells them, as maker or taker.
fn traded(index: u32, held: i64, lots: i64, price: u64, makes: bool, market: &Market) -> Changed<Account> {
    let before = account_with(&if held == 0 { vec![] } else { vec![(0, held, 2)] });
    let value = market.params.value(PriceTicks(price), Lots(lots));
    let tier = market.params.fees[0];
    let fee = if makes { tier.maker_fee_ceil(value.abs()) } else { tier.taker_fee_ceil(value.abs()) };
    let funding = i128::from(held) * i128::from(market.funding - 2);
    let cash = i128::from(before.cash.0) - value - fee - funding;
    let mut after =
        account_with(&if held + lots == 0 { vec![] } else { vec![(0, held + lots, market.funding)] });
    after.cash = Quote(i64::try_from(cash).expect("a small trade"));
    Changed { index, before: Some(before), after }
}

fn trades() -> impl Strategy<Value = Vec<(i64, i64, u64, bool)>> {
    let trade = (-40..40_i64, 1..2_000_i64, any::<bool>(), MARK - 30..MARK + 30, any::<bool>());
    vec_of(
        trade.prop_map(|(held, lots, sells, price, makes)| {
            (held, if sells { -lots } else { lots }, price, makes)
        }),
        0..40,
    )
}

fn diff_of(trades: &[(i64, i64, u64, bool)], market: &Market) -> Diff {
    let accounts = trades.iter().zip(0..);
    let account = |(&(held, lots, price, makes), index)| traded(index, held, lots, price, makes, market);
    Diff { accounts: accounts.map(account).collect(), ..Diff::default() }
}

fn before(market: &Market, diff: &Diff) -> Leaves {
    let mut leaves = of(diff);
    leaves.markets.insert(0, market.clone());
    leaves
}

proptest! {
    /// Whatever rates and lots there are, also such as no market has.
    #[test]
    fn trades_come_back(
        trades in trades(),
        rates in vec_of((any::<u32>(), any::<i32>(), 0..1_000_000_u32), 0..10),
        kappa in prop_oneof![Just(1_u32), Just(100), any::<u32>()],
        mark in prop_oneof![Just(MARK), any::<u64>()],
        odd in vec_of((any::<i64>(), any::<i64>()), 0..4),
    ) {
        let tier = |&(taker, maker, usual): &(u32, i32, u32)| if taker % 2 == 0 {
            FeeTier { volume: 0, taker: Ppm(usual), maker: SignedPpm(maker / 4_000) }
        } else {
            FeeTier { volume: 0, taker: Ppm(taker), maker: SignedPpm(maker) }
        };
        let fair = venue(FeeTier::flat(Ppm(350), SignedPpm(-50)), 100);
        let market = Market { mark: PriceTicks(mark), ..venue(rates.iter().map(tier).collect(), kappa) };
        let mut diff = diff_of(&trades, &fair);
        for ((size, cash), index) in odd.into_iter().zip(100..) {
            let after = Account { cash: Quote(cash), ..account_with(&[(0, size | 1, 7)]) };
            diff.accounts.push(Changed { index, before: Some(account_with(&[])), after });
        }
        let mut leaves = before(&market, &diff);
        let bytes = diff.encode(&mut leaves);
        prop_assert_eq!(Diff::decode(&bytes, &mut leaves), Ok(diff.clone().net()));
        // Upon another market the same bytes tell something else, or nothing.
        is_canonical(&bytes, before(&fair, &diff))?;
    }
}

/// A trade's size, side, price and role, and no cash: that follows.
#[test]
fn what_a_trade_cost_follows_from_its_price() {
    let market = venue(FeeTier::flat(Ppm(350), SignedPpm(50)), 100);
    let trades: Vec<_> = (0..400_i64)
        .map(|n| {
            let lots = (n * 7_919 % 64 + 1) * if n % 3 == 0 { -1 } else { 1 };
            (n % 5 - 2, lots, MARK + (n * 104_729 % 16).unsigned_abs(), n % 2 == 0)
        })
        .collect();
    let diff = diff_of(&trades, &market);
    let bytes = diff.encode(&mut before(&market, &diff));
    // 6 bits of size, 1 of side, 4 of price and 1 of role are 1.5 bytes; cash alone would be 4.
    assert!(bytes.len() < 400 * 5 / 2, "{} bytes", bytes.len());
    assert_eq!(Diff::decode(&bytes, &mut before(&market, &diff)), Ok(diff));
}

/// Numbers without a pattern are never told in more bytes than when they are told plainly.
#[test]
fn what_cannot_be_foreseen_is_told_plainly() {
    let mut random = 1_u64;
    let mut next = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 11) as i64 | 1 << 62
    };
    let positions = |next: &mut dyn FnMut() -> i64| -> Vec<_> {
        (0..MAX_POSITIONS as u16).map(|market| (market * 2_000, next(), next())).collect()
    };
    let accounts = (0..200).map(|index| {
        let after = Account { cash: Quote(next()), ..account_with(&positions(&mut next)) };
        Changed { index: index << 24, before: None, after }
    });
    let diff = Diff { accounts: accounts.collect(), ..Diff::default() };
    let bytes = encoded(&diff);
    let most = Most { accounts: 200, positions: 200 * MAX_POSITIONS, ..Most::default() };
    assert!(bytes.len() <= max_bytes(most), "{} bytes", bytes.len());
    assert_eq!(Diff::decode(&bytes, &mut of(&diff)), Ok(diff.clone()));
    let plain = diff.write(&mut of(&diff), true);
    assert!(plain.len() <= max_bytes(most) - max_bytes(Most::default()) + 25, "{} bytes", plain.len());
}

/// Governance moves one field of the longest parameters in each market, all its tiers follow the price, and every number of the
/// markets moves, too.
#[test]
fn parameters_that_move_are_within_what_the_sequencer_reckons() {
    let tier = MarginTier::fixed(SizeLots(1), Ppm(2));
    let fee = FeeTier { volume: 1, taker: Ppm(1), maker: SignedPpm(2) };
    let longest = MarketParams {
        symbol: "A".repeat(16),
        margin_tiers: vec![tier; MAX_MARGIN_TIERS],
        fees: vec![fee; MAX_FEE_TIERS],
        ..params(0)
    };
    let before = Market { params: longest, ..venue(Vec::new(), 1) };
    let bytes = borsh::to_vec(&(&before.params, before.pool)).expect("memory");
    assert_eq!(bytes.len(), MAX_PARAMETER_BYTES);
    let far = 1_u64 << 63;
    let after = Market {
        params: MarketParams {
            open_interest_cap: Quote(i64::MIN + 1),
            margin_tiers: vec![MarginTier { above: SizeLots(!1), ..tier }; MAX_MARGIN_TIERS],
            ..before.params.clone()
        },
        index: PriceTicks(far),
        mark: PriceTicks(1),
        mark_time: Millis(far),
        fresh_mark: PriceTicks(far + 2),
        funding: i64::MIN,
        average: PriceTicks(far),
        initial_factor: Ppm(u32::MAX),
        maintenance: Ppm(u32::MAX),
        initial: Ppm(u32::MAX),
        open_interest_margin: Ppm(u32::MAX),
        ..before.clone()
    };
    // What tiers are worth, too: another of what governance moved.
    let worth = vec![MarginTier { above: SizeLots(!1), notional: Quote(!0), ..tier }; MAX_MARGIN_TIERS];
    let worth =
        Market { params: MarketParams { margin_tiers: worth, ..after.params.clone() }, ..after.clone() };
    for (after, moved) in [(after, 1), (worth, 2)] {
        let change = |index| Changed { index, before: Some(before.clone()), after: after.clone() };
        let diff = Diff { markets: (0..MAX_MARKETS.into()).map(change).collect(), ..Diff::default() };
        let most = Most { parameters: moved * usize::from(MAX_MARKETS), ..Most::default() };
        for plain in [false, true] {
            let bytes = diff.write(&mut of(&diff), plain);
            assert!(bytes.len() <= max_bytes(most), "{} bytes of {}", bytes.len(), max_bytes(most));
        }
        assert_eq!(Diff::decode(&encoded(&diff), &mut of(&diff)), Ok(diff));
    }
}

/// As the protocol's text has it: 303,856 bits, and so many for each thing that changed or is in the stripe.
#[test]
fn most_bytes_are_those_of_the_protocol() {
    let told = Told { accounts: 5, positions: 7, holdings: 6, markets: 1, pools: 1, queued: 2 };
    let most = Most {
        accounts: 1_000,
        positions: 2_000,
        holdings: 50,
        queued: 30,
        parameters: 4,
        withdrawals: 20,
        venues: 3,
        told,
    };
    let changed = 308 * 1_000 + 170 * 2_000 + 94 * 50 + 310 * 30 + 991 * 4 + 294 * 20 + 709 * 3;
    let bits: usize = 303_856 + changed + 308 * 5 + 170 * 7 + 94 * 6 + 5_163 + 2_087 + 310 * 2;
    assert_eq!(max_bytes(most), bits.div_ceil(8) + bits / 16_384 + 5);
}
