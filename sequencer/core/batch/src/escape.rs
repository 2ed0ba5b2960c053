//! What L1 pays when the exchange is dead: payouts, the tree over them, and the claim that is made of it.

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::{SolValue, sol};
use ballast_state::tree::leaf_hash;

sol! {
    /// What somebody is paid after a freeze: a leaf of the claim's tree, whose bytes are `abi.encode(payout)`.
    #[derive(Debug, PartialEq, Eq)]
    struct EscapePayout {
        /// Dense number, from 0; the place of the leaf.
        uint64 index;
        /// Who is paid.
        address recipient;
        /// Which asset.
        uint16 asset;
        /// How much, in 10^-6 of it; not 0.
        uint64 amount;
    }

    /// What somebody says that the last final batch comes to. Field order is law.
    #[derive(Debug, PartialEq, Eq)]
    struct EscapeClaim {
        /// The last final batch.
        bytes32 batchHash;
        /// Root of the tree of depth 32 over the payouts.
        bytes32 payoutsRoot;
        /// How many there are.
        uint64 payoutCount;
        /// Of all amounts, whatever they are of, in 10^-6 of each: one number that two claims can differ in.
        uint64 total;
    }
}

impl EscapePayout {
    /// The payout's leaf: `keccak(0x00 || abi.encode(payout))`.
    #[must_use]
    pub fn leaf(&self) -> B256 {
        leaf_hash(&self.abi_encode())
    }
}

impl EscapeClaim {
    /// `keccak(abi.encode(claim))`: the claim's name.
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256(self.abi_encode())
    }

    /// The claim whose encoding is exactly `bytes`; `None` when there is none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::abi_decode(bytes).ok().filter(|claim| claim.abi_encode() == bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Address, hex};

    #[test]
    fn leaf_and_claim_are_a_word_a_field() {
        let payout = EscapePayout { index: 1, recipient: Address::repeat_byte(2), asset: 3, amount: 4 };
        let word = |byte: u8| {
            let mut word = [0; 32];
            word[31] = byte;
            word
        };
        let mut bytes = [word(1), word(0), word(3), word(4)].concat();
        bytes[44..64].fill(2);
        assert_eq!(payout.leaf(), leaf_hash(&bytes));
        let claim = EscapeClaim {
            batchHash: B256::repeat_byte(1),
            payoutsRoot: B256::repeat_byte(2),
            payoutCount: 3,
            total: 4,
        };
        let bytes = [[1; 32], [2; 32], word(3), word(4)].concat();
        assert_eq!(claim.hash(), keccak256(&bytes), "{}", hex::encode(&bytes));
        assert_eq!(EscapeClaim::from_bytes(&bytes), Some(claim));
        assert_eq!(EscapeClaim::from_bytes(&bytes[1..]), None, "too short");
        assert_eq!(EscapeClaim::from_bytes(&[&bytes[..], &[0]].concat()), None, "too long");
        let mut wide = bytes;
        wide[64] = 1;
        assert_eq!(EscapeClaim::from_bytes(&wide), None, "a count beyond 64 bits");
    }
}
