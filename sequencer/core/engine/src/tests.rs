//! What holds for whole streams of inputs, random ones above all.

mod escape;
mod moves;
mod order_free;
pub(crate) mod random;
mod streams;
mod total;
