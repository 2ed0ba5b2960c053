//! A signature instead of an approval (EIP-2612).

use crate::context::Context;
use alloy::{
    primitives::{Address, B256, U256, keccak256},
    providers::DynProvider,
    signers::SignerSync,
    sol,
    sol_types::SolStruct,
};
use ballast_bridge::{
    bindings::{TestToken, Vault},
    l1::L1,
};
use eyre::Result;

/// How long it holds, in seconds of L1.
const HOLDS: u64 = 3_600;

sol! {
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }
}

/// A signed permit.
pub(crate) struct Signed {
    pub(crate) deadline: U256,
    pub(crate) v: u8,
    pub(crate) r: B256,
    pub(crate) s: B256,
}

/// A deposit of `tokens`, units of the asset's token, for an account of `owner`.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) asset: u16,
    pub(crate) token: Address,
    pub(crate) tokens: U256,
    pub(crate) owner: Address,
    pub(crate) account: u32,
}

/// A permit of the key for exactly this deposit, once L1 has been asked whether it would do; `None` where the token takes none, or
/// others than those of the standard.
///
/// # Errors
/// When there is no key, or L1 does not answer.
pub(crate) async fn permit(
    context: &Context,
    wallet: &DynProvider,
    wanted: &Wanted,
) -> Result<Option<Signed>> {
    let signer = context.signer()?;
    let (payer, spender) = (signer.address(), context.deployment.vault);
    let token = TestToken::new(wanted.token, wallet);
    let (nonce, separator) = (token.nonces(payer).call().await, token.DOMAIN_SEPARATOR().call().await);
    let (Ok(nonce), Ok(separator)) = (nonce, separator) else { return Ok(None) };
    let deadline = U256::from(context.l1.head().await?.time.saturating_add(HOLDS));
    let permit = Permit { owner: payer, spender, value: wanted.tokens, nonce, deadline };
    let signature = signer.sign_hash_sync(&digest(&permit, separator))?;
    let (r, s) = (signature.r().into(), signature.s().into());
    let signed = Signed { deadline, v: 27 + u8::from(signature.v()), r, s };
    let vault = Vault::new(spender, wallet);
    let call = vault.depositWithPermit(
        wanted.asset,
        wanted.tokens,
        wanted.owner,
        wanted.account,
        signed.deadline,
        signed.v,
        signed.r,
        signed.s,
    );
    Ok(call.from(payer).call().await.is_ok().then_some(signed))
}

/// What is signed. The token says its domain itself.
fn digest(permit: &Permit, separator: B256) -> B256 {
    let mut bytes = vec![0x19, 0x01];
    bytes.extend(separator);
    bytes.extend(permit.eip712_hash_struct());
    keccak256(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{address, b256};

    /// The type's hash is the one of EIP-2612.
    #[test]
    fn the_permit_is_the_one_of_the_standard() {
        let permit = Permit {
            owner: address!("0x0101010101010101010101010101010101010101"),
            spender: address!("0x0202020202020202020202020202020202020202"),
            value: U256::from(1),
            nonce: U256::from(2),
            deadline: U256::from(3),
        };
        assert_eq!(
            permit.eip712_type_hash(),
            b256!("0x6e71edae12b1b97f4d1f60370fef10105fa2faae0126114a169c64845d6126c9")
        );
        assert_ne!(digest(&permit, B256::ZERO), digest(&permit, B256::repeat_byte(1)));
    }
}
