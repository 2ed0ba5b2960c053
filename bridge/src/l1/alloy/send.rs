//! Sending, for the account of the key.

use super::{AlloyL1, transport};
use crate::{
    bindings::{
        DataDemand::{DataDemandErrors, demandCall, revealCall, withdrawCreditCall},
        DisputeGame::DisputeGameErrors,
        Rollup::{self, RollupErrors},
        StressClock::{StressClockErrors, proveCall},
    },
    data::{BatchData, SidecarForm},
    deployment::Deployment,
    error::{Error, Result, Severity},
    escape::Reason,
    fees::{FeeQuote, Fees},
    l1::{
        Call, L1Sender, Nonces, Receipt,
        blobs::BlobSource,
        revert::{demand_refused, dispute_refused, proof_refused, refused},
    },
};
use alloy::{
    consensus::BlobTransactionSidecarVariant,
    eips::{BlockId, BlockNumberOrTag, Encodable2718, eip7910::EthConfig},
    network::{NetworkTransactionBuilder, TransactionBuilder, TransactionBuilder4844},
    primitives::{Address, B256, Bytes, U256},
    providers::Provider,
    rpc::types::TransactionRequest,
    sol_types::{SolCall, SolInterface},
    transports::TransportError,
};
use std::sync::Arc;

/// Most gas that one transaction may have (EIP-7825).
const MAX_GAS: u64 = 1 << 24;
/// Blocks whose tips are looked at.
const FEE_BLOCKS: u64 = 10;
/// Name of the precompile that Osaka brought, in `eth_config` (EIP-7951).
const OSAKA_PRECOMPILE: &str = "P256VERIFY";

impl<B: BlobSource> L1Sender for AlloyL1<B> {
    async fn fees(&self) -> Result<FeeQuote> {
        let history = self.provider.get_fee_history(FEE_BLOCKS, BlockNumberOrTag::Latest, &[50.0]);
        let history = history.await.map_err(transport)?;
        // The last entries are those of the next block.
        let base_fee = history.base_fee_per_gas.last().copied();
        let base_fee = base_fee.ok_or_else(|| Error::Transport("a fee history without fees".to_owned()))?;
        let blob_base_fee = history.base_fee_per_blob_gas.last().copied().unwrap_or(1);
        let mut tips: Vec<u128> = history.reward.unwrap_or_default().into_iter().flatten().collect();
        tips.retain(|tip| *tip > 0);
        tips.sort_unstable();
        let tip = tips.get(tips.len() / 2).copied().unwrap_or(1);
        Ok(FeeQuote { base_fee, tip, blob_base_fee })
    }

    async fn sidecar_form(&self) -> Result<Option<SidecarForm>> {
        // Nodes without EIP-7910 answer with an error; whatever runs today is Osaka or later.
        let config: Result<EthConfig, _> = self.provider.raw_request("eth_config".into(), ()).await;
        match config {
            Ok(config) if config.current.blob_schedule.max_blob_count == 0 => Ok(None),
            Ok(config) if config.current.precompiles.contains_key(OSAKA_PRECOMPILE) => {
                Ok(Some(SidecarForm::Eip7594))
            }
            Ok(_) => Ok(Some(SidecarForm::Eip4844)),
            Err(_) => {
                let head = self.provider.get_block(BlockId::latest()).await.map_err(transport)?;
                let takes_blobs = head.is_some_and(|head| head.header.blob_gas_used.is_some());
                Ok(takes_blobs.then_some(SidecarForm::Eip7594))
            }
        }
    }

    async fn nonces(&self) -> Result<Nonces> {
        let account = self.account()?;
        let latest = self.provider.get_transaction_count(account).latest().await.map_err(transport)?;
        let pending = self.provider.get_transaction_count(account).pending().await.map_err(transport)?;
        Ok(Nonces { latest, pending })
    }

    async fn send(&self, call: &Call, nonce: u64, fees: &Fees) -> Result<B256> {
        let body = self.body(call)?;
        let gas = self.estimate(&self.request(&body, nonce)?, body.sidecar.as_deref()).await?;
        self.submit(body, nonce, fees, gas + gas / 4).await
    }

    async fn send_behind(&self, call: &Call, nonce: u64, fees: &Fees, gas: u64) -> Result<B256> {
        self.submit(self.body(call)?, nonce, fees, gas).await
    }

    async fn receipt(&self, transaction: B256) -> Result<Option<Receipt>> {
        let receipt = self.provider.get_transaction_receipt(transaction).await.map_err(transport)?;
        Ok(receipt.and_then(|receipt| {
            let execution = U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price);
            let blobs = U256::from(receipt.blob_gas_used.unwrap_or(0))
                * U256::from(receipt.blob_gas_price.unwrap_or(0));
            let (success, cost) = (receipt.status(), execution + blobs);
            receipt.block_number.map(|block| Receipt { transaction, success, block, cost })
        }))
    }
}

impl<B: BlobSource> AlloyL1<B> {
    pub(super) fn account(&self) -> Result<Address> {
        Ok(self.wallet.as_ref().ok_or_else(no_key)?.default_signer().address())
    }

    /// The transaction of a call by the account.
    fn body(&self, call: &Call) -> Result<Body> {
        Ok(body(call, &self.deployment, self.account()?))
    }

    fn request(&self, body: &Body, nonce: u64) -> Result<TransactionRequest> {
        Ok(TransactionRequest::default()
            .with_from(self.account()?)
            .with_to(body.to)
            .with_value(body.value)
            .with_input(body.input.clone())
            .with_chain_id(self.deployment.chain_id)
            .with_nonce(nonce))
    }

    /// Signs and puts into the pool.
    async fn submit(&self, body: Body, nonce: u64, fees: &Fees, gas: u64) -> Result<B256> {
        let wallet = self.wallet.as_ref().ok_or_else(no_key)?;
        let mut request = self
            .request(&body, nonce)?
            .with_gas_limit(gas.min(MAX_GAS))
            .with_max_fee_per_gas(fees.max_fee)
            .with_max_priority_fee_per_gas(fees.tip);
        if let (Some(sidecar), Some(blob_fee)) = (body.sidecar, fees.blob_fee) {
            request =
                request.with_max_fee_per_blob_gas(blob_fee).with_blob_sidecar(Arc::unwrap_or_clone(sidecar));
        }
        let signed = request.build(wallet).await.map_err(|e| Error::Config(format!("cannot sign: {e}")))?;
        let hash = *signed.tx_hash();
        match self.provider.send_raw_transaction(&signed.encoded_2718()).await {
            Ok(_) => Ok(hash),
            Err(error) => match pool_error(&error) {
                PoolAnswer::Known => Ok(hash),
                PoolAnswer::Refused(error) => Err(error),
            },
        }
    }

    /// Gas of the call on the latest state. Only the hashes of blobs go over the wire, for their bytes cost no
    /// execution gas.
    async fn estimate(
        &self,
        request: &TransactionRequest,
        sidecar: Option<&BlobTransactionSidecarVariant>,
    ) -> Result<u64> {
        let mut request = request.clone();
        request.nonce = None;
        if let Some(sidecar) = sidecar {
            request.blob_versioned_hashes = Some(sidecar.versioned_hashes().collect());
        }
        let gas = self.provider.estimate_gas(request).block(BlockId::latest()).await;
        gas.map_err(|error| {
            let Some(answer) = error.as_error_resp() else { return transport(error) };
            if let Some(error) = answer.as_revert_data().and_then(|data| reverted(&data)) {
                return error;
            }
            match pool_error(&error) {
                PoolAnswer::Refused(error @ Error::InsufficientFunds(_)) => error,
                _ => Error::Reverted { reason: answer.message.to_string(), severity: Severity::Temporary },
            }
        })
    }
}

fn no_key() -> Error {
    Error::Config("no key was given to send with".to_owned())
}

/// What a contract's own error means; `None` when it is of none of ours. No two of their errors have a selector in common
/// that mean different things.
fn reverted(data: &[u8]) -> Option<Error> {
    let rollup = RollupErrors::abi_decode(data).ok().map(|error| refused(&error));
    let demand = || DataDemandErrors::abi_decode(data).ok().map(|error| demand_refused(&error));
    let proof = || StressClockErrors::abi_decode(data).ok().map(|error| proof_refused(&error));
    let dispute = || DisputeGameErrors::abi_decode(data).ok().map(|error| dispute_refused(&error));
    rollup.or_else(demand).or_else(proof).or_else(dispute)
}

/// A call as its transaction carries it.
struct Body {
    to: Address,
    value: U256,
    input: Bytes,
    sidecar: Option<Arc<BlobTransactionSidecarVariant>>,
}

fn body(call: &Call, deployment: &Deployment, account: Address) -> Body {
    let plain = |to, value, input: Vec<u8>| Body { to, value, input: input.into(), sidecar: None };
    match call {
        Call::PostBatch { header, data } => {
            let (data, sidecar) = match data {
                BatchData::Calldata(data) => (data.clone(), None),
                BatchData::Blobs(sidecar) => (Bytes::new(), Some(sidecar.clone())),
            };
            let input = Rollup::postBatchCall { header: (&**header).into(), data }.abi_encode();
            Body { sidecar, ..plain(deployment.rollup, U256::ZERO, input) }
        }
        Call::Finalize { up_to } => {
            plain(deployment.rollup, U256::ZERO, Rollup::finalizeCall { upTo: *up_to }.abi_encode())
        }
        Call::Demand { header, chunk, bond } => {
            let call = demandCall { header: (&**header).into(), chunk: *chunk };
            plain(deployment.data_demand, *bond, call.abi_encode())
        }
        Call::Reveal { batch_hash, chunk, shown } => {
            let (data, proof) = (Bytes::copy_from_slice(&shown.data), shown.proof.clone());
            let call = revealCall { batchHash: *batch_hash, chunk: *chunk, data, proof };
            plain(deployment.data_demand, U256::ZERO, call.abi_encode())
        }
        Call::Collect => {
            let call = withdrawCreditCall { to: account };
            plain(deployment.data_demand, U256::ZERO, call.abi_encode())
        }
        Call::Reject { index, previous } => {
            let call = Rollup::rejectCall { index: *index, previous: (&**previous).into() };
            plain(deployment.rollup, U256::ZERO, call.abi_encode())
        }
        Call::Freeze(Reason::Request(id)) => {
            plain(deployment.rollup, U256::ZERO, Rollup::freezeCall { requestId: *id }.abi_encode())
        }
        Call::Freeze(Reason::Silence) => {
            plain(deployment.rollup, U256::ZERO, Rollup::freezeSilentCall {}.abi_encode())
        }
        Call::Prove { clock, headers } => {
            plain(*clock, U256::ZERO, proveCall { headers: headers.to_vec() }.abi_encode())
        }
        Call::Dispute { input, value } => plain(deployment.dispute_game, *value, input.to_vec()),
    }
}

enum PoolAnswer {
    Known,
    Refused(Error),
}

/// What the pool's refusal means. Nodes have no codes for it, only texts; those of geth, reth, Nethermind and anvil.
fn pool_error(error: &TransportError) -> PoolAnswer {
    let Some(answer) = error.as_error_resp() else {
        return PoolAnswer::Refused(Error::Transport(error.to_string()));
    };
    let text = answer.message.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["already known", "already imported", "alreadyknown"]) {
        return PoolAnswer::Known;
    }
    PoolAnswer::Refused(if says(&["underpriced", "fee too low", "feetoolow"]) {
        Error::Underpriced
    } else if says(&["nonce too low", "oldnonce", "nonce is too low"]) {
        Error::NonceUsed
    } else if says(&["already reserved", "conflicting transaction type", "pendingtxsoftypeblob"]) {
        Error::OtherKindPending
    } else if says(&["insufficient funds", "insufficient balance"]) {
        Error::InsufficientFunds(answer.message.to_string())
    } else {
        Error::Transport(answer.message.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::rpc::json_rpc::ErrorPayload;

    fn answer(message: &'static str) -> PoolAnswer {
        pool_error(&TransportError::ErrorResp(ErrorPayload {
            code: -32_000,
            message: message.into(),
            data: None,
        }))
    }

    #[test]
    fn the_texts_of_nodes_are_understood() {
        assert!(matches!(answer("already known"), PoolAnswer::Known));
        let refused = |message| match answer(message) {
            PoolAnswer::Refused(error) => error,
            PoolAnswer::Known => panic!("not known"),
        };
        assert!(matches!(refused("replacement transaction underpriced"), Error::Underpriced));
        assert!(matches!(refused("nonce too low: next nonce 3, tx nonce 2"), Error::NonceUsed));
        assert!(matches!(refused("address already reserved"), Error::OtherKindPending));
        assert!(matches!(refused("Insufficient funds for gas * price + value"), Error::InsufficientFunds(_)));
        assert!(matches!(refused("txpool is full"), Error::Transport(_)));
    }
}
