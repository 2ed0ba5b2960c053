//! What is forced through L1, and who exits.

use super::world::{BTC, Told, World};
use ballast_types::{Address, AssetId, ForcedRequest, L1Payload, Quote, Source, SystemCommand};

impl World {
    /// The owner of an account forces something; he is paid himself.
    pub(super) fn force(
        &mut self,
        request: ForcedRequest,
        name: &str,
        (asset, amount): (AssetId, i64),
    ) -> Told {
        let (sender, account, amount) = (self.key(name)?.address(), self.account(name)?, Quote(amount));
        let recipient = match request {
            ForcedRequest::Withdraw | ForcedRequest::Exit => sender,
            ForcedRequest::CancelAll | ForcedRequest::Liquidate => Address::ZERO,
        };
        let outcome = self.l1(L1Payload::Forced { request, sender, account, recipient, asset, amount });
        Ok(self.tell(&outcome, account))
    }

    /// Everybody on the other side is named.
    pub(super) fn exit(&mut self, name: &str) -> Told {
        let account = self.account(name)?;
        let holders = self.opposite(account);
        let outcome = self.input(Source::System(SystemCommand::Exit { account, market: BTC, holders }));
        Ok(self.tell(&outcome, account))
    }
}
