//! What governance may move, what of it waits, and who signs, as JSON.

use super::number::Decimal;
use ballast_types::Address;
use serde::{Deserialize, Serialize};

/// What governance asked for and waits, and what it may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GovernanceView {
    /// State after this input.
    pub seq: u64,
    /// Time for which it is told, in milliseconds.
    pub time: u64,
    /// What waits, in the order in which it takes effect.
    pub pending: Vec<PendingChangeView>,
    /// Everything that may be moved, by action, then by market or pool.
    pub parameters: Vec<ParameterView>,
    /// Who signs.
    pub signers: SignersView,
}

/// Who signs for prices, and who may restrict markets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SignersView {
    /// Price publishers, by their place.
    pub publishers: Vec<Address>,
    /// Who may restrict markets; none where nobody may.
    pub guardian: Option<Address>,
    /// When one of them was replaced last, in milliseconds; none where all are those of the genesis.
    pub replaced_at: Option<u64>,
}

/// A change that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingChangeView {
    /// Number of the action.
    pub action: u8,
    /// Its name: that of the parameter.
    pub name: String,
    /// Which market or pool, or a signer's place.
    pub subject: u16,
    /// What the parameter becomes, in its own unit; of a signer an account.
    pub value: Decimal,
    /// Who owns that account and is to sign; none of parameters.
    pub signer: Option<Address>,
    /// From when on it takes effect, with the next report of prices, in milliseconds.
    pub at: u64,
}

/// A parameter that governance may move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParameterView {
    /// Number of the action.
    pub action: u8,
    /// Its name: that of the parameter.
    pub name: String,
    /// `market` or `pool`.
    pub of: String,
    /// Which market or pool.
    pub subject: u16,
    /// What it is, in its own unit; 0 for none.
    pub value: Decimal,
    /// Least that it may become now.
    pub least: Decimal,
    /// Most that it may become now.
    pub most: Decimal,
}
