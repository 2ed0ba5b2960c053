//! Whoever has the answers of the interface can reckon margin himself: the formulas of docs/protocol.md, Margin, over
//! the JSON alone.

use crate::support::*;
use ballast_node::wire::{AccountView, Channel, Watched};
use ballast_types::*;
use serde_json::{Value, json};

const PPM: i128 = 1_000_000;
const ALT: MarketId = MarketId(1);
const ALT_PRICE: u64 = 600_000;

/// A market with two tiers, and one whose gains count for little.
fn rig() -> Rig {
    let tier = MarginTier::fixed(SizeLots(1_000), Ppm(1_500_000));
    let alt = MarketParams {
        symbol: "ALT-USD".into(),
        initial_margin: Ppm(200_000),
        maintenance_margin: Ppm(100_000),
        gain_weight_initial: Ppm(333_333),
        gain_weight_withdrawal: Ppm(0),
        ..market()
    };
    Rig::of(vec![MarketParams { margin_tiers: vec![tier], ..market() }, alt])
}

fn report(rig: &Rig, price: u64, alt: u64) {
    let prices = [(MARKET, price), (ALT, alt)];
    let prices = prices.map(|(market, price)| ReportedPrice::plain(market, PriceTicks(price))).to_vec();
    rig.accept(rig.report_of(&publisher_key(), prices));
}

fn order(market: MarketId, side: Side, price: u64, size: u64, reduce_only: bool) -> Operation {
    let order = NewOrder::plain(side, PriceTicks(price), SizeLots(size), TimeInForce::Gtc, ClientId(0));
    Operation::Place { market, order: NewOrder { reduce_only, ..order } }
}

/// Account 0 is long beyond the first tier of one market and short in the other, has said a leverage, and has orders
/// of every kind; funding and prices have moved.
fn invested() -> Rig {
    let rig = rig();
    report(&rig, PRICE.0, ALT_PRICE);
    rig.deposit(&key(1));
    rig.deposit(&key(2));
    let p = PRICE.0;
    let against =
        vec![order(MARKET, Side::Sell, p, 1_500, false), order(ALT, Side::Buy, ALT_PRICE, 700, false)];
    rig.accept(rig.operations(&key(2), 1, 0, against));
    let steps = vec![
        order(MARKET, Side::Buy, p, 1_500, false),
        order(ALT, Side::Sell, ALT_PRICE, 700, false),
        order(MARKET, Side::Buy, p - 100, 250, false),
        order(MARKET, Side::Sell, p + 1_000, 500, true),
        order(ALT, Side::Sell, ALT_PRICE + 50, 37, false),
        order(ALT, Side::Buy, ALT_PRICE - 50, 900, false),
        Operation::SetLeverage { market: MARKET, leverage: 7 },
    ];
    let ack = rig.accept(rig.operations(&key(1), 0, 0, steps));
    assert!(ballast_node::wire::results(&ack.record).iter().all(|result| result.accepted));
    // Funding of minutes; the long gains, the short too.
    for minute in 1..=3 {
        rig.clock.advance(60_000);
        report(&rig, p + 333 * minute, ALT_PRICE - 7 * minute);
    }
    rig
}

fn integer(value: &Value) -> i128 {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    text.parse().unwrap_or_else(|_| panic!("{value} is no integer"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

const fn ceil(a: i128, b: i128) -> i128 {
    -(-a).div_euclid(b)
}

/// `need(x, f)` of the protocol.
fn need(market: &Value, mark: i128, size: i128, fraction: i128) -> i128 {
    let rate = |multiplier: i128| PPM.min(ceil(fraction * multiplier, PPM));
    let mut tiers = vec![(0, PPM)];
    tiers.extend(
        list(&market["marginTiers"])
            .iter()
            .map(|tier| (integer(&tier["above"]), integer(&tier["multiplier"]))),
    );
    let ends = tiers.iter().skip(1).map(|(above, _)| *above).chain([i128::MAX]);
    let lots = |above: i128, end: i128| (size.abs().min(end) - above).max(0);
    let sum: i128 =
        tiers.iter().zip(ends).map(|((above, multiplier), end)| lots(*above, end) * rate(*multiplier)).sum();
    ceil(mark * integer(&market["kappa"]) * sum, PPM)
}

/// `w` of the protocol.
fn weighted(gain: i128, weight: &Value) -> i128 {
    if gain < 0 { gain } else { (gain * integer(weight)).div_euclid(PPM) }
}

#[test]
fn a_trader_can_reckon_every_sum_from_its_terms() {
    let rig = invested();
    let ask = |method: &str, params| rig.query(method, params)["result"].clone();
    let (account, markets, orders) = (
        ask("ballast_account", json!([0])),
        ask("ballast_markets", json!([])),
        ask("ballast_orders", json!([0])),
    );
    let told = |name: &str| integer(&account[name]);
    let market = |of: &Value| &markets[usize::try_from(integer(&of["market"])).expect("small")];
    let positions = list(&account["positions"]);
    let sum = |term: &dyn Fn(&Value) -> i128| positions.iter().map(term).sum::<i128>();

    let value = |p: &Value| integer(&p["size"]) * integer(&p["mark"]) * integer(&market(p)["kappa"]);
    let gain = |p: &Value| value(p) - integer(&p["basis"]);
    let fraction = |of: &Value| {
        let said = list(&account["leverages"]).iter().find(|said| said["market"] == of["market"]);
        let least = said.map_or(0, |said| ceil(PPM, integer(&said["leverage"])));
        integer(&market(of)["initialMargin"]).max(least)
    };
    let cash = told("cash") + sum(&|p| integer(&p["funding"]));
    let settled = cash + sum(&|p| integer(&p["basis"]));
    let initial = sum(&|p| need(market(p), integer(&p["mark"]), integer(&p["size"]), fraction(p)));
    let maintenance = sum(&|p| {
        need(market(p), integer(&p["mark"]), integer(&p["size"]), integer(&market(p)["maintenanceMargin"]))
    });
    let exposures = list(&account["exposures"]).iter().map(|e| {
        let [size, bids, asks] = ["size", "bids", "asks"].map(|name| integer(&e[name]));
        assert_eq!(integer(&e["initialFraction"]), fraction(e));
        need(market(e), integer(&e["mark"]), (size + bids).abs().max((size - asks).abs()), fraction(e))
    });
    let open = list(&orders["orders"]);
    let charged = open.iter().filter(|order| order["reduceOnly"] == false).count() as i128;
    let reserve: i128 = open.iter().map(|order| integer(&order["reserve"])).sum();
    let required = exposures.sum::<i128>() + reserve + 10_000 * charged;
    let out = settled + sum(&|p| weighted(gain(p), &market(p)["gainWeightWithdrawal"]));
    let notional = sum(&|p| value(p).abs());

    assert_eq!(cash, told("cashEffective"));
    assert_eq!(cash + sum(&value), told("equity"));
    assert_eq!(settled, told("settledBalance"));
    assert_eq!(settled + sum(&|p| weighted(gain(p), &market(p)["gainWeightInitial"])), told("equityInitial"));
    assert_eq!(out, told("equityWithdrawal"));
    assert_eq!(initial, sum(&|p| integer(&p["initialMargin"])));
    assert_eq!(maintenance, told("maintenanceMargin"));
    assert_eq!((reserve, charged), (told("reserve"), told("chargedOrders")));
    assert_eq!(required, told("initialMargin"));
    assert_eq!(ceil(initial + maintenance, 2), told("fillMargin"));
    assert_eq!(notional, told("notional"));
    assert_eq!((out - required.max(ceil(notional, 10))).max(0), told("withdrawable"));

    // The sums are of something.
    assert!(positions.len() == 2 && integer(&positions[0]["size"]) > 1_000);
    assert!(positions.iter().all(|p| integer(&p["funding"]) != 0 && gain(p) > 0), "{account}");
    assert!(charged == 3 && told("openOrders") == 4 && told("withdrawable") > 0);
}

#[test]
fn open_bids_and_asks_are_those_of_the_orders_that_do_not_only_reduce() {
    let rig = invested();
    let account = rig.query("ballast_account", json!([0]))["result"].clone();
    let orders = rig.query("ballast_orders", json!([0]))["result"].clone();
    for exposure in list(&account["exposures"]) {
        for (name, side) in [("bids", "buy"), ("asks", "sell")] {
            let of = |order: &&Value| {
                order["market"] == exposure["market"] && order["side"] == side && order["reduceOnly"] == false
            };
            let open = list(&orders["orders"]).iter().filter(of);
            let open: i128 = open.map(|order| integer(&order["size"]) + integer(&order["hidden"])).sum();
            assert_eq!(open, integer(&exposure[name]));
        }
    }
}

#[test]
fn who_watches_his_margin_is_told_once_a_second_and_only_of_changes() {
    let rig = invested();
    let (_, views, channels) = rig.core.ports();
    let mut watched = channels.subscribe(Channel::Watched(Watched::Margin(AccountId(0)))).expect("it exists");
    let snapshot: AccountView = serde_json::from_str(&watched.snapshot.json).expect("an account");
    assert_eq!(snapshot, views.account(AccountId(0)).expect("it exists"));
    let (mut mark, mut alt) = (PRICE.0 + 999, ALT_PRICE - 21);
    let mut told = Vec::new();
    for round in 0..40 {
        rig.clock.advance(100);
        // Nothing moves in the first second and a half; then prices do, ten times a second.
        if round >= 15 {
            (mark, alt) = (mark + 10, alt - 1);
        }
        report(&rig, mark, alt);
        rig.wait(|| rig.seq().0 > snapshot.seq + round);
        let updates = std::iter::from_fn(|| watched.updates.try_recv().ok());
        let news = updates.filter(|update| update.seq > Seq(snapshot.seq));
        told.extend(news.map(|update| (round, update)));
    }
    let rounds: Vec<u64> = told.iter().map(|(round, _)| *round).collect();
    assert!(rounds.windows(2).all(|pair| pair[1] - pair[0] >= 10), "{rounds:?}");
    assert!((2..=4).contains(&rounds.len()), "{rounds:?}");
    let last: AccountView = serde_json::from_str(&told.last().expect("told").1.json).expect("an account");
    assert!(
        last.seq > snapshot.seq && last.equity != snapshot.equity && last.exposures != snapshot.exposures
    );
    assert!(channels.subscribe(Channel::Watched(Watched::Margin(AccountId(99)))).is_err());
}
