//! The machine of a dispute, in the validator: what it says of batches and escape claims, its history, and what is to be done
//! on L1 about whoever says otherwise.

mod advocate;
mod bonds;
mod calls;
mod case;
mod claim;
mod docket;
mod moves;
mod opening;
mod papers;
mod runs;
mod shown;
mod standing;
mod trial;

pub use advocate::{Court, DisputeTerms};
pub use case::{Case, Data};
pub use claim::claim_facts;
pub use moves::{Descent, descend};
pub use papers::filing;
pub use standing::{Act, Plight, Standing};
pub use trial::{Trace, Trial, open_guest};
