use super::*;
use alloc::string::ToString;
use alloy_primitives::Address;
use alloy_sol_types::SolStruct;
use ballast_types::{
    AccountId, ClientId, MarketId, Millis, Nonce, OrderId, PriceTicks, Quote, Side, SizeLots, TimeInForce,
};
use proptest::prelude::*;

#[test]
fn the_types_are_the_ones_that_wallets_and_contracts_know() {
    let operation = "Operation(uint8 kind,uint16 market,uint64 orderId,uint8 side,uint64 price,uint64 size,\
                     uint8 timeInForce,uint64 clientId)";
    let price = "ReportedPrice(uint16 market,uint64 price)";
    let expected = [
        (
            Operations::eip712_encode_type(),
            "Operations(uint32 account,uint64 nonce,uint64 expires,Operation[] operations)".to_string() + operation,
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
            Withdraw::eip712_encode_type(),
            "Withdraw(uint32 account,uint64 nonce,uint64 expires,uint64 amount,address recipient)".into(),
        ),
        (
            PriceReport::eip712_encode_type(),
            "PriceReport(uint8 publisher,uint64 time,ReportedPrice[] prices)".to_string() + price,
        ),
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
        client: ClientId(13),
    }
}

#[test]
fn each_kind_of_operation_fills_its_own_fields_and_no_other() {
    let (market, order) = (MarketId(2), OrderId(3));
    let none =
        Operation { kind: 0, market: 0, orderId: 0, side: 0, price: 0, size: 0, timeInForce: 0, clientId: 0 };
    let placed = Operation { side: 1, price: 11, size: 12, timeInForce: 3, clientId: 13, ..none.clone() };
    let cases = [
        (
            command::Operation::Place { market, order: new_order() },
            Operation { kind: 0, market: 2, ..placed.clone() },
        ),
        (
            command::Operation::Cancel { market, order },
            Operation { kind: 1, market: 2, orderId: 3, ..none.clone() },
        ),
        (
            command::Operation::Replace { market, order, new: new_order() },
            Operation { kind: 2, market: 2, orderId: 3, ..placed },
        ),
        (
            command::Operation::CancelAll { market: Some(market) },
            Operation { kind: 3, market: 2, ..none.clone() },
        ),
        (command::Operation::CancelAll { market: None }, Operation { kind: 4, ..none }),
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
        amount: Quote(amount),
        recipient: Address::ZERO,
    };
    assert_eq!(Withdraw::from(&withdraw(-1)).amount, u64::MAX);
    assert_eq!(Withdraw::from(&withdraw(1)).amount, 1);
}

fn new_orders() -> impl Strategy<Value = NewOrder> {
    let lives = prop_oneof![
        Just(TimeInForce::Gtc),
        Just(TimeInForce::Ioc),
        Just(TimeInForce::Fok),
        Just(TimeInForce::PostOnly)
    ];
    // Few values, so that near misses are frequent.
    (prop_oneof![Just(Side::Buy), Just(Side::Sell)], 0..3_u64, 0..3_u64, lives, 0..3_u64).prop_map(
        |(side, price, size, time_in_force, client)| NewOrder {
            side,
            price: PriceTicks(price),
            size: SizeLots(size),
            time_in_force,
            client: ClientId(client),
        },
    )
}

fn operations() -> impl Strategy<Value = command::Operation> {
    let ids = || (0..2_u16, 0..3_u64).prop_map(|(market, order)| (MarketId(market), OrderId(order)));
    prop_oneof![
        (ids(), new_orders()).prop_map(|((market, _), order)| command::Operation::Place { market, order }),
        ids().prop_map(|(market, order)| command::Operation::Cancel { market, order }),
        (ids(), new_orders()).prop_map(|((market, order), new)| command::Operation::Replace {
            market,
            order,
            new
        }),
        proptest::option::of(0..2_u16)
            .prop_map(|market| command::Operation::CancelAll { market: market.map(MarketId) }),
    ]
}

fn commands() -> impl Strategy<Value = UserCommand> {
    let header = || (0..2_u32, 0..2_u64, 0..2_u64).prop_map(|(a, n, e)| (AccountId(a), Nonce(n), Millis(e)));
    let address = || (0..2_u8).prop_map(Address::repeat_byte);
    prop_oneof![
        (header(), proptest::collection::vec(operations(), 0..3)).prop_map(
            |((account, nonce, expires), operations)| {
                UserCommand::Operations(command::Operations { account, nonce, expires, operations })
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
        (header(), address(), -2..3_i64).prop_map(|((account, nonce, expires), recipient, amount)| {
            let amount = Quote(amount);
            UserCommand::Withdraw(command::Withdraw { account, nonce, expires, amount, recipient })
        }),
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
        prop_assert_eq!(Operation::from(&a) == Operation::from(&b), a == b);
    }
}
