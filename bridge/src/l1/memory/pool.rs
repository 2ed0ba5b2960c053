//! The pool of transactions of one account, with the rules of real ones.

use crate::{
    error::{Error, Result},
    fees::{FeeQuote, Fees},
    l1::Call,
};
use alloy::{
    primitives::{B256, U256, keccak256},
    sol_types::SolValue,
};
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
pub(super) struct Pooled {
    pub(super) hash: B256,
    pub(super) nonce: u64,
    pub(super) call: Call,
    pub(super) fees: Fees,
}

impl Pooled {
    pub(super) fn new(call: &Call, nonce: u64, fees: &Fees) -> Self {
        let what = match call {
            Call::PostBatch { header, .. } => header.hash(),
            Call::Finalize { up_to } => B256::from(U256::from(*up_to)),
            Call::Demand { header, chunk, .. } => keccak256((header.hash(), *chunk, false).abi_encode()),
            Call::Reveal { batch_hash, chunk, .. } => keccak256((*batch_hash, *chunk, true).abi_encode()),
            Call::Collect => B256::ZERO,
            Call::Reject { previous, .. } => keccak256((previous.hash(), "reject").abi_encode()),
            Call::Freeze(reason) => keccak256(format!("{reason:?}")),
            Call::Dispute { input, value } => keccak256((input.clone(), *value).abi_encode()),
            Call::Prove { clock, headers } => keccak256((*clock, headers.to_vec()).abi_encode()),
        };
        let numbers = [u128::from(nonce), fees.max_fee, fees.tip, fees.blob_fee.unwrap_or(0)].map(U256::from);
        let hash = keccak256((what, numbers).abi_encode());
        Self { hash, nonce, call: call.clone(), fees: *fees }
    }
}

#[derive(Debug, Default)]
pub(super) struct Pool {
    by_nonce: BTreeMap<u64, Pooled>,
}

impl Pool {
    pub(super) fn hashes(&self) -> Vec<B256> {
        self.by_nonce.values().map(|t| t.hash).collect()
    }

    /// The nonce after those in the pool.
    pub(super) fn pending(&self, latest: u64) -> u64 {
        (latest..).find(|nonce| !self.by_nonce.contains_key(nonce)).unwrap_or(latest)
    }

    /// Takes a transaction, as geth does: a replacement offers a tenth more, or with blobs twice as much; an
    /// account has transactions of one kind only. Its hash.
    pub(super) fn add(&mut self, new: Pooled, latest: u64) -> Result<B256> {
        if new.nonce < latest {
            return Err(Error::NonceUsed);
        }
        let hash = new.hash;
        if self.by_nonce.values().any(|old| old.hash == hash) {
            return Ok(hash);
        }
        if self.by_nonce.values().any(|old| old.call.has_blobs() != new.call.has_blobs()) {
            return Err(Error::OtherKindPending);
        }
        if let Some(old) = self.by_nonce.get(&new.nonce) {
            let (n, d) = if new.call.has_blobs() { (2, 1) } else { (11, 10) };
            let enough = |new: u128, old: u128| new * d >= old * n;
            let blob_fee = enough(new.fees.blob_fee.unwrap_or(0), old.fees.blob_fee.unwrap_or(0));
            if !enough(new.fees.max_fee, old.fees.max_fee) || !enough(new.fees.tip, old.fees.tip) || !blob_fee
            {
                return Err(Error::Underpriced);
            }
        }
        self.by_nonce.insert(new.nonce, new);
        Ok(hash)
    }

    /// What goes into a block after `latest`: in order of nonces, as long as the fees suffice.
    pub(super) fn take(&mut self, latest: u64, quote: &FeeQuote) -> Vec<Pooled> {
        let mut taken = Vec::new();
        for nonce in latest.. {
            let pays = |t: &Pooled| {
                t.fees.max_fee >= quote.base_fee
                    && t.fees.blob_fee.is_none_or(|fee| fee >= quote.blob_base_fee)
            };
            if !self.by_nonce.get(&nonce).is_some_and(pays) {
                break;
            }
            taken.extend(self.by_nonce.remove(&nonce));
        }
        taken
    }

    /// After a cut to a block after which `latest` is next: what the lost blocks held comes back, as far as it is of the
    /// kind that the pool has already. What has a gap before it waits, but with blobs it is dropped, as in real pools.
    pub(super) fn settle(&mut self, returned: Vec<Pooled>, latest: u64) {
        for transaction in returned {
            let blobs = transaction.call.has_blobs();
            if self.by_nonce.values().all(|pooled| pooled.call.has_blobs() == blobs) {
                self.by_nonce.insert(transaction.nonce, transaction);
            }
        }
        let pending = self.pending(latest);
        self.by_nonce.retain(|nonce, pooled| *nonce < pending || !pooled.call.has_blobs());
    }
}
