//! An exchange of some pools, and what its owners tell it: money that comes, goes, and moves between accounts.

use ballast_naive::Exchange;
use ballast_types::{
    AccountId, Address, AssetId, Event, Input, L1Message, L1Payload, Millis, Nonce, Outcome, PoolId, Quote,
    Signature, Source, Transfer, UserCommand, Withdraw,
};

/// Who is paid on L1.
pub(crate) const BOB: Address = Address::repeat_byte(2);

pub(crate) struct World {
    pub(crate) it: Exchange,
    /// The time of the next input, in milliseconds.
    pub(crate) time: u64,
}

impl World {
    pub(crate) fn input(&mut self, signer: Option<Address>, source: Source) -> Outcome {
        let seq = self.it.seq.next();
        self.it.apply(&Input { seq, time: Millis(self.time), source }, signer)
    }

    /// The first event of a deposit.
    pub(crate) fn deposit(&mut self, owner: Address, account: u32, u: i64) -> Event {
        let (asset, account) = (AssetId(0), AccountId(account));
        let payload = L1Payload::Deposit { asset, owner, account, amount: Quote(u) };
        let message = L1Message { index: self.it.l1_messages, l1_block: 1, l1_time: 1, payload };
        self.input(None, Source::L1(message)).events.remove(0)
    }

    /// The next nonce of an account's owner.
    pub(crate) fn nonce(&self, account: u32) -> Nonce {
        Nonce(self.it.accounts[account as usize].nonces.used.last().map_or(0, |last| last + 1))
    }

    /// A command of an account's owner.
    pub(crate) fn command(&mut self, account: u32, command: UserCommand) -> Outcome {
        let owner = self.it.accounts[account as usize].owner;
        self.input(Some(owner), Source::User { command, signature: Signature([0; 65]) })
    }

    pub(crate) fn transfer(&mut self, account: u32, to: AccountId, pool: PoolId, u: i64) -> Outcome {
        let (nonce, expires, amount) = (self.nonce(account), Millis(self.time), Quote(u));
        let account_id = AccountId(account);
        let command = Transfer { account: account_id, nonce, expires, to, pool, amount };
        self.command(account, UserCommand::Transfer(command))
    }

    pub(crate) fn withdraw(&mut self, account: u32, u: i64) -> Outcome {
        let (nonce, expires, amount) = (self.nonce(account), Millis(self.time), Quote(u));
        let command = Withdraw {
            account: AccountId(account),
            nonce,
            expires,
            asset: AssetId::USDC,
            amount,
            recipient: BOB,
        };
        self.command(account, UserCommand::Withdraw(command))
    }
}
