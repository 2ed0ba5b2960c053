//! Where the contracts are: the file that their deployment wrote.

use crate::error::{Error, Result};
use alloy::primitives::Address;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Addresses of one exchange on L1, and where its history begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deployment {
    /// Chain id of L1.
    pub chain_id: u64,
    /// A block before the first event of the contracts.
    pub deploy_block: u64,
    /// Asset 0.
    pub token: Address,
    /// Custody of collateral.
    pub vault: Address,
    /// Ordered messages of L1.
    pub inbox: Address,
    /// Chain of batches; its address is the exchange's name in signatures.
    pub rollup: Address,
    /// Pays withdrawals of final batches.
    pub withdrawals: Address,
    /// Pays everybody after a freeze.
    pub escape: Address,
    /// Takes demands for inputs. It is the verdict of the rollup, around another.
    pub data_demand: Address,
    /// The verdict within: decides which batches and escape claims are right.
    pub dispute_game: Address,
    /// Queues messages of governance.
    pub governance: Address,
    /// What the sequencer loses for a broken promise. Nothing on L1 leads there from the rollup.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bond: Option<Address>,
}

impl Deployment {
    /// Reads the file.
    ///
    /// # Errors
    /// [`Error::Config`] when it is missing, no deployment, or names the zero address.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            Error::Config(format!("the deployment file {} cannot be read: {e}", path.display()))
        })?;
        let this: Self = serde_json::from_str(&text)
            .map_err(|e| Error::Config(format!("{} is not a deployment file: {e}", path.display())))?;
        let exchange = [this.token, this.vault, this.inbox, this.rollup, this.withdrawals];
        let others = [this.escape, this.data_demand, this.dispute_game, this.governance];
        let mut named = exchange.into_iter().chain(others).chain(this.bond);
        if named.any(|address| address.is_zero()) {
            return Err(Error::Config(format!("{} names the zero address", path.display())));
        }
        Ok(this)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_deployment_script_is_read() {
        let text = r#"{"chainId":31337,"deployBlock":1,
            "token":"0x0101010101010101010101010101010101010101","inbox":"0x0202020202020202020202020202020202020202",
            "rollup":"0x0303030303030303030303030303030303030303","vault":"0x0404040404040404040404040404040404040404",
            "withdrawals":"0x0505050505050505050505050505050505050505","escape":"0x0606060606060606060606060606060606060606",
            "disputeGame":"0x0707070707070707070707070707070707070707",
            "governance":"0x0808080808080808080808080808080808080808",
            "dataDemand":"0x0909090909090909090909090909090909090909",
            "bond":"0x0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a"}"#;
        let deployment: Deployment = serde_json::from_str(text).expect("a deployment");
        assert_eq!((deployment.chain_id, deployment.rollup), (31_337, Address::repeat_byte(3)));
        assert_eq!(deployment.bond, Some(Address::repeat_byte(10)));
        assert_eq!(
            (deployment.escape, deployment.governance),
            (Address::repeat_byte(6), Address::repeat_byte(8))
        );
        assert_eq!(
            (deployment.dispute_game, deployment.data_demand),
            (Address::repeat_byte(7), Address::repeat_byte(9))
        );
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Deployment::read(Path::new("/nowhere/deployment.json")).expect_err("no such file");
        assert!(error.to_string().contains("/nowhere/deployment.json"));
    }
}
