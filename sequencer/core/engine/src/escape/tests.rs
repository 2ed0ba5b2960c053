use super::*;
use crate::world::{bitcoin, owner};
use alloc::vec::Vec;
use ballast_batch::EscapePayout;
use ballast_state::{
    Holdings, Pacing, Pool, Priced, Queued, Resolution, Settlement, Stage, queue_index,
    tree::{fixed_root, verify},
};
use ballast_types::{
    AccountId, AssetId, Lots, MarketId, MarketParams, Millis, OracleState, Ppm, PriceTicks, Quote, Units,
    limits::MAX_QUEUED,
};
use proptest::prelude::*;

fn market(pool: u16, kappa: u32, mark: u64, funding: i64, settled: Option<u64>) -> Market {
    Market {
        params: MarketParams { kappa, ..bitcoin() },
        pool: PoolId(pool),
        index: PriceTicks(mark + 1),
        mark: PriceTicks(mark),
        mark_time: Millis(1),
        oracle: OracleState::Stale,
        fresh_mark: PriceTicks(mark + 2),
        funding,
        initial_factor: Ppm::WHOLE,
        maintenance: Ppm(25_000),
        initial: Ppm(50_000),
        average: PriceTicks(0),
        settlement: settled.map(|price| Settlement { price: PriceTicks(price), closed: 0 }),
        open_interest_margin: Ppm(0),
        prices: Vec::new(),
        hour_average: PriceTicks(0),
        haircut: Ppm(0),
        haircut_initial: Ppm(0),
    }
}

fn account(n: u8, pool: u16, cash: i64, positions: &[(u16, i64, i64)]) -> Account {
    let position =
        |&(market, size, funding)| Position { market: MarketId(market), size: Lots(size), funding };
    Account {
        owner: owner(n),
        pool: PoolId(pool),
        cash: Quote(cash),
        positions: positions.iter().map(position).collect(),
        holdings: Holdings::NONE,
    }
}

fn holding(held: i64) -> Pool {
    Pool { credited: Quote(held + 500), withdrawn: Quote(500), ..Pool::default() }
}

fn paid(escape: &Escape) -> Vec<(Address, u64)> {
    escape.payouts().iter().map(|payout| (payout.recipient, payout.amount)).collect()
}

/// Two accounts that hold the whole of market 0 against each other, at 50 ticks of 10 u, with funding 3 u a lot due.
fn two(held: i64) -> ExitLeaves {
    let mut leaves = ExitLeaves::default();
    leaves.markets.insert(0, market(0, 10, 50, 5, None));
    leaves.pools.insert(0, holding(held));
    leaves.accounts.insert(0, account(1, 0, -1_000, &[(0, 4, 2)]));
    leaves.accounts.insert(1, account(2, 0, 3_000, &[(0, -4, 2)]));
    leaves
}

#[test]
fn everybody_gets_what_he_is_owed_where_there_is_enough() {
    // -1000 - 4 * 3 + 4 * 50 * 10 = 988, and 3000 + 12 - 2000 = 1012.
    for held in [2_000, 2_001] {
        let escape = Escape::of(&two(held));
        assert_eq!(paid(&escape), [(owner(1), 988), (owner(2), 1_012)]);
        assert_eq!(escape.total(), 2_000);
    }
}

#[test]
fn where_there_is_too_little_all_get_the_same_part_rounded_down() {
    // 988 * 1999 / 2000 = 987.5, 1012 * 1999 / 2000 = 1011.4
    assert_eq!(paid(&Escape::of(&two(1_999))), [(owner(1), 987), (owner(2), 1_011)]);
    assert_eq!(paid(&Escape::of(&two(1_000))), [(owner(1), 494), (owner(2), 506)]);
    // 988 * 2 / 2000 is less than a unit.
    assert_eq!(paid(&Escape::of(&two(2))), [(owner(2), 1)]);
    assert_eq!(paid(&Escape::of(&two(0))), []);
}

#[test]
fn who_owes_gets_nothing_and_is_missing_to_the_others() {
    let mut leaves = two(2_000);
    // At 24 ticks the first is worth -1000 - 12 + 960 = -52, the other 3000 + 12 - 960 = 2052.
    leaves.markets.insert(0, market(0, 10, 24, 5, None));
    let escape = Escape::of(&leaves);
    assert_eq!(paid(&escape), [(owner(2), 2_000)]);
    let [pool] = escape.pools() else { panic!("one pool") };
    assert_eq!((pool.owed, pool.paid, pool.held), (Claims::NONE.with(2_052), 2_000, 2_000));
    // What fund and fees hold is in `held` and pays first.
    leaves.pools.insert(0, holding(2_052));
    assert_eq!(paid(&Escape::of(&leaves)), [(owner(2), 2_052)]);
}

#[test]
fn a_market_that_settled_is_valued_at_that_price() {
    let mut leaves = two(2_000);
    leaves.markets.insert(0, market(0, 10, 24, 5, Some(50)));
    assert_eq!(paid(&Escape::of(&leaves)), [(owner(1), 988), (owner(2), 1_012)]);
}

#[test]
fn a_pool_in_resolution_and_one_that_was_resolved_pay_by_the_same_rule() {
    for stage in [Stage::Settling { next: AccountId(1) }, Stage::Resolved { ratio: 400_000_000 }] {
        let mut leaves = two(1_000);
        let pool = leaves.pools.get_mut(&0).expect("it is there");
        (pool.deficit, pool.resolution) = (Quote(1_000), Resolution { owes_since: Millis(1), stage });
        assert_eq!(paid(&Escape::of(&leaves)), [(owner(1), 494), (owner(2), 506)], "{stage:?}");
    }
}

#[test]
fn pools_stand_alone() {
    let mut leaves = two(1_000);
    leaves.pools.insert(1, holding(70));
    leaves.accounts.insert(2, account(1, 1, 70, &[]));
    assert_eq!(paid(&Escape::of(&leaves)), [(owner(1), 494), (owner(2), 506), (owner(1), 70)]);
}

#[test]
fn who_waits_is_paid_in_full_and_after_the_accounts() {
    let mut leaves = two(1_000);
    let (first, next) = (MAX_QUEUED - 1, MAX_QUEUED + 2);
    leaves.pools.get_mut(&0).expect("it is there").pacing = Pacing { first, next, ..Pacing::default() };
    // The last place of the ring waits, its first two too; the third is over, and so is the one before.
    for (ticket, amount) in
        [(first - 1, 1), (first, 40), (MAX_QUEUED, 50), (MAX_QUEUED + 1, 60), (MAX_QUEUED + 2, 7)]
    {
        let queued = Queued { account: AccountId(0), recipient: owner(9), amount: Quote(amount) };
        leaves.queues.insert(queue_index(PoolId(0), ticket), queued);
    }
    let escape = Escape::of(&leaves);
    let expected = [(owner(1), 494), (owner(2), 506), (owner(9), 50), (owner(9), 60), (owner(9), 40)];
    assert_eq!(paid(&escape), expected);
    assert_eq!((escape.total(), escape.pools()[0].waiting), (1_150, 150));
    // A full ring waits whole.
    leaves.pools.get_mut(&0).expect("it is there").pacing.next = first + MAX_QUEUED;
    assert_eq!(Escape::of(&leaves).pools()[0].waiting, 158);
}

#[test]
fn what_there_is_not_is_worth_nothing() {
    let mut leaves = two(2_000);
    leaves.accounts.insert(2, account(3, 9, 1_000_000, &[]));
    leaves.accounts.insert(3, account(4, 0, 0, &[(7, i64::MAX, 0)]));
    let queued = Queued { account: AccountId(0), recipient: owner(9), amount: Quote(5) };
    leaves.queues.insert(queue_index(PoolId(9), 0), queued);
    leaves.queues.insert(3, queued);
    assert_eq!(paid(&Escape::of(&leaves)), [(owner(1), 988), (owner(2), 1_012)]);
}

/// Like [`two`], but at 24 ticks, where the first owes 52 u and holds some of assets 1 and 2; asset 1 is priced there: a lot of 100
/// units is worth 240 u, of which a quarter does not count.
fn pledged(held: i64, holds: &[(u16, u64)]) -> ExitLeaves {
    let mut leaves = two(held);
    let priced = Priced { asset: AssetId(1), units_per_lot: Units(100), haircut: Ppm(250_000) };
    leaves.markets.insert(0, Market { prices: alloc::vec![priced], ..market(0, 10, 24, 5, None) });
    let account = leaves.accounts.get_mut(&0).expect("it is there");
    holds.iter().for_each(|(asset, units)| account.holdings.set(AssetId(*asset), Units(*units)));
    leaves
}

fn paid_of(escape: &Escape, asset: u16) -> Vec<(Address, u64)> {
    let payouts = escape.payouts().iter().filter(|payout| payout.asset == asset);
    payouts.map(|payout| (payout.recipient, payout.amount)).collect()
}

#[test]
fn what_somebody_holds_pays_what_he_owes_to_those_who_are_owed() {
    // A unit counts for 1.8 u: 29 of them pay 52 u. Nobody owes in asset 2, which has no price.
    let escape = Escape::of(&pledged(2_000, &[(1, 1_000), (2, 7)]));
    assert_eq!(paid_of(&escape, 0), [(owner(2), 2_000)]);
    assert_eq!(paid_of(&escape, 1), [(owner(1), 971), (owner(2), 29)]);
    assert_eq!(paid_of(&escape, 2), [(owner(1), 7)]);
    assert_eq!(escape.total(), 2_000 + 1_000 + 7);
    // Too little is all taken.
    let escape = Escape::of(&pledged(2_000, &[(1, 20), (2, 7)]));
    assert_eq!(
        (paid_of(&escape, 1), paid_of(&escape, 2)),
        (alloc::vec![(owner(2), 20)], alloc::vec![(owner(1), 7)])
    );
}

#[test]
fn what_is_seized_is_shared_by_what_each_is_owed_and_only_in_the_pool() {
    let mut leaves = pledged(2_000, &[(1, 1_000)]);
    leaves.pools.insert(1, holding(70));
    leaves.accounts.insert(2, account(3, 1, 70, &[]));
    leaves.accounts.insert(3, account(4, 0, 6_156, &[]));
    leaves.accounts.get_mut(&3).expect("it is there").holdings.set(AssetId(1), Units(5));
    // Owed are 2,052 and 6,156: of 29 units 7.25 and 21.75.
    assert_eq!(paid_of(&Escape::of(&leaves), 1), [(owner(1), 971), (owner(2), 7), (owner(4), 5 + 21)]);
}

#[test]
fn nothing_at_all_is_a_claim_too() {
    let claim = Escape::of(&ExitLeaves::default()).claim(B256::repeat_byte(1));
    assert_eq!((claim.payoutCount, claim.total), (0, 0));
    assert_eq!(claim.payoutsRoot, fixed_root(32, &[]));
}

fn leaves() -> impl Strategy<Value = ExitLeaves> {
    let listed = (0..3_u16, 1..100_u32, 0..1_000_u64, -50..50_i64, prop::option::of(1..1_000_u64));
    let position = (0..4_u16, -500..500_i64, -50..50_i64);
    let positions = prop::collection::vec(position, 0..3);
    let opened = (0..200_u8, 0..3_u16, -100_000..100_000_i64, positions);
    let pool = (0..2_000_000_i64, 0..MAX_QUEUED * 2, 0..4_u64);
    let queued = (0..2_u16, any::<u64>(), 0..5_000_i64, 0..200_u8);
    (
        prop::collection::vec(listed, 3),
        prop::collection::vec(opened, 0..20),
        prop::collection::vec(pool, 2),
        prop::collection::vec(queued, 0..8),
    )
        .prop_map(|(markets, accounts, pools, queues)| {
            let mut leaves = ExitLeaves::default();
            for (id, (pool, kappa, mark, funding, settled)) in (0..).zip(markets) {
                leaves.markets.insert(id, market(pool, kappa, mark, funding, settled));
            }
            for (id, (n, pool, cash, positions)) in (0..).zip(accounts) {
                leaves.accounts.insert(id, account(n, pool, cash, &positions));
            }
            for (id, (held, first, waiting)) in (0..).zip(pools) {
                let pacing = Pacing { first, next: first + waiting, ..Pacing::default() };
                leaves.pools.insert(id, Pool { pacing, ..holding(held) });
                for ticket in first..first + waiting {
                    let queued =
                        Queued { account: AccountId(0), recipient: owner(7), amount: Quote(ticket as i64) };
                    leaves.queues.insert(queue_index(PoolId(id as u16), ticket), queued);
                }
            }
            for (pool, ticket, amount, n) in queues {
                let queued = Queued { account: AccountId(1), recipient: owner(n), amount: Quote(amount) };
                leaves.queues.entry(queue_index(PoolId(pool), ticket)).or_insert(queued);
            }
            leaves
        })
}

/// The rule as the protocol's text has it, with nothing shared: numbers are small, so that 128 bits hold everything.
fn naive(leaves: &ExitLeaves) -> Vec<(Address, u64)> {
    let equity = |account: &Account| {
        let mut sum = i128::from(account.cash.0);
        for position in &account.positions {
            let Some(market) = leaves.markets.get(&u32::from(position.market.0)) else { continue };
            let price = match market.settlement {
                Some(settlement) => settlement.price.0,
                None => market.mark.0,
            };
            let q = i128::from(position.size.0);
            sum -= q * i128::from(market.funding - position.funding);
            sum += q * i128::from(price) * i128::from(market.params.kappa);
        }
        sum.max(0)
    };
    let mut told = Vec::new();
    for account in leaves.accounts.values() {
        let Some(pool) = leaves.pools.get(&u32::from(account.pool.0)) else { continue };
        let others = leaves.accounts.values().filter(|other| other.pool == account.pool);
        let owed: i128 = others.map(equity).sum();
        let held = i128::from(pool.credited.0 + pool.transferred.0 - pool.withdrawn.0);
        let pays = if owed <= held {
            equity(account)
        } else {
            (equity(account) * held).checked_div(owed).unwrap_or(0)
        };
        told.push((account.owner, pays as u64));
    }
    for (index, queued) in &leaves.queues {
        for (id, pool) in &leaves.pools {
            let waits = |ticket| queue_index(PoolId(*id as u16), ticket) == *index;
            if (pool.pacing.first..pool.pacing.next).any(waits) {
                told.push((queued.recipient, queued.amount.0 as u64));
            }
        }
    }
    told.retain(|(_, amount)| *amount > 0);
    told
}

proptest! {
    #[test]
    fn it_pays_what_the_protocol_says(leaves in leaves()) {
        let escape = Escape::of(&leaves);
        prop_assert_eq!(paid(&escape), naive(&leaves));
        prop_assert_eq!(escape.total(), escape.payouts().iter().map(|payout| payout.amount).sum::<u64>());
        prop_assert_eq!(escape.total(), escape.pools().iter().map(|pool| pool.paid + pool.waiting).sum::<u64>());
        for pool in escape.pools() {
            prop_assert!(i128::from(pool.paid) <= pool.held);
        }
    }

    #[test]
    fn every_payout_is_proven_and_no_other(leaves in leaves(), pick: prop::sample::Index) {
        let escape = Escape::of(&leaves);
        let claim = escape.claim(B256::repeat_byte(4));
        let hashes: Vec<_> = escape.payouts().iter().map(EscapePayout::leaf).collect();
        prop_assert_eq!(claim.payoutsRoot, fixed_root(32, &hashes));
        prop_assert_eq!((claim.payoutCount, claim.total), (hashes.len() as u64, escape.total()));
        if !hashes.is_empty() {
            let payout = &escape.payouts()[pick.index(hashes.len())];
            let proof = escape.proof(payout.index as u32);
            prop_assert!(verify(claim.payoutsRoot, 32, payout.index as u32, payout.leaf(), &proof));
            let dearer = EscapePayout { amount: payout.amount + 1, ..payout.clone() };
            prop_assert!(!verify(claim.payoutsRoot, 32, payout.index as u32, dearer.leaf(), &proof));
        }
    }

    /// What an account gets depends on no number but its own: accounts may come in any order.
    #[test]
    fn order_decides_nothing(leaves in leaves(), by in 1..20_u32) {
        let count = leaves.accounts.len() as u32;
        let mut turned = leaves.clone();
        turned.accounts = leaves.accounts.iter().map(|(id, it)| ((id + by) % count.max(1), it.clone())).collect();
        let sorted = |escape: &Escape| {
            let mut paid = paid(escape);
            paid.sort_unstable();
            paid
        };
        prop_assert_eq!(sorted(&Escape::of(&leaves)), sorted(&Escape::of(&turned)));
    }
}

/// Whoever owes, and whatever his pool has, is paid what he holds besides, after his money and before the next account.
#[test]
fn what_accounts_hold_is_paid_in_kind_and_in_full() {
    let mut leaves = two(1_000);
    let hold = |account: &mut Account, held: &[(u16, u64)]| {
        held.iter().for_each(|(asset, amount)| account.holdings.set(AssetId(*asset), Units(*amount)));
    };
    hold(leaves.accounts.get_mut(&0).expect("it is there"), &[(1, 70), (3, 1 << 60)]);
    hold(leaves.accounts.get_mut(&1).expect("it is there"), &[(2, 1)]);
    // Of a pool that there is not, and that holds nothing.
    leaves.accounts.insert(2, account(3, 9, 500, &[]));
    hold(leaves.accounts.get_mut(&2).expect("it is there"), &[(1, 4)]);
    let mut without = leaves.clone();
    without.accounts.values_mut().for_each(|account| account.holdings = Holdings::NONE);
    let (with, without) = (Escape::of(&leaves), Escape::of(&without));
    let money: Vec<_> = with.payouts().iter().filter(|payout| payout.asset == 0).collect();
    let alone: Vec<_> = without.payouts().iter().collect();
    let what = |payouts: &[&EscapePayout]| -> Vec<_> {
        payouts.iter().map(|payout| (payout.recipient, payout.amount)).collect()
    };
    assert_eq!(what(&money), what(&alone), "money is as it would be");
    assert_eq!(with.pools(), without.pools());
    let order: Vec<_> = with.payouts().iter().map(|payout| (payout.recipient, payout.asset)).collect();
    let second = (owner(2), 0);
    let first: Vec<_> = order.iter().copied().take_while(|it| *it != second).collect();
    assert_eq!(
        first.iter().copied().filter(|it| it.1 > 0).collect::<Vec<_>>(),
        [(owner(1), 1), (owner(1), 3)]
    );
    assert_eq!(order[first.len()..], [second, (owner(2), 2), (owner(3), 1)]);
    assert_eq!(with.total(), without.total() + 70 + (1 << 60) + 1 + 4);
    let dense = with.payouts().iter().map(|payout| payout.index);
    assert!(dense.eq(0..order.len() as u64));
}

/// Eight times the most that there can be of an asset is a number of 64 bits, and no account makes more than eight payouts.
#[test]
fn an_account_that_holds_everything_is_eight_payouts() {
    let mut leaves = two(1 << 60);
    leaves.accounts.retain(|id, _| *id == 1);
    let account = leaves.accounts.get_mut(&1).expect("it is there");
    (account.cash, account.positions) = (Quote(1 << 60), Vec::new());
    (1..8).for_each(|asset| account.holdings.set(AssetId(asset), Units(1 << 60)));
    let escape = Escape::of(&leaves);
    assert_eq!((escape.payouts().len(), escape.total()), (8, 1 << 63));
}
