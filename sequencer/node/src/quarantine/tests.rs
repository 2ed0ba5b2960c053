use super::*;
use crate::journal::MemoryStore;
use ballast_types::{
    AccountId, CancelFilter, ClientId, MarketId, NewOrder, Nonce, Operations, PriceTicks, Side, Signature,
    SizeLots, TimeInForce,
};
use std::sync::Arc;

const POOL: PoolId = PoolId(1);

fn quarantine() -> Quarantine {
    Quarantine::of(Journal::new(Arc::new(MemoryStore::new()))).expect("nothing is kept")
}

fn operations(operations: Vec<Operation>) -> Source {
    let (account, nonce, expires) = (AccountId(0), Nonce(0), Millis(1));
    let command = UserCommand::Operations(Operations { account, nonce, expires, atomic: false, operations });
    Source::User { command, signature: Signature([0; 65]) }
}

#[test]
fn what_fails_again_takes_more_away_until_nothing_is_left() {
    let aside = quarantine();
    let found = [POOL].into();
    let mut steps = Vec::new();
    for time in 1..=3 {
        let first = aside.set_aside(&found, false, Millis(time), "why").expect("it writes");
        steps.push((first, aside.get(POOL).map(|aside| (aside.extent, aside.since.0))));
    }
    let (closing, nothing) = (Some((Extent::Closing, 1)), Some((Extent::Nothing, 2)));
    assert_eq!(steps, [(Some(POOL), closing), (Some(POOL), nothing), (None, nothing)]);
    assert_eq!(aside.set_aside(&BTreeSet::new(), false, Millis(4), "of no pool").expect("it writes"), None);
    let kept = Quarantine::of(aside.journal.clone()).expect("it reads");
    assert_eq!(kept.pools(), aside.pools());
    assert!(kept.lift(POOL).expect("it writes") && kept.pools().is_empty());
    assert!(!kept.lift(POOL).expect("it writes"));
}

#[test]
fn orders_that_leave_close_and_orders_that_come_do_not() {
    let order = NewOrder::plain(Side::Buy, PriceTicks(1), SizeLots(1), TimeInForce::Gtc, ClientId(0));
    let (place, all) =
        (Operation::Place { market: MarketId(0), order }, Operation::CancelAll(CancelFilter::ALL));
    assert!(is_closing(&operations(vec![all, Operation::ScheduleCancel { at: None }])));
    assert!(!is_closing(&operations(vec![all, place])));
    let system = |command| is_closing(&Source::System(command));
    assert!(system(SystemCommand::Sweep { orders: Vec::new() }));
    assert!(!system(SystemCommand::Liquidate { account: AccountId(0) }));
}
