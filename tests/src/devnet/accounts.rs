//! Who is who on a devnet: the accounts of anvil's well-known mnemonic, the first ten of which it gives money to.
//!
//! These keys are public. Whoever sends real money to them loses it.

use alloy::{
    primitives::{Address, B256},
    signers::local::PrivateKeySigner,
};

/// Private keys of the mnemonic "test test test test test test test test test test test junk".
const KEYS: [&str; 12] = [
    "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
    "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
    "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6",
    "0x47e179ec197488593b187f80a00eb0da91f1b9d0b13f8733639f19c30a34926a",
    "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba",
    "0x92db14e403b83dfe3df233f83dfa3a0d7096f21ca9b0d6d6b8d88b2b4ec1564e",
    "0x4bbbf85ce3377467afe5d46f804f221813b2bb87f24d81f60f1fcdbf7cbf4356",
    "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97",
    "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6",
    "0xf214f2b2cd398c806f84e317254e0f0b801d0643303237d97a22a48e01628897",
    "0x701b615bbdfb9de65240bc28bd21bbc0d996645a3dd57e7b12bc2bdf6f192c82",
];

/// Deploys the contracts.
pub const DEPLOYER: usize = 0;
/// Signs promises and posts batches.
pub const SEQUENCER: usize = 1;
/// Tell prices.
pub const PUBLISHERS: [usize; 5] = [2, 3, 4, 10, 11];
/// Runs the errands of the validator on L1, where publishers have nothing to do.
pub const KEEPER: usize = PUBLISHERS[2];
/// How many publishers a price needs. Of two, the lower price would be the median.
pub const QUORUM: u8 = 3;
/// Moves markets towards safety: who deploys, a devnet has nobody else to trust.
pub const GUARDIAN: usize = DEPLOYER;
/// Proposes to governance.
pub const COUNCIL: usize = DEPLOYER;
/// Owns the backstop, account 0, which takes over what nobody else does.
pub const BACKSTOP: usize = DEPLOYER;
/// Quotes both sides of every market.
pub const MAKER: usize = 5;
/// Trade at random.
pub const NOISE: [usize; 2] = [6, 7];
/// The trader of the examples.
pub const ALICE: usize = 8;
/// The other trader of the examples.
pub const BOB: usize = 9;

/// The private key of an account, as text.
///
/// # Panics
/// When there is no such account: they are 0 to 11.
#[must_use]
pub const fn private_key(account: usize) -> &'static str {
    KEYS[account]
}

/// The key of an account.
///
/// # Panics
/// When there is no such account: they are 0 to 11.
#[must_use]
pub fn signer(account: usize) -> PrivateKeySigner {
    KEYS[account].parse().expect("a constant that is a key")
}

/// The address of an account.
///
/// # Panics
/// When there is no such account: they are 0 to 11.
#[must_use]
pub fn address(account: usize) -> Address {
    signer(account).address()
}

/// The `number`-th of any amount of further keys; anvil gives them nothing.
///
/// # Panics
/// Never: the hash of a small number is a key.
#[must_use]
pub fn further(number: u64) -> PrivateKeySigner {
    let secret = alloy::primitives::keccak256(number.to_be_bytes());
    PrivateKeySigner::from_bytes(&B256::from(secret)).expect("a hash below the order of the group")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_accounts_are_those_of_the_mnemonic() {
        let expected = [
            (DEPLOYER, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
            (SEQUENCER, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
            (ALICE, "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
            (BOB, "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"),
            (10, "0xBcd4042DE499D14e55001CcbB24a551F3b954096"),
            (11, "0x71bE63f3384f5fb98995898A86B02Fb2426c5788"),
        ];
        for (account, text) in expected {
            assert_eq!(address(account).to_string(), text);
        }
    }
}
