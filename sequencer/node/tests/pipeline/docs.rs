//! The reference of the interface tells what the interface does.

use crate::support::*;
use ballast_node::{
    rpc::{methods, parameters},
    wire::*,
};
use ballast_types::{Address, B256, RejectCode, RemovalReason};
use serde::{
    Deserialize,
    de::{self, Deserializer, Visitor, value::Error},
    forward_to_deserialize_any,
};
use std::collections::BTreeSet;

const REFERENCE: &str = include_str!("../../../../docs/rpc.md");

/// The part of the reference under a heading, up to the next heading.
fn section(heading: &str) -> &'static str {
    let title = format!("\n{heading}\n");
    let start = REFERENCE.find(&title).unwrap_or_else(|| panic!("docs/rpc.md has no section {heading}"));
    let body = &REFERENCE[start + title.len()..];
    body.split("\n#").next().unwrap_or(body)
}

/// The names in code in the first column of a section's table, and the rest of each row.
fn rows(heading: &str) -> Vec<(&'static str, &'static str)> {
    section(heading).lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` |")).collect()
}

/// The names in code in a text.
fn names(text: &str) -> BTreeSet<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Learns the fields of a struct from the code that would read it.
struct Fields(&'static [&'static str]);

impl<'de> Deserializer<'de> for &mut Fields {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(de::Error::custom("not a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0 = fields;
        Err(de::Error::custom("its fields are known"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

fn fields<T: for<'de> Deserialize<'de>>() -> &'static [&'static str] {
    let mut fields = Fields(&[]);
    assert!(T::deserialize(&mut fields).is_err());
    assert!(!fields.0.is_empty(), "not a struct");
    fields.0
}

fn check<T: for<'de> Deserialize<'de>>(heading: &str) {
    let told: Vec<&str> = rows(heading).into_iter().map(|(name, _)| name).collect();
    assert_eq!(told, fields::<T>(), "docs/rpc.md, {heading}: the fields in their order");
}

#[test]
fn every_field_of_every_answer_is_in_the_reference_and_no_other() {
    check::<OrderEntryAnswer>("### Entry answer");
    check::<OperationResult>("### Operation result");
    check::<FillView>("### Operation fill");
    check::<RejectionView>("### Rejection");
    check::<AccountView>("### Account");
    check::<PositionView>("### Position");
    check::<ExposureView>("### Exposure");
    check::<LeverageView>("### Leverage");
    check::<WhatIfView>("### What if");
    check::<SessionView>("### Session key");
    check::<OrdersView>("### Orders");
    check::<OrderView>("### Order");
    check::<ConditionalView>("### Conditional order");
    check::<OrderStatusView>("### Order status");
    check::<AccountFillView>("### Account fill");
    check::<MarketView>("### Market");
    check::<MarginTierView>("### Margin tier");
    check::<FeeTierView>("### Fee tier");
    check::<ShortfallView>("### Shortfall");
    check::<PricingView>("### Pricing");
    check::<AssetView>("### Asset");
    check::<CollateralView>("### Collateral");
    check::<HoldingView>("### Holding");
    check::<PoolView>("### Pool");
    check::<BucketView>("### Bucket");
    check::<QueuedView>("### Queued withdrawal");
    check::<GovernanceView>("### Governance");
    check::<PendingChangeView>("### Pending change");
    check::<SignersView>("### Signers");
    check::<ParameterView>("### Parameter");
    check::<ReportView>("### Report");
    check::<FundingView>("### Funding");
    check::<BookView>("### Book");
    check::<LevelView>("### Level");
    check::<TradesView>("### Trades");
    check::<TradeView>("### Trade");
    check::<BatchView>("### Batch");
    check::<ChunkView>("### Chunk");
    check::<DiffView>("### Diff");
    check::<StatusView>("### Status");
    check::<PegView>("### Peg");
    check::<DomainView>("### Domain");
    check::<L1View>("### L1");
    check::<NonceView>("### Nonce");
    check::<L1MessageView>("### L1 message");
    check::<DepositView>("### Deposit");
    check::<WithdrawalView>("### Withdrawal");
    check::<WithdrawalProofView>("### Withdrawal proof");
    check::<TimeView>("### Time");
    check::<BookUpdate>("### Book update");
    check::<TradesUpdate>("### Trades update");
    check::<AccountUpdate>("### Account update");
    check::<MarketUpdate>("### Market update");
    check::<PoolUpdate>("### Pool update");
}

#[test]
fn an_outcome_is_an_entry_answer_and_what_the_reference_says_besides() {
    let rig = Rig::trading();
    let (_, views, _) = rig.core.ports();
    let outcome = serde_json::to_value(views.outcome(ballast_types::Seq(1)).expect("the first"));
    let outcome = outcome.expect("JSON");
    let keys: BTreeSet<&str> = outcome.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut expected: BTreeSet<&str> = rows("### Outcome").into_iter().map(|(name, _)| name).collect();
    expected.extend(fields::<OrderEntryAnswer>());
    expected.remove("rejection");
    expected.remove("resubmitted");
    expected.remove("links");
    assert_eq!(keys, expected);
}

#[test]
fn a_what_if_result_is_an_operation_result_and_what_the_reference_says_besides() {
    let fill = FillView { price: 1, size: 1, fee: Amount(1), maker_order_id: Integer(0) };
    let result = OperationResult { fills: vec![fill], ..OperationResult::default() };
    let told = serde_json::to_value(WhatIfResult::from(result)).expect("JSON");
    let keys: BTreeSet<&str> = told.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut expected: BTreeSet<&str> = rows("### What-if result").into_iter().map(|(name, _)| name).collect();
    expected.extend(["accepted", "fills"]);
    assert_eq!(keys, expected);
}

fn conditional() -> ConditionalView {
    let order = serde_json::from_str(r#"{"side":"buy","price":1,"size":1}"#).expect("an order");
    ConditionalView {
        conditional_id: Integer(0),
        market: 0,
        order,
        trigger: TriggerView::Opened {},
        group: None,
    }
}

/// One event of every kind.
fn events() -> Vec<EventView> {
    let (id, zero, key, side) = (Integer(0), Amount(0), Address::ZERO, SideView::Buy);
    let rejection = ballast_types::Rejection::from(RejectCode::Busy).into();
    let (market, account, price, size, step, index) = (0, 0, 0, 0, 0, 0);
    let (order_id, client_id) = (id, id);
    vec![
        EventView::OperationRejected { step, rejection },
        EventView::OrderAccepted { step, market, account, order_id, client_id, side, price, size },
        EventView::Fill {
            market,
            price,
            size,
            taker_side: side,
            taker: 0,
            taker_order_id: id,
            taker_client_id: id,
            taker_fee: zero,
            maker: 0,
            maker_order_id: id,
            maker_client_id: id,
            maker_fee: zero,
            maker_left: 0,
        },
        EventView::OrderRested { market, account, order_id, client_id, side, price, size, hidden: 0 },
        EventView::OrderReduced {
            market,
            account,
            order_id,
            client_id,
            side,
            price,
            size,
            left: 0,
            reason: String::new(),
        },
        EventView::OrderRemoved {
            market,
            account,
            order_id,
            client_id,
            side,
            price,
            size,
            reason: String::new(),
        },
        EventView::AllCancelled { step, count: 0 },
        EventView::CancelScheduled { step, account, at: None },
        EventView::ScheduledCancel { account, count: 0 },
        EventView::LeverageSet { step, account, market, leverage: 0 },
        EventView::ConditionalPlaced { step, account, conditional: conditional() },
        EventView::ConditionalFired {
            step,
            account,
            market,
            conditional_id: id,
            client_id,
            size,
            slices_left: 0,
        },
        EventView::ConditionalReduced { account, market, conditional_id: id, client_id, left: 0 },
        EventView::ConditionalRemoved {
            account,
            market,
            conditional_id: id,
            client_id,
            reason: String::new(),
        },
        EventView::Deposited { account, owner: key, asset: 0, amount: zero, opened: true },
        EventView::Withdrawn { id, account, recipient: key, asset: 0, amount: zero, ticket: None },
        EventView::WithdrawalQueued { ticket: id, account, recipient: key, amount: zero },
        EventView::SessionGranted { account, key, valid_until: id, scope: 1 },
        EventView::SessionRevoked { account, key },
        EventView::PriceUpdated { market, index: 0, mark: 0, oracle: OracleStateView::Fresh },
        EventView::FundingAccrued { market, rate: zero, mark: 0, funding: zero },
        EventView::BatchPosted { index, batch_hash: B256::ZERO },
        EventView::BatchSealed { index },
        EventView::Restricted { market, mode: ModeView::Halt, until: id },
        EventView::ModeChanged {
            market,
            mode: ModeView::Halt,
            causes: Vec::new(),
            initial_factor: 0,
            calls_from: 0,
        },
        EventView::AuctionPutOff { market, until: 0, rounds: 0 },
        EventView::MarginChanged { market, maintenance: 0, initial: 0 },
        EventView::OrderWaits {
            market,
            account,
            order_id,
            client_id,
            side,
            price,
            size,
            hidden: 0,
            once: true,
            forced: false,
        },
        EventView::Cleared { market, price: None, volume: id },
        EventView::Liquidated { account, level: 1, equity: zero, maintenance: zero },
        EventView::TakenOver { account, market, side, size, price, fund: zero },
        EventView::Deleveraged { account, market, size: 0, price, paid: zero },
        EventView::GainsCut { account, paid: zero },
        EventView::DeficitCovered { account, by: CoverView::Fund, amount: zero },
        EventView::CollateralPriced { market, average: price, haircut: 0, haircut_initial: 0 },
        EventView::CollateralSold { account, asset: 1, amount: zero, proceeds: zero },
        EventView::FundDeposited { owner: key, amount: zero, pool: 0 },
        EventView::Transferred { account, to: account, pool: 0, amount: zero, fee: zero },
        EventView::MarketSettled { market, price },
        EventView::PositionSettled { market, account, size: 0, price, cash: zero },
        EventView::PoolPaused { pool: 0, until: id },
        EventView::ResolutionBegan { pool: 0 },
        EventView::PoolResolved { pool: 0, ratio: 0 },
        EventView::ForcedRequest { index, account, request: RequestView::Exit },
        EventView::Exiting { account, market, lots: 0 },
        EventView::ExitEnded { account, recipient: key, amount: zero },
        EventView::OpenInterestMargin { market, margin: 0 },
        EventView::TiersMoved { market, above: vec![id] },
        EventView::PegChanged { price: 0, weak: true, broken: true, low: 0 },
        EventView::ChangeScheduled { action: 0, name: String::new(), subject: 0, value: id, at: 0 },
        EventView::ParameterChanged { action: 0, name: String::new(), subject: 0, value: id },
        EventView::GovernanceRefused {
            action: 0,
            name: String::new(),
            subject: 0,
            value: id,
            rejection: ballast_types::Rejection::from(RejectCode::OutOfBounds).into(),
        },
    ]
}

#[test]
fn every_kind_of_event_is_in_the_reference_with_its_fields_and_no_other() {
    let rows = rows("### Events");
    let mut kinds = BTreeSet::new();
    for event in events() {
        let event = serde_json::to_value(&event).expect("JSON");
        let mut keys: BTreeSet<&str> =
            event.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.remove("kind");
        let kind = event["kind"].as_str().expect("a kind");
        let row = rows.iter().find(|(name, _)| *name == kind);
        let (_, rest) = row.unwrap_or_else(|| panic!("docs/rpc.md says nothing of the event {kind}"));
        let told = rest.split('|').next().unwrap_or_default();
        assert_eq!(names(told), keys, "docs/rpc.md, event {kind}");
        kinds.insert(kind.to_owned());
    }
    assert_eq!(rows.len(), kinds.len(), "docs/rpc.md tells of events that there are not");
    // What reads events names every kind when it meets one that it does not know.
    let unknown = serde_json::from_str::<EventView>(r#"{"kind":"?"}"#).expect_err("no such kind").to_string();
    let known: BTreeSet<String> =
        names(&unknown).into_iter().filter(|name| *name != "?").map(str::to_owned).collect();
    assert_eq!(kinds, known, "one event of every kind");
}

#[test]
fn every_reason_of_a_removal_is_in_the_reference() {
    use RemovalReason as Why;
    let reasons = [
        Why::Filled,
        Why::Cancelled,
        Why::Replaced,
        Why::ImmediateOrCancel,
        Why::FillLimit,
        Why::OpenInterest,
        Why::SelfTrade,
        Why::MakerMargin,
        Why::Expired,
        Why::ReduceOnly,
        Why::Scheduled,
        Why::Reduced,
        Why::SelfTradeTaker,
        Why::OneCancelsOther,
        Why::NotOpened,
        Why::OutsideBand,
        Why::Liquidation,
        Why::Settled,
        Why::Exit,
    ];
    for reason in reasons {
        // A new reason does not compile until it is in the list above, too.
        let name = match reason {
            Why::Filled => "filled",
            Why::Cancelled => "cancelled",
            Why::Replaced => "replaced",
            Why::ImmediateOrCancel => "immediateOrCancel",
            Why::FillLimit => "fillLimit",
            Why::OpenInterest => "openInterest",
            Why::SelfTrade => "selfTrade",
            Why::MakerMargin => "makerMargin",
            Why::Expired => "expired",
            Why::ReduceOnly => "reduceOnly",
            Why::Scheduled => "scheduled",
            Why::Reduced => "reduced",
            Why::SelfTradeTaker => "selfTradeTaker",
            Why::OneCancelsOther => "oneCancelsOther",
            Why::NotOpened => "notOpened",
            Why::OutsideBand => "outsideBand",
            Why::Liquidation => "liquidation",
            Why::Settled => "settled",
            Why::Exit => "exit",
        };
        let event = ballast_types::Event::OrderRemoved {
            market: MARKET,
            account: ballast_types::AccountId(0),
            order: ballast_types::OrderId(0),
            client: ballast_types::ClientId(0),
            side: ballast_types::Side::Buy,
            price: PRICE,
            size: ballast_types::SizeLots(0),
            reason,
        };
        let told = serde_json::to_value(EventView::from(&event)).expect("JSON");
        assert_eq!(told["reason"], name);
        assert!(rows("### Removal reasons").iter().any(|(told, _)| *told == name), "docs/rpc.md: {name}");
    }
    assert_eq!(rows("### Removal reasons").len(), reasons.len());
}

#[test]
fn every_code_is_in_the_reference_with_its_meaning_and_no_other() {
    let row = |code: &RejectCode| format!("| {} | {} | {} |", code.number(), code.name(), code.text());
    let expected: Vec<String> = RejectCode::ALL.iter().map(row).collect();
    let is_row =
        |line: &&str| line.starts_with("| ") && line.as_bytes().get(2).is_some_and(u8::is_ascii_digit);
    let found: Vec<&str> = section("## Codes").lines().filter(is_row).collect();
    assert_eq!(found, expected, "docs/rpc.md should read:\n{}", expected.join("\n"));
}

#[test]
fn every_method_is_in_the_reference_with_its_parameters() {
    let rig = Rig::new();
    let (entry, views, _) = rig.core.ports();
    let methods = methods(entry, views);
    let queries = rows("## Queries");
    for method in methods.method_names().chain(["ballast_subscribe", "ballast_unsubscribe"]) {
        assert!(REFERENCE.contains(&format!("`{method}`")), "docs/rpc.md says nothing of {method}");
        let known = parameters(method).unwrap_or_else(|| panic!("{method} has no names of its parameters"));
        if let Some((_, rest)) = queries.iter().find(|(name, _)| *name == method) {
            let told = rest.split('|').next().unwrap_or_default();
            let told: Vec<&str> = told.split(',').map(|name| name.trim().trim_end_matches('?')).collect();
            let told: Vec<&str> = told.into_iter().filter(|name| !name.is_empty()).collect();
            assert_eq!(told, known, "docs/rpc.md: the parameters of {method}");
        }
    }
    assert!(REFERENCE.contains("`ballast_subscription`"));
}
