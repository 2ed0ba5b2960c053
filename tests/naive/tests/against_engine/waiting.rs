//! Random orders that wait for a condition, and what fires them.

use ballast_naive::Exchange;
use ballast_types::{
    AccountId, ClientId, Conditional, ConditionalId, Direction, Event, Group, Link, LinkKind, MarketId,
    Millis, NewOrder, Operation, OrderId, Outcome, PriceSource, PriceTicks, RemovalReason, Side, SizeLots,
    SystemCommand, TimeInForce, Trigger,
};
use rand::{
    Rng,
    seq::{IndexedRandom, SliceRandom},
};
use rand_chacha::ChaCha8Rng;

use crate::{orders, pair::Pair, silos};

/// One step of the account, after those before it under the same signature.
pub(crate) fn operation(
    pair: &Pair,
    rng: &mut ChaCha8Rng,
    account: AccountId,
    before: &[Operation],
) -> Operation {
    if rng.random_ratio(1, 6) {
        return Operation::CancelConditional { conditional: some(pair, rng, account) };
    }
    let link = link(rng, before.len());
    let market = link.and_then(|link| market_of(before.get(usize::from(link.step))?));
    let market = market.filter(|_| rng.random_ratio(24, 25)).unwrap_or_else(|| orders::market(rng));
    let market = silos::reachable(pair, rng, account, market);
    let order = orders::new_order(pair, rng, account, market);
    conditional(pair, rng, market, order, link)
}

/// An entry with what hangs together with it, and what becomes of the entry while the rest is said.
pub(crate) fn bracket(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId) -> Vec<Operation> {
    let drawn = MarketId(rng.random_range(0..2));
    let market = silos::reachable(pair, rng, account, drawn);
    let mut entry = orders::new_order(pair, rng, account, market);
    if rng.random_ratio(2, 3) {
        entry = NewOrder { time_in_force: TimeInForce::Gtc, good_until: None, reduce_only: false, ..entry };
    }
    let mut steps = vec![Operation::Place { market, order: entry }];
    let mut kind = kind(rng);
    for _ in 0..rng.random_range(1..6) {
        let place = u8::try_from(steps.len()).expect("few");
        let step = if rng.random_ratio(2, 3) { 0 } else { rng.random_range(0..place) };
        if rng.random_ratio(1, 6) {
            kind = self::kind(rng);
        }
        let mut order = orders::new_order(pair, rng, account, market);
        if rng.random_ratio(2, 3) {
            order.side = entry.side.opposite();
        }
        steps.push(match rng.random_range(0..20) {
            0 => Operation::CancelClient { market, client: entry.client },
            1..4 => Operation::Replace { market, order: next_order(pair, market), new: order },
            4 => Operation::Place { market, order },
            _ => conditional(pair, rng, market, order, Some(Link { step, kind })),
        });
    }
    steps
}

/// An order of the account in the market on which others wait.
pub(crate) fn entry(
    pair: &Pair,
    rng: &mut ChaCha8Rng,
    account: AccountId,
    market: MarketId,
) -> Option<OrderId> {
    let groups = pair.naive.accounts.get(account.0 as usize)?.groups.values();
    let groups: Vec<&Group> = groups.filter(|group| group.market == market).collect();
    groups.choose(rng)?.order
}

/// About as many as may wait.
pub(crate) fn many(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId) -> Vec<Operation> {
    (0..50).map(|_| operation(pair, rng, account, &[])).collect()
}

/// The id of the order that rests next, if none comes between.
fn next_order(pair: &Pair, market: MarketId) -> OrderId {
    let market = &pair.naive.markets[usize::from(market.0)];
    let is_free = |slot: &u32| market.orders.iter().all(|order| order.id.slot() != *slot);
    let slot = (0..).find(is_free).expect("few orders");
    OrderId(market.next_arrival << 21 | u64::from(slot))
}

fn market_of(operation: &Operation) -> Option<MarketId> {
    match operation {
        Operation::Place { market, .. }
        | Operation::Replace { market, .. }
        | Operation::PlaceConditional { market, .. } => Some(*market),
        _ => None,
    }
}

fn kind(rng: &mut ChaCha8Rng) -> LinkKind {
    if rng.random() { LinkKind::Beside } else { LinkKind::After }
}

fn link(rng: &mut ChaCha8Rng, place: usize) -> Option<Link> {
    let place = u8::try_from(place).expect("at most 101");
    if place == 0 && rng.random_ratio(19, 20) {
        return None;
    }
    let step = rng.random_range(0..=place);
    rng.random_ratio(2, 3).then(|| Link { step, kind: kind(rng) })
}

fn conditional(
    pair: &Pair,
    rng: &mut ChaCha8Rng,
    market: MarketId,
    mut order: NewOrder,
    link: Option<Link>,
) -> Operation {
    let by_time = link.is_none() && rng.random_ratio(1, 3) || rng.random_ratio(1, 60);
    let opened = link.is_some_and(|link| link.kind == LinkKind::After) && rng.random_ratio(1, 3);
    if rng.random_ratio(1, 4) {
        order.price = beyond(pair, market, order.side);
    }
    let trigger = if by_time {
        time(pair, rng)
    } else if opened || rng.random_ratio(1, 60) {
        Trigger::Opened
    } else {
        price(pair, rng, market)
    };
    if let Trigger::Time { slices: 2.., .. } = trigger
        && rng.random_ratio(19, 20)
    {
        order = NewOrder { time_in_force: TimeInForce::Ioc, good_until: None, display: None, ..order };
        if rng.random_ratio(1, 3) {
            (order.size, order.price) = (SizeLots(rng.random_range(1..4)), beyond(pair, market, order.side));
        }
    }
    Operation::PlaceConditional { market, order, trigger, link }
}

/// A limit that gives way to any price.
fn beyond(pair: &Pair, market: MarketId, side: Side) -> PriceTicks {
    match side {
        Side::Buy => PriceTicks(2 * mark(pair, market).max(1)),
        Side::Sell => PriceTicks(1),
    }
}

fn mark(pair: &Pair, market: MarketId) -> u64 {
    let mark = pair.naive.markets.get(usize::from(market.0)).map_or(0, |market| market.mark);
    u64::try_from(mark).expect("a price")
}

fn price(pair: &Pair, rng: &mut ChaCha8Rng, market: MarketId) -> Trigger {
    let mark = mark(pair, market);
    let most = mark / 50 + 2;
    let level = match rng.random_range(0..60) {
        0 => 0,
        1 => (1 << 40) + 1,
        _ => (mark + rng.random_range(0..=2 * most)).saturating_sub(most).max(1),
    };
    Trigger::Price {
        source: if rng.random() { PriceSource::Mark } else { PriceSource::Index },
        direction: if rng.random() { Direction::Above } else { Direction::Below },
        level: PriceTicks(level),
    }
}

fn time(pair: &Pair, rng: &mut ChaCha8Rng) -> Trigger {
    let at = match rng.random_range(0..10) {
        0 => 0,
        1 => pair.time,
        _ => pair.time + rng.random_range(0..3_000),
    };
    let slices = match rng.random_range(0..30) {
        0 => 0,
        1 => 1_001,
        2 => 1_000,
        3..12 => 1,
        _ => rng.random_range(2..6),
    };
    let interval = match rng.random_range(0..30) {
        0 => 999,
        1 => 86_400_001,
        2 => 86_400_000,
        _ if slices == 1 => u32::from(rng.random_ratio(1, 15)),
        _ => rng.random_range(1_000..2_000),
    };
    Trigger::Time { at: Millis(at), slices, interval }
}

/// Some order that waits, mostly the account's own.
fn some(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId) -> ConditionalId {
    let all = all(pair);
    let own: Vec<_> = all.iter().filter(|(owner, _)| *owner == account).copied().collect();
    let from = if rng.random_ratio(1, 20) { &all } else { &own };
    from.choose(rng).map_or(ConditionalId(7), |(_, it)| it.id)
}

fn all(pair: &Pair) -> Vec<(AccountId, Conditional)> {
    let accounts = (0..).map(AccountId).zip(&pair.naive.accounts);
    accounts.flat_map(|(id, account)| account.conditionals.values().map(move |it| (id, *it))).collect()
}

/// A client id of an order that waits, or a small number.
pub(crate) fn client(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId) -> ClientId {
    let own = all(pair).into_iter().filter(|(owner, _)| *owner == account);
    let clients: Vec<ClientId> = own.map(|(_, it)| it.order.client).collect();
    let any = ClientId(rng.random_range(0..7));
    if rng.random() { any } else { clients.choose(rng).copied().unwrap_or(any) }
}

/// Names orders that wait, due or not, in any sequence, some twice, some of somebody else, and some that do not exist.
pub(crate) fn fire(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let mut named: Vec<(AccountId, ConditionalId)> =
        all(pair).into_iter().map(|(account, it)| (account, it.id)).collect();
    named.shuffle(rng);
    named.truncate(if rng.random() { rng.random_range(1..8) } else { 64 });
    if rng.random_ratio(1, 4) {
        named.push((AccountId(rng.random_range(0..9)), ConditionalId(rng.random_range(0..1 << 12))));
        named.extend_from_within(..1);
        let (_, id) = named[0];
        named.insert(0, (AccountId(rng.random_range(0..9)), id));
    }
    let most = if rng.random_ratio(1, 15) { 65 } else { 64 };
    if most > 64 && !named.is_empty() {
        named = named.iter().copied().cycle().take(most).collect();
    }
    named.truncate(most);
    pair.system(SystemCommand::Fire { conditionals: named });
}

/// What an outcome did to what waited before it, by name.
pub(crate) fn seen(before: &Exchange, outcome: &Outcome) -> Vec<&'static str> {
    let name = |event: &Event| match *event {
        Event::ConditionalFired { account, conditional, slices_left, .. } => {
            let account = &before.accounts[account.0 as usize];
            let it = account.conditionals[&conditional];
            let group = it.group.map(|group| account.groups[&group]);
            match it.trigger {
                Trigger::Time { .. } if slices_left > 0 => Some("fired a part"),
                Trigger::Time { .. } => Some("fired at its time"),
                Trigger::Opened => Some("fired when opened"),
                Trigger::Price { .. } => match group {
                    Some(Group { opened: Some(_), .. }) => Some("fired while its group slept"),
                    Some(Group { order: Some(_), .. }) => Some("fired beside an open order"),
                    Some(_) => Some("fired beside others"),
                    None => Some("fired alone"),
                },
            }
        }
        Event::OrderRemoved { account, order, reason: RemovalReason::Replaced, .. } => {
            let mut groups = before.accounts[account.0 as usize].groups.values();
            groups.any(|group| group.order == Some(order)).then_some("an order of a group was replaced")
        }
        Event::ConditionalReduced { account, conditional, .. } => {
            let account = &before.accounts[account.0 as usize];
            let group = account.conditionals.get(&conditional)?.group?;
            Some(match account.groups[&group].opened {
                Some(_) => "woke up smaller",
                None => "reduced while awake",
            })
        }
        _ => None,
    };
    outcome.events.iter().filter_map(name).collect()
}
