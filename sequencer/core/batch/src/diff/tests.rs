use super::*;
use alloc::{collections::BTreeMap, string::String, vec};
use ballast_state::{
    Pacing, Pause, Position, Priced, Protection, QUEUES, Queued, Resolution, Settlement, Stage,
};
use ballast_types::{
    Address, AssetId, FeeTier, Lots, MarketClass, MarketParams, Millis, OracleState, Ppm, PriceTicks, Quote,
    SignedPpm, Units,
    limits::{MAX_ASSETS, MAX_POOLS, MAX_POSITIONS, MAX_QUEUED},
};
use proptest::{collection::btree_map, collection::vec as vec_of, option, prelude::*};

/// Leaves before a batch.
#[derive(Clone, Debug, Default)]
struct Leaves {
    accounts: BTreeMap<u32, Account>,
    markets: BTreeMap<u32, Market>,
    pools: BTreeMap<u32, Pool>,
    queues: BTreeMap<u32, Queued>,
}

impl Previous for Leaves {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        self.accounts.get(&id.0).cloned()
    }
    fn market(&mut self, id: MarketId) -> Option<Market> {
        self.markets.get(&id.0.into()).cloned()
    }
    fn pool(&mut self, id: PoolId) -> Option<Pool> {
        self.pools.get(&id.0.into()).copied()
    }
    fn queued(&mut self, index: u32) -> Option<Queued> {
        self.queues.get(&index).copied()
    }
}

/// The bytes of a diff upon the leaves before it.
fn encoded(diff: &Diff) -> Vec<u8> {
    diff.encode(&mut of(diff))
}

fn of(diff: &Diff) -> Leaves {
    fn before<T: Clone>(changes: &[Changed<T>]) -> BTreeMap<u32, T> {
        changes.iter().filter_map(|change| Some((change.index, change.before.clone()?))).collect()
    }
    Leaves {
        accounts: before(&diff.accounts),
        markets: before(&diff.markets),
        pools: before(&diff.pools),
        queues: before(&diff.queues),
    }
}

/// Values near each other and at the ends of their range.
fn number() -> impl Strategy<Value = i64> {
    prop_oneof![6 => -3..3_i64, 2 => any::<i64>(), 1 => Just(i64::MIN), 1 => Just(i64::MAX)]
}

fn quote() -> impl Strategy<Value = Quote> {
    number().prop_map(Quote)
}

fn account() -> impl Strategy<Value = Account> {
    let size = number().prop_map(|size| Lots(if size == 0 { 1 } else { size }));
    let positions = btree_map(prop_oneof![0..6_u16, any::<u16>()], (size, number()), 0..=MAX_POSITIONS);
    (0..2_u8, 0..2_u16, quote(), positions, holdings()).prop_map(
        |(owner, pool, cash, positions, holdings)| {
            let positions = positions.into_iter();
            let positions =
                positions.map(|(id, (size, funding))| Position { market: MarketId(id), size, funding });
            Account {
                owner: Address::repeat_byte(owner),
                pool: PoolId(pool),
                cash,
                positions: positions.collect(),
                holdings,
            }
        },
    )
}

/// Mostly of few assets, and of half of the accounts none.
fn holdings() -> impl Strategy<Value = Holdings> {
    let amount = prop_oneof![Just(1), Just(1 << 60), 1..1_u64 << 60];
    let held = btree_map(1..MAX_ASSETS, amount, 0..8);
    prop_oneof![Just(BTreeMap::new()), held].prop_map(|held| holding(&held.into_iter().collect::<Vec<_>>()))
}

fn holding(held: &[(u16, u64)]) -> Holdings {
    let mut holdings = Holdings::NONE;
    held.iter().for_each(|(asset, amount)| holdings.set(AssetId(*asset), Units(*amount)));
    holdings
}

fn market() -> impl Strategy<Value = Market> {
    let numbers = (0..2_u32, 0..2_u16, number(), number(), number(), number(), number());
    numbers.prop_map(|(fee, pool, index, mark, mark_time, fresh_mark, funding)| Market {
        average: PriceTicks(index.cast_unsigned() / 2),
        settlement: (fee == 1).then_some(Settlement {
            price: PriceTicks(mark.unsigned_abs() / 2),
            closed: i128::from(funding) << 3,
        }),
        params: params(fee),
        pool: PoolId(pool),
        index: PriceTicks(index.cast_unsigned()),
        mark: PriceTicks(mark.cast_unsigned()),
        mark_time: Millis(mark_time.cast_unsigned()),
        oracle: if mark % 2 == 0 { OracleState::Fresh } else { OracleState::Invalid },
        fresh_mark: PriceTicks(fresh_mark.cast_unsigned()),
        funding,
        initial_factor: Ppm(fee * 1_250_000),
        maintenance: Ppm(fee * 25_001),
        initial: Ppm(50_000 + fee),
        open_interest_margin: Ppm(fee * u32::from(pool) * 1_000_000),
        prices: prices(usize::from(pool) * fee as usize),
        hour_average: PriceTicks(u64::from(pool) * mark.cast_unsigned()),
        haircut: Ppm(u32::from(pool) * 50_000),
        haircut_initial: Ppm(fee * 60_000),
    })
}

/// Of so many assets.
fn prices(count: usize) -> Vec<Priced> {
    let priced = |asset: u16| Priced {
        asset: AssetId(asset),
        units_per_lot: Units(u64::MAX - u64::from(asset)),
        haircut: Ppm(u32::MAX - u32::from(asset)),
    };
    (1..).map(priced).take(count).collect()
}

fn params(fee: u32) -> MarketParams {
    MarketParams {
        symbol: String::from("ETH-USD"),
        price_decimals: 2,
        size_decimals: 4,
        kappa: 1,
        initial_margin: Ppm(50_000),
        maintenance_margin: Ppm(25_000),
        margin_tiers: Vec::new(),
        fees: FeeTier::flat(Ppm(fee), SignedPpm(150)),
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(0),
        gain_weight_withdrawal: Ppm(0),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: false,
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: Millis(0),
        open_interest_free: Quote::ZERO,
    }
}

fn pool() -> impl Strategy<Value = Pool> {
    (quote(), quote(), quote(), quote(), quote(), option::of(0..9_u32), quote()).prop_map(
        |(credited, withdrawn, fees, fund, deficit, backstop, transferred)| Pool {
            credited,
            withdrawn,
            fees,
            fund,
            deficit,
            protection: Protection { backstop: backstop.map(AccountId), ..Protection::default() },
            transferred,
            pacing: Pacing {
                queued: Quote(transferred.0 & 1),
                first: credited.0.unsigned_abs() % 4,
                ..Pacing::default()
            },
            resolution: Resolution {
                owes_since: Millis(fees.0.unsigned_abs()),
                stage: match backstop {
                    None => Stage::Open,
                    Some(0..5) => {
                        Stage::Settling { next: AccountId(u32::MAX - fund.0.unsigned_abs() as u32 % 9) }
                    }
                    Some(part) => Stage::Resolved { ratio: part * 100_000_000 },
                },
            },
            debts: Quote(deficit.0 >> 1),
            pause: Pause { since: Millis(fund.0.unsigned_abs()), until: Millis(credited.0.unsigned_abs()) },
        },
    )
}

fn queued() -> impl Strategy<Value = Queued> {
    (0..2_u32, 0..2_u8, quote()).prop_map(|(account, recipient, amount)| Queued {
        account: AccountId(account),
        recipient: Address::repeat_byte(recipient),
        amount,
    })
}

/// Withdrawals of few accounts to few recipients, as those that wait are.
fn withdrawn() -> impl Strategy<Value = Withdrawn> {
    let amount = prop_oneof![4 => 0..4_u64, 1 => any::<u64>()];
    let account = prop_oneof![8 => 0..3_u32, 1 => any::<u32>()];
    (account, 0..3_u8, prop_oneof![8 => Just(0), 1 => any::<u16>()], amount).prop_map(
        |(account, recipient, asset, amount)| Withdrawn {
            account: AccountId(account),
            recipient: Address::repeat_byte(recipient),
            asset,
            amount,
        },
    )
}

fn changes<S: Strategy>(most: u32, leaf: fn() -> S) -> impl Strategy<Value = Vec<Changed<S::Value>>> {
    changes_at(prop_oneof![0..20_u32, 0..=most], leaf)
}

fn changes_at<S: Strategy>(
    indices: impl Strategy<Value = u32>,
    leaf: fn() -> S,
) -> impl Strategy<Value = Vec<Changed<S::Value>>> {
    let leaves = btree_map(indices, (option::of(leaf()), leaf()), 0..12);
    leaves.prop_map(|leaves| {
        leaves.into_iter().map(|(index, (before, after))| Changed { index, before, after }).collect()
    })
}

/// Like an account, with a part of it moved, as a trade does.
fn touched() -> impl Strategy<Value = Vec<Changed<Account>>> {
    let change = (account(), number(), any::<prop::sample::Index>(), number(), any::<bool>());
    btree_map(0..50_u32, change, 0..12).prop_map(|leaves| {
        let change = |(index, (before, cash, at, size, funding)): (
            u32,
            (Account, _, prop::sample::Index, _, bool),
        )| {
            let mut after: Account = before.clone();
            after.cash = Quote(after.cash.0.wrapping_add(cash));
            if !after.positions.is_empty() {
                let at = at.index(after.positions.len());
                let position = &mut after.positions[at];
                position.size = Lots(position.size.0.wrapping_add(size));
                position.funding = position.funding.wrapping_add(funding.into());
                after.positions.retain(|position| position.size != Lots::ZERO);
            }
            Changed { index, before: Some(before), after }
        };
        leaves.into_iter().map(change).collect()
    })
}

fn diff() -> impl Strategy<Value = Diff> {
    let accounts = prop_oneof![changes(u32::MAX, account), touched()];
    let (markets, pools) = (changes(u16::MAX.into(), market), changes(u16::MAX.into(), pool));
    let places = prop_oneof![(0..3_u32, 0..4_u32), (0..u32::from(MAX_POOLS), 0..MAX_QUEUED as u32)];
    let places = places.prop_map(|(pool, place)| QUEUES * (1 + pool) + place);
    let queues = changes_at(places, queued);
    (accounts, markets, pools, queues, vec_of(withdrawn(), 0..12)).prop_map(
        |(accounts, markets, pools, queues, withdrawals)| Diff {
            accounts,
            markets,
            pools,
            queues,
            withdrawals,
            stripe: None,
        },
    )
}

/// Whatever decodes encodes to what it was decoded from.
fn is_canonical(bytes: &[u8], mut leaves: Leaves) -> Result<(), TestCaseError> {
    if let Ok(diff) = Diff::decode(bytes, &mut leaves) {
        prop_assert_eq!(diff.clone().net(), diff.clone());
        prop_assert_eq!(diff.encode(&mut leaves), bytes);
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_diff_comes_back_net(diff in diff()) {
        let bytes = encoded(&diff);
        prop_assert_eq!(Diff::decode(&bytes, &mut of(&diff)), Ok(diff.clone().net()));
        let mut leaves = of(&diff);
        prop_assert_eq!(diff.net().encode(&mut leaves), bytes);
    }

    #[test]
    fn a_diff_is_never_longer_than_said(diff in diff()) {
        let held = |account: Option<&Account>| account.map_or(0, |account| account.positions.len());
        let positions: usize = diff.accounts.iter().map(|c| held(c.before.as_ref()) + held(Some(&c.after))).sum();
        let most = Most {
            accounts: diff.accounts.len(),
            positions,
            holdings: section::net(&diff.accounts).iter().map(|c| of_other_holdings(c)).sum(),
            queued: diff.queues.len(),
            parameters: 0,
            withdrawals: diff.withdrawals.len(),
            venues: positions,
            told: Told::default(),
        };
        prop_assert!(encoded(&diff).len() <= max_bytes(most));
    }

    /// It may be the encoding of another diff: how long it is, the blobs tell.
    #[test]
    fn a_cut_or_longer_diff_is_refused_or_another(diff in diff(), cut: prop::sample::Index, more: u8) {
        let mut bytes = encoded(&diff);
        let cut = cut.index(bytes.len());
        prop_assert_ne!(Diff::decode(&bytes[..cut], &mut of(&diff)), Ok(diff.clone().net()));
        is_canonical(&bytes[..cut], of(&diff))?;
        bytes.push(more);
        prop_assert_ne!(Diff::decode(&bytes, &mut of(&diff)), Ok(diff.clone().net()));
        is_canonical(&bytes, of(&diff))?;
    }

    #[test]
    fn mutated_diffs_are_refused_or_canonical(
        diff in diff(),
        edits in vec_of((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4),
        forget in any::<bool>(),
    ) {
        let mut bytes = encoded(&diff);
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => (),
            }
        }
        is_canonical(&bytes, if forget { Leaves::default() } else { of(&diff) })?;
    }

    #[test]
    fn garbage_is_refused_or_canonical(small in vec_of(0..8_u8, 0..60), any_bytes in vec_of(any::<u8>(), 0..60), diff in diff()) {
        for garbage in [small, any_bytes] {
            let bytes = [&[DIFF_VERSION][..], &garbage].concat();
            is_canonical(&bytes, of(&diff))?;
            is_canonical(&garbage, Leaves::default())?;
        }
    }
}

fn account_with(positions: &[(u16, i64, i64)]) -> Account {
    let position = |&(market, size, funding): &(_, _, _)| Position {
        market: MarketId(market),
        size: Lots(size),
        funding,
    };
    let positions = positions.iter().map(position).collect();
    let (owner, pool, holdings) = (Address::repeat_byte(1), PoolId(0), Holdings::NONE);
    Account { owner, pool, cash: Quote(5), positions, holdings }
}

/// How many holdings the change touches.
fn of_other_holdings(change: &Changed<Account>) -> usize {
    let before = change.before.as_ref().map_or(Holdings::NONE, |account| account.holdings.clone());
    (1..MAX_ASSETS).map(AssetId).filter(|asset| before.of(*asset) != change.after.holdings.of(*asset)).count()
}

fn one(before: Option<Account>, after: Account) -> Diff {
    Diff { accounts: vec![Changed { index: 9, before, after }], ..Diff::default() }
}

/// A diff as anybody could write it, whether or not what it tells changed.
fn forged(write: impl FnOnce(&mut Encoder) -> Result<(), DiffError>) -> Vec<u8> {
    let mut encoder = Encoder::new(vec![DIFF_VERSION], false);
    write(&mut encoder).expect("numbers can be written");
    encoder.finish()
}

/// A section of one leaf, by its id, and what follows.
fn leaf(encoder: &mut Encoder, id: u64) -> Result<(), DiffError> {
    numbers::Number::default().code(encoder, 1)?;
    numbers::Ids::new(3).code::<u32>(encoder, id)?;
    // It was there.
    encoder.bit(&mut coder::Chance::default(), false).map(drop)
}

#[test]
fn a_small_change_takes_few_bytes() {
    let before = account_with(&[(0, 10, 0), (3, -4, 0)]);
    let mut after = before.clone();
    after.cash = Quote(-40);
    after.positions[1].size = Lots(-9);
    let bytes = encoded(&one(Some(before), after)).len();
    assert!(bytes <= 18, "{bytes} bytes");
    assert!(encoded(&Diff::default()).len() <= 6);
}

#[test]
fn what_is_told_must_have_changed() {
    let before = account_with(&[(3, -4, 0)]);
    let mut leaves = of(&one(Some(before.clone()), before));
    let mut decode = |bytes: &[u8]| Diff::decode(bytes, &mut leaves).err();
    assert_eq!(decode(&[]), Some(DiffError::Truncated));
    assert_eq!(decode(&[DIFF_VERSION]), Some(DiffError::Truncated), "no counts");
    assert_eq!(decode(&[5, 0, 0, 0, 0]), Some(DiffError::Version));
    assert_eq!(decode(&encoded(&Diff::default())), None);
    let none = |encoder: &mut Encoder| numbers::Number::default().code(encoder, 0).map(drop);
    let bit = |encoder: &mut Encoder, value| encoder.bit(&mut coder::Chance::default(), value).map(drop);
    let in_vain = forged(|encoder| {
        none(encoder)?;
        leaf(encoder, 9)?;
        // Neither identity, nor positions, nor cash, nor holdings.
        bit(encoder, false)?;
        none(encoder)?;
        bit(encoder, false)?;
        bit(encoder, false)
    });
    assert_eq!(decode(&in_vain), Some(DiffError::NoChange));
    let free = forged(|encoder| {
        none(encoder)?;
        leaf(encoder, 9)?;
        bit(encoder, false)?;
        none(encoder)?;
        // Cash by nothing.
        bit(encoder, true)?;
        numbers::Step::default().code(encoder, 5, 5).map(drop)
    });
    assert_eq!(decode(&free), Some(DiffError::NoChange));
    let same_owner = forged(|encoder| {
        none(encoder)?;
        leaf(encoder, 9)?;
        bit(encoder, true)?;
        numbers::address(encoder, Address::repeat_byte(1))?;
        none(encoder)
    });
    assert_eq!(decode(&same_owner), Some(DiffError::NoChange));
    let plain = Diff::default().write(&mut of(&Diff::default()), true);
    assert_eq!(decode(&plain), Some(DiffError::Another), "plain though there is no need");
    let far = forged(|encoder| leaf(encoder, 1 << 16));
    assert_eq!(decode(&far), Some(DiffError::Id), "a market above 2^16");
}

/// Few bytes that claim to be many leaves are refused before there is room for them.
#[test]
fn a_count_asks_for_nothing_that_is_not_there() {
    let many = |encoder: &mut Encoder| numbers::Number::default().code(encoder, u64::MAX).map(drop);
    let none = |encoder: &mut Encoder| numbers::Number::default().code(encoder, 0).map(drop);
    let mut leaves = Leaves::default();
    let mut decode = |bytes: &[u8]| Diff::decode(bytes, &mut leaves).err();
    for sections in 0..4 {
        let bytes = forged(|encoder| {
            (0..sections).try_for_each(|_| none(encoder))?;
            many(encoder)
        });
        assert!(decode(&bytes).is_some(), "section {sections}");
    }
}

#[test]
fn an_account_keeps_to_its_positions() {
    let most: Vec<_> = (0..MAX_POSITIONS as u16).map(|market| (market, 1, 0)).collect();
    let before = account_with(&most);
    let fewer = account_with(&most[1..]);
    let diff = one(Some(fewer), before.clone());
    // The account that the bytes were not made for has all its positions in other markets.
    let others: Vec<_> = (0..MAX_POSITIONS as u16).map(|market| (market + 1, 1, 0)).collect();
    let mut leaves = of(&one(Some(account_with(&others)), before));
    assert_eq!(Diff::decode(&encoded(&diff), &mut leaves), Err(DiffError::Positions));
}

#[test]
#[should_panic(expected = "ids strictly ascend")]
fn leaves_out_of_order_are_our_mistake() {
    let pool = |index| Changed { index, before: None, after: Pool::default() };
    let _ = encoded(&Diff { pools: vec![pool(3), pool(3)], ..Diff::default() });
}

mod holdings;
mod middle;
mod rounds;
mod trading;
mod withdrawals;
