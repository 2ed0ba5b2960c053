//! Which input a signed command became, by the key that signed it and its nonce, written with the log in the same
//! transaction. So whoever sends a command again is told what became of the first, also by the next process.
//!
//! A key has as many entries as its window of nonces has bits. An entry gives way when the nonce that is 1,024 above
//! is used; the lower one then lies behind the window.

use super::{
    Journal, number,
    store::{StoreError, Table, Write},
};
use crate::pipeline::Record;
use ballast_types::{AccountId, Address, Nonce, Seq, Source, limits::NONCE_WINDOW};

/// Adds the entry of a record whose input `signer` signed.
pub(super) fn index(record: &Record, signer: Address, writes: &mut Vec<Write>) {
    let Source::User { command, .. } = &record.input.source else { return };
    let key = key(command.account(), signer, command.nonce());
    let value = record.input.seq.0.to_be_bytes().to_vec();
    writes.push(Write { table: Table::Commands, key, value: Some(value) });
}

impl Journal {
    /// The input that last used this nonce of a key of an account, or one that is a multiple of 1,024 away: compare
    /// its command. `None` when there is none.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn command(
        &self,
        account: AccountId,
        signer: Address,
        nonce: Nonce,
    ) -> Result<Option<Seq>, StoreError> {
        let value = self.store.get(Table::Commands, &key(account, signer, nonce))?;
        value.map(|bytes| number(&bytes).map(Seq)).transpose()
    }
}

fn key(account: AccountId, signer: Address, nonce: Nonce) -> Vec<u8> {
    let slot = nonce.0 % NONCE_WINDOW;
    [&account.0.to_be_bytes()[..], signer.as_slice(), &slot.to_be_bytes()[6..]].concat()
}
