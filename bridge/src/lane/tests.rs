use super::*;
use crate::{
    fees::FeeQuote,
    l1::{
        Nonces,
        memory::{Fate, Fault, MemoryL1},
    },
};
use ballast_batch::BatchHeader;

const GWEI: u128 = 1_000_000_000;
const CONFIG: LaneConfig = LaneConfig {
    caps: FeeCaps { max_fee: 100 * GWEI, tip: 10 * GWEI, blob_fee: 100 * GWEI },
    patience_ms: 60_000,
};

fn chain() -> MemoryL1 {
    MemoryL1::new(&BatchHeader::genesis([B256::ZERO; 7]), B256::ZERO, 60)
}

fn call(up_to: u64) -> Call {
    Call::Finalize { up_to }
}

fn quote(base_fee: u128) -> FeeQuote {
    FeeQuote { base_fee, tip: GWEI / 10, blob_base_fee: 1 }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

#[test]
fn a_transaction_is_followed_until_it_is_mined() {
    run(async {
        let l1 = chain();
        let mut lane = Lane::new(l1.clone(), CONFIG);
        assert_eq!(lane.poll(0).await.expect("an answer"), LaneState::Free);
        let Sent::Pooled(hash) = lane.send(0, call(1)).await.expect("an answer") else {
            panic!("cheap enough")
        };
        assert_eq!(lane.poll(1).await.expect("an answer"), LaneState::Busy);
        l1.mine();
        let LaneState::Mined(receipt) = lane.poll(2).await.expect("an answer") else {
            panic!("it was mined")
        };
        assert_eq!((receipt.transaction, receipt.success), (hash, true));
        assert_eq!(lane.poll(3).await.expect("an answer"), LaneState::Free);
    });
}

#[test]
fn a_transaction_that_waits_too_long_is_outbid_within_the_caps() {
    run(async {
        let l1 = chain();
        l1.set_fees(quote(GWEI));
        let mut lane = Lane::new(l1.clone(), CONFIG);
        lane.send(0, call(1)).await.expect("an answer");
        let first = l1.pooled();
        l1.set_fees(quote(20 * GWEI));
        l1.mine();
        assert_eq!(lane.poll(59_999).await.expect("an answer"), LaneState::Busy);
        assert_eq!(l1.pooled(), first, "patience");
        assert_eq!(lane.poll(60_000).await.expect("an answer"), LaneState::Busy);
        assert_ne!(l1.pooled(), first, "replaced");
        l1.mine();
        assert!(matches!(lane.poll(60_001).await.expect("an answer"), LaneState::Mined(_)));
        assert_eq!(l1.nonces().await.expect("an answer"), Nonces { latest: 1, pending: 1 });
    });
}

#[test]
fn above_the_caps_it_waits() {
    run(async {
        let l1 = chain();
        l1.set_fees(quote(100 * GWEI));
        let mut lane = Lane::new(l1.clone(), CONFIG);
        assert_eq!(lane.send(0, call(1)).await.expect("an answer"), Sent::TooDear);
        assert!(l1.pooled().is_empty());
        l1.set_fees(quote(10 * GWEI));
        lane.send(0, call(1)).await.expect("an answer");
        let pooled = l1.pooled();
        l1.set_fees(quote(200 * GWEI));
        for now in (60_000..600_000).step_by(60_000) {
            assert_eq!(lane.poll(now).await.expect("an answer"), LaneState::Busy);
        }
        assert_eq!(l1.pooled(), pooled, "outbidding helps nothing now");
    });
}

#[test]
fn a_transaction_that_the_pool_lost_is_sent_again() {
    run(async {
        let l1 = chain();
        let mut lane = Lane::new(l1.clone(), CONFIG);
        lane.send(0, call(1)).await.expect("an answer");
        l1.drop_pool();
        assert_eq!(lane.poll(1).await.expect("an answer"), LaneState::Busy);
        assert_eq!(l1.pooled().len(), 1);
        l1.mine();
        assert!(matches!(lane.poll(2).await.expect("an answer"), LaneState::Mined(_)));
    });
}

#[test]
fn a_node_that_does_not_count_its_pool_had_the_offer_doubled_at_every_poll() {
    run(async {
        let l1 = chain();
        let mut lane = Lane::new(l1.clone(), CONFIG);
        lane.send(0, call(1)).await.expect("an answer");
        let first = l1.pooled();
        for now in 1..20 {
            l1.drop_pool();
            assert_eq!(lane.poll(now).await.expect("an answer"), LaneState::Busy);
            assert_eq!(l1.pooled(), first, "the same again, and no dearer");
        }
        l1.drop_pool();
        lane.poll(60_000).await.expect("an answer");
        assert_ne!(l1.pooled(), first, "patience counts from the first time");
    });
}

#[test]
fn a_former_lifes_transaction_is_waited_for_and_then_outbid_at_its_nonce() {
    run(async {
        let l1 = chain();
        let mut former = Lane::new(l1.clone(), CONFIG);
        l1.set_fees(quote(2 * GWEI));
        former.send(0, call(1)).await.expect("an answer");
        l1.set_fees(quote(GWEI));
        let orphan = l1.pooled();

        let mut lane = Lane::new(l1.clone(), CONFIG);
        assert_eq!(lane.poll(1_000_000).await.expect("an answer"), LaneState::Busy);
        assert_eq!(lane.poll(1_059_999).await.expect("an answer"), LaneState::Busy);
        assert_eq!(lane.poll(1_060_000).await.expect("an answer"), LaneState::Free);
        // A fresh offer would be lower than the one in the pool: it is raised until the pool takes it.
        assert!(matches!(lane.send(1_060_000, call(2)).await.expect("an answer"), Sent::Pooled(_)));
        assert_eq!(l1.pooled().len(), 1);
        assert_ne!(l1.pooled(), orphan);
        l1.mine();
        assert_eq!(l1.nonces().await.expect("an answer"), Nonces { latest: 1, pending: 1 });
    });
}

#[test]
fn a_former_lifes_transaction_that_is_mined_frees_the_lane() {
    run(async {
        let l1 = chain();
        Lane::new(l1.clone(), CONFIG).send(0, call(1)).await.expect("an answer");
        let mut lane = Lane::new(l1.clone(), CONFIG);
        assert_eq!(lane.poll(0).await.expect("an answer"), LaneState::Busy);
        l1.mine();
        assert_eq!(lane.poll(1).await.expect("an answer"), LaneState::Free);
        lane.send(1, call(2)).await.expect("an answer");
        l1.mine();
        assert_eq!(l1.nonces().await.expect("an answer").latest, 2);
    });
}

#[test]
fn an_answer_lost_after_sending_leaves_an_orphan_and_no_second_transaction() {
    run(async {
        let l1 = chain();
        let mut lane = Lane::new(l1.clone(), CONFIG);
        // nonces, fees, send: the answer to the third is lost.
        l1.fail(2, Fault::After);
        assert!(lane.send(0, call(1)).await.is_err());
        assert_eq!(l1.pooled().len(), 1);
        assert_eq!(lane.poll(1).await.expect("an answer"), LaneState::Busy);
        l1.mine();
        assert_eq!(lane.poll(2).await.expect("an answer"), LaneState::Free);
        assert_eq!(l1.nonces().await.expect("an answer").latest, 1);
    });
}

#[test]
fn nonces_are_read_from_l1_again_after_a_reorganisation() {
    run(async {
        let l1 = chain();
        let mut lane = Lane::new(l1.clone(), CONFIG);
        lane.send(0, call(1)).await.expect("an answer");
        l1.mine();
        lane.poll(1).await.expect("an answer");
        l1.cut(1, Fate::Drop, Fate::Drop);
        lane.send(2, call(1)).await.expect("an answer");
        l1.mine();
        assert_eq!(l1.nonces().await.expect("an answer"), Nonces { latest: 1, pending: 1 });
        assert!(matches!(lane.poll(3).await.expect("an answer"), LaneState::Mined(_)));
    });
}
