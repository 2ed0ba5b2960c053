//! Values whose signer is known. Holding one is the proof that its signature was checked.

use crate::{
    eip712::{command_digest, guardian_digest, report_digest},
    recover::{Recover, is_canonical},
};
use alloy_primitives::{Address, B256};
use ballast_types::{GuardianCommand, PriceReport, RejectCode, Rejection, Signature, UserCommand};

/// A value and the address that signed it; made by [`authorize_command`], [`authorize_report`] and
/// [`authorize_guardian`] only.
///
/// What the signer may do is not decided here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorized<T> {
    value: T,
    signer: Address,
}

impl<T> Authorized<T> {
    /// Who signed.
    #[must_use]
    pub const fn signer(&self) -> Address {
        self.signer
    }

    /// What was signed.
    #[must_use]
    pub const fn get(&self) -> &T {
        &self.value
    }

    /// What was signed, and who signed it.
    #[must_use]
    pub fn into_parts(self) -> (T, Address) {
        (self.value, self.signer)
    }
}

/// The command together with the address that signed it.
///
/// # Errors
/// `BadSignature` when the signature is not canonical or recovers to nobody.
pub fn authorize_command<R: Recover>(
    recover: &R,
    separator: B256,
    command: UserCommand,
    signature: &Signature,
) -> Result<Authorized<UserCommand>, Rejection> {
    let signer = signer(recover, command_digest(separator, &command), signature)?;
    Ok(Authorized { value: command, signer })
}

/// The report together with the address that signed it.
///
/// # Errors
/// `BadSignature` when the signature is not canonical or recovers to nobody.
pub fn authorize_report<R: Recover>(
    recover: &R,
    separator: B256,
    report: PriceReport,
    signature: &Signature,
) -> Result<Authorized<PriceReport>, Rejection> {
    let signer = signer(recover, report_digest(separator, &report), signature)?;
    Ok(Authorized { value: report, signer })
}

/// The command of a guardian together with the address that signed it.
///
/// # Errors
/// `BadSignature` when the signature is not canonical or recovers to nobody.
pub fn authorize_guardian<R: Recover>(
    recover: &R,
    separator: B256,
    command: GuardianCommand,
    signature: &Signature,
) -> Result<Authorized<GuardianCommand>, Rejection> {
    let signer = signer(recover, guardian_digest(separator, &command), signature)?;
    Ok(Authorized { value: command, signer })
}

fn signer<R: Recover>(recover: &R, digest: B256, signature: &Signature) -> Result<Address, Rejection> {
    // Checked here too, so that no implementation of recovery can let a malleable signature through.
    is_canonical(signature)
        .then(|| recover.recover(digest, signature))
        .flatten()
        .ok_or_else(|| RejectCode::BadSignature.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recover::K256;
    use alloc::vec;
    use ballast_types::{AccountId, MarketId, Millis, Nonce, PriceTicks, ReportedPrice, RevokeSession};
    use k256::ecdsa::SigningKey;

    const SEPARATOR: B256 = B256::repeat_byte(5);

    fn sign(digest: B256) -> (Signature, Address) {
        let key = SigningKey::from_slice(&[0x17; 32]).expect("a valid key");
        let (rs, id) = key.sign_prehash_recoverable(digest.as_slice());
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&rs.to_bytes());
        bytes[64] = 27 + id.to_byte();
        let point = key.verifying_key().to_sec1_point(false);
        (Signature(bytes), Address::from_raw_public_key(&point.as_bytes()[1..]))
    }

    fn command() -> UserCommand {
        UserCommand::RevokeSession(RevokeSession {
            account: AccountId(1),
            nonce: Nonce(2),
            expires: Millis(3),
            key: Address::repeat_byte(4),
        })
    }

    #[test]
    fn a_signed_command_comes_with_its_signer() {
        let (signature, address) = sign(command_digest(SEPARATOR, &command()));
        let authorized =
            authorize_command(&K256, SEPARATOR, command(), &signature).expect("a good signature");
        assert_eq!((authorized.signer(), authorized.get()), (address, &command()));
        assert_eq!(authorized.into_parts(), (command(), address));
    }

    #[test]
    fn a_signed_report_comes_with_its_signer() {
        let prices = vec![ReportedPrice::plain(MarketId(1), PriceTicks(5))];
        let report = PriceReport { publisher: 0, time: Millis(9), prices };
        let (signature, address) = sign(report_digest(SEPARATOR, &report));
        let authorized = authorize_report(&K256, SEPARATOR, report, &signature).expect("a good signature");
        assert_eq!(authorized.signer(), address);
    }

    #[test]
    fn a_signature_for_another_exchange_names_another_signer() {
        let (signature, address) = sign(command_digest(SEPARATOR, &command()));
        let elsewhere = authorize_command(&K256, B256::repeat_byte(6), command(), &signature);
        assert!(elsewhere.is_err() || elsewhere.is_ok_and(|a| a.signer() != address));
    }

    #[test]
    fn recovery_that_takes_everything_cannot_admit_a_signature_that_is_not_canonical() {
        struct Credulous;
        impl Recover for Credulous {
            fn recover(&self, _: B256, _: &Signature) -> Option<Address> {
                Some(Address::ZERO)
            }
        }
        let refused = authorize_command(&Credulous, SEPARATOR, command(), &Signature([0; 65]));
        assert_eq!(refused, Err(RejectCode::BadSignature.into()));
    }
}
