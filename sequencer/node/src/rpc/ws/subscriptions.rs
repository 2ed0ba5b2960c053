//! The subscriptions of a connection: how they begin and end, and how their updates are told.

use super::{Connection, Note};
use crate::{
    rpc::{
        error::{error_object, error_response, response_without_id},
        parameters::Call,
    },
    wire::{Channel, Integer, Subscription, Update, Watched},
};
use ballast_types::{AccountId, MarketId, PoolId, RejectCode, Rejection, Seq};
use futures_util::{
    StreamExt,
    stream::{AbortHandle, Abortable},
};
use jsonrpsee::types::{ErrorObjectOwned, error::ErrorCode};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The parameters of `ballast_subscribe`, by position or by name.
#[derive(Deserialize)]
struct Subscribe {
    channel: String,
    id: Integer<u32>,
}

/// The parameters of `ballast_unsubscribe`, by position or by name.
#[derive(Deserialize)]
struct Unsubscribe {
    subscription: Integer<u64>,
}

impl Connection {
    /// `ballast_subscribe(channel, id)` and `ballast_unsubscribe(subscription)`.
    pub(super) fn subscription_call(&mut self, message: &str) -> String {
        let Ok(call) = serde_json::from_str::<Call<'_>>(message) else {
            return response_without_id(&ErrorObjectOwned::from(ErrorCode::InvalidRequest));
        };
        let params = call.params.map_or("[]", RawValue::get);
        let result = match call.method.as_ref() {
            _ if !call.is_known() => Err(ErrorObjectOwned::from(ErrorCode::InvalidParams)),
            "ballast_subscribe" => self.subscribe(params),
            _ => self.unsubscribe(params),
        };
        match result {
            Ok(result) => {
                let id = call.id.map_or("null", RawValue::get);
                format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#)
            }
            Err(error) => error_response(call.id, &error),
        }
    }

    fn subscribe(&mut self, params: &str) -> Result<String, ErrorObjectOwned> {
        let channel = channel(params)?;
        if self.subscriptions.len() >= self.limits.subscriptions {
            let held = self.subscriptions.len() as u64;
            return Err(error_object(Rejection::new(RejectCode::TooManyItems, held + 1, held)));
        }
        let Subscription { snapshot, updates } =
            self.backend.channels.subscribe(channel).map_err(error_object)?;
        let id = self.next_subscription;
        self.next_subscription += 1;
        let (handle, registration) = AbortHandle::new_pair();
        self.notes.push(Abortable::new(notes(id, snapshot.seq, updates), registration).boxed());
        self.subscriptions.insert(id, handle);
        Ok(format!(r#"{{"subscription":{id},"snapshot":{}}}"#, snapshot.json))
    }

    fn unsubscribe(&mut self, params: &str) -> Result<String, ErrorObjectOwned> {
        let Unsubscribe { subscription: id } =
            serde_json::from_str(params).map_err(|_| ErrorObjectOwned::from(ErrorCode::InvalidParams))?;
        let known = self.subscriptions.remove(&id.0);
        if let Some(handle) = &known {
            handle.abort();
        }
        Ok(known.is_some().to_string())
    }
}

fn channel(params: &str) -> Result<Channel, ErrorObjectOwned> {
    let invalid = || ErrorObjectOwned::from(ErrorCode::InvalidParams);
    let Subscribe { channel: name, id } = serde_json::from_str(params).map_err(|_| invalid())?;
    let short = || u16::try_from(id.0).map_err(|_| invalid());
    let market = || short().map(MarketId);
    match name.as_str() {
        "book" => market().map(Channel::Book),
        "trades" => market().map(Channel::Trades),
        "market" => market().map(Channel::Market),
        "account" => Ok(Channel::Account(AccountId(id.0))),
        "margin" => Ok(Channel::Watched(Watched::Margin(AccountId(id.0)))),
        "pool" => short().map(PoolId).map(Watched::Pool).map(Channel::Watched),
        "pricing" => market().map(Watched::Pricing).map(Channel::Watched),
        _ => Err(invalid()),
    }
}

/// The updates after the snapshot, and the notice when they end because the client lagged.
fn notes(
    id: u64,
    snapshot: Seq,
    updates: tokio::sync::mpsc::Receiver<Update>,
) -> impl futures_util::Stream<Item = Note> + Send + 'static {
    let updates = futures_util::stream::unfold(updates, |mut updates| async move {
        let update = updates.recv().await?;
        Some((update, updates))
    });
    updates
        .filter(move |update| std::future::ready(update.is_after(snapshot)))
        .map(move |update| Note::Update(id, update))
        .chain(futures_util::stream::once(std::future::ready(Note::Lagged(id))))
}

pub(super) fn notification(id: u64, field: &str, json: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"ballast_subscription","params":{{"subscription":{id},"{field}":{json}}}}}"#
    )
}
