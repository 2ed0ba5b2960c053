//! Orders at the edge of what is possible: one lot more, and something else would happen.

use ballast_naive::Exchange;
use ballast_types::{
    AccountId, Event, Input, MarketId, Millis, NewOrder, Operation, Outcome, RemovalReason, Seq, Signature,
    SizeLots, Source,
};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::pair::{Pair, from_owner};

/// The order with the largest size that the naive exchange takes without a maker that lacks margin, or one lot more.
pub(crate) fn largest(
    pair: &Pair,
    rng: &mut ChaCha8Rng,
    account: AccountId,
    market: MarketId,
    mut order: NewOrder,
) -> NewOrder {
    if (account.0 as usize) >= pair.naive.accounts.len() {
        return order;
    }
    order.display = None;
    let (mut good, mut bad) = (0, 1 << 46);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        let tried = NewOrder { size: SizeLots(middle), ..order };
        if is_taken(&try_out(
            pair.naive.clone(),
            pair.time,
            account,
            Operation::Place { market, order: tried },
        )) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    NewOrder { size: SizeLots(good + u64::from(rng.random_ratio(1, 2))), ..order }
}

/// Whether no step was rejected and no maker gave way for want of margin.
pub(crate) fn is_taken(outcome: &Outcome) -> bool {
    outcome.events.iter().all(|event| {
        !matches!(
            event,
            Event::OperationRejected { .. } | Event::OrderRemoved { reason: RemovalReason::MakerMargin, .. }
        )
    })
}

/// What a naive exchange says to a step of the account's owner.
pub(crate) fn try_out(mut naive: Exchange, time: u64, account: AccountId, operation: Operation) -> Outcome {
    let (owner, command) = from_owner(&naive, time, account, vec![operation]);
    let source = Source::User { command, signature: Signature([0; 65]) };
    naive.apply(&Input { seq: Seq(0), time: Millis(time), source }, Some(owner))
}
