//! Who takes part in a clearing.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use core::ops::ControlFlow;

use ballast_book::{
    Part,
    auction::{Interest, OrderLots, Terms, share},
};
use ballast_state::State;
use ballast_types::{
    AccountId, Address, Event, MarketId, Order, OrderId, PriceTicks, RemovalReason, Side, SizeLots,
    limits::MAX_CLEARED,
};

use crate::{
    breakers,
    cancel_order::remove,
    due,
    exchange::{Exchange, load_account},
    facts,
    liquidate::is_forced_now,
    standing::Standing,
};

/// An order that takes part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Participant {
    pub(super) order: Order,
    /// Its limit, or the edge of the band where that is beyond it: never worse for its owner.
    pub(super) limit: PriceTicks,
    /// What may trade of it.
    pub(super) size: SizeLots,
}

/// The orders that take part, all of which some other reaches.
pub(super) struct Field {
    pub(super) market: MarketId,
    pub(super) orders: BTreeMap<OrderId, Participant>,
    /// What was done for the limit of the open interest.
    narrowed: Option<Narrowed>,
    owners: BTreeMap<AccountId, u32>,
}

/// A side opens no more than there was room for.
struct Narrowed {
    side: Side,
    /// The orders of both sides that could open a position then.
    opening: BTreeSet<OrderId>,
}

impl Field {
    /// All orders that wait, and of each side the best [`MAX_CLEARED`] that rest and that those could reach. What can
    /// never trade again leaves first.
    pub(super) fn gather(x: &mut Exchange, market: MarketId, terms: &Terms, told: &mut Vec<Event>) -> Self {
        let waiting = x.books.at(market).waiting_orders();
        let mut open = leave_ended(x, market, &waiting, told);
        let forced: BTreeSet<AccountId> =
            open.iter().filter(|order| order.is_forced()).map(|order| order.account).collect();
        open.retain(|order| order.is_forced() || !forced.contains(&order.account));
        if breakers::reduces(&x.state, x.now(), market) {
            only_closing(&x.state, market, &mut open);
        }
        for side in [Side::Sell, Side::Buy] {
            let resting = reached(x, market, &open, side, terms);
            let resting = leave_ended(x, market, &resting, told);
            open.extend(resting.into_iter().filter(|order| !forced.contains(&order.account)));
        }
        let mut orders: Vec<Participant> = open.into_iter().filter_map(|order| admit(order, terms)).collect();
        cap_closing(&x.state, market, &mut orders);
        let orders = crossing(&orders);
        let owners = number_owners(&x.state, orders.values().map(|it| it.order.account));
        Self { market, orders, narrowed: None, owners }
    }

    /// What the auction is held with.
    pub(super) fn interests(&self) -> Vec<Interest> {
        self.orders.values().map(|it| self.interest(it, it.size)).collect()
    }

    fn interest(&self, it: &Participant, size: SizeLots) -> Interest {
        Interest {
            id: it.order.id,
            owner: self.owners[&it.order.account],
            side: it.order.side,
            limit: it.limit,
            size,
            forced: it.order.is_forced(),
        }
    }

    /// Leaves those who could open a position, of the side on which the others have more, no more than `room` of it: they
    /// share it as a side shares what trades. What netting takes, of both sides alike, counts for nothing.
    pub(super) fn narrow(&mut self, state: &State, netted: &[OrderLots], room: u128, terms: &Terms) {
        let sides = Sides::of(self.orders.values().map(|it| (&it.order, it.size)));
        let opens = |it: &&Participant| !sides.only_closes(state, self.market, &it.order);
        let opening: BTreeSet<OrderId> = self.orders.values().filter(opens).map(|it| it.order.id).collect();

        let netted: BTreeMap<OrderId, u64> = netted.iter().map(|lots| (lots.id, lots.size.0)).collect();
        let gone = |id: OrderId| netted.get(&id).copied().unwrap_or_default();
        let left = |it: &Participant| SizeLots(it.size.0 - gone(it.order.id));
        let closing = |side| -> u128 {
            let of_side = self.orders.values().filter(|it| it.order.side == side);
            of_side.filter(|it| !opening.contains(&it.order.id)).map(|it| u128::from(left(it).0)).sum()
        };
        let side = if closing(Side::Sell) > closing(Side::Buy) { Side::Sell } else { Side::Buy };
        let is_held = |it: &Participant| it.order.side == side && opening.contains(&it.order.id);

        let held: Vec<Interest> =
            self.orders.values().filter(|it| is_held(it)).map(|it| self.interest(it, left(it))).collect();
        let shares: BTreeMap<OrderId, u64> =
            share(&held, room, terms).iter().map(|lots| (lots.id, lots.size.0)).collect();
        self.orders.retain(|id, it| {
            if is_held(it) {
                it.size = SizeLots(gone(*id) + shares.get(id).copied().unwrap_or_default());
            }
            it.size > SizeLots::ZERO
        });
        self.narrowed = Some(Narrowed { side, opening });
    }

    /// Nothing came of it: nobody goes for it.
    pub(super) fn forget_narrowing(&mut self) {
        self.narrowed = None;
    }

    /// The side that opens no more than there was room for, where one does.
    pub(super) fn narrowed_side(&self) -> Option<Side> {
        self.narrowed.as_ref().map(|narrowed| narrowed.side)
    }

    /// Whether the order could open a position, and may not go on waiting for the room that there is not.
    pub(super) fn lacks_room(&self, order: OrderId) -> bool {
        self.narrowed.as_ref().is_some_and(|narrowed| narrowed.opening.contains(&order))
    }

    /// Takes out the orders of an account; their ids ascend.
    pub(super) fn take(&mut self, account: AccountId) -> Vec<OrderId> {
        let ids: Vec<OrderId> =
            self.orders.values().filter(|it| it.order.account == account).map(|it| it.order.id).collect();
        for id in &ids {
            self.orders.remove(id);
        }
        ids
    }

    /// The orders by account, each account's by id.
    pub(super) fn by_account(&self) -> BTreeMap<AccountId, Vec<Participant>> {
        let mut accounts: BTreeMap<AccountId, Vec<Participant>> = BTreeMap::new();
        for it in self.orders.values() {
            accounts.entry(it.order.account).or_default().push(*it);
        }
        accounts
    }
}

/// Removes those of the orders that can never trade again, and gives the others.
fn leave_ended(x: &mut Exchange, market: MarketId, orders: &[Order], told: &mut Vec<Event>) -> Vec<Order> {
    let mut open = Vec::with_capacity(orders.len());
    for order in orders {
        load_account(&mut x.state, order.account);
        let standing = Standing::of(&x.state, order.account, market);
        let end = due::end_of(&x.state, x.now(), order, &standing);
        let healed =
            |x| (order.is_forced() && !is_forced_now(x, order.account)).then_some(RemovalReason::Liquidation);
        match end.or_else(|| healed(x)) {
            Some(reason) => remove(x, order.account, market, &[order.id], reason, told),
            None => open.push(*order),
        }
    }
    open
}

/// In a reduce-only market: those that only close, and the others where all that wait of their account and side together
/// are no more than there is to close.
fn only_closing(state: &State, market: MarketId, waiting: &mut Vec<Order>) {
    let sides = Sides::of(waiting.iter().map(|order| (order, order.open())));
    waiting.retain(|order| sides.only_closes(state, market, order));
}

/// All lots of each account and side.
struct Sides(BTreeMap<(AccountId, bool), u128>);

impl Sides {
    fn of<'a>(orders: impl Iterator<Item = (&'a Order, SizeLots)>) -> Self {
        let mut lots = BTreeMap::new();
        for (order, size) in orders {
            *lots.entry((order.account, order.side == Side::Buy)).or_default() += u128::from(size.0);
        }
        Self(lots)
    }

    /// Whether one of the orders can only close: it is reduce-only, or all of its account and side together are no more
    /// than there is to close.
    fn only_closes(&self, state: &State, market: MarketId, order: &Order) -> bool {
        let closable = || Standing::of(state, order.account, market).closable(order.side);
        order.reduce_only || self.0[&(order.account, order.side == Side::Buy)] <= u128::from(closable().0)
    }
}

/// The best resting orders of `side` that those of the other side in `open`, which all wait, could reach.
fn reached(x: &Exchange, market: MarketId, open: &[Order], side: Side, terms: &Terms) -> Vec<Order> {
    let takers = open.iter().filter(|order| order.waits.is_some() && order.side != side);
    let limits = takers.filter_map(|order| edge(order, terms));
    let best = match side {
        Side::Sell => limits.max(),
        Side::Buy => limits.min(),
    };
    let mut resting = Vec::new();
    let Some(limit) = best else { return resting };
    x.books.at(market).visit(side.opposite(), limit, |offer| {
        if offer.part == Part::Hidden {
            return ControlFlow::Continue(());
        }
        if resting.len() == MAX_CLEARED {
            return ControlFlow::Break(());
        }
        resting.push(offer.order);
        ControlFlow::Continue(())
    });
    resting
}

/// The order as it takes part: at the edge of the band when its limit lies beyond, unless it is forced, which the auction
/// sees to; not at all when no price of the band is within its limit.
fn admit(order: Order, terms: &Terms) -> Option<Participant> {
    let limit = edge(&order, terms)?;
    let limit = if order.is_forced() { order.price } else { limit };
    Some(Participant { order, limit, size: order.open() })
}

/// The limit of an order within the band, if any price of the band is within its limit.
fn edge(order: &Order, terms: &Terms) -> Option<PriceTicks> {
    let (limit, reaches) = match order.side {
        Side::Buy => (order.price.min(terms.hi), terms.lo <= order.price),
        Side::Sell => (order.price.max(terms.lo), order.price <= terms.hi),
    };
    reaches.then_some(limit)
}

/// Orders that only close trade together no more than there is to close: the best limit first, then the oldest.
fn cap_closing(state: &State, market: MarketId, orders: &mut [Participant]) {
    let mut closing: Vec<&mut Participant> = orders.iter_mut().filter(|it| it.order.reduce_only).collect();
    closing.sort_unstable_by_key(|it| (rank(it), it.order.id));
    let mut closable: BTreeMap<AccountId, u64> = BTreeMap::new();
    for it in closing {
        let Order { account, side, .. } = it.order;
        let left =
            closable.entry(account).or_insert_with(|| Standing::of(state, account, market).closable(side).0);
        it.size = it.size.min(SizeLots(*left));
        *left -= it.size.0;
    }
}

/// Smaller is the better limit, among orders of one side.
const fn rank(it: &Participant) -> u64 {
    match it.order.side {
        Side::Buy => !it.limit.0,
        Side::Sell => it.limit.0,
    }
}

/// Those that some order of the other side reaches: the others neither trade nor move the price, and are not judged.
fn crossing(orders: &[Participant]) -> BTreeMap<OrderId, Participant> {
    let open = || orders.iter().filter(|it| it.size > SizeLots::ZERO);
    let of = |side| open().filter(move |it| it.order.side == side).map(|it| it.limit);
    let (bid, ask) = (of(Side::Buy).max(), of(Side::Sell).min());
    let is_reached = |it: &&Participant| match it.order.side {
        Side::Buy => ask.is_some_and(|ask| ask <= it.limit),
        Side::Sell => bid.is_some_and(|bid| it.limit <= bid),
    };
    open().filter(is_reached).map(|it| (it.order.id, *it)).collect()
}

/// A number for each owner of these accounts.
fn number_owners(state: &State, accounts: impl Iterator<Item = AccountId>) -> BTreeMap<AccountId, u32> {
    let accounts: BTreeSet<AccountId> = accounts.collect();
    let mut numbers: BTreeMap<Address, u32> = BTreeMap::new();
    let mut number = |account| {
        let next = u32::try_from(numbers.len()).expect("no more owners than orders");
        *numbers.entry(facts::account(state, account).owner).or_insert(next)
    };
    accounts.into_iter().map(|account| (account, number(account))).collect()
}
