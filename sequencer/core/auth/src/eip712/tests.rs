use super::*;
use alloc::{string::ToString, vec};
use alloy_sol_types::SolStruct;
use ballast_types::{
    AccountId, AssetId, CancelFilter, ClientId, ConditionalId, Direction, LinkKind, MarketId, Millis, Nonce,
    OrderId, PoolId, PriceSource, PriceTicks, Quote, SelfTrade, Side, SizeLots, TimeInForce,
};
use proptest::{option, prelude::*, sample::select};

#[test]
fn the_types_are_the_ones_that_wallets_and_contracts_know() {
    let operation = "Operation(uint8 kind,uint16 market,uint64 orderId,uint8 side,uint64 price,uint64 size,\
                     uint8 timeInForce,uint64 time,bool reduceOnly,uint8 selfTrade,uint64 display,\
                     uint64 clientId,address key,uint8 given)";
    let trigger =
        "Trigger(uint8 kind,uint64 price,uint64 time,uint16 slices,uint32 interval,uint8 link,uint8 step)";
    let price = "ReportedPrice(uint16 market,uint64 price,uint64 perp,uint32 confidence)";
    let expected = [
        (
            Operations::eip712_encode_type(),
            "Operations(uint32 account,uint64 nonce,uint64 expires,bool atomic,Operation[] operations,Trigger[] triggers)"
                .to_string()
                + operation
                + trigger,
        ),
        (
            GrantSession::eip712_encode_type(),
            "GrantSession(uint32 account,uint64 nonce,uint64 expires,address key,uint64 validUntil,uint8 scope)".into(),
        ),
        (
            RevokeSession::eip712_encode_type(),
            "RevokeSession(uint32 account,uint64 nonce,uint64 expires,address key)".into(),
        ),
        (
            Transfer::eip712_encode_type(),
            "Transfer(uint32 account,uint64 nonce,uint64 expires,uint32 to,uint16 pool,uint64 amount)".into(),
        ),
        (
            Withdraw::eip712_encode_type(),
            "Withdraw(uint32 account,uint64 nonce,uint64 expires,uint16 asset,uint64 amount,address recipient)".into(),
        ),
        (
            PriceReport::eip712_encode_type(),
            "PriceReport(uint8 publisher,uint64 time,ReportedPrice[] prices)".to_string() + price,
        ),
        (Restrict::eip712_encode_type(), "Restrict(uint16 market,uint8 mode,uint64 until,uint64 time)".into()),
        (Promise::eip712_encode_type(), "Promise(uint64 seq,bytes32 chain,uint64 time)".into()),
    ];
    for (have, want) in expected {
        assert_eq!(have, want);
    }
}

fn new_order() -> NewOrder {
    NewOrder {
        side: Side::Sell,
        price: PriceTicks(11),
        size: SizeLots(12),
        time_in_force: TimeInForce::PostOnly,
        good_until: Some(Millis(14)),
        reduce_only: true,
        self_trade: SelfTrade::CancelBoth,
        display: Some(SizeLots(15)),
        client: ClientId(13),
    }
}

#[test]
fn each_kind_of_operation_fills_its_own_fields_and_no_other() {
    let (market, order, client) = (MarketId(2), OrderId(3), ClientId(4));
    let of = |kind| Operation::of(kind, 2);
    let placed = |kind| Operation {
        side: 1,
        price: 11,
        size: 12,
        timeInForce: 3,
        time: 14,
        reduceOnly: true,
        selfTrade: 2,
        display: 15,
        clientId: 13,
        given: 8 | 16,
        ..of(kind)
    };
    let (key, at) = (Address::repeat_byte(7), Some(Millis(9)));
    let filter = CancelFilter { market: Some(market), side: Some(Side::Sell), key: Some(key) };
    let cases = [
        (command::Operation::Place { market, order: new_order() }, placed(0)),
        (command::Operation::Cancel { market, order }, Operation { orderId: 3, ..of(1) }),
        (
            command::Operation::Replace { market, order, new: new_order() },
            Operation { orderId: 3, ..placed(2) },
        ),
        (command::Operation::CancelAll(filter), Operation { side: 1, key, given: 1 | 2 | 4, ..of(3) }),
        (command::Operation::CancelAll(CancelFilter::ALL), Operation { market: 0, ..of(3) }),
        (command::Operation::CancelClient { market, client }, Operation { clientId: 4, ..of(4) }),
        (command::Operation::ScheduleCancel { at }, Operation { market: 0, time: 9, given: 8, ..of(5) }),
        (command::Operation::ScheduleCancel { at: None }, Operation { market: 0, ..of(5) }),
        (
            command::Operation::PlaceConditional {
                market,
                order: new_order(),
                trigger: conditional::Trigger::Opened,
                link: None,
            },
            placed(6),
        ),
        (
            command::Operation::CancelConditional { conditional: ConditionalId(3) },
            Operation { market: 0, orderId: 3, ..of(7) },
        ),
        (command::Operation::SetLeverage { market, leverage: 12 }, Operation { size: 12, ..of(8) }),
    ];
    for (from, to) in cases {
        assert_eq!(Operation::from(&from), to);
    }
}

#[test]
fn a_negative_amount_is_a_message_of_its_own() {
    let withdraw = |amount| command::Withdraw {
        account: AccountId(0),
        nonce: Nonce(0),
        expires: Millis(0),
        asset: AssetId(0),
        amount: Quote(amount),
        recipient: Address::ZERO,
    };
    assert_eq!(Withdraw::from(&withdraw(-1)).amount, u64::MAX);
    assert_eq!(Withdraw::from(&withdraw(1)).amount, 1);
}

/// Few values, so that near misses are frequent.
fn new_orders() -> impl Strategy<Value = NewOrder> {
    let lives = select(vec![
        TimeInForce::Gtc,
        TimeInForce::Ioc,
        TimeInForce::Fok,
        TimeInForce::PostOnly,
        TimeInForce::PostOnlySlide,
    ]);
    let modes = select(vec![
        SelfTrade::CancelMaker,
        SelfTrade::CancelTaker,
        SelfTrade::CancelBoth,
        SelfTrade::Decrement,
    ]);
    let shape = (sides(), 0..2_u64, 0..2_u64, 0..2_u64, lives);
    (shape, option::of(0..2_u64), any::<bool>(), modes, option::of(0..2_u64)).prop_map(
        |((side, price, size, client, time_in_force), until, reduce_only, self_trade, display)| NewOrder {
            side,
            price: PriceTicks(price),
            size: SizeLots(size),
            time_in_force,
            good_until: until.map(Millis),
            reduce_only,
            self_trade,
            display: display.map(SizeLots),
            client: ClientId(client),
        },
    )
}

fn sides() -> impl Strategy<Value = Side> {
    select(vec![Side::Buy, Side::Sell])
}

fn operations() -> impl Strategy<Value = command::Operation> {
    use command::Operation::{Cancel, CancelAll, CancelClient, Place, Replace, ScheduleCancel, SetLeverage};
    let markets = || (0..2_u16).prop_map(MarketId);
    let orders = || (0..2_u64).prop_map(OrderId);
    let filters =
        (option::of(markets()), option::of(sides()), option::of((0..2_u8).prop_map(Address::repeat_byte)));
    prop_oneof![
        (markets(), new_orders()).prop_map(|(market, order)| Place { market, order }),
        (markets(), orders()).prop_map(|(market, order)| Cancel { market, order }),
        (markets(), 0..2_u64).prop_map(|(market, client)| CancelClient { market, client: ClientId(client) }),
        (markets(), orders(), new_orders()).prop_map(|(market, order, new)| Replace { market, order, new }),
        filters.prop_map(|(market, side, key)| CancelAll(CancelFilter { market, side, key })),
        option::of(0..2_u64).prop_map(|at| ScheduleCancel { at: at.map(Millis) }),
        conditionals(),
        (markets(), 0..2_u16).prop_map(|(market, leverage)| SetLeverage { market, leverage }),
    ]
}

fn triggers() -> impl Strategy<Value = conditional::Trigger> {
    use conditional::Trigger::{Opened, Price, Time};
    let sources = select(vec![PriceSource::Mark, PriceSource::Index]);
    let directions = select(vec![Direction::Above, Direction::Below]);
    prop_oneof![
        Just(Opened),
        (sources, directions, 0..2_u64).prop_map(|(source, direction, level)| Price {
            source,
            direction,
            level: PriceTicks(level)
        }),
        (0..2_u64, 0..2_u16, 0..2_u32).prop_map(|(at, slices, interval)| Time {
            at: Millis(at),
            slices,
            interval
        }),
    ]
}

fn conditionals() -> impl Strategy<Value = command::Operation> {
    use command::Operation::{CancelConditional, PlaceConditional};
    let links = (0..2_u8, select(vec![LinkKind::Beside, LinkKind::After]))
        .prop_map(|(step, kind)| conditional::Link { step, kind });
    let placed =
        (0..2_u16, new_orders(), triggers(), option::of(links)).prop_map(|(market, order, trigger, link)| {
            PlaceConditional { market: MarketId(market), order, trigger, link }
        });
    let cancelled =
        (0..2_u64).prop_map(|conditional| CancelConditional { conditional: ConditionalId(conditional) });
    prop_oneof![3 => placed, 1 => cancelled]
}

/// A step as it is signed.
fn message(step: &command::Operation) -> (Operation, Option<Trigger>) {
    (Operation::from(step), Trigger::of(step))
}

fn commands() -> impl Strategy<Value = UserCommand> {
    let header = || (0..2_u32, 0..2_u64, 0..2_u64).prop_map(|(a, n, e)| (AccountId(a), Nonce(n), Millis(e)));
    let address = || (0..2_u8).prop_map(Address::repeat_byte);
    prop_oneof![
        (header(), any::<bool>(), proptest::collection::vec(operations(), 0..3)).prop_map(
            |((account, nonce, expires), atomic, operations)| {
                UserCommand::Operations(command::Operations { account, nonce, expires, atomic, operations })
            }
        ),
        (header(), address(), 0..2_u64, 0..3_u8).prop_map(
            |((account, nonce, expires), key, until, scope)| {
                let valid_until = Millis(until);
                UserCommand::GrantSession(command::GrantSession {
                    account,
                    nonce,
                    expires,
                    key,
                    valid_until,
                    scope,
                })
            }
        ),
        (header(), address()).prop_map(|((account, nonce, expires), key)| {
            UserCommand::RevokeSession(command::RevokeSession { account, nonce, expires, key })
        }),
        (header(), address(), 0..2_u16, -2..3_i64).prop_map(
            |((account, nonce, expires), recipient, asset, amount)| {
                let (asset, amount) = (AssetId(asset), Quote(amount));
                UserCommand::Withdraw(command::Withdraw { account, nonce, expires, asset, amount, recipient })
            }
        ),
        (header(), 0..2_u32, 0..2_u16, -2..3_i64).prop_map(
            |((account, nonce, expires), to, pool, amount)| {
                let (to, pool, amount) = (AccountId(to), PoolId(pool), Quote(amount));
                UserCommand::Transfer(command::Transfer { account, nonce, expires, to, pool, amount })
            }
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn two_commands_have_the_same_digest_exactly_when_they_are_equal(a in commands(), b in commands()) {
        let separator = B256::repeat_byte(1);
        prop_assert_eq!(command_digest(separator, &a) == command_digest(separator, &b), a == b);
    }

    #[test]
    fn two_operations_have_the_same_message_exactly_when_they_are_equal(a in operations(), b in operations()) {
        prop_assert_eq!(message(&a) == message(&b), a == b);
    }
}
