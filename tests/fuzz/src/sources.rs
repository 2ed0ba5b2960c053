//! Anything that may enter the log, sensible more often than not.

use crate::{
    draw::Draw,
    exchange::{GUARDIAN, PUBLISHERS, START, owner, publisher, signed_by},
};
use ballast_types::{
    AccountId, Address, AssetId, B256, BatchIndex, CancelFilter, ClientId, ConditionalId, Direction,
    ForcedRequest, GovernanceCall, GrantSession, GuardianCommand, L1Message, L1Payload, Link, LinkKind,
    MarketId, MarketMode, Millis, NewOrder, Nonce, Operation, Operations, OrderId, PoolId, Ppm, PriceReport,
    PriceSource, PriceTicks, Quote, ReportedPrice, Restrict, RevokeSession, SelfTrade, Seq, Side, Signature,
    SizeLots, Source, SystemCommand, TimeInForce, Transfer, Trigger, USDC, UserCommand, Withdraw, codec,
    limits::{MAX_OPERATIONS, NEW_ACCOUNT},
};

/// Accounts that are opened.
pub const ACCOUNTS: u8 = 4;
/// Price of the markets, in ticks.
pub const PRICE: u64 = 500_000;

/// What the exchange knows that a sensible input must say.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// The last input: nonces that begin there are rarely used up.
    pub seq: u64,
    /// Messages of L1 that it has taken.
    pub l1_count: u64,
    /// The open batch.
    pub batch: BatchIndex,
    /// The time now.
    pub now: Millis,
}

/// A deposit that opens an account.
#[must_use]
pub fn deposit(known: &Known, account: u8) -> Source {
    Source::L1(L1Message {
        index: known.l1_count,
        l1_block: known.l1_count,
        l1_time: known.now.0 / 1_000,
        payload: L1Payload::Deposit {
            asset: AssetId(0),
            owner: owner(account),
            account: AccountId(NEW_ACCOUNT),
            amount: Quote(1_000_000_000_000),
        },
    })
}

/// A report of the usual price of both markets.
#[must_use]
pub fn prices(known: &Known, place: u8) -> Source {
    let prices = (0..2).map(|n| ReportedPrice::plain(MarketId(n), PriceTicks(PRICE))).collect();
    let report = PriceReport { publisher: place, time: known.now, prices };
    Source::Publisher { report, signature: signed_by(publisher(place)) }
}

/// The market whose open interest goes by what is traded elsewhere.
const ETH: MarketId = MarketId(1);

/// USDC mostly, one of the two others, or one that there is not.
fn asset(draw: &mut Draw<'_>) -> AssetId {
    AssetId(if draw.rarely(3) { draw.below(4).into() } else { 0 })
}

/// The next source.
#[must_use]
pub fn source(draw: &mut Draw<'_>, known: &Known) -> Source {
    match draw.below(20) {
        0..9 => {
            let command = command(draw, known);
            let account = command.account().0;
            let usual = u8::try_from(account).map_or(Address::ZERO, owner);
            Source::User { command, signature: signature(draw, usual) }
        }
        9..11 => {
            let report = report(draw, known);
            let usual = publisher(report.publisher);
            Source::Publisher { report, signature: signature(draw, usual) }
        }
        18 if draw.rarely(3) => {
            let market = market(draw);
            let until = match draw.below(8) {
                0..5 => Millis(0),
                5..7 => Millis(known.now.0.saturating_add(u64::from(draw.byte()))),
                _ => time(draw, known.now),
            };
            let mode = MarketMode::ALL[usize::from(draw.below(4))];
            let command = GuardianCommand::Restrict(Restrict { market, mode, until, time: known.now });
            Source::Guardian { command, signature: signature(draw, GUARDIAN) }
        }
        11..13 | 18 => Source::L1(message(draw, known)),
        13 => {
            let index = if draw.rarely(4) { BatchIndex(draw.number()) } else { known.batch };
            Source::System(SystemCommand::SealBatch { index })
        }
        14 => {
            let count = draw.below(4);
            let orders = (0..count).map(|_| (market(draw), order_id(draw))).collect();
            Source::System(SystemCommand::Sweep { orders })
        }
        15 => {
            let count = draw.below(8);
            let conditionals = (0..count).map(|_| (account(draw), conditional_id(draw, known))).collect();
            Source::System(SystemCommand::Fire { conditionals })
        }
        16 => Source::System(SystemCommand::Clear { market: market(draw) }),
        17 if draw.rarely(3) => {
            let market = market(draw);
            let (accounts, holders) = (draw.below(4), draw.below(4));
            let mut list = |count| (0..count).map(|_| account(draw)).collect();
            let (accounts, holders) = (list(accounts), list(holders));
            Source::System(SystemCommand::Deleverage { market, accounts, holders })
        }
        17 if draw.rarely(4) => {
            let (pool, count) = (PoolId(u16::from(draw.byte() % 3)), draw.below(4));
            let holders = (0..count).map(|_| account(draw)).collect();
            Source::System(SystemCommand::Haircut { pool, holders })
        }
        17 if draw.rarely(4) => {
            let (who, market, count) = (account(draw), market(draw), draw.below(4));
            let holders = (0..count).map(|_| account(draw)).collect();
            Source::System(SystemCommand::Exit { account: who, market, holders })
        }
        17 if draw.rarely(4) => Source::System(match draw.below(3) {
            0 => SystemCommand::Settle { market: market(draw) },
            1 => SystemCommand::Resolve { pool: PoolId(u16::from(draw.byte() % 3)) },
            _ => {
                let (market, count) = (market(draw), draw.below(4));
                SystemCommand::SettlePositions {
                    market,
                    accounts: (0..count).map(|_| account(draw)).collect(),
                }
            }
        }),
        17 => Source::System(SystemCommand::Liquidate { account: account(draw) }),
        _ => {
            // Whatever these bytes are, if they are anything.
            let bytes = draw.take(64);
            codec::decode(bytes).unwrap_or_else(|_| deposit(known, 0))
        }
    }
}

fn signature(draw: &mut Draw<'_>, usual: Address) -> Signature {
    match draw.below(16) {
        15 => Signature(draw.array()),
        14 => signed_by(address(draw)),
        _ => signed_by(usual),
    }
}

fn address(draw: &mut Draw<'_>) -> Address {
    match draw.below(8) {
        0..5 => owner(draw.below(ACCOUNTS + 2)),
        5 => publisher(draw.below(PUBLISHERS)),
        6 => Address::ZERO,
        _ => Address::from(draw.array::<20>()),
    }
}

fn account(draw: &mut Draw<'_>) -> AccountId {
    match draw.below(16) {
        14 => AccountId(NEW_ACCOUNT),
        15 => AccountId(u32::from_le_bytes(draw.array())),
        n => AccountId(u32::from(n % ACCOUNTS)),
    }
}

fn market(draw: &mut Draw<'_>) -> MarketId {
    if draw.rarely(16) {
        MarketId(u16::from_le_bytes(draw.array()))
    } else {
        MarketId([0, 0, 0, 0, 1, 1, 1, 2][usize::from(draw.below(8))])
    }
}

/// A time around now, or any other.
fn time(draw: &mut Draw<'_>, now: Millis) -> Millis {
    match draw.below(8) {
        0..6 => Millis(now.0.saturating_add(u64::from(u16::from_le_bytes(draw.array())))),
        6 => Millis(now.0.saturating_sub(u64::from(draw.byte()))),
        _ => Millis(draw.number()),
    }
}

fn order_id(draw: &mut Draw<'_>) -> OrderId {
    if draw.rarely(8) {
        return OrderId(draw.number());
    }
    OrderId::new(u64::from(draw.below(32)), u32::from(draw.below(16)))
}

/// Near the price, or anywhere.
fn price(draw: &mut Draw<'_>) -> PriceTicks {
    if draw.rarely(8) {
        return PriceTicks(draw.number());
    }
    PriceTicks(PRICE - 8 + u64::from(draw.below(16)))
}

fn size(draw: &mut Draw<'_>) -> SizeLots {
    if draw.rarely(8) { SizeLots(draw.number()) } else { SizeLots(u64::from(draw.byte()) * 64 + 1) }
}

fn side(draw: &mut Draw<'_>) -> Side {
    if draw.below(2) == 0 { Side::Buy } else { Side::Sell }
}

fn new_order(draw: &mut Draw<'_>, now: Millis) -> NewOrder {
    let kinds = [
        TimeInForce::Gtc,
        TimeInForce::Gtc,
        TimeInForce::Ioc,
        TimeInForce::Fok,
        TimeInForce::PostOnly,
        TimeInForce::PostOnlySlide,
    ];
    let meeting =
        [SelfTrade::CancelMaker, SelfTrade::CancelTaker, SelfTrade::CancelBoth, SelfTrade::Decrement];
    NewOrder {
        side: side(draw),
        price: price(draw),
        size: size(draw),
        time_in_force: kinds[usize::from(draw.below(6))],
        good_until: draw.rarely(16).then(|| time(draw, now)),
        reduce_only: draw.rarely(4),
        self_trade: meeting[usize::from(draw.below(4))],
        display: draw.rarely(16).then(|| SizeLots(draw.number())),
        client: ClientId(u64::from(draw.below(8))),
    }
}

/// One of the last that were asked for, or any other.
fn conditional_id(draw: &mut Draw<'_>, known: &Known) -> ConditionalId {
    if draw.rarely(8) {
        return ConditionalId(draw.number());
    }
    let seq = known.seq.saturating_sub(u64::from(draw.below(16))) & (u64::MAX >> 8);
    ConditionalId::new(Seq(seq), draw.below(6))
}

fn trigger(draw: &mut Draw<'_>, now: Millis) -> Trigger {
    match draw.below(8) {
        0 => Trigger::Opened,
        1 => Trigger::Time { at: time(draw, now), slices: 1, interval: 0 },
        2 => Trigger::Time {
            at: now,
            slices: u16::from(draw.below(6)),
            interval: 999 + u32::from(draw.below(4)),
        },
        n => Trigger::Price {
            source: if n % 2 == 0 { PriceSource::Mark } else { PriceSource::Index },
            direction: if n < 6 { Direction::Above } else { Direction::Below },
            level: price(draw),
        },
    }
}

fn link(draw: &mut Draw<'_>) -> Option<Link> {
    draw.rarely(2).then(|| Link {
        step: if draw.rarely(16) { draw.byte() } else { draw.below(3) },
        kind: if draw.rarely(2) { LinkKind::Beside } else { LinkKind::After },
    })
}

fn operation(draw: &mut Draw<'_>, known: &Known) -> Operation {
    let (market, now) = (market(draw), known.now);
    match draw.below(20) {
        16..19 => Operation::PlaceConditional {
            market,
            order: new_order(draw, now),
            trigger: trigger(draw, now),
            link: link(draw),
        },
        19 => Operation::CancelConditional { conditional: conditional_id(draw, known) },
        0..9 => Operation::Place { market, order: new_order(draw, now) },
        9..11 => Operation::Cancel { market, order: order_id(draw) },
        11..13 => Operation::Replace { market, order: order_id(draw), new: new_order(draw, now) },
        13 if draw.rarely(2) => Operation::SetLeverage { market, leverage: draw.below(24).into() },
        13 => Operation::CancelClient { market, client: ClientId(u64::from(draw.below(8))) },
        14 => {
            let filter = CancelFilter {
                market: draw.rarely(2).then_some(market),
                side: draw.rarely(2).then(|| side(draw)),
                key: draw.rarely(4).then(|| address(draw)),
            };
            Operation::CancelAll(filter)
        }
        _ => Operation::ScheduleCancel { at: draw.rarely(2).then(|| time(draw, now)) },
    }
}

fn command(draw: &mut Draw<'_>, known: &Known) -> UserCommand {
    let account = account(draw);
    let nonce =
        if draw.rarely(16) { Nonce(draw.number()) } else { Nonce(known.seq + u64::from(draw.below(8))) };
    let expires =
        if draw.rarely(8) { time(draw, known.now) } else { Millis(known.now.0.saturating_add(60_000)) };
    match draw.below(16) {
        13 => {
            let valid_until = time(draw, known.now);
            let key = address(draw);
            UserCommand::GrantSession(GrantSession {
                account,
                nonce,
                expires,
                key,
                valid_until,
                scope: draw.byte(),
            })
        }
        14 => UserCommand::RevokeSession(RevokeSession { account, nonce, expires, key: address(draw) }),
        15 => {
            let (asset, amount) = (asset(draw), Quote(draw.number().cast_signed()));
            let recipient = address(draw);
            UserCommand::Withdraw(Withdraw { account, nonce, expires, asset, amount, recipient })
        }
        12 => {
            let (to, pool) = (self::account(draw), PoolId(u16::from(draw.below(3))));
            // Small ones go through.
            let amount =
                if draw.rarely(4) { draw.number().cast_signed() } else { i64::from(draw.byte()) << 18 };
            UserCommand::Transfer(Transfer { account, nonce, expires, to, pool, amount: Quote(amount) })
        }
        _ => {
            let many = draw.rarely(32);
            let count =
                if many { MAX_OPERATIONS + usize::from(draw.below(3)) } else { usize::from(draw.below(6)) };
            let operations = (0..count).map(|_| operation(draw, known)).collect();
            UserCommand::Operations(Operations {
                account,
                nonce,
                expires,
                atomic: draw.rarely(16),
                operations,
            })
        }
    }
}

fn report(draw: &mut Draw<'_>, known: &Known) -> PriceReport {
    let markets: Vec<MarketId> = if draw.rarely(8) {
        (0..draw.below(4)).map(|_| market(draw)).collect()
    } else {
        // Each of them, but for one now and then.
        let missing = u16::from(draw.below(8));
        let more: &[MarketId] = if draw.rarely(2) { &[ETH.capacity(), USDC] } else { &[] };
        (0..3).filter(|market| *market != missing).map(MarketId).chain(more.iter().copied()).collect()
    };
    let prices = markets
        .into_iter()
        .map(|market| {
            if market == USDC && !draw.rarely(8) {
                return ReportedPrice::usdc(Ppm(950_000 + 200 * u32::from(draw.byte())));
            }
            if market == ETH.capacity() && !draw.rarely(8) {
                return ReportedPrice::capacity(ETH, 1 << draw.below(41));
            }
            let near = PriceTicks(PRICE - 128 + u64::from(draw.byte()));
            // Now and then it runs, and ruins somebody.
            let far = PriceTicks(PRICE / 2 + PRICE / 256 * u64::from(draw.byte()));
            let price = if draw.rarely(8) { far } else { near };
            let price = if draw.rarely(16) { PriceTicks(draw.number()) } else { price };
            let perp = if draw.rarely(8) {
                None
            } else {
                Some(PriceTicks(price.0.saturating_add(draw.byte().into())))
            };
            let confidence = Ppm(if draw.rarely(16) { 20_001 } else { 0 });
            ReportedPrice { market, price, perp, confidence }
        })
        .collect();
    let time = if draw.rarely(6) { time(draw, known.now) } else { known.now };
    let publisher = if draw.rarely(16) { draw.byte() } else { draw.below(PUBLISHERS) };
    PriceReport { publisher, time, prices }
}

fn message(draw: &mut Draw<'_>, known: &Known) -> L1Message {
    let index = if draw.rarely(8) { draw.number() } else { known.l1_count };
    let payload = if draw.rarely(4) {
        let index = BatchIndex(draw.number());
        L1Payload::BatchPosted {
            index,
            batch_hash: B256::ZERO,
            l1_block: draw.number(),
            prevrandao: Default::default(),
        }
    } else if draw.rarely(6) {
        let request = ForcedRequest::from_number(draw.below(4)).expect("there are four");
        let (sender, account, recipient) = (address(draw), account(draw), address(draw));
        let amount = Quote(draw.number().cast_signed());
        let asset = if draw.rarely(8) { AssetId(draw.below(4).into()) } else { AssetId(0) };
        L1Payload::Forced { request, sender, account, recipient, asset, amount }
    } else if draw.rarely(6) {
        let (action, subject) = (draw.below(15), draw.below(4).into());
        L1Payload::Governance(GovernanceCall { action, subject, value: draw.number() })
    } else {
        let asset = asset(draw);
        let amount = Quote(draw.number().cast_signed());
        L1Payload::Deposit { asset, owner: address(draw), account: account(draw), amount }
    };
    L1Message { index, l1_block: draw.number(), l1_time: START.0 / 1_000, payload }
}
