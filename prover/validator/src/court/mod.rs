//! The machine of a dispute, in the validator: what it says of a batch, its history, and what is to be done on L1 about
//! whoever says otherwise.

mod advocate;
mod case;
mod moves;
mod opening;
mod papers;
mod shown;
mod trial;

pub use advocate::{Court, DisputeTerms};
pub use case::{Case, Data};
pub use moves::{Descent, descend};
pub use trial::{Ruling, Trace, Trial, open_guest};
