//! What can be wrong with a batch.

use ballast_types::Seq;
use thiserror::Error;

/// Why a batch is not valid.
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
}
