//! INV-44: no input panics, whatever it says (the world also checks INV-39, INV-40 and all the others).

use alloc::{vec, vec::Vec};

use ballast_types::{
    AccountId, Address, AssetId, B256, BatchIndex, CancelFilter, ClientId, ConditionalId, Direction,
    ForcedRequest, GovernanceCall, GrantSession, GuardianCommand, L1Message, L1Payload, Link, LinkKind,
    MarketId, MarketMode, Millis, NewOrder, Nonce, Operation, Operations, OrderId, PoolId, Ppm, PriceReport,
    PriceSource, PriceTicks, Quote, ReportedPrice, Restrict, RevokeSession, SelfTrade, Seq, Side, Signature,
    SizeLots, Source, SystemCommand, TimeInForce, Transfer, Trigger, USDC, UserCommand, Withdraw,
    limits::{MAX_AMOUNT, MAX_PRICE, MAX_SIZE, NEW_ACCOUNT},
};
use proptest::{option, prelude::*, sample::select};

use crate::world::{
    ALT, BTC, ETH, GUARDIAN, ONE, PRICE, WBTC, World, buy, owner, publisher, sell, signed_by,
};

/// Numbers at which something ends, and any other.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..4_u64,
        1 => Just(u64::MAX),
        1 => Just(1 << 63),
        1 => Just(MAX_PRICE),
        1 => Just(MAX_PRICE + 1),
        1 => Just(MAX_SIZE),
        1 => Just(MAX_SIZE + 1),
        1 => Just(MAX_AMOUNT.cast_unsigned()),
        2 => 450_000..550_000_u64,
        2 => any::<u64>(),
    ]
}

fn amount() -> impl Strategy<Value = Quote> {
    prop_oneof![number().prop_map(|n| Quote(n.cast_signed())), (0..1_000_000_000_000_i64).prop_map(Quote)]
}

fn account() -> impl Strategy<Value = AccountId> {
    prop_oneof![6 => (0..4_u32).prop_map(AccountId), 1 => Just(AccountId(NEW_ACCOUNT)), 1 => any::<u32>().prop_map(AccountId)]
}

fn market() -> impl Strategy<Value = MarketId> {
    prop_oneof![8 => (0..3_u16).prop_map(MarketId), 1 => any::<u16>().prop_map(MarketId), 1 => Just(USDC), 1 => (0..3_u16).prop_map(|id| MarketId(id).capacity())]
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        (0..6_u8).prop_map(owner),
        (0..4_u8).prop_map(publisher),
        Just(Address::ZERO),
        any::<[u8; 20]>().prop_map(Address::from)
    ]
}

/// Times around the world's, and any other.
fn time() -> impl Strategy<Value = Millis> {
    prop_oneof![8 => (999_000..1_003_000_u64).prop_map(Millis), 1 => number().prop_map(Millis)]
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn new_order() -> BoxedStrategy<NewOrder> {
    let kind = select(vec![
        TimeInForce::Gtc,
        TimeInForce::Ioc,
        TimeInForce::Fok,
        TimeInForce::PostOnly,
        TimeInForce::PostOnlySlide,
    ]);
    let self_trade = select(vec![
        SelfTrade::CancelMaker,
        SelfTrade::CancelTaker,
        SelfTrade::CancelBoth,
        SelfTrade::Decrement,
    ]);
    let options = (option::weighted(0.1, time()), any::<bool>(), self_trade, option::weighted(0.1, number()));
    (side(), number(), number(), kind, options, number())
        .prop_map(
            |(side, price, size, time_in_force, (good_until, reduce_only, self_trade, display), client)| {
                NewOrder {
                    side,
                    price: PriceTicks(price),
                    size: SizeLots(size),
                    time_in_force,
                    good_until,
                    reduce_only,
                    self_trade,
                    display: display.map(SizeLots),
                    client: ClientId(client),
                }
            },
        )
        .boxed()
}

fn order_id() -> impl Strategy<Value = OrderId> {
    prop_oneof![
        (0..4_u64, 0..4_u32).prop_map(|(arrival, slot)| OrderId::new(arrival, slot)),
        number().prop_map(OrderId)
    ]
}

fn conditional_id() -> impl Strategy<Value = ConditionalId> {
    prop_oneof![
        4 => (0..40_u64, 0..4_u8).prop_map(|(seq, step)| ConditionalId::new(Seq(seq), step)),
        1 => number().prop_map(ConditionalId)
    ]
}

fn trigger() -> impl Strategy<Value = Trigger> {
    let source = select(vec![PriceSource::Mark, PriceSource::Index]);
    let direction = select(vec![Direction::Above, Direction::Below]);
    prop_oneof![
        Just(Trigger::Opened),
        (source, direction, number()).prop_map(|(source, direction, level)| Trigger::Price {
            source,
            direction,
            level: PriceTicks(level)
        }),
        (time(), any::<u16>(), any::<u32>()).prop_map(|(at, slices, interval)| Trigger::Time {
            at,
            slices: slices % 4,
            interval
        }),
    ]
}

fn link() -> impl Strategy<Value = Link> {
    (prop_oneof![4 => 0..4_u8, 1 => any::<u8>()], select(vec![LinkKind::Beside, LinkKind::After]))
        .prop_map(|(step, kind)| Link { step, kind })
}

fn operation() -> BoxedStrategy<Operation> {
    prop_oneof![
        4 => (market(), new_order()).prop_map(|(market, order)| Operation::Place { market, order }),
        1 => (market(), order_id()).prop_map(|(market, order)| Operation::Cancel { market, order }),
        2 => (market(), order_id(), new_order())
            .prop_map(|(market, order, new)| Operation::Replace { market, order, new }),
        1 => (option::of(market()), option::of(side()), option::of(address()))
            .prop_map(|(market, side, key)| Operation::CancelAll(CancelFilter { market, side, key })),
        1 => (market(), number())
            .prop_map(|(market, client)| Operation::CancelClient { market, client: ClientId(client) }),
        1 => option::of(time()).prop_map(|at| Operation::ScheduleCancel { at }),
        2 => (market(), new_order(), trigger(), option::of(link()))
            .prop_map(|(market, order, trigger, link)| Operation::PlaceConditional { market, order, trigger, link }),
        1 => conditional_id().prop_map(|conditional| Operation::CancelConditional { conditional }),
        1 => (market(), any::<u16>())
            .prop_map(|(market, leverage)| Operation::SetLeverage { market, leverage }),
    ]
    .boxed()
}

fn command() -> BoxedStrategy<UserCommand> {
    let common = || (account(), number().prop_map(Nonce), time());
    prop_oneof![
        4 => (common(), any::<bool>(), prop::collection::vec(operation(), 0..103)).prop_map(
            |((account, nonce, expires), atomic, operations)| {
                UserCommand::Operations(Operations { account, nonce, expires, atomic, operations })
            }
        ),
        1 => (common(), address(), time(), any::<u8>()).prop_map(|((account, nonce, expires), key, valid_until, scope)| {
            UserCommand::GrantSession(GrantSession { account, nonce, expires, key, valid_until, scope: scope % 8 })
        }),
        1 => (common(), address()).prop_map(|((account, nonce, expires), key)| {
            UserCommand::RevokeSession(RevokeSession { account, nonce, expires, key })
        }),
        2 => (common(), asset(), amount(), address()).prop_map(|((account, nonce, expires), asset, amount, recipient)| {
            UserCommand::Withdraw(Withdraw { account, nonce, expires, asset, amount, recipient })
        }),
        2 => (common(), account(), 0..3_u16, amount()).prop_map(|((account, nonce, expires), to, pool, amount)| {
            UserCommand::Transfer(Transfer { account, nonce, expires, to, pool: PoolId(pool), amount })
        }),
    ]
    .boxed()
}

fn report() -> impl Strategy<Value = PriceReport> {
    let price =
        (market(), number(), number(), 0..30_000_u32).prop_map(|(market, price, perp, confidence)| {
            ReportedPrice {
                market,
                price: PriceTicks(price),
                perp: (perp % 2 == 0).then_some(PriceTicks(perp)),
                confidence: Ppm(confidence),
            }
        });
    (any::<u8>(), time(), prop::collection::vec(price, 0..4))
        .prop_map(|(publisher, time, prices)| PriceReport { publisher: publisher % 5, time, prices })
}

fn forced() -> impl Strategy<Value = ForcedRequest> {
    (0..4_u8).prop_map(|number| ForcedRequest::from_number(number).expect("there are four"))
}

fn asset() -> impl Strategy<Value = AssetId> {
    prop_oneof![3 => Just(AssetId::USDC), 2 => (1..4_u16).prop_map(AssetId), 1 => any::<u16>().prop_map(AssetId)]
}

fn payload() -> impl Strategy<Value = L1Payload> {
    prop_oneof![
        (asset(), address(), account(), amount())
            .prop_map(|(asset, owner, account, amount)| L1Payload::Deposit { asset, owner, account, amount }),
        (forced(), address(), account(), address(), asset(), amount()).prop_map(
            |(request, sender, account, recipient, asset, amount)| L1Payload::Forced {
                request,
                sender,
                account,
                recipient,
                asset,
                amount
            }
        ),
        (0..12_u8, 0..4_u16, number()).prop_map(|(action, subject, value)| {
            L1Payload::Governance(GovernanceCall { action, subject, value })
        }),
        number().prop_map(|n| L1Payload::BatchPosted {
            index: BatchIndex(n),
            batch_hash: B256::ZERO,
            l1_block: n,
            prevrandao: Default::default()
        }),
    ]
}

fn signature() -> impl Strategy<Value = Signature> {
    prop_oneof![12 => address().prop_map(signed_by), 1 => any::<[[u8; 13]; 5]>().prop_map(|bytes| {
        Signature(bytes.concat().try_into().expect("65 bytes"))
    })]
}

fn guardian() -> impl Strategy<Value = GuardianCommand> {
    let time = || prop_oneof![4 => 999_000..1_003_000_u64, 1 => number()].prop_map(Millis);
    (market(), select(&MarketMode::ALL[..]), time(), time()).prop_map(|(market, mode, until, time)| {
        GuardianCommand::Restrict(Restrict { market, mode, until, time })
    })
}

fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        6 => (command(), signature()).prop_map(|(command, signature)| Source::User { command, signature }),
        1 => (report(), signature()).prop_map(|(report, signature)| Source::Publisher { report, signature }),
        2 => (prop_oneof![8 => 0..12_u64, 1 => number()], number(), payload())
            .prop_map(|(index, l1_block, payload)| Source::L1(L1Message { index, l1_block, l1_time: 0, payload })),
        1 => prop_oneof![0..4_u64, number()]
            .prop_map(|index| Source::System(SystemCommand::SealBatch { index: BatchIndex(index) })),
        1 => prop::collection::vec((market(), order_id()), 0..4)
            .prop_map(|orders| Source::System(SystemCommand::Sweep { orders })),
        1 => prop::collection::vec((account(), conditional_id()), 0..4)
            .prop_map(|conditionals| Source::System(SystemCommand::Fire { conditionals })),
        1 => market().prop_map(|market| Source::System(SystemCommand::Clear { market })),
        1 => account().prop_map(|account| Source::System(SystemCommand::Liquidate { account })),
        1 => (market(), prop::collection::vec(account(), 0..4), prop::collection::vec(account(), 0..4)).prop_map(
            |(market, accounts, holders)| {
                Source::System(SystemCommand::Deleverage { market, accounts, holders })
            }
        ),
        1 => (0..3_u16, prop::collection::vec(account(), 0..4)).prop_map(|(pool, holders)| {
            Source::System(SystemCommand::Haircut { pool: PoolId(pool), holders })
        }),
        1 => (account(), market(), prop::collection::vec(account(), 0..4)).prop_map(
            |(account, market, holders)| Source::System(SystemCommand::Exit { account, market, holders })
        ),
        1 => market().prop_map(|market| Source::System(SystemCommand::Settle { market })),
        1 => (market(), prop::collection::vec(account(), 0..4))
            .prop_map(|(market, accounts)| Source::System(SystemCommand::SettlePositions { market, accounts })),
        1 => (0..3_u16).prop_map(|pool| Source::System(SystemCommand::Resolve { pool: PoolId(pool) })),
        1 => (guardian(), signature()).prop_map(|(command, signature)| Source::Guardian { command, signature }),
    ]
}

/// A signer that fits, so that more than authority is reached.
fn well_signed(world: &World, source: Source) -> Source {
    match source {
        Source::User { command, .. } if command.account().0 < world.x.state.chain.accounts => {
            let signature = signed_by(world.owner_of(command.account().0));
            Source::User { command, signature }
        }
        Source::Publisher { report, .. } => {
            let signature = signed_by(publisher(report.publisher));
            Source::Publisher { report, signature }
        }
        Source::Guardian { command, .. } => Source::Guardian { command, signature: signed_by(GUARDIAN) },
        other => other,
    }
}

/// An exchange in which everybody has a position and orders.
fn warm() -> World {
    let mut world = World::trading(3);
    world.heed_peg();
    world.list_assets();
    for asset in [ETH, WBTC] {
        world.deposit_in_kind(asset, owner(1), 1, 400_000);
    }
    for (market, price, size) in [(BTC, PRICE, ONE), (ALT, 1_000, 100_000)] {
        world.rest(0, market, sell(price, size));
        world.rest(1, market, buy(price - 10, size));
        world.place(2, market, buy(price, size / 2)).expect("it trades");
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_input_panics(
        sources in prop::collection::vec((source(), any::<bool>(), prop_oneof![8 => 0..3_u64, 1 => number()]), 1..24),
    ) {
        let mut world = warm();
        world.seal();
        let (before, from) = (world.leaves.clone(), world.log.len());
        for (source, sign, wait) in sources {
            world.time = world.time.saturating_add(wait);
            let source = if sign { well_signed(&world, source) } else { source };
            world.input(source);
        }
        world.check_lazy(&before, from);
    }
}

#[test]
fn the_end_of_time_is_survived() {
    let mut world = warm();
    world.time = u64::MAX;
    world.place(1, BTC, buy(PRICE - 20, 1)).expect_err("the price is stale");
    assert!(!world.operations_by(owner(0), 0, vec![]).events.iter().any(|_| true));
    let all: Vec<_> = (0..3).map(|n| world.operate(n, Operation::CancelAll(CancelFilter::ALL))).collect();
    assert!(all.iter().all(Result::is_ok));
}
