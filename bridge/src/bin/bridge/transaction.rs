//! Transactions to L1: priced, sent, and printed for another hand to sign.

use crate::{
    context::Context,
    output::{Answer, ether, say},
};
use alloy::{
    contract::{CallBuilder, CallDecoder},
    network::Ethereum,
    primitives::{Address, B256, Bytes, U256},
    providers::{DynProvider, Provider},
    rpc::types::TransactionReceipt,
    sol_types::SolInterface,
};
use eyre::{Report, Result, WrapErr, bail, eyre};
use serde_json::json;
use std::fmt::Debug;

/// What is allowed above an estimate, as a part of it: others may come first, and alter what there is to do.
const GAS_MARGIN: u64 = 5;

/// Gas of a call.
pub(crate) struct Gas {
    /// What it may use.
    pub(crate) limit: u64,
    /// What it costs as things are, in wei.
    pub(crate) cost: U256,
}

/// What a call takes of gas. Its sender has to be set.
///
/// # Errors
/// When the contract refuses it, or L1 does not answer.
pub(crate) async fn price<D: CallDecoder, E: SolInterface + Debug>(
    call: &CallBuilder<&DynProvider, D, Ethereum>,
    what: &str,
) -> Result<Gas> {
    let gas = call.estimate_gas().await.map_err(|error| refused::<E>(what, &error))?;
    let each = call.provider.get_gas_price().await.wrap_err("L1 does not answer")?;
    Ok(Gas { limit: with_margin(gas), cost: U256::from(gas) * U256::from(each) })
}

const fn with_margin(gas: u64) -> u64 {
    gas.saturating_add(gas / GAS_MARGIN)
}

fn refused<E: SolInterface + Debug>(what: &str, error: &alloy::contract::Error) -> Report {
    match error.as_decoded_interface_error::<E>() {
        Some(refusal) => eyre!("{what} is refused: {refusal:?}"),
        None => eyre!("{what} could not be sent: {error}"),
    }
}

/// Sends a call and waits until it is in a block.
pub(crate) async fn send<D: CallDecoder, E: SolInterface + Debug>(
    call: CallBuilder<impl Provider, D, Ethereum>,
    what: &str,
) -> Result<TransactionReceipt> {
    let pending = call.send().await.map_err(|error| refused::<E>(what, &error))?;
    let hash = *pending.tx_hash();
    say(&format!("{what} is transaction {hash}"));
    let receipt = pending
        .get_receipt()
        .await
        .wrap_err_with(|| format!("{what} was sent as transaction {hash}, but L1 does not tell its fate"))?;
    if !receipt.status() {
        bail!("{what} had no effect: transaction {} was reverted", receipt.transaction_hash);
    }
    Ok(receipt)
}

/// Where a transaction is; `None` while it is in no block.
pub(crate) async fn receipt(wallet: &DynProvider, transaction: B256) -> Result<Option<TransactionReceipt>> {
    let receipt = wallet.get_transaction_receipt(transaction).await;
    Ok(receipt.map_err(|error| ballast_bridge::Error::Transport(error.to_string()))?)
}

/// A transaction to a contract, for another hand to sign.
pub(crate) fn unsigned(context: &Context, to: Address, data: &Bytes, value: U256) -> Answer {
    let chain = context.deployment.chain_id;
    let text = format!("chain {chain}\nto    {to}\nvalue {value} wei ({})\ndata  {data}", ether(value));
    let json = json!({ "chainId": chain, "to": to, "value": value.to_string(), "data": data });
    Answer { text, json }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifth_is_allowed_above_the_estimate() {
        assert_eq!(with_margin(100_000), 120_000);
        assert_eq!(with_margin(u64::MAX), u64::MAX);
    }
}
