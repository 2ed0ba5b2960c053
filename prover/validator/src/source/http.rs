//! Inputs from a node's or another validator's JSON-RPC: `ballast_batchInputs(index, chunk)`.

use super::{Chunk, InputSource, Withheld};
use crate::error::{Error, Result};
use alloy::{
    primitives::{B256, Bytes},
    transports::http::reqwest::{Client, Url},
};
use serde::Deserialize;
use serde_json::json;
use std::{fmt::Display, time::Duration};

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Longest answer that is read: a full chunk in hexadecimal with its proof, generously.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// An endpoint of the method `ballast_batchInputs`.
#[derive(Clone, Debug)]
pub struct HttpSource {
    client: Client,
    url: Url,
}

#[derive(Deserialize)]
struct Answer {
    result: Option<Shown>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Shown {
    data: Bytes,
    proof: Vec<B256>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    message: String,
}

impl HttpSource {
    /// The endpoint at `url`, `http://`.
    ///
    /// # Errors
    /// [`Error::L1`] of the class Critical when it is no such URL.
    pub fn new(url: &str) -> Result<Self> {
        let config =
            |why: String| Error::L1(ballast_bridge::Error::Config(format!("the node URL {url}: {why}")));
        let parsed: Url = url.parse().map_err(|error| config(format!("{error}")))?;
        if parsed.scheme() != "http" {
            return Err(config("it must begin with http://".into()));
        }
        let client = Client::builder().timeout(TIMEOUT).build().map_err(|error| config(error.to_string()))?;
        Ok(Self { client, url: parsed })
    }

    async fn ask(&self, index: u64, chunk: u32) -> Result<Vec<u8>, Withheld> {
        let request =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "ballast_batchInputs", "params": [index, chunk] });
        let asked = self.client.post(self.url.clone()).header("content-type", "application/json");
        let mut answer = asked.body(request.to_string()).send().await.map_err(withheld)?;
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(withheld)? {
            if body.len() + part.len() > MAX_ANSWER_BYTES {
                return Err(Withheld("the answer is too long".into()));
            }
            body.extend_from_slice(&part);
        }
        Ok(body)
    }
}

impl InputSource for HttpSource {
    async fn chunk(&self, index: u64, chunk: u32) -> Result<Chunk, Withheld> {
        read(&self.ask(index, chunk).await?)
    }
}

fn read(body: &[u8]) -> Result<Chunk, Withheld> {
    let answer: Answer = serde_json::from_slice(body).map_err(withheld)?;
    match answer {
        Answer { result: Some(shown), error: None } => {
            Ok(Chunk { data: shown.data.to_vec(), proof: shown.proof })
        }
        Answer { error: Some(Refusal { code, message }), .. } => {
            Err(Withheld(format!("{message} (code {code})")))
        }
        Answer { .. } => Err(Withheld("the answer is empty".into())),
    }
}

fn withheld(error: impl Display) -> Withheld {
    Withheld(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_node_is_read() {
        let hash = B256::repeat_byte(3);
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"result":{{"index":7,"chunk":0,"chunks":1,"data":"0x0102","proof":["{hash}"]}}}}"#
        );
        assert_eq!(read(body.as_bytes()), Ok(Chunk { data: vec![1, 2], proof: vec![hash] }));
    }

    #[test]
    fn a_refusal_is_told() {
        let body = br#"{"jsonrpc":"2.0","id":1,"error":{"code":9006,"message":"not found"}}"#;
        assert_eq!(read(body), Err(Withheld("not found (code 9006)".into())));
        assert!(read(b"{}").is_err() && read(b"<html>").is_err());
    }

    #[test]
    fn only_http_is_spoken() {
        assert!(HttpSource::new("http://localhost:1").is_ok());
        assert!(HttpSource::new("https://localhost:1").is_err() && HttpSource::new("localhost").is_err());
    }
}
