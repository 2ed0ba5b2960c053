//! Who said what: EIP-712 digests, signature recovery, and commands whose signer is known.
//!
//! Signatures are secp256k1 over EIP-712 digests, so that any Ethereum wallet can sign and the EVM's own
//! `ecrecover` can judge. This room knows keys, not accounts: whether a signer may act for an account is for
//! the engine to say. Every signed thing of the exchange has its type in [`eip712`].

#![no_std]

extern crate alloc;

pub mod authorized;
pub mod domain;
pub mod eip712;
pub mod promise;
pub mod recover;

pub use authorized::{Authorized, authorize_command, authorize_guardian, authorize_report};
pub use domain::Domain;
pub use eip712::{command_digest, guardian_digest, report_digest};
pub use promise::{Promise, promise_digest};
pub use recover::{K256, Recover, is_canonical};
