//! One full round on a devnet whose market moves: money in, a trade, its batch on L1, the validator's word, money
//! out, and an exit that is forced through L1. Every step is checked against another source than the one that reports it.

mod in_kind;

use super::{Devnet, accounts, process};
use crate::{
    client::Connection,
    trader::{Ack, Trader},
};
use alloy::primitives::{Address, B256, U256};
use ballast_bridge::{
    bindings::Rollup,
    l1::{
        L1 as _, Posted,
        alloy::AlloyL1,
        blobs::{Beacon, SlotRule},
    },
};
use ballast_types::{
    AccountId, ClientId, MarketId, NewOrder, Operation, PriceTicks, Side, SizeLots, TimeInForce,
};
use eyre::{ContextCompat as _, WrapErr, ensure, eyre};
use serde_json::{Value, json};
use std::process::Command;

/// What alice deposits, in micro-USDC.
const DEPOSIT: u64 = 1_000_000_000;
/// What she takes out again.
const WITHDRAWAL: u64 = 250_000_000;
/// What she buys, in micro-USDC at most.
const TRADE: u64 = 200_000_000;
/// What she trades with, by its number and its name.
const USDC: (u16, &str) = (0, "USDC");
/// Where she trades.
const MARKET: MarketId = MarketId(0);

/// Where a line of the report goes.
pub type Say<'a> = &'a mut dyn FnMut(&str) -> eyre::Result<()>;

/// The round. It may be made again on the same devnet.
///
/// # Errors
/// At the first step that does not do what it should.
pub async fn round(devnet: &Devnet, say: Say<'_>) -> eyre::Result<()> {
    let alice = accounts::address(accounts::ALICE);
    let before = devnet.l1().balance(devnet.deployment(), alice).await?;

    let account = deposit(devnet, say).await?;
    let ack = trade(devnet, account, say).await?;
    let batch = sealed(devnet, ack.seq, say).await?;
    judged(devnet, batch, say).await?;
    posted(devnet, batch, say).await?;

    in_kind::round(devnet, account, say).await?;
    let id = withdraw(devnet, account, say).await?;
    claim(devnet, id, USDC, WITHDRAWAL, say).await?;
    let (id, left) = exit(devnet, account, say).await?;
    claim(devnet, id, USDC, left, say).await?;
    let after = devnet.l1().balance(devnet.deployment(), alice).await?;
    let out = U256::from(WITHDRAWAL) + U256::from(left);
    let expected = before - U256::from(DEPOSIT) + out;
    ensure!(after == expected, "alice holds {after} units of the token, expected were {expected}");
    say(&format!(
        "balance      {alice} held {before}, deposited {DEPOSIT}, was paid {out}, holds {after} units of the token"
    ))?;
    say("all is well")
}

/// Runs the command-line tool of the bridge's users as alice.
async fn bridge(devnet: &Devnet, arguments: &[&str]) -> eyre::Result<Value> {
    let mut command = Command::new(process::program("bridge")?);
    command
        .env("BALLAST_L1", devnet.l1().url())
        .env("BALLAST_NODE", devnet.http())
        .env("BALLAST_DEPLOYMENT", devnet.dir().join(super::DEPLOYMENT))
        .env("BALLAST_KEY", accounts::private_key(accounts::ALICE))
        .arg("--json")
        .args(arguments);
    let run = tokio::task::spawn_blocking(move || process::run(&mut command));
    let printed = tokio::time::timeout(super::PATIENCE, run)
        .await
        .wrap_err_with(|| format!("bridge {arguments:?} hangs"))???;
    serde_json::from_str(&printed).wrap_err_with(|| format!("bridge {arguments:?} printed {printed}"))
}

/// An amount in whole tokens, to the unit.
fn whole(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

async fn deposit(devnet: &Devnet, say: Say<'_>) -> eyre::Result<AccountId> {
    let done = bridge(devnet, &["deposit", &whole(DEPOSIT)]).await?;
    let account = done["account"].as_u64().wrap_err("the deposit opened no account")?;
    let account = AccountId(u32::try_from(account)?);
    let view = devnet.connect().await?.call("ballast_account", json!([account.0])).await?;
    ensure!(
        view["cash"].as_str() == Some(&DEPOSIT.to_string()),
        "the account does not hold the deposit: {view}"
    );
    let transaction = done["transaction"].as_str().wrap_err("a deposit without a transaction")?;
    say(&format!(
        "deposit      {} USDC, transaction {transaction}, message {}",
        whole(DEPOSIT),
        done["messageIndex"]
    ))?;
    say(&format!("account      {account} of {}", accounts::address(accounts::ALICE)))?;
    Ok(account)
}

/// Takes what the maker offers, and checks whose promise came back.
async fn trade(devnet: &Devnet, account: AccountId, say: Say<'_>) -> eyre::Result<Ack> {
    let connection = devnet.connect().await?;
    let status = connection.call("ballast_status", json!([])).await?;
    let sequencer: Address =
        status["sequencer"].as_str().wrap_err("a status without the sequencer")?.parse()?;
    ensure!(
        sequencer == accounts::address(accounts::SEQUENCER),
        "the node says that {sequencer} is the sequencer"
    );
    let mut trader = Trader::over(connection.clone(), accounts::signer(accounts::ALICE), account).await?;
    let params = &devnet.options().markets[usize::from(MARKET.0)].params;
    let look = async || {
        let Some(ask) = best_ask(&connection).await? else { return Ok(None) };
        // The offer may be gone when the order comes.
        Ok(Some(buy(&mut trader, ask, params).await?).filter(|ack| !ack.results[0].fills.is_empty()))
    };
    let ack = devnet.until("a trade", look).await?;
    let signer = ack.signer(trader.keyring.separator())?;
    ensure!(
        signer == sequencer,
        "input {} is promised by {signer}, not by the sequencer {sequencer}",
        ack.seq
    );
    for fill in &ack.results[0].fills {
        say(&format!("trade        {} lots at {} ticks", fill.size, fill.price))?;
    }
    say(&format!("acknowledged input {}, chain {}, promise signed by {signer}", ack.seq, ack.chain))?;
    Ok(ack)
}

async fn best_ask(connection: &Connection) -> eyre::Result<Option<u64>> {
    let book = connection.call("ballast_book", json!([MARKET.0, 1])).await?;
    Ok(book["asks"][0]["price"].as_u64())
}

async fn buy(trader: &mut Trader, ask: u64, params: &ballast_types::MarketParams) -> eyre::Result<Ack> {
    let price = ask + ask / 1_000;
    let size = (TRADE / (price * u64::from(params.kappa))).max(1);
    let order = NewOrder::plain(Side::Buy, PriceTicks(price), SizeLots(size), TimeInForce::Ioc, ClientId(1));
    trader.step(Operation::Place { market: MARKET, order }).await
}

/// Waits for the batch that holds the input, and recomputes nothing: the validator does.
async fn sealed(devnet: &Devnet, seq: u64, say: Say<'_>) -> eyre::Result<u64> {
    let connection = devnet.connect().await?;
    let look = async || {
        let status = connection.call("ballast_status", json!([])).await?;
        let mut index = status["storedBatch"].as_u64().wrap_err("a status without a batch")?;
        while index > 0 {
            let batch = connection.call("ballast_batch", json!([index])).await?;
            let bounds = (batch["firstSeq"].as_u64(), batch["lastSeq"].as_u64());
            let (Some(first), Some(last)) = bounds else {
                return Err(eyre!("a batch without bounds: {batch}"));
            };
            if last < seq {
                return Ok(None);
            }
            if first <= seq {
                return Ok(Some(batch));
            }
            index -= 1;
        }
        Ok(None)
    };
    let batch = devnet.until("the batch of the trade to be sealed", look).await?;
    let index = batch["index"].as_u64().wrap_err("a batch without an index")?;
    say(&format!(
        "sealed       batch {index}, inputs {} to {}, state root {}",
        batch["firstSeq"],
        batch["lastSeq"],
        batch["stateRoot"].as_str().wrap_err("a batch without a root")?
    ))?;
    Ok(index)
}

/// Whether the batch was judged on the machine of a dispute before it was stored.
async fn judged(devnet: &Devnet, index: u64, say: Say<'_>) -> eyre::Result<()> {
    if devnet.options().guest.is_none() {
        return say("machine      none: the program was not built");
    }
    let log = tokio::fs::read_to_string(devnet.node_log()).await?;
    let batch = format!(" batch={index} ");
    let line = log.lines().find(|line| line.contains("judged on the machine") && line.contains(&batch));
    let line = line.ok_or_else(|| eyre!("batch {index} was not judged on the machine"))?;
    let cycles = line.split_once("cycles=").and_then(|(_, rest)| rest.split_whitespace().next());
    say(&format!("machine      batch {index} judged in {} cycles", cycles.wrap_err("no cycles were told")?))
}

/// Waits until L1 has the batch, fetches its diff back, and asks the validator.
async fn posted(devnet: &Devnet, index: u64, say: Say<'_>) -> eyre::Result<()> {
    let url = devnet.l1().url();
    let l1 =
        AlloyL1::connect(&url, *devnet.deployment(), None, Beacon::new(&url, SlotRule::BlockNumber)?).await?;
    let posted = devnet.until("the batch to be posted", async || Ok(l1.posted(index).await?)).await?;
    let hash = posted.hash();
    ensure!(l1.batch_hash(index).await? == Some(hash), "the rollup does not hold {hash} as batch {index}");
    let told = devnet.connect().await?.call("ballast_batch", json!([index])).await?;
    let root = posted.header.stateRoot.to_string();
    ensure!(
        told["stateRoot"].as_str() == Some(&root),
        "L1 has root {root} for batch {index}, the node tells {}",
        told["stateRoot"]
    );
    say(&format!(
        "posted       batch {hash}, transaction {}, block {}",
        posted.transaction, posted.block.number
    ))?;
    let diff = l1.diff(&posted).await?;
    let way = if posted.blob_hashes.is_empty() { "calldata" } else { "blobs" };
    say(&format!(
        "data         {} bytes of diff fetched back from {way} {}",
        diff.len(),
        blob_names(&posted)
    ))?;
    verdict(devnet, hash, say).await?;
    let finalized = async || Ok((l1.finalized_count().await? > index).then_some(()));
    devnet.until("the batch to be final", finalized).await?;
    let window =
        Rollup::new(devnet.deployment().rollup, devnet.l1().reader()?).challengeWindow().call().await?;
    say(&format!("final        batch {index}, after a challenge window of {window} s"))
}

fn blob_names(posted: &Posted) -> String {
    posted.blob_hashes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// What the validator says about the batch; it must be one that re-executed it.
async fn verdict(devnet: &Devnet, hash: B256, say: Say<'_>) -> eyre::Result<()> {
    let Some(log) = devnet.validator_log() else {
        return say("validator    none: it was not asked for");
    };
    let name = hash.to_string();
    let look = async || {
        let text = tokio::fs::read_to_string(log).await?;
        // What could not be judged yet may be later: the last word counts.
        let mut words = text.lines().rev().filter(|line| line.contains(&name)).filter_map(verdict_word);
        match words.next() {
            Some("INVALID") => Err(eyre!("the validator calls batch {name} wrong:\n{}", process::tail(log))),
            last => Ok(last.filter(|word| *word == "VALID").map(drop)),
        }
    };
    devnet.until("the validator's verdict", look).await?;
    say(&format!("validator    batch {hash} re-executed: VALID"))
}

fn verdict_word(line: &str) -> Option<&str> {
    line.split(|c: char| !c.is_ascii_alphabetic())
        .find(|word| ["VALID", "INVALID", "UNAVAILABLE"].contains(word))
}

async fn withdraw(devnet: &Devnet, account: AccountId, say: Say<'_>) -> eyre::Result<u64> {
    let account = account.to_string();
    let done = bridge(devnet, &["withdraw", &whole(WITHDRAWAL), "--account", &account]).await?;
    let id = done["id"].as_u64().wrap_err_with(|| format!("a withdrawal without a number: {done}"))?;
    say(&format!("withdrawal   {id} of {} USDC, input {}", whole(WITHDRAWAL), done["seq"]))?;
    Ok(id)
}

async fn claim(
    devnet: &Devnet,
    id: u64,
    (asset, symbol): (u16, &str),
    amount: u64,
    say: Say<'_>,
) -> eyre::Result<()> {
    let done = bridge(devnet, &["claim", &id.to_string(), "--wait"]).await?;
    let paid = &done["claimed"][0];
    let is_it = paid["asset"] == json!(asset) && paid["amount"].as_str() == Some(&amount.to_string());
    ensure!(is_it, "the claim paid something else: {done}");
    let transaction = paid["transaction"].as_str().wrap_err("a claim without a transaction")?;
    say(&format!("claim        {} {symbol}, transaction {transaction}", whole(amount)))
}

/// Forces the account, which has a position, out through L1; gives the number of the withdrawal and how much it is.
async fn exit(devnet: &Devnet, account: AccountId, say: Say<'_>) -> eyre::Result<(u64, u64)> {
    let connection = devnet.connect().await?;
    let held = connection.call("ballast_account", json!([account.0])).await?;
    ensure!(held["positions"].as_array().is_some_and(|held| !held.is_empty()), "nothing is held: {held}");
    let asked = bridge(devnet, &["force-exit", "--account", &account.to_string(), "--wait"]).await?;
    let message = connection.call("ballast_l1Message", json!([asked["messageIndex"]])).await?;
    ensure!(message["status"].as_str() == Some("accepted"), "the exit was not taken: {message}");
    say(&format!("exit         forced by message {}, input {}", asked["messageIndex"], message["seq"]))?;
    let look = async || {
        let view = connection.call("ballast_account", json!([account.0])).await?;
        Ok(view["exit"].is_null().then_some(view))
    };
    let left = devnet.until("the account to be out", look).await?;
    let is_empty = left["positions"].as_array().is_some_and(Vec::is_empty);
    ensure!(is_empty && left["cash"].as_str() == Some("0"), "the account is not empty: {left}");
    let paid = connection.call("ballast_withdrawals", json!([account.0, 1])).await?;
    let number = |field: &str| paid[0][field].as_str().and_then(|text| text.parse::<u64>().ok());
    let (id, amount) =
        number("id").zip(number("amount")).wrap_err_with(|| format!("not paid out: {paid}"))?;
    say(&format!("paid out     withdrawal {id} of {} USDC, input {}", whole(amount), paid[0]["seq"]))?;
    Ok((id, amount))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_found_in_both_forms_of_the_log() {
        assert_eq!(verdict_word("batch 3 0x01 VALID 20 inputs 5 ms"), Some("VALID"));
        assert_eq!(verdict_word(r#"{"hash":"0x01","verdict":"INVALID","reason":"x"}"#), Some("INVALID"));
        assert_eq!(verdict_word("INFO batch 0x01 found"), None);
    }

    #[test]
    fn amounts_are_told_to_the_unit() {
        assert_eq!(whole(1_000_000_001), "1000.000001");
    }
}
