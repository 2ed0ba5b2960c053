//! What an account has on L1 and spends there, to the wei.

use super::Devnet;
use alloy::{
    consensus::Transaction as _,
    network::TransactionResponse as _,
    primitives::{Address, Bytes, U256},
    providers::Provider as _,
};
use eyre::{ContextCompat as _, ensure};

/// A transaction of the account.
#[derive(Clone, Debug)]
pub struct Sent {
    /// What was called with what.
    pub input: Bytes,
    /// What it cost, without what went with it, in wei.
    pub gas: U256,
}

/// What an account has at the end of a block, in wei.
///
/// # Errors
/// When L1 does not answer, or does not know the block any more.
pub async fn balance(devnet: &Devnet, who: Address, block: u64) -> eyre::Result<U256> {
    Ok(devnet.l1().reader()?.get_balance(who).number(block).await?)
}

/// The transactions of an account in the blocks after `from` up to `to`, in order.
///
/// # Errors
/// When L1 does not answer, or one of them reverted.
pub async fn sent(devnet: &Devnet, who: Address, from: u64, to: u64) -> eyre::Result<Vec<Sent>> {
    let provider = devnet.l1().reader()?;
    let mut all = Vec::new();
    for number in from + 1..=to {
        let block = provider.get_block_by_number(number.into()).full().await?.wrap_err("a block is gone")?;
        for transaction in block.transactions.txns().filter(|transaction| transaction.from() == who) {
            let receipt = provider.get_transaction_receipt(transaction.tx_hash()).await?;
            let receipt = receipt.wrap_err("a transaction without a receipt")?;
            ensure!(receipt.status(), "{} reverted", transaction.tx_hash());
            let gas = U256::from(receipt.effective_gas_price) * U256::from(receipt.gas_used);
            all.push(Sent { input: transaction.input().clone(), gas });
        }
    }
    Ok(all)
}

/// What transactions cost together, without what went with them, in wei.
#[must_use]
pub fn gas(sent: &[Sent]) -> U256 {
    sent.iter().map(|sent| sent.gas).sum()
}
