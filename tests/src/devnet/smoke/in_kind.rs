//! The part of the round that is not about money: another asset comes in, and leaves in kind, once because its owner says so and
//! once because L1 does.

use super::{Say, bridge, claim, whole};
use crate::devnet::{Devnet, accounts};
use alloy::primitives::{Address, U256};
use ballast_bridge::bindings::TestToken;
use ballast_types::AccountId;
use eyre::{ContextCompat as _, ensure};
use serde_json::{Value, json};

/// Which asset, by its number and its name.
const WETH: (u16, &str) = (1, "WETH");
/// What alice deposits and takes out, in units of 10^-6. The rest she forces out.
const DEPOSIT: u64 = 2_000_000;
const WITHDRAWAL: u64 = 500_000;

/// Her account holds nothing of the asset before and after.
pub(super) async fn round(devnet: &Devnet, account: AccountId, say: Say<'_>) -> eyre::Result<()> {
    let alice = accounts::address(accounts::ALICE);
    let token = devnet.l1().token(devnet.deployment(), WETH.0).await?;
    let before = balance(devnet, token, alice).await?;

    let (id, asset, deposit) = (account.to_string(), WETH.0.to_string(), whole(DEPOSIT));
    let done = bridge(devnet, &["deposit", &deposit, "--asset", &asset, "--account", &id]).await?;
    let held = expect(devnet, account, Some(DEPOSIT)).await?;
    let value: u64 = held["value"].as_str().wrap_err("what it counts for")?.parse()?;
    ensure!(value > 0, "it counts as margin: {held}");
    say(&format!("in kind      {deposit} WETH deposited, message {}", done["messageIndex"]))?;
    say(&format!("             as margin it is worth {} USDC", whole(value)))?;

    let done = bridge(devnet, &["withdraw", &whole(WITHDRAWAL), "--asset", &asset, "--account", &id]).await?;
    let left = done["id"].as_u64().wrap_err_with(|| format!("a withdrawal without a number: {done}"))?;
    claim(devnet, left, WETH, WITHDRAWAL, say).await?;
    // More than is left of it: all that is left leaves.
    let asked = ["force-withdraw", "--account", &id, "--asset", &asset, "--amount", &deposit, "--wait"];
    let asked = bridge(devnet, &asked).await?;
    expect(devnet, account, None).await?;
    let connection = devnet.connect().await?;
    let newest = connection.call("ballast_withdrawals", json!([account.0, 1])).await?;
    let number: u64 = newest[0]["id"].as_str().wrap_err("nothing left by force")?.parse()?;
    say(&format!("             withdrawal {number} forced by message {}", asked["messageIndex"]))?;
    claim(devnet, number, WETH, DEPOSIT - WITHDRAWAL, say).await?;

    let after = balance(devnet, token, alice).await?;
    ensure!(after == before, "alice holds {after} units of WETH, expected were {before}");
    Ok(())
}

/// What the account holds of other assets than USDC: so much of this one, or nothing.
async fn expect(devnet: &Devnet, account: AccountId, amount: Option<u64>) -> eyre::Result<Value> {
    let view = devnet.connect().await?.call("ballast_account", json!([account.0])).await?;
    let held = &view["holdings"][0];
    let is_it = match amount {
        None => held.is_null(),
        Some(amount) => held["asset"] == json!(WETH.0) && held["amount"] == json!(amount.to_string()),
    };
    ensure!(is_it && view["holdings"][1].is_null(), "expected were {amount:?}: {view}");
    Ok(held.clone())
}

async fn balance(devnet: &Devnet, token: Address, owner: Address) -> eyre::Result<U256> {
    Ok(TestToken::new(token, devnet.l1().reader()?).balanceOf(owner).call().await?)
}
