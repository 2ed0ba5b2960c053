//! The names of the parameters of every method, and which methods enter the log. What a call carries besides is
//! refused: a name that is misspelt must not be taken for one that is left out.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use std::{borrow::Cow, collections::BTreeMap};

/// What a method that enters the log takes: the signed struct.
const ENTRY: &[&str] = &["request"];

/// The names of a method's parameters, in the order of their positions; `None` when there is no such method.
#[must_use]
pub fn parameters(method: &str) -> Option<&'static [&'static str]> {
    let query = method.strip_prefix("ballast_")?;
    Some(match query {
        _ if enters_log(method) => ENTRY,
        "account" | "orders" => &["account"],
        "whatIf" => &["account", "operations", "atomic"],
        "accounts" => &["owner"],
        "order" => &["account", "market", "orderId", "clientId", "conditionalId"],
        "fills" => &["account", "beforeSeq", "limit", "beforePlace"],
        "book" => &["market", "levels"],
        "fundingHistory" => &["market", "beforeSeq", "limit"],
        "pricing" => &["market"],
        "pool" => &["pool"],
        "trades" => &["market", "limit"],
        "outcome" => &["seq"],
        "batches" => &["from", "limit"],
        "batch" | "batchDiff" | "deposit" | "l1Message" => &["index"],
        "batchInputs" => &["index", "chunk"],
        "nonce" => &["account", "key"],
        "withdrawals" | "queuedWithdrawals" => &["account", "limit"],
        "withdrawalProof" => &["id"],
        "assets" | "markets" | "governance" | "status" | "time" => &[],
        "subscribe" => &["channel", "id"],
        "unsubscribe" => &["subscription"],
        _ => return None,
    })
}

/// Whether a method enters orders or anything else into the log: such calls may be in flight together, and
/// take their places in the order in which they were sent.
#[must_use]
pub(super) fn enters_log(method: &str) -> bool {
    matches!(
        method,
        "ballast_placeOrder"
            | "ballast_cancelOrder"
            | "ballast_replaceOrder"
            | "ballast_cancelAll"
            | "ballast_operations"
            | "ballast_grantSession"
            | "ballast_revokeSession"
            | "ballast_withdraw"
            | "ballast_transfer"
            | "ballast_reportPrices"
            | "ballast_guardian"
    )
}

/// One call, its parts as they were sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call<'a> {
    #[serde(borrow, rename = "jsonrpc", default)]
    _version: Option<&'a RawValue>,
    /// `None` for a notification.
    #[serde(borrow, default)]
    pub id: Option<&'a RawValue>,
    /// Which method.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// Its parameters; none is as good as an empty list.
    #[serde(borrow, default)]
    pub params: Option<&'a RawValue>,
}

impl Call<'_> {
    /// Whether the call has parameters only that its method knows. Of an unknown method nothing is known.
    pub(super) fn is_known(&self) -> bool {
        let (Some(params), Some(names)) = (self.params, parameters(&self.method)) else { return true };
        let params = params.get();
        if params.starts_with('[') {
            return serde_json::from_str::<Vec<IgnoredAny>>(params)
                .is_ok_and(|list| list.len() <= names.len());
        }
        // What is neither a list nor an object is refused by who carries it out.
        serde_json::from_str::<BTreeMap<Cow<'_, str>, IgnoredAny>>(params)
            .map_or(true, |named| named.keys().all(|name| names.contains(&name.as_ref())))
    }
}
