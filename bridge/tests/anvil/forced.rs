//! Forced requests: what the exchange is told of them, and where their fees go.

use super::{
    Node, Shelf,
    network::{BASE_FEE, MAX_FEE, Network, REFUND_AFTER, WINDOW, genesis},
    node, sealed, settle, settler,
};
use alloy::primitives::{Address, B256, U256};
use ballast_bridge::{
    bindings::Inbox,
    forced::{FeeState, Forced},
    l1::L1,
    poster::DataPolicy,
    watcher::{Resume, Watcher, WatcherConfig},
};
use ballast_types::{AccountId, AssetId, ForcedRequest, L1Payload, Quote};

/// Sends what `call` says for the user, with this much ether.
macro_rules! force {
    ($network:expr, $value:expr, $call:ident($($argument:expr),*)) => {{
        let inbox = Inbox::new($network.deployment.inbox, $network.provider());
        let call = inbox.$call($($argument),*).from($network.user()).value(U256::from($value));
        call.send().await.expect("sent").get_receipt().await.expect("mined")
    }};
}

async fn requests(network: &Network, l1: &Node) -> Vec<Forced> {
    l1.forced_requests(network.user()).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forced_requests_come_up_and_fees_go_where_they_belong() {
    let network = Network::start().await;
    let l1 = node(&network).await;
    let user = network.user();
    let config = WatcherConfig { deploy_block: 0, confirmations: 0, max_range: 1_000 };
    let start = Resume { count: 0, rolling: B256::ZERO, block: 0 };
    let mut watcher = Watcher::new(l1.clone(), config, start);

    // Two that nobody consumes for too long, the first paid twice over.
    let recipient = Address::repeat_byte(0x77);
    force!(network, 2 * BASE_FEE, forceWithdraw(7, recipient, 0, 5_000_000));
    force!(network, 2 * BASE_FEE, forceLiquidate(3));
    let told: Vec<_> =
        watcher.poll().await.expect("an answer").into_iter().map(|message| message.payload).collect();
    let forced = |request, account, recipient, amount| L1Payload::Forced {
        request,
        sender: user,
        account: AccountId(account),
        recipient,
        asset: AssetId(0),
        amount: Quote(amount),
    };
    let expected = [
        forced(ForcedRequest::Withdraw, 7, recipient, 5_000_000),
        forced(ForcedRequest::Liquidate, 3, Address::ZERO, 0),
    ];
    assert_eq!(told, expected);
    let second_fee = BASE_FEE + BASE_FEE / 10;
    let price = l1.forced_price().await.expect("an answer");
    assert_eq!((price.fee, price.open), (u128::from(BASE_FEE + BASE_FEE / 5), 2));
    assert_eq!((price.most, price.refund_after), (u128::from(MAX_FEE), REFUND_AFTER));
    let waiting = requests(&network, &l1).await;
    assert!(waiting.iter().all(|r| r.fee_state == FeeState::NotDue && !r.consumed), "{waiting:?}");
    assert_eq!((waiting[0].name(), waiting[0].account, waiting[1].message_index), ("withdraw", 7, 1));

    // The fees of both can go back; that of the first does.
    network.pass(REFUND_AFTER + 1).await;
    let price = l1.forced_price().await.expect("an answer");
    assert_eq!((price.fee, price.open), (u128::from(BASE_FEE), 0), "who is late makes nothing dear");
    let late = requests(&network, &l1).await;
    let FeeState::Late(header) = &late[0].fee_state else { panic!("late, not {late:?}") };
    assert_eq!(header.index, 0);
    force!(network, 0, settleForced(0, header.as_ref().into()));
    let credit = l1.forced_credit(user).await.expect("an answer");
    assert_eq!(credit, u128::from(2 * BASE_FEE + 2 * BASE_FEE - second_fee));

    // A batch takes them, and one more that is in time.
    force!(network, 2 * BASE_FEE, forceExit(7, user));
    watcher.poll().await.expect("an answer");
    let shelf = Shelf::default();
    let time = l1.head().await.expect("an answer").time;
    shelf.sealed.lock().expect("no panic").push(sealed(&genesis(), watcher.consumed(), &[], time));
    settle(&mut settler(&l1, &shelf, DataPolicy::Calldata)).await;
    assert_eq!(l1.messages_consumed().await.expect("an answer"), (3, 1));
    network.pass(WINDOW.max(REFUND_AFTER) + 1).await;
    settle(&mut settler(&l1, &shelf, DataPolicy::Calldata)).await;

    let over = requests(&network, &l1).await;
    assert_eq!(over[0].fee_state, FeeState::Settled);
    assert!(matches!(&over[1].fee_state, FeeState::Late(header) if header.index == 0), "late all the same");
    assert_eq!(over[2].fee_state, FeeState::InTime);
    assert!(over.iter().all(|request| request.consumed));
    let posted = l1.posted(1).await.expect("an answer").expect("it was posted");
    force!(network, 0, settleForced(2, (&posted.header).into()));
    force!(network, 0, settleForced(1, header.as_ref().into()));
    force!(network, 0, withdrawCredit(user));
    assert_eq!(l1.forced_credit(user).await.expect("an answer"), 0);
    let left = network.balance(network.deployment.inbox).await;
    assert_eq!(left, U256::from(BASE_FEE), "the fee of the one in time is not the user's");
}
