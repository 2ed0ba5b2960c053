//! Where the node and its exchange stand, as JSON.

use super::{peg::PegView, view::views};
use ballast_types::{Address, B256};
use serde::{Deserialize, Serialize};

views! {
    /// The EIP-712 domain.
    DomainView {
        /// `Ballast`.
        name: String,
        /// `1`.
        version: String,
        /// Chain id of L1.
        chain_id: u64,
        /// The exchange's name on L1.
        verifying_contract: Address,
        /// Hash of the four.
        separator: B256,
    }

    /// Where L1 stands, as far as the node has seen.
    L1View {
        /// Head block.
        head: u64,
        /// Block up to which the inbox is read.
        confirmed: u64,
        /// Blocks that a message waits for.
        confirmations: u64,
        /// Messages consumed.
        messages: u64,
        /// When the exchange was frozen on L1, Unix seconds.
        frozen_at: Option<u64>,
        /// The first batch on L1 that somebody else posted in our place; ours wait until it is rejected.
        foreign_batch: Option<u64>,
    }

    /// Where the node stands.
    StatusView {
        /// Software version.
        version: String,
        /// The domain that clients sign for.
        domain: DomainView,
        /// State root of the genesis.
        genesis_state_root: B256,
        /// The key that signs promises.
        sequencer: Address,
        /// Last input that is durable and told.
        seq: u64,
        /// Last input in the journal.
        durable_seq: u64,
        /// Its time, in milliseconds.
        time: u64,
        /// The promise chain after `seq`.
        chain: B256,
        /// The open batch.
        open_batch: u64,
        /// The last batch that is ready to be posted.
        stored_batch: u64,
        /// The last batch that L1 took, by its messages.
        posted_batch: u64,
        /// The last batch that is final on L1.
        final_batch: u64,
        /// Where L1 stands; null when the node runs without it.
        l1: Option<L1View>,
        /// Accounts that exist.
        accounts: u32,
        /// Markets that exist.
        markets: u16,
        /// Withdrawals that were made; their numbers are below it.
        withdrawals: u64,
        /// Up to when what was sealed is known to be on L1, in milliseconds, where the exchange goes by it; else 0.
        posted_time: u64,
        /// How far L1 lags behind: none, long or stalled.
        lag: String,
        /// What a USDC is worth; null where the exchange does not go by it.
        peg: Option<PegView>,
    }

    /// The exchange's clock.
    TimeView {
        /// The node's clock, in milliseconds.
        now: u64,
        /// Time of the last input, in milliseconds.
        time: u64,
    }
}
