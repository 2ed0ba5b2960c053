//! Assets beside USDC in the test exchange.

use ballast_state::{Custody, GENESIS_INDEX, Section};
use ballast_types::{
    AccountId, Address, AssetId, AssetParams, Collateral, L1Payload, Outcome, Quote, Units, UserCommand,
    Withdraw, codec,
};

use super::{World, owner};
use crate::{commit, facts};

/// The first asset beside USDC, of which 1,000 is the least that may be withdrawn.
pub(crate) const ETH: AssetId = AssetId(1);
/// The second, of which that is 50.
pub(crate) const WBTC: AssetId = AssetId(2);

impl World {
    /// From now on the exchange takes [`ETH`] and [`WBTC`].
    pub(crate) fn list_assets(&mut self) {
        let listed = |(symbol, minimum): (&str, u64)| AssetParams {
            symbol: symbol.into(),
            minimum: Units(minimum),
            collateral: None,
        };
        self.x.state.genesis.assets = [("ETH", 1_000), ("WBTC", 50)].map(listed).into();
        self.x.state.chain.custody = [Custody::default(); 2].into();
        let genesis = codec::encode(&self.x.state.genesis);
        self.leaves.take(&[(Section::Chain, GENESIS_INDEX, Some(genesis))]);
        let changes = commit(&mut self.x);
        self.leaves.take(&changes);
    }

    /// From now on [`WBTC`] is margin on these terms; of an exchange whose genesis said so.
    pub(crate) fn pledge(&mut self, terms: Collateral) {
        if self.x.state.genesis.assets.is_empty() {
            self.list_assets();
        }
        self.x.state.genesis.assets[1].collateral = Some(terms);
        let prices = crate::collateral::terms(&self.x.state.genesis.assets, terms.market);
        facts::market_mut(&mut self.x.state, terms.market).prices = prices;
        let genesis = codec::encode(&self.x.state.genesis);
        self.leaves.take(&[(Section::Chain, GENESIS_INDEX, Some(genesis))]);
        let changes = commit(&mut self.x);
        self.leaves.take(&changes);
    }

    pub(crate) fn deposit_in_kind(
        &mut self,
        asset: AssetId,
        owner: Address,
        account: u32,
        amount: i64,
    ) -> Outcome {
        self.l1(L1Payload::Deposit { asset, owner, account: AccountId(account), amount: Quote(amount) })
    }

    /// The signer asks for so much of an asset of an account, to be paid at 99.
    pub(crate) fn withdraw_in_kind(
        &mut self,
        signer: Address,
        account: u32,
        asset: AssetId,
        amount: i64,
    ) -> Outcome {
        let (account, nonce, expires) = (AccountId(account), self.next_nonce(), self.expires());
        let (amount, recipient) = (Quote(amount), owner(99));
        let withdraw = Withdraw { account, nonce, expires, asset, amount, recipient };
        self.command(signer, UserCommand::Withdraw(withdraw))
    }

    /// What the account holds of an asset; nothing where there is no account.
    pub(crate) fn holds(&self, account: u32, asset: AssetId) -> u64 {
        let account = facts::has_account(&self.x.state, AccountId(account)).then_some(AccountId(account));
        account.map_or(0, |account| facts::account(&self.x.state, account).holdings.of(asset).0)
    }

    /// What was credited and withdrawn of an asset.
    pub(crate) fn custody(&self, asset: AssetId) -> (u64, u64) {
        let Custody { credited, withdrawn } = *facts::custody(&self.x.state, asset);
        (credited.0, withdrawn.0)
    }
}
