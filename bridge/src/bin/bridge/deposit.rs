//! `bridge deposit`.

use crate::{
    args::DepositArgs,
    context::{Context, POLL},
    node::Event,
    output::{Answer, say},
};
use alloy::{
    contract::{CallBuilder, CallDecoder},
    network::Ethereum,
    primitives::{Address, B256, U256},
    providers::{DynProvider, Provider},
    rpc::types::TransactionReceipt,
    sol_types::SolInterface,
};
use ballast_bridge::{
    amount,
    bindings::{Inbox, TestToken, Vault},
};
use ballast_types::limits::NEW_ACCOUNT;
use eyre::{Result, WrapErr, bail, eyre};
use serde_json::json;

const USDC: u16 = 0;

/// Where a deposit is on L1.
struct Queued {
    index: u64,
    block: u64,
    transaction: B256,
}

pub(crate) async fn run(context: &Context, args: &DepositArgs) -> Result<Answer> {
    let micros = amount::parse(&args.amount)?;
    let payer = context.signer()?.address();
    let wallet = context.wallet()?;
    let tokens = check(context, &wallet, payer, micros).await?;
    approve(context, &wallet, payer, tokens).await?;

    let vault = Vault::new(context.deployment.vault, &wallet);
    let account = args.account.unwrap_or(NEW_ACCOUNT);
    say(&format!("depositing {}", amount::display(micros)));
    let call = vault.deposit(USDC, tokens, args.owner.unwrap_or(payer), account);
    let receipt = send::<_, Vault::VaultErrors>(call, "the deposit").await?;
    let queued = queued(context, &receipt)?;
    say(&format!(
        "in block {} by transaction {}, message {}",
        queued.block, queued.transaction, queued.index
    ));
    if args.no_wait {
        return Ok(answer(micros, &queued, None));
    }
    let (account, opened) = credited(context, &queued).await?;
    Ok(answer(micros, &queued, Some((account, opened))))
}

/// The amount in units of the token, after everything that would make the deposit fail.
async fn check(context: &Context, wallet: &DynProvider, payer: Address, micros: u64) -> Result<U256> {
    let vault = Vault::new(context.deployment.vault, wallet);
    let minimum = vault.minDeposit().call().await.wrap_err("the vault does not answer")?;
    if micros < minimum {
        bail!("the smallest deposit is {}", amount::display(minimum));
    }
    let scale = vault.assets(USDC).call().await.wrap_err("the vault does not answer")?.scale;
    let scale = U256::from(scale);
    let tokens = U256::from(micros) * scale;
    let balance = TestToken::new(context.deployment.token, wallet).balanceOf(payer).call().await?;
    if balance < tokens {
        let held = amount::display((balance / scale).saturating_to());
        bail!("{payer} holds {held}, less than {}", amount::display(micros));
    }
    Ok(tokens)
}

/// Lets the vault take exactly this deposit, if it may not already.
async fn approve(context: &Context, wallet: &DynProvider, payer: Address, tokens: U256) -> Result<()> {
    let token = TestToken::new(context.deployment.token, wallet);
    let vault = context.deployment.vault;
    if token.allowance(payer, vault).call().await? >= tokens {
        return Ok(());
    }
    say("approving the vault");
    send::<_, TestToken::TestTokenErrors>(token.approve(vault, tokens), "the approval").await.map(drop)
}

/// Sends a call and waits until it is in a block.
pub(crate) async fn send<D: CallDecoder, E: SolInterface + std::fmt::Debug>(
    call: CallBuilder<impl Provider, D, Ethereum>,
    what: &str,
) -> Result<TransactionReceipt> {
    let explain = |error: alloy::contract::Error| match error.as_decoded_interface_error::<E>() {
        Some(refusal) => eyre!("{what} is refused: {refusal:?}"),
        None => eyre!("{what} could not be sent: {error}"),
    };
    let pending = call.send().await.map_err(explain)?;
    let receipt = pending
        .get_receipt()
        .await
        .wrap_err_with(|| format!("{what} was sent, but L1 does not tell its fate"))?;
    if !receipt.status() {
        bail!("{what} had no effect: transaction {} was reverted", receipt.transaction_hash);
    }
    Ok(receipt)
}

fn queued(context: &Context, receipt: &TransactionReceipt) -> Result<Queued> {
    let logs = receipt.logs().iter().filter(|log| log.address() == context.deployment.inbox);
    let message = logs.filter_map(|log| log.log_decode::<Inbox::MessageQueued>().ok()).next();
    let message =
        message.ok_or_else(|| eyre!("the deposit queued no message: is the deployment file right?"))?;
    Ok(Queued {
        index: message.inner.data.index,
        block: receipt.block_number.unwrap_or_default(),
        transaction: receipt.transaction_hash,
    })
}

/// Waits until the exchange has consumed the message; the account and whether it was opened for it.
async fn credited(context: &Context, queued: &Queued) -> Result<(u32, bool)> {
    let mut told = None;
    loop {
        if let Some(deposit) = context.node.deposit(queued.index).await? {
            let found = deposit.events.iter().find_map(|event| match event {
                Event::Deposited { account, opened } => Some((*account, *opened)),
                _ => None,
            });
            return found.ok_or_else(|| {
                eyre!(
                    "the exchange did not credit message {}: ask its operator, the deposit is on L1",
                    queued.index
                )
            });
        }
        let status = context.node.status().await?;
        let l1 = status.l1.ok_or_else(|| eyre!("the node at --node does not follow L1"))?;
        let deep =
            l1.confirmations.saturating_sub(queued.block.saturating_sub(l1.confirmed)).min(l1.confirmations);
        if told != Some(deep) {
            say(&format!("{deep} of {} confirmations", l1.confirmations));
            told = Some(deep);
        }
        tokio::time::sleep(POLL).await;
    }
}

fn answer(micros: u64, queued: &Queued, account: Option<(u32, bool)>) -> Answer {
    let json = json!({
        "amount": micros.to_string(),
        "messageIndex": queued.index,
        "block": queued.block,
        "transaction": queued.transaction,
        "account": account.map(|(account, _)| account),
        "opened": account.map(|(_, opened)| opened),
    });
    let text = account.map_or_else(|| queued.index.to_string(), |(account, _)| account.to_string());
    Answer { text, json }
}
