use super::*;
use crate::leaf::{
    Account, Average, Breakers, Capacity, Closing, Factor, Genesis, Holders, Holdings, Interest, Market,
    Minute, Minutes, PendingChange, Pool, Position, Pricing, Strain, Trader, TraderBook, Uncommon, Venue,
    factor_index, minutes_index, page_index,
};
use alloc::{collections::BTreeMap, string::String, vec};
use ballast_types::{
    AccountId, Address, AssetId, ClientId, FeeTier, GovernanceCall, Lots, MarketClass, MarketId,
    MarketParams, Millis, OracleState, Order, OrderId, PoolId, Ppm, PriceTicks, Quote, Seq, Side, SignedPpm,
    SizeLots, Units,
};
use proptest::{collection::vec as vec_of, prelude::*};

fn genesis() -> Genesis {
    Genesis {
        chain_id: 1,
        exchange: Address::repeat_byte(1),
        publishers: vec![Address::repeat_byte(2)],
        quorum: 1,
        guardian: Address::ZERO,
        settlement_lag: false,
        peg_guard: false,
        assets: Vec::new(),
        pools: 2,
    }
}

fn market(seed: u64) -> Market {
    let params = MarketParams {
        symbol: String::from("BTC-USD"),
        price_decimals: 1,
        size_decimals: 5,
        kappa: 1,
        initial_margin: Ppm(50_000),
        maintenance_margin: Ppm(25_000),
        margin_tiers: Vec::new(),
        fees: FeeTier::flat(Ppm(450), SignedPpm(150)),
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(500_000),
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
    };
    let (index, mark) = (PriceTicks(seed), PriceTicks(seed / 2));
    Market {
        average: PriceTicks(1_199_999),
        settlement: None,
        params,
        pool: PoolId(0),
        index,
        mark,
        mark_time: Millis(seed),
        oracle: OracleState::Uncertain,
        fresh_mark: mark,
        funding: -3,
        initial_factor: Ppm(1_500_000),
        maintenance: Ppm(25_500),
        initial: Ppm(51_000),
        open_interest_margin: Ppm(70_000),
        prices: Vec::new(),
        hour_average: PriceTicks(0),
        haircut: Ppm(0),
        haircut_initial: Ppm(0),
    }
}

fn factor(seed: u64) -> Factor {
    Factor {
        hour: seed,
        close: PriceTicks(seed),
        fast: 4,
        slow: 9,
        glided: 3,
        residuals: vec![-7; 720],
        stress: vec![-1, 2],
    }
}

fn account(seed: u64) -> Account {
    let position = Position { market: MarketId(1), size: Lots(-5), funding: 9 };
    let positions = vec![position; (seed % 2) as usize];
    let mut holdings = Holdings::NONE;
    holdings.set(AssetId(1 + (seed % 7) as u16), Units(seed % 3));
    let owner = Address::repeat_byte(seed as u8);
    Account { owner, pool: PoolId(0), cash: Quote(seed as i64), positions, holdings }
}

fn trader(seed: u64) -> Trader {
    let book = TraderBook {
        market: MarketId(1),
        basis: Quote(7),
        bid_lots: SizeLots(seed),
        ask_lots: SizeLots(2),
        orders: 3,
    };
    let seldom =
        Uncommon { exit: seed.is_multiple_of(5).then_some(Address::ZERO), ..Uncommon::default() }.into();
    Trader { books: vec![book; (seed % 3) as usize], reserve: Quote(5), seldom, ..Trader::default() }
}

fn page(seed: u64) -> OrderPage {
    let order = Order {
        key: ballast_types::KeyNumber(0),
        reduce_only: false,
        good_until: None,
        iceberg: None,
        waits: None,
        id: OrderId::new(seed, 3),
        account: AccountId(4),
        side: Side::Buy,
        price: PriceTicks(5),
        size: SizeLots(6),
        reserve: Quote(7),
        client: ClientId(8),
    };
    OrderPage { orders: vec![order] }
}

impl core::fmt::Debug for Restored {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "restored {:?}", self.state.chain)
    }
}

/// A state, the pages of its books, and the root of both.
fn filled(seeds: &[(u32, u64)]) -> (State, Vec<(u32, OrderPage)>, B256) {
    let mut state = State::empty(genesis());
    let mut pages = BTreeMap::new();
    for (index, seed) in seeds {
        state.accounts.insert(*index, account(*seed));
        state.traders.insert(*index, trader(*seed));
        state.markets.insert(index % 3, market(*seed));
        let venue = Venue {
            next_arrival: *seed,
            pages: 9,
            open_interest: SizeLots(1),
            batch_until: Millis(0),
            next_clearing: Millis(0),
            waiting: 0,
            reports: vec![],
            pricing: Pricing { basis: -i128::from(*seed), ..Pricing::default() },
            strain: Strain::default(),
            holders: Holders::NONE,
            breakers: Breakers::NEW,
            interest: Interest::default(),
            capacity: Capacity { agreed: Some(*seed), ..Capacity::new(2) },
            average: Average::default(),
            closing: Closing { hour: *seed, ..Closing::default() },
            minute: Minute { number: *seed, index: PriceTicks(7) },
            margin_moved: Millis(*seed),
        };
        state.venues.insert(index % 3, venue);
        let minutes = Minutes { samples: vec![Minute { number: 3, index: PriceTicks(*seed) }] };
        state.minutes.insert(minutes_index(MarketId((index % 3) as u16)), minutes);
        if seed % 3 == 0 {
            state.factors.insert(factor_index(MarketId((index % 3) as u16)), factor(*seed));
        }
        state.pools.insert(index % 2, Pool { credited: Quote(*seed as i64), ..Pool::default() });
        pages.insert(page_index(MarketId((index % 3) as u16), (index % 70) as u16), page(seed % 1_000));
    }
    state.chain.seq = Seq(seeds.len() as u64);
    for (index, seed) in seeds.iter().take(3) {
        let call = GovernanceCall { action: 0, subject: *index as u16, value: *seed };
        state.pending_mut().put(PendingChange { at: Millis(*seed), call });
        state.signers_mut().guardian = Address::repeat_byte(*seed as u8);
    }
    let mut commitment = Commitment::new();
    commitment.update(&state.take_changes());
    let pages: Vec<_> = pages.into_iter().collect();
    let leaves: Vec<_> =
        pages.iter().map(|(index, page)| (Section::Orders, *index, Some(codec::encode(page)))).collect();
    commitment.update(&leaves);
    (state, pages, commitment.state_root())
}

fn restore(chunks: &[Vec<u8>], root: B256) -> Result<Restored, SnapshotError> {
    let (mut restore, mut commitment) = (Restore::new(), Commitment::new());
    for chunk in chunks {
        commitment.update(&restore.push(chunk)?);
    }
    restore.finish(&commitment, root)
}

fn seeds(most: usize) -> impl Strategy<Value = Vec<(u32, u64)>> {
    vec_of((0..5_000_u32, 0..1_u64 << 40), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_state_comes_back(seeds in seeds(200)) {
        let (state, pages, root) = filled(&seeds);
        let chunks: Vec<_> = write(&state, pages.iter().cloned()).collect();
        let mut restored = restore(&chunks, root).expect("a snapshot of this state");
        prop_assert_eq!(&restored.pages, &pages);
        prop_assert_eq!(&restored.state.genesis, &state.genesis);
        prop_assert_eq!(&restored.state.chain, &state.chain);
        prop_assert_eq!(restored.state.pending(), state.pending());
        prop_assert_eq!(restored.state.signers(), state.signers());
        prop_assert_eq!(restored.state.accounts.len(), state.accounts.len());
        let again: Vec<_> = write(&restored.state, pages.iter().cloned()).collect();
        prop_assert_eq!(&again, &chunks);
        prop_assert_eq!(restored.state.take_changes().len(), 1, "only the chain's leaf is written at every commit");
    }

    #[test]
    fn a_changed_byte_never_passes(seeds in seeds(20), at: prop::sample::Index, flip in 1..=u8::MAX) {
        let (state, pages, root) = filled(&seeds);
        let mut chunks: Vec<_> = write(&state, pages.into_iter()).collect();
        let at = at.index(chunks[0].len());
        chunks[0][at] ^= flip;
        prop_assert!(restore(&chunks, root).is_err());
    }

    #[test]
    fn garbage_is_refused(chunk in vec_of(any::<u8>(), 1..200)) {
        prop_assert!(Restore::new().push(&chunk).is_err());
    }
}

#[test]
fn a_large_state_is_cut_into_bounded_chunks() {
    let seeds: Vec<_> = (0..4_000).map(|index| (index, u64::from(index))).collect();
    let (state, pages, root) = filled(&seeds);
    let chunks: Vec<_> = write(&state, pages.into_iter()).collect();
    assert!(chunks.len() > 2);
    assert!(chunks.iter().all(|chunk| chunk.len() < CHUNK_BYTES + 1_024));
    assert!(restore(&chunks, root).is_ok());
}

#[test]
fn records_out_of_turn_are_refused() {
    let chain = State::empty(genesis()).chain;
    let record = |section, index, leaf: Vec<u8>| codec::encode(&Record { section, index, leaf });
    let first = record(Section::Chain, CHAIN_INDEX, codec::encode(&chain));
    let second = record(Section::Chain, GENESIS_INDEX, codec::encode(&genesis()));
    let pool = |index| record(Section::Pools, index, codec::encode(&Pool::default()));
    let push = |chunks: &[&Vec<u8>]| {
        let mut restore = Restore::new();
        chunks.iter().try_for_each(|chunk| restore.push(chunk).map(drop))
    };
    assert_eq!(push(&[&first, &second, &pool(0), &pool(1)]), Ok(()));
    assert_eq!(push(&[&second]), Err(SnapshotError::Order));
    assert_eq!(push(&[&first, &pool(0)]), Err(SnapshotError::Order));
    assert_eq!(push(&[&first, &second, &pool(1), &pool(0)]), Err(SnapshotError::Order));
    assert_eq!(push(&[&first, &first]), Err(SnapshotError::Order));
    assert_eq!(push(&[&first, &second, &pool(1 << 16)]), Err(SnapshotError::Index));
    assert_eq!(
        push(&[&first, &second, &record(Section::Accounts, 0, vec![1])]),
        Err(SnapshotError::Malformed)
    );
    assert_eq!(restore(&[first], B256::ZERO).err(), Some(SnapshotError::Order));
}
