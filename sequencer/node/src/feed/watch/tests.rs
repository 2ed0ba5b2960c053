use super::*;
use crate::wire::Amount;
use ballast_types::{AccountId, MarketId, PoolId};

const POOL: Watched = Watched::Pool(PoolId(0));

/// What somebody saw of a pool after an input.
fn seen(seq: u64, fund: i128) -> Seen {
    let zero = Amount(0);
    Seen::Pool(PoolView {
        seq,
        pool: 0,
        credited: zero,
        withdrawn: zero,
        fees: zero,
        fund: Amount(fund),
        fund_target: zero,
        fund_day_start: zero,
        fund_peak: zero,
        fund_watch: false,
        deficit: zero,
        backstop: None,
        backstop_equity: zero,
        backstop_watch: false,
        takeover_equity: zero,
        takeover_day: 0,
        transferred: zero,
        owes_since: 0,
        paused_until: 0,
        resolution: String::new(),
        next_account: None,
        ratio: None,
        hour: None,
        day: None,
        waiting: 0,
        queued: zero,
        quarantine: None,
    })
}

#[test]
fn what_is_as_it_was_is_no_news_however_much_later() {
    let mut watch = Watch::default();
    assert!(!watch.is_news(POOL, &seen(1, 5)), "nobody watches");
    watch.begin(POOL, seen(1, 5));
    let fund = [(2, 5), (3, 6), (4, 6), (5, 5)];
    assert_eq!(fund.map(|(seq, fund)| watch.is_news(POOL, &seen(seq, fund))), [false, true, false, true]);
}

/// Who came while it was another was told nothing when it was again what the others knew.
#[test]
fn whoever_comes_later_knows_what_the_others_know() {
    let mut watch = Watch::default();
    watch.begin(POOL, seen(1, 5));
    watch.begin(POOL, seen(2, 5));
    assert!(!watch.is_news(POOL, &seen(3, 5)));
    watch.begin(POOL, seen(4, 6));
    assert!(watch.is_news(POOL, &seen(5, 5)));
    assert!(!watch.is_news(POOL, &seen(6, 5)));
}

#[test]
fn each_is_looked_at_once_a_second_what_waits_longest_first() {
    let mut watch = Watch::default();
    let watched =
        (0..20).map(|id| Watched::Margin(AccountId(id))).chain([POOL, Watched::Pricing(MarketId(0))]);
    let watched: Vec<_> = watched.collect();
    watched.iter().for_each(|one| watch.begin(*one, seen(1, 5)));
    let mut due = |now| watch.due(Millis(now), |_| true);
    assert_eq!(due(10), watched[..16]);
    assert_eq!(due(11), watched[16..]);
    assert!(due(1_009).is_empty());
    assert_eq!(due(1_010), watched[..16]);
    assert_eq!(due(9_000).len() + due(9_000).len() + due(9_000).len(), watched.len());
}

#[test]
fn what_nobody_watches_any_more_is_forgotten() {
    let mut watch = Watch::default();
    watch.begin(POOL, seen(1, 5));
    assert!(watch.due(Millis(1), |_| false).is_empty());
    assert!(watch.due.is_empty() && watch.known.is_empty());
}
