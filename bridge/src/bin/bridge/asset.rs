//! What the vault takes, as L1 tells it.

use crate::context::Context;
use alloy::{
    primitives::{Address, U256},
    providers::DynProvider,
};
use ballast_bridge::{
    amount::{self, AmountError},
    bindings::{TestToken, Vault},
};
use eyre::{Result, WrapErr, bail};

/// What an asset is called. L1 is not asked of USDC, which can be withdrawn while L1 does not answer.
///
/// # Errors
/// When there is no such asset, or L1 does not answer.
pub(crate) async fn symbol(context: &Context, number: u16) -> Result<String> {
    match number {
        0 => Ok(amount::SYMBOL.to_owned()),
        _ => Ok(Asset::read(context, &context.reader()?, number).await?.symbol),
    }
}

/// An asset that the vault takes.
pub(crate) struct Asset {
    pub(crate) number: u16,
    pub(crate) token: Address,
    /// What the token calls itself; of asset 0 always the name that amounts in USDC bear.
    pub(crate) symbol: String,
    /// Smallest deposit, in units of 10^-6.
    pub(crate) minimum: u64,
    /// Units of the token in one of the exchange's.
    scale: U256,
}

impl Asset {
    /// The asset with this number.
    ///
    /// # Errors
    /// When there is none, or L1 does not answer.
    pub(crate) async fn read(context: &Context, reader: &DynProvider, number: u16) -> Result<Self> {
        let silent = "the vault does not answer";
        let vault = Vault::new(context.deployment.vault, reader);
        let Vault::assetsReturn { token, scale, minDeposit } =
            vault.assets(number).call().await.wrap_err(silent)?;
        if token.is_zero() {
            let count = vault.assetCount().call().await.wrap_err(silent)?;
            bail!("the vault takes no asset {number}: there are {count}, counted from 0");
        }
        let symbol = match number {
            0 => amount::SYMBOL.to_owned(),
            _ => TestToken::new(token, reader).symbol().call().await.wrap_err("the token does not answer")?,
        };
        Ok(Self { number, token, symbol, minimum: minDeposit, scale: U256::from(scale) })
    }

    /// An amount of it as people write it, in units of 10^-6.
    ///
    /// # Errors
    /// When it is none.
    pub(crate) fn parse(&self, text: &str) -> std::result::Result<u64, AmountError> {
        amount::parse_of(&self.symbol, text)
    }

    /// So many units of 10^-6, as people read it.
    pub(crate) fn display(&self, micros: u64) -> String {
        amount::display_of(&self.symbol, micros)
    }

    /// So many units of 10^-6, in units of the token.
    pub(crate) fn tokens(&self, micros: u64) -> U256 {
        U256::from(micros) * self.scale
    }

    /// So many units of the token, in whole units of 10^-6.
    pub(crate) fn micros(&self, tokens: U256) -> u64 {
        (tokens / self.scale).saturating_to()
    }
}
