//! The part of the round that is not about money: another asset comes in, and leaves in kind, once because its owner says so and
//! once because L1 does.

use super::{Say, bridge};
use crate::devnet::{Devnet, accounts};
use alloy::primitives::{Address, U256};
use ballast_bridge::bindings::TestToken;
use ballast_types::AccountId;
use eyre::{ContextCompat as _, ensure};
use serde_json::{Value, json};

/// Which asset.
const ASSET: &str = "1";
/// What alice deposits, takes out and forces out, in whole tokens and in units of 10^-6.
const DEPOSIT: (&str, &str) = ("2", "2000000");
const WITHDRAWAL: (&str, &str) = ("0.5", "500000");
const REST: (&str, &str) = ("1.5", "1500000");

/// Her account holds nothing of the asset before and after.
pub(super) async fn round(devnet: &Devnet, account: AccountId, say: Say<'_>) -> eyre::Result<()> {
    let alice = accounts::address(accounts::ALICE);
    let token = devnet.l1().token(devnet.deployment(), 1).await?;
    let before = balance(devnet, token, alice).await?;

    let id = account.to_string();
    let done = bridge(devnet, &["deposit", DEPOSIT.0, "--asset", ASSET, "--account", &id]).await?;
    expect(devnet, account, json!([{ "asset": 1, "amount": DEPOSIT.1 }])).await?;
    say(&format!("in kind      {} WETH deposited, message {}", DEPOSIT.0, done["messageIndex"]))?;

    let done = bridge(devnet, &["withdraw", WITHDRAWAL.0, "--asset", ASSET, "--account", &id]).await?;
    claim(devnet, &done["id"], WITHDRAWAL, say).await?;
    // More than is left of it: all that is left leaves.
    let asked = ["force-withdraw", "--account", &id, "--asset", ASSET, "--amount", DEPOSIT.0, "--wait"];
    let asked = bridge(devnet, &asked).await?;
    expect(devnet, account, json!([])).await?;
    let connection = devnet.connect().await?;
    let newest = connection.call("ballast_withdrawals", json!([account.0, 1])).await?;
    let number: u64 = newest[0]["id"].as_str().wrap_err("nothing left by force")?.parse()?;
    say(&format!("             withdrawal {number} forced by message {}", asked["messageIndex"]))?;
    claim(devnet, &json!(number), REST, say).await?;

    let after = balance(devnet, token, alice).await?;
    ensure!(after == before, "alice holds {after} units of WETH, expected were {before}");
    Ok(())
}

async fn claim(devnet: &Devnet, id: &Value, (whole, micros): (&str, &str), say: Say<'_>) -> eyre::Result<()> {
    let done = bridge(devnet, &["claim", &id.to_string(), "--wait"]).await?;
    let paid = &done["claimed"][0];
    let is_it = paid["asset"] == json!(1) && paid["amount"].as_str() == Some(micros);
    ensure!(is_it, "the claim paid something else: {done}");
    let transaction = paid["transaction"].as_str().wrap_err("a claim without a transaction")?;
    say(&format!("claim        {whole} WETH, transaction {transaction}"))
}

/// What the account holds of other assets than USDC.
async fn expect(devnet: &Devnet, account: AccountId, holdings: Value) -> eyre::Result<()> {
    let view = devnet.connect().await?.call("ballast_account", json!([account.0])).await?;
    ensure!(view["holdings"] == holdings, "expected were {holdings}: {view}");
    Ok(())
}

async fn balance(devnet: &Devnet, token: Address, owner: Address) -> eyre::Result<U256> {
    Ok(TestToken::new(token, devnet.l1().reader()?).balanceOf(owner).call().await?)
}
