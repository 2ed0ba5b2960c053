//! What holds for whole streams of inputs, random ones above all.

mod escape;
mod moves;
pub(crate) mod random;
mod streams;
mod total;
