//! What holds for whole streams of inputs, random ones above all.

mod random;
mod streams;
mod total;
