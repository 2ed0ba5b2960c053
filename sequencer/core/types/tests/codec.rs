//! The canonical encoding: golden bytes, round trips, and refusal of everything else.

use ballast_types::{
    AccountId, Address, AssetId, B256, BatchIndex, CancelFilter, ClientId, ConditionalId, Direction,
    ForcedRequest, GovernanceCall, GrantSession, GuardianCommand, Input, L1Message, L1Payload, Link,
    LinkKind, Lots, MarketId, MarketMode, Millis, NewOrder, Nonce, Operation, Operations, OrderId, PoolId,
    PriceReport, PriceSource, PriceTicks, Quote, RejectCode, Rejection, ReportedPrice, Restrict,
    RevokeSession, SelfTrade, Seq, Side, Signature, SizeLots, Source, SystemCommand, TimeInForce, Transfer,
    Trigger, UserCommand, Withdraw,
    codec::{decode, encode},
};
use proptest::prelude::*;
use std::{fmt::Write as _, path::Path};

fn order() -> NewOrder {
    NewOrder::plain(Side::Sell, PriceTicks(500_001), SizeLots(42), TimeInForce::PostOnly, ClientId(7))
}

fn user(command: UserCommand) -> Source {
    Source::User { command, signature: Signature([0x1b; 65]) }
}

/// One input of each kind.
fn samples() -> Vec<(&'static str, Source)> {
    let (account, nonce, expires) = (AccountId(3), Nonce(9), Millis(1_700_000_000_000));
    let market = MarketId(1);
    let old = OrderId::new(5, 17);
    vec![
        (
            "operations",
            user(UserCommand::Operations(Operations {
                account,
                nonce,
                expires,
                atomic: true,
                operations: vec![
                    Operation::Place { market, order: order() },
                    Operation::Place {
                        market,
                        order: NewOrder {
                            good_until: Some(expires),
                            reduce_only: true,
                            self_trade: SelfTrade::Decrement,
                            display: Some(SizeLots(6)),
                            ..order()
                        },
                    },
                    Operation::Cancel { market, order: old },
                    Operation::CancelClient { market, client: ClientId(7) },
                    Operation::Replace { market, order: old, new: order() },
                    Operation::CancelAll(CancelFilter {
                        market: Some(market),
                        side: Some(Side::Buy),
                        key: Some(Address::repeat_byte(0x11)),
                    }),
                    Operation::CancelAll(CancelFilter::ALL),
                    Operation::ScheduleCancel { at: Some(expires) },
                    Operation::PlaceConditional {
                        market,
                        order: order(),
                        trigger: Trigger::Price {
                            source: PriceSource::Mark,
                            direction: Direction::Below,
                            level: PriceTicks(499_000),
                        },
                        link: Some(Link { step: 0, kind: LinkKind::After }),
                    },
                    Operation::PlaceConditional {
                        market,
                        order: order(),
                        trigger: Trigger::Time { at: expires, slices: 10, interval: 30_000 },
                        link: None,
                    },
                    Operation::PlaceConditional {
                        market,
                        order: order(),
                        trigger: Trigger::Opened,
                        link: Some(Link { step: 1, kind: LinkKind::Beside }),
                    },
                    Operation::CancelConditional { conditional: ConditionalId::new(Seq(11), 2) },
                    Operation::SetLeverage { market, leverage: 20 },
                ],
            })),
        ),
        (
            "grant_session",
            user(UserCommand::GrantSession(GrantSession {
                account,
                nonce,
                expires,
                key: Address::repeat_byte(0x11),
                valid_until: Millis(1_800_000_000_000),
                scope: 3,
            })),
        ),
        (
            "revoke_session",
            user(UserCommand::RevokeSession(RevokeSession {
                account,
                nonce,
                expires,
                key: Address::repeat_byte(0x11),
            })),
        ),
        (
            "withdraw",
            user(UserCommand::Withdraw(Withdraw {
                account,
                nonce,
                expires,
                asset: AssetId(1),
                amount: Quote(2_000_000),
                recipient: Address::repeat_byte(0x22),
            })),
        ),
        (
            "transfer",
            user(UserCommand::Transfer(Transfer {
                account,
                nonce,
                expires,
                to: AccountId(8),
                pool: PoolId(1),
                amount: Quote(2_000_000),
            })),
        ),
        (
            "price_report",
            Source::Publisher {
                report: PriceReport {
                    publisher: 2,
                    time: expires,
                    prices: vec![ReportedPrice::plain(market, PriceTicks(500_000))],
                },
                signature: Signature([0x1c; 65]),
            },
        ),
        (
            "l1_deposit",
            Source::L1(L1Message {
                index: 4,
                l1_block: 100,
                l1_time: 1_700_000_000,
                payload: L1Payload::Deposit {
                    asset: AssetId(0),
                    owner: Address::repeat_byte(0x33),
                    account: AccountId(u32::MAX),
                    amount: Quote(1_000_000),
                },
            }),
        ),
        (
            "l1_batch_posted",
            Source::L1(L1Message {
                index: 5,
                l1_block: 101,
                l1_time: 1_700_000_001,
                payload: L1Payload::BatchPosted {
                    index: BatchIndex(1),
                    batch_hash: B256::repeat_byte(0x44),
                    l1_block: 101,
                    prevrandao: alloy_primitives::U256::from(99),
                },
            }),
        ),
        ("seal_batch", Source::System(SystemCommand::SealBatch { index: BatchIndex(1) })),
        ("sweep", Source::System(SystemCommand::Sweep { orders: vec![(market, old)] })),
        (
            "fire",
            Source::System(SystemCommand::Fire {
                conditionals: vec![(account, ConditionalId::new(Seq(11), 2))],
            }),
        ),
        (
            "restrict",
            Source::Guardian {
                command: GuardianCommand::Restrict(Restrict {
                    market,
                    mode: MarketMode::ReduceOnly,
                    until: Millis(1_700_000_060_000),
                    time: expires,
                }),
                signature: Signature([0x1c; 65]),
            },
        ),
        (
            "haircut",
            Source::System(SystemCommand::Haircut {
                pool: PoolId(1),
                holders: vec![AccountId(7), AccountId(9)],
            }),
        ),
        ("clear", Source::System(SystemCommand::Clear { market })),
        ("liquidate", Source::System(SystemCommand::Liquidate { account: AccountId(7) })),
        (
            "deleverage",
            Source::System(SystemCommand::Deleverage {
                market,
                accounts: vec![AccountId(7), AccountId(9)],
                holders: vec![AccountId(8)],
            }),
        ),
        ("settle", Source::System(SystemCommand::Settle { market })),
        (
            "settle_positions",
            Source::System(SystemCommand::SettlePositions {
                market,
                accounts: vec![AccountId(7), AccountId(9)],
            }),
        ),
        ("resolve", Source::System(SystemCommand::Resolve { pool: PoolId(1) })),
        (
            "l1_forced",
            Source::L1(L1Message {
                index: 6,
                l1_block: 102,
                l1_time: 1_700_000_002,
                payload: L1Payload::Forced {
                    request: ForcedRequest::Withdraw,
                    sender: Address::repeat_byte(0x33),
                    account: AccountId(7),
                    recipient: Address::repeat_byte(0x55),
                    asset: AssetId(2),
                    amount: Quote(3_000_000),
                },
            }),
        ),
        (
            "exit",
            Source::System(SystemCommand::Exit {
                account: AccountId(7),
                market,
                holders: vec![AccountId(8), AccountId(9)],
            }),
        ),
        (
            "l1_governance",
            Source::L1(L1Message {
                index: 7,
                l1_block: 103,
                l1_time: 1_700_000_003,
                payload: L1Payload::Governance(GovernanceCall { action: 6, subject: 1, value: 20_000 }),
            }),
        ),
    ]
}

fn input(source: Source) -> Input {
    Input { seq: Seq(12), time: Millis(1_700_000_000_123), source }
}

#[test]
fn encodings_match_the_golden_vectors() {
    let mut text = String::new();
    for (name, source) in samples() {
        writeln!(text, "{name} {}", hex::encode(encode(&input(source)))).unwrap();
    }
    for rejection in [Rejection::new(RejectCode::InsufficientMargin, -5, 7), RejectCode::Busy.into()] {
        writeln!(text, "rejection_{} {}", rejection.code.name(), hex::encode(encode(&rejection))).unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/inputs.txt");
    if std::env::var_os("BALLAST_REGENERATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, golden, "the encoding changed: set BALLAST_REGENERATE=1 to approve a new protocol");
}

#[test]
fn every_sample_round_trips_and_nothing_shorter_or_longer_decodes() {
    for (name, source) in samples() {
        let input = input(source);
        let bytes = encode(&input);
        assert_eq!(decode::<Input>(&bytes).as_ref(), Ok(&input), "{name}");
        for cut in 0..bytes.len() {
            assert!(decode::<Input>(&bytes[..cut]).is_err(), "{name} cut at {cut}");
        }
        let mut longer = bytes;
        longer.push(0);
        assert!(decode::<Input>(&longer).is_err(), "{name} with a trailing byte");
    }
}

#[test]
fn reject_codes_are_unique_and_stable_numbers_of_their_bands() {
    let numbers: Vec<u16> = RejectCode::ALL.iter().map(|code| code.number()).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]));
    for code in RejectCode::ALL {
        assert_eq!(RejectCode::from_number(code.number()), Some(*code));
        assert!(matches!(code.number() / 1000, 1 | 2 | 3 | 4 | 5 | 6 | 9));
    }
    assert_eq!(RejectCode::from_number(0), None);
}

#[test]
fn forced_requests_keep_their_numbers() {
    for number in 0..=u8::MAX {
        let decoded = decode::<ForcedRequest>(&[number]).ok();
        assert_eq!(ForcedRequest::from_number(number), decoded);
    }
}

#[test]
fn order_ids_sort_by_arrival_and_carry_their_slot() {
    let early = OrderId::new(1, OrderId::NO_SLOT);
    let late = OrderId::new(2, 0);
    assert!(early < late);
    assert_eq!((late.arrival(), late.slot()), (2, 0));
    assert_eq!(Side::Sell.signed(SizeLots(4)), Lots(-4));
}

proptest! {
    /// Whatever decodes is the encoding of what it decodes to: there is no second form of anything.
    #[test]
    fn whatever_decodes_encodes_back(kind in 0..11_usize, position in any::<prop::sample::Index>(), byte: u8) {
        let (_, source) = samples().swap_remove(kind);
        let mut bytes = encode(&input(source));
        let at = position.index(bytes.len());
        bytes[at] = byte;
        if let Ok(input) = decode::<Input>(&bytes) {
            prop_assert_eq!(encode(&input), bytes);
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(input) = decode::<Input>(&bytes) {
            prop_assert_eq!(encode(&input), bytes);
        }
    }
}
