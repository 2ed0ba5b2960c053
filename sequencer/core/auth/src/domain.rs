//! The EIP-712 domain: which exchange, on which chain, a signature is for.

use alloc::borrow::Cow;
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{Eip712Domain, SolStruct};

/// `name` of the domain.
pub const DOMAIN_NAME: &str = "Ballast";
/// `version` of the domain; changes when a signed type changes its meaning.
pub const DOMAIN_VERSION: &str = "1";

/// What sets one exchange apart from every other: a signature for one is worth nothing at another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Domain {
    /// Chain id of L1.
    pub chain_id: u64,
    /// Name of the exchange on L1, `verifyingContract`.
    pub exchange: Address,
}

impl Domain {
    /// `hashStruct` of `EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)`.
    /// It is the same for every command: compute it once.
    #[must_use]
    pub fn separator(&self) -> B256 {
        Eip712Domain::new(
            Some(Cow::Borrowed(DOMAIN_NAME)),
            Some(Cow::Borrowed(DOMAIN_VERSION)),
            Some(U256::from(self.chain_id)),
            Some(self.exchange),
            None,
        )
        .separator()
    }
}

/// The digest that is signed: `keccak256(0x19 || 0x01 || separator || hashStruct(message))` (EIP-712).
#[must_use]
pub(crate) fn digest(separator: B256, message: &impl SolStruct) -> B256 {
    let mut bytes = [0_u8; 66];
    bytes[..2].copy_from_slice(&[0x19, 0x01]);
    bytes[2..34].copy_from_slice(separator.as_slice());
    bytes[34..].copy_from_slice(message.eip712_hash_struct().as_slice());
    keccak256(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolValue;

    #[test]
    fn the_separator_is_the_hash_that_the_standard_spells_out() {
        let domain = Domain { chain_id: 31_337, exchange: Address::repeat_byte(0xb1) };
        let type_hash =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        let words =
            (type_hash, keccak256("Ballast"), keccak256("1"), U256::from(31_337), Address::repeat_byte(0xb1));
        assert_eq!(domain.separator(), keccak256(words.abi_encode()));
    }

    #[test]
    fn another_chain_or_another_exchange_is_another_domain() {
        let domain = Domain { chain_id: 1, exchange: Address::repeat_byte(1) };
        assert_ne!(domain.separator(), Domain { chain_id: 2, ..domain }.separator());
        assert_ne!(domain.separator(), Domain { exchange: Address::repeat_byte(2), ..domain }.separator());
    }
}
