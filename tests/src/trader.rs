//! A trader with one key and one account: counts its nonces, and reads what the exchange answers.

use crate::client::{Answer, Connection, Keyring, account_of};
use alloy::{primitives::Bytes, signers::local::PrivateKeySigner};
use ballast_auth::{K256, Promise, Recover, promise_digest};
use ballast_batch::promise::{Link, follow};
use ballast_node::wire::LinkView;
use ballast_types::{
    AccountId, Address, B256, Millis, Operation, OrderId, PoolId, Quote, Seq, Signature, limits::NEW_ACCOUNT,
};
use eyre::{WrapErr, ensure, eyre};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// The definitive answer to a signed command.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ack {
    /// Its place in the log.
    pub seq: u64,
    /// Its time, in milliseconds.
    pub time: u64,
    /// The promise chain after it.
    pub chain: B256,
    /// The sequencer's signature over the promise that the links lead to.
    pub signature: Bytes,
    /// Why it was rejected as a whole.
    pub rejection: Option<Refusal>,
    /// What became of each step.
    #[serde(default)]
    pub results: Vec<Step>,
    /// What leads from it to the input that is signed.
    #[serde(default)]
    pub links: Vec<LinkView>,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// Whether it took effect.
    pub accepted: bool,
    /// The order that it placed or cancelled.
    #[serde(default, deserialize_with = "order_id")]
    pub order_id: Option<OrderId>,
    /// What it traded at once, in lots.
    pub filled_size: Option<u64>,
    /// What rests of it, in lots.
    pub resting_size: Option<u64>,
    /// Its trades.
    #[serde(default)]
    pub fills: Vec<Fill>,
    /// Why it was rejected.
    pub rejection: Option<Refusal>,
}

/// A trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Fill {
    /// In ticks.
    pub price: u64,
    /// In lots.
    pub size: u64,
}

/// A rejection.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Refusal {
    /// Its stable number.
    pub code: u16,
    /// Its name.
    pub name: String,
}

fn order_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<OrderId>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|digits| digits.parse().map(OrderId).map_err(serde::de::Error::custom)).transpose()
}

impl Ack {
    /// Reads an answer.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(answer: Value) -> eyre::Result<Self> {
        serde_json::from_value(answer).wrap_err("no answer to a command")
    }

    /// The order that rests after the only step, when one does.
    #[must_use]
    pub fn resting(&self) -> Option<OrderId> {
        self.results.first().and_then(Step::resting)
    }

    /// Who promised it.
    ///
    /// # Errors
    /// When the signature is none.
    pub fn signer(&self, separator: B256) -> eyre::Result<Address> {
        let bytes = self.signature.as_ref().try_into().wrap_err("a promise is signed with 65 bytes")?;
        let links: Vec<Link> = self.links.iter().copied().map(Link::from).collect();
        let (seq, chain, time) = follow((Seq(self.seq), self.chain, Millis(self.time)), &links);
        let promise = Promise { seq, chain, time };
        let signer = K256.recover(promise_digest(separator, &promise), &Signature(bytes));
        signer.ok_or_else(|| eyre!("the signature of the promise of input {} recovers to nobody", self.seq))
    }
}

impl Step {
    /// The order, when something of it rests.
    #[must_use]
    pub fn resting(&self) -> Option<OrderId> {
        self.order_id.filter(|_| self.accepted && self.resting_size.is_some_and(|size| size > 0))
    }
}

/// A trader.
#[derive(Clone, Debug)]
pub struct Trader {
    /// To the node.
    pub connection: Connection,
    /// The key.
    pub keyring: Keyring,
    /// The account.
    pub account: AccountId,
    nonce: u64,
}

impl Trader {
    /// Connects as the owner of an account that is there.
    ///
    /// # Errors
    /// When the node does not answer, or the account is not there.
    pub async fn open(ws: &str, signer: PrivateKeySigner) -> eyre::Result<Self> {
        let connection = Connection::open(ws).await?;
        let account = account_of(&connection, signer.address()).await?;
        Self::over(connection, signer, account).await
    }

    /// Trades over a connection that may serve others too.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn over(
        connection: Connection,
        signer: PrivateKeySigner,
        account: AccountId,
    ) -> eyre::Result<Self> {
        let keyring = Keyring::new(&connection, signer).await?;
        let nonces = connection.call("ballast_nonce", json!([account.0, keyring.address()])).await?;
        let next = nonces["next"].as_str().ok_or_else(|| eyre!("no nonce: {nonces}"))?;
        let nonce = next.parse()?;
        Ok(Self { connection, keyring, account, nonce })
    }

    /// The nonce of the next command.
    #[must_use]
    pub const fn next_nonce(&self) -> u64 {
        self.nonce
    }

    /// Sends steps under one signature and gives the promise of the answer.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, steps: Vec<Operation>) -> eyre::Result<oneshot::Receiver<Answer>> {
        let nonce = self.nonce;
        self.nonce += 1;
        self.connection.send("ballast_operations", self.keyring.operations(self.account, nonce, steps)).await
    }

    /// Opens an account in a pool with money of this one.
    ///
    /// # Errors
    /// When the exchange refuses, or the connection is gone.
    pub async fn open_in(&mut self, pool: PoolId, amount: Quote) -> eyre::Result<AccountId> {
        let params = self.keyring.transfer(self.account, self.nonce, AccountId(NEW_ACCOUNT), pool, amount);
        self.nonce += 1;
        let answer = self.connection.call("ballast_transfer", params).await?;
        let seq = answer["seq"].as_u64().ok_or_else(|| eyre!("no answer to a command: {answer}"))?;
        let outcome = self.connection.call("ballast_outcome", json!([seq])).await?;
        let events = outcome["events"].as_array().map_or(&[][..], Vec::as_slice);
        let to = events.iter().find_map(|event| event["to"].as_u64());
        Ok(AccountId(u32::try_from(to.ok_or_else(|| eyre!("no account was opened: {outcome}"))?)?))
    }

    /// Sends steps under one signature and waits for the answer.
    ///
    /// # Errors
    /// [`RpcError`](crate::client::RpcError) when the node refuses, another when the connection is gone.
    pub async fn trade(&mut self, steps: Vec<Operation>) -> eyre::Result<Ack> {
        let answer = self.send(steps).await?.await;
        let ack = Ack::read(answer.map_err(|_| eyre!("the connection closed before the answer"))??)?;
        match &ack.rejection {
            None => Ok(ack),
            Some(refusal) => Err(eyre!("rejected: {} ({})", refusal.name, refusal.code)),
        }
    }

    /// Sends one step and makes sure that it took effect.
    ///
    /// # Errors
    /// When it did not.
    pub async fn step(&mut self, step: Operation) -> eyre::Result<Ack> {
        let ack = self.trade(vec![step]).await?;
        ensure!(ack.results.iter().all(|result| result.accepted), "{step:?} was rejected: {:?}", ack.results);
        Ok(ack)
    }
}
