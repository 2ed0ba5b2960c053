//! The exchange's JSON-RPC, as far as the bridge needs it.

mod money;

use alloy::{
    primitives::{Address, B256, Bytes, hex},
    rpc::client::RpcClient,
    transports::{RpcError, TransportError, http::reqwest},
};
use ballast_batch::{BatchHeader, Withdrawal, chunks::unchunk};
use ballast_bridge::{demand::Chunk, withdrawals::Claim};
use ballast_types::{Input, RejectCode, Signature, Transfer, Withdraw, codec};
use eyre::{Result, WrapErr, eyre};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) use money::{Holding, QueuedStatus, WithdrawalStatus};

const TIMEOUT: Duration = Duration::from_secs(20);
/// Longest list that a node answers with.
const MOST: usize = 1_000;

/// The node does not answer.
#[derive(Debug, thiserror::Error)]
#[error("the exchange at {url} does not answer (--node): {why}")]
pub(crate) struct Unreachable {
    url: String,
    why: String,
}

/// A client of one node.
pub(crate) struct Node {
    client: RpcClient,
    url: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) domain: DomainStatus,
    pub(crate) open_batch: u64,
    pub(crate) withdrawals: u64,
    pub(crate) l1: Option<L1Status>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct DomainStatus {
    pub(crate) separator: B256,
}

#[derive(Debug, Deserialize)]
pub(crate) struct L1Status {
    pub(crate) confirmed: u64,
    pub(crate) confirmations: u64,
    pub(crate) messages: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Deposit {
    pub(crate) events: Vec<Event>,
}

/// The events that matter here.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub(crate) enum Event {
    Deposited {
        account: u32,
        owner: Address,
        #[serde(deserialize_with = "decimal")]
        amount: u64,
        opened: bool,
    },
    FundDeposited {
        owner: Address,
        #[serde(deserialize_with = "decimal")]
        amount: u64,
        pool: u16,
    },
    Withdrawn {
        #[serde(deserialize_with = "decimal")]
        id: u64,
        #[serde(deserialize_with = "decimal")]
        amount: u64,
    },
    WithdrawalQueued {
        #[serde(deserialize_with = "decimal")]
        ticket: u64,
    },
    Transferred {
        to: u32,
    },
    #[serde(other)]
    Other,
}

/// What became of a message of L1.
#[derive(Debug, Deserialize)]
pub(crate) struct MessageStatus {
    kind: String,
    status: String,
    rejection: Option<Rejected>,
}

impl MessageStatus {
    pub(crate) fn is_accepted(&self) -> bool {
        self.status == "accepted"
    }

    /// As the exchange tells it.
    pub(crate) fn in_words(&self) -> String {
        match &self.rejection {
            Some(Rejected { code, message }) => format!("{}: {message} ({code})", self.status),
            None => self.status.clone(),
        }
    }

    /// The same for programs.
    pub(crate) fn json(&self) -> Value {
        let (code, message) = self.rejection.as_ref().map(|r| (r.code, r.message.as_str())).unzip();
        json!({ "status": self.status, "code": code, "message": message })
    }
}

/// The definitive answer to a command.
#[derive(Debug, Deserialize)]
pub(crate) struct Entered {
    pub(crate) seq: u64,
    pub(crate) status: String,
    pub(crate) rejection: Option<Rejected>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Rejected {
    pub(crate) code: u16,
    pub(crate) message: String,
}

#[derive(Debug, Deserialize)]
struct Account {
    cash: String,
    holdings: Vec<Holding>,
    pool: u16,
}

#[derive(Debug, Deserialize)]
struct Pool {
    ratio: Option<u32>,
}

#[derive(Debug, Deserialize)]
struct NonceAnswer {
    #[serde(deserialize_with = "decimal")]
    next: u64,
}

#[derive(Debug, Deserialize)]
struct Outcome {
    events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Time {
    now: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    header: Bytes,
    batch_hash: Option<B256>,
}

#[derive(Debug, Deserialize)]
struct Proof {
    batch: u64,
    position: u32,
    leaf: Bytes,
    proof: Vec<B256>,
}

#[derive(Deserialize)]
struct Inputs {
    data: Bytes,
    proof: Vec<B256>,
}

#[derive(Deserialize)]
struct Diff {
    diff: Bytes,
}

fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

impl Node {
    pub(crate) fn new(url: &str) -> Result<Self> {
        let parsed: reqwest::Url = url.parse().wrap_err_with(|| format!("the node URL {url} (--node)"))?;
        let client = reqwest::Client::builder().timeout(TIMEOUT).build()?;
        Ok(Self { client: RpcClient::new_http_with_client(client, parsed), url: url.to_owned() })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Calls a method; `None` when the exchange knows nothing under that name.
    async fn find<T: DeserializeOwned>(&self, method: &'static str, params: Value) -> Result<Option<T>> {
        let answer: Result<Value, TransportError> = self.client.request(method, params).await;
        match answer {
            Ok(value) => {
                Ok(Some(serde_json::from_value(value).wrap_err_with(|| format!("the answer to {method}"))?))
            }
            Err(RpcError::ErrorResp(refusal)) if i64::from(RejectCode::NotFound.number()) == refusal.code => {
                Ok(None)
            }
            Err(RpcError::ErrorResp(refusal)) => Err(eyre!("the exchange refuses: {}", refusal.message)),
            Err(error) => Err(Unreachable { url: self.url.clone(), why: error.to_string() }.into()),
        }
    }

    async fn call<T: DeserializeOwned>(&self, method: &'static str, params: Value) -> Result<T> {
        self.find(method, params)
            .await?
            .ok_or_else(|| eyre!("the exchange knows nothing under that name ({method})"))
    }

    pub(crate) async fn status(&self) -> Result<Status> {
        self.call("ballast_status", json!([])).await
    }

    pub(crate) async fn deposit(&self, index: u64) -> Result<Option<Deposit>> {
        self.find("ballast_deposit", json!([index])).await
    }

    /// What became of the forced request with this place in the inbox; `None` while the exchange has not consumed it.
    pub(crate) async fn forced(&self, index: u64) -> Result<Option<MessageStatus>> {
        let message: Option<MessageStatus> = self.find("ballast_l1Message", json!([index])).await?;
        // Where another message stands, L1 has moved since the exchange looked.
        Ok(message.filter(|message| message.kind == "forced"))
    }

    pub(crate) async fn accounts(&self, owner: Address) -> Result<Vec<u32>> {
        self.call("ballast_accounts", json!([owner])).await
    }

    /// Whether the exchange has this pool.
    pub(crate) async fn has_pool(&self, pool: u16) -> Result<bool> {
        Ok(self.find::<Value>("ballast_pool", json!([pool])).await?.is_some())
    }

    /// Settled cash of an account in micro-USDC, which may be below zero, and what it holds of other assets.
    pub(crate) async fn money(&self, account: u32) -> Result<(i64, Vec<Holding>)> {
        let answer: Account = self.call("ballast_account", json!([account])).await?;
        Ok((answer.cash.parse().wrap_err("the cash of the account")?, answer.holdings))
    }

    /// The pool of an account, and by which ratio it pays when it was resolved, in parts of 10^9.
    pub(crate) async fn pool(&self, account: u32) -> Result<(u16, Option<u32>)> {
        let Account { pool, .. } = self.call("ballast_account", json!([account])).await?;
        let Pool { ratio } = self.call("ballast_pool", json!([pool])).await?;
        Ok((pool, ratio))
    }

    /// The withdrawals of an account.
    pub(crate) async fn withdrawals(&self, account: u32) -> Result<Vec<WithdrawalStatus>> {
        let found: Vec<_> = self.call("ballast_withdrawals", json!([account, MOST])).await?;
        if found.len() < MOST {
            return Ok(found);
        }
        Err(eyre!(
            "account {account} has {MOST} withdrawals or more, too many to list: claim them by their numbers"
        ))
    }

    /// What of an account waits to leave its pool, first come first.
    pub(crate) async fn queued(&self, account: u32) -> Result<Vec<QueuedStatus>> {
        self.call("ballast_queuedWithdrawals", json!([account, MOST])).await
    }

    pub(crate) async fn next_nonce(&self, account: u32, key: Address) -> Result<u64> {
        Ok(self.call::<NonceAnswer>("ballast_nonce", json!([account, key])).await?.next)
    }

    /// The exchange's clock, unix milliseconds.
    pub(crate) async fn now(&self) -> Result<u64> {
        Ok(self.call::<Time>("ballast_time", json!([])).await?.now)
    }

    pub(crate) async fn withdraw(&self, command: &Withdraw, signature: &Signature) -> Result<Entered> {
        let request = json!({
            "account": command.account.0,
            "nonce": command.nonce.0.to_string(),
            "expires": command.expires.0.to_string(),
            "asset": command.asset.0,
            "amount": command.amount.0.to_string(),
            "recipient": command.recipient,
            "signature": hex::encode_prefixed(signature.0),
        });
        self.call("ballast_withdraw", json!([request])).await
    }

    pub(crate) async fn transfer(&self, command: &Transfer, signature: &Signature) -> Result<Entered> {
        let request = json!({
            "account": command.account.0,
            "nonce": command.nonce.0.to_string(),
            "expires": command.expires.0.to_string(),
            "to": command.to.0,
            "pool": command.pool.0,
            "amount": command.amount.0.to_string(),
            "signature": hex::encode_prefixed(signature.0),
        });
        self.call("ballast_transfer", json!([request])).await
    }

    /// The inputs of a batch.
    pub(crate) async fn inputs(&self, batch: &BatchHeader) -> Result<Vec<Input>> {
        let mut chunks = Vec::new();
        for chunk in 0..batch.inputChunks {
            let kept = self.chunk(batch.index, chunk).await?;
            let Chunk { data, .. } = kept
                .ok_or_else(|| eyre!("the exchange does not show chunk {chunk} of batch {}", batch.index))?;
            chunks.push(data);
        }
        let none = || eyre!("what the exchange shows are no inputs");
        let encoded = unchunk(&chunks).map_err(|_| none())?;
        encoded.iter().map(|bytes| codec::decode(bytes).map_err(|_| none())).collect()
    }

    pub(crate) async fn events(&self, seq: u64) -> Result<Vec<Event>> {
        Ok(self.call::<Outcome>("ballast_outcome", json!([seq])).await?.events)
    }

    /// The header of a batch as it was posted; `None` while it was not.
    pub(crate) async fn posted_header(&self, index: u64) -> Result<Option<BatchHeader>> {
        let Some(batch) = self.find::<Batch>("ballast_batch", json!([index])).await? else { return Ok(None) };
        let Some(hash) = batch.batch_hash else { return Ok(None) };
        let header = BatchHeader::from_bytes(&batch.header).filter(|header| header.hash() == hash);
        header
            .map(Some)
            .ok_or_else(|| eyre!("the exchange gave a header of batch {index} that contradicts itself"))
    }

    /// A chunk of the inputs of a batch; `None` when it is not kept there.
    pub(crate) async fn chunk(&self, index: u64, chunk: u32) -> Result<Option<Chunk>> {
        let shown: Option<Inputs> = self.find("ballast_batchInputs", json!([index, chunk])).await?;
        Ok(shown.map(|Inputs { data, proof }| Chunk { data: data.to_vec(), proof }))
    }

    /// The diff of a batch; `None` when it is not kept there.
    pub(crate) async fn diff(&self, index: u64) -> Result<Option<Vec<u8>>> {
        let kept: Option<Diff> = self.find("ballast_batchDiff", json!([index])).await?;
        Ok(kept.map(|Diff { diff }| diff.into()))
    }

    /// The claim for a withdrawal; `None` while its batch is not posted.
    pub(crate) async fn claim(&self, id: u64) -> Result<Option<Claim>> {
        let proof = self.find::<Proof>("ballast_withdrawalProof", json!([id.to_string()])).await?;
        let Some(proof) = proof else { return Ok(None) };
        let Some(header) = self.posted_header(proof.batch).await? else { return Ok(None) };
        let withdrawal = <Withdrawal as alloy::sol_types::SolValue>::abi_decode(&proof.leaf)
            .wrap_err_with(|| format!("the leaf of withdrawal {id}"))?;
        let claim = Claim { header, withdrawal, leaf_index: proof.position, proof: proof.proof };
        if claim.withdrawal.id != id || !claim.is_valid() {
            return Err(eyre!(
                "the exchange gave a wrong proof for withdrawal {id}: keep its answer, it is evidence"
            ));
        }
        Ok(Some(claim))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    /// A node that answers one call, with this member of the answer.
    async fn answering(member: &str) -> Node {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("it has one"));
        let body = format!(r#"{{"jsonrpc":"2.0","id":0,{member}}}"#);
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a call");
            let mut asked = Vec::new();
            while !asked.ends_with(b"}") {
                stream.read_buf(&mut asked).await.expect("a request");
            }
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).await.expect("it listens");
        });
        Node::new(&url).expect("a URL")
    }

    /// The exchange loses no money: what is for the fund of a pool that there is not opens an account for who sent it.
    #[tokio::test]
    async fn a_deposit_for_the_fund_of_no_pool_opened_an_account() {
        let there = answering(r#""result":{"pool":1,"fund":"0"}"#).await;
        assert!(there.has_pool(1).await.expect("it answers"));
        let number = RejectCode::NotFound.number();
        let not = answering(&format!(r#""error":{{"code":{number},"message":"not found"}}"#)).await;
        assert!(!not.has_pool(7).await.expect("it answers"));
    }

    #[tokio::test]
    async fn what_became_of_a_request_is_told_with_the_code_and_not_of_another_message() {
        let told = r#""result":{"index":4,"kind":"forced","seq":9,"time":10,"status":"rejected",
            "rejection":{"code":1009,"name":"ZeroRecipient","message":"nobody","value":"0","limit":"0"},"events":[]}"#;
        let outcome = answering(told).await.forced(4).await.expect("it answers").expect("it was consumed");
        assert!(!outcome.is_accepted());
        assert_eq!(outcome.in_words(), "rejected: nobody (1009)");
        assert_eq!(outcome.json(), json!({ "status": "rejected", "code": 1009, "message": "nobody" }));

        let other = answering(&told.replace("forced", "deposit")).await;
        assert!(other.forced(4).await.expect("it answers").is_none());
    }

    #[test]
    fn events_are_read_and_unknown_ones_passed_over() {
        let text = r#"[{"kind":"priceUpdated","market":1,"index":5,"mark":5},
            {"kind":"deposited","account":7,"owner":"0x0101010101010101010101010101010101010101","amount":"5","opened":true},
            {"kind":"withdrawn","id":"9","account":7,"recipient":"0x0101010101010101010101010101010101010101","amount":"5"}]"#;
        let events: Vec<Event> = serde_json::from_str(text).expect("events");
        assert!(matches!(
            events[..],
            [
                Event::Other,
                Event::Deposited { account: 7, amount: 5, opened: true, .. },
                Event::Withdrawn { id: 9, amount: 5 }
            ]
        ));
    }

    #[test]
    fn a_withdrawal_is_read() {
        let text = r#"{"id":"3","account":7,"recipient":"0x0101010101010101010101010101010101010101","asset":2,"amount":"1000000","seq":9,"time":10,"batch":null}"#;
        let withdrawal: WithdrawalStatus = serde_json::from_str(text).expect("a withdrawal");
        assert_eq!(
            (withdrawal.id, withdrawal.asset, withdrawal.amount, withdrawal.batch),
            (3, 2, 1_000_000, None)
        );
    }
}
