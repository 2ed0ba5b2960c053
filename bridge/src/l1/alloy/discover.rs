//! Where the contracts are, when nothing is known but the rollup.

use super::{call_failed, connect, transport};
use crate::{
    bindings::{DataDemand, Inbox, Rollup, Vault},
    deployment::Deployment,
    error::{Error, Result},
};
use alloy::{primitives::Address, providers::Provider};

/// The deployment whose rollup is at `rollup`: each contract names the others. Its history is looked for from `deploy_block`
/// on.
///
/// # Errors
/// [`Error::Config`] for a bad URL, or when there is no rollup; [`Error::Transport`].
pub async fn discover(url: &str, rollup: Address, deploy_block: u64) -> Result<Deployment> {
    let provider = connect(url)?;
    let chain_id = provider.get_chain_id().await.map_err(transport)?;
    if provider.get_code_at(rollup).await.map_err(transport)?.is_empty() {
        return Err(Error::Config(format!("there is no rollup at {rollup} on {url}")));
    }
    let contract = Rollup::new(rollup, &provider);
    let inbox = contract.inbox().call().await.map_err(call_failed)?;
    let data_demand = contract.verdict().call().await.map_err(call_failed)?;
    let demand = DataDemand::new(data_demand, &provider);
    let dispute_game = demand.inner().call().await.map_err(call_failed)?;
    let messages = Inbox::new(inbox, &provider);
    let vault = messages.vault().call().await.map_err(call_failed)?;
    let governance = messages.governance().call().await.map_err(call_failed)?;
    let custody = Vault::new(vault, &provider);
    let withdrawals = custody.withdrawals().call().await.map_err(call_failed)?;
    let escape = custody.escape().call().await.map_err(call_failed)?;
    let token = custody.assets(0).call().await.map_err(call_failed)?.token;
    Ok(Deployment {
        chain_id,
        deploy_block,
        token,
        vault,
        inbox,
        rollup,
        withdrawals,
        escape,
        data_demand,
        dispute_game,
        governance,
        bond: None,
    })
}
