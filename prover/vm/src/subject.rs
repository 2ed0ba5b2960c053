//! What a run judges.

/// What a run judges, by its hash: its number is in register `a4` at the start (docs/machine.md, "Start").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Subject {
    /// A batch, by its batch hash.
    Batch = 1,
    /// An escape claim, by its claim hash.
    Claim = 2,
}
