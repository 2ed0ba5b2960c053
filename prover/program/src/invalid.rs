//! What can be wrong with a batch or an escape claim.

use ballast_types::Seq;
use thiserror::Error;

/// Why a batch or an escape claim is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Invalid {
    /// The preimage of the hash is not the encoding of a header.
    #[error("the hash is not that of a header")]
    NotAHeader,
    /// The header of the batch before is not the one that this header builds on.
    #[error("the header's {0} does not continue the batch before")]
    Discontinuous(&'static str),
    /// The chunks do not hold a list of inputs.
    #[error("the chunks do not hold a list of inputs")]
    NotInputs,
    /// An input is out of order: its number is not the next, or its time lies before the one before.
    #[error("input {0} is out of order")]
    OutOfOrder(Seq),
    /// The batch does not end with its own seal, or has one inside.
    #[error("input {0} seals where the batch does not end, or does not seal where it ends")]
    Unsealed(Seq),
    /// What L1 was told is not the diff that the inputs make.
    #[error("the data on L1 are not the diff that the inputs make")]
    Data,
    /// A field of the header is not what the inputs make of the batch before.
    #[error("the header's {0} is not what the inputs make of the batch before")]
    Differs(&'static str),
    /// The preimage of the hash is not the encoding of an escape claim.
    #[error("the hash is not that of an escape claim")]
    NotAClaim,
    /// What the header of the claim's batch commits to is not a state.
    #[error("what the header commits to is not a state")]
    NotAState,
    /// A field of the claim is not what the state comes to.
    #[error("the claim's {0} is not what the state comes to")]
    ClaimDiffers(&'static str),
}
