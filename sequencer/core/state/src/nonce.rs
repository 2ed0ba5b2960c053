//! Nonces of one key: a sliding window, so that concurrent senders of one key do not trip over each other
//! (architecture A5).

use alloc::boxed::Box;
use core::mem;

use ballast_types::{
    Nonce, RejectCode, Rejection,
    limits::{MAX_NONCE_JUMP, NONCE_WINDOW},
};
use borsh::{BorshDeserialize, BorshSerialize, io};

const WORDS: usize = (NONCE_WINDOW / 64) as usize;
/// Length of the longest run.
const WHOLE: u16 = NONCE_WINDOW as u16;

/// Which nonces a key has used: the highest of them, and which of the [`NONCE_WINDOW`] nonces that end with it.
///
/// Every nonce is usable once, in any order, from 0; a nonce behind the window is lost, used or not. The
/// default is the window of a key that has used none. It is encoded as the highest and a bit a nonce; the bit of
/// nonce `n` is `n mod 1024`, so that moving the window clears the bits that it passes and touches nothing else.
/// One set of used nonces has one value, and decoding refuses any other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NonceWindow {
    highest: u64,
    used: Used,
}

type Bits = [u64; WORDS];

/// The used nonces of a window. Those of most keys need no bits: whoever counts has used one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Used {
    /// So many that end with the highest, and no other.
    Run(u16),
    /// Any other set.
    Bits(Box<Bits>),
}

impl Default for Used {
    fn default() -> Self {
        Self::Run(0)
    }
}

impl Used {
    /// The one value for these bits.
    fn of(highest: u64, bits: Box<Bits>) -> Self {
        let run = run_of(highest, &bits);
        let all: u32 = bits.iter().map(|word| word.count_ones()).sum();
        if all == u32::from(run) { Self::Run(run) } else { Self::Bits(bits) }
    }

    fn into_bits(self, highest: u64) -> Box<Bits> {
        match self {
            Self::Run(length) => Box::new(bits_of(highest, length)),
            Self::Bits(bits) => bits,
        }
    }
}

impl NonceWindow {
    /// Highest nonce that was used; 0 when none was, or only nonce 0.
    #[must_use]
    pub const fn highest(&self) -> Nonce {
        Nonce(self.highest)
    }

    /// Whether `nonce` may be used now.
    ///
    /// # Errors
    /// [`RejectCode::NonceTooFar`] when it lies more than [`MAX_NONCE_JUMP`] above the highest used one, so
    /// that a slip cannot spend the whole range; [`RejectCode::NonceTooOld`] when it lies behind the window
    /// (the limit is the oldest nonce in it); [`RejectCode::NonceUsed`] when it was used.
    pub fn check(&self, nonce: Nonce) -> Result<(), Rejection> {
        let n = nonce.0;
        if n > self.highest {
            let limit = i128::from(self.highest) + i128::from(MAX_NONCE_JUMP);
            return if i128::from(n) > limit {
                Err(Rejection::new(RejectCode::NonceTooFar, n, limit))
            } else {
                Ok(())
            };
        }
        if self.highest - n >= NONCE_WINDOW {
            return Err(Rejection::new(RejectCode::NonceTooOld, n, self.highest - (NONCE_WINDOW - 1)));
        }
        if self.is_set(n) {
            return Err(Rejection::new(RejectCode::NonceUsed, n, 0));
        }
        Ok(())
    }

    /// Uses `nonce` up.
    ///
    /// # Panics
    /// When [`Self::check`] refuses it: the caller has checked.
    pub fn use_(&mut self, nonce: Nonce) {
        assert!(self.check(nonce).is_ok(), "nonce {nonce} is used without a check");
        let follows = nonce.0.checked_sub(1) == Some(self.highest);
        match &mut self.used {
            Used::Run(length) if *length == 0 || follows => {
                *length = (*length + 1).min(WHOLE);
                self.highest = nonce.0;
            }
            used => {
                let mut bits = mem::take(used).into_bits(self.highest);
                if nonce.0 > self.highest {
                    slide(&mut bits, self.highest, nonce.0);
                    self.highest = nonce.0;
                }
                let (word, bit) = place(nonce.0);
                bits[word] |= bit;
                self.used = Used::of(self.highest, bits);
            }
        }
    }

    fn is_set(&self, n: u64) -> bool {
        match &self.used {
            Used::Run(length) => n <= self.highest && self.highest - n < u64::from(*length),
            Used::Bits(bits) => is_set(bits, n),
        }
    }
}

/// Clears the bits of the nonces that come into a window when it moves up.
fn slide(bits: &mut Bits, from: u64, to: u64) {
    if to - from >= NONCE_WINDOW {
        *bits = [0; WORDS];
        return;
    }
    for n in from + 1..=to {
        let (word, bit) = place(n);
        bits[word] &= !bit;
    }
}

fn is_set(bits: &Bits, n: u64) -> bool {
    let (word, bit) = place(n);
    bits[word] & bit != 0
}

/// Whether some sequence of uses leads here: the highest is used, unless none is, and no bit stands for a nonce
/// below 0.
fn is_canonical(highest: u64, bits: &Bits) -> bool {
    if !is_set(bits, highest) {
        return highest == 0 && *bits == [0; WORDS];
    }
    if highest >= NONCE_WINDOW {
        return true;
    }
    let from_zero = bits_of(highest, highest as u16 + 1);
    bits.iter().zip(from_zero).all(|(bits, from_zero)| bits & !from_zero == 0)
}

/// The bits of `length` nonces that end with `highest`, word by word from above. There are no more of them than
/// nonces in the window, nor than there are from 0 on.
fn bits_of(highest: u64, length: u16) -> Bits {
    let mut bits = [0; WORDS];
    let (mut n, mut left) = (highest, u64::from(length));
    while left > 0 {
        let below = n % 64 + 1;
        let taken = left.min(below);
        bits[place(n).0] |= (u64::MAX >> (64 - taken)) << (below - taken);
        left -= taken;
        n = n.wrapping_sub(taken);
    }
    bits
}

/// How many nonces that end with `highest` are used without a gap.
fn run_of(highest: u64, bits: &Bits) -> u16 {
    let (mut n, mut run) = (highest, 0);
    while run < WHOLE {
        let below = n % 64 + 1;
        let ones = (bits[place(n).0] << (64 - below)).leading_ones();
        run += ones as u16;
        if u64::from(ones) < below {
            break;
        }
        n = n.wrapping_sub(below);
    }
    run.min(WHOLE)
}

/// Word and bit of nonce `n`.
const fn place(n: u64) -> (usize, u64) {
    let at = n % NONCE_WINDOW;
    ((at / 64) as usize, 1 << (at % 64))
}

impl BorshSerialize for NonceWindow {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        self.highest.serialize(writer)?;
        match &self.used {
            Used::Run(length) => bits_of(self.highest, *length).serialize(writer),
            Used::Bits(bits) => bits.serialize(writer),
        }
    }
}

impl BorshDeserialize for NonceWindow {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let highest = u64::deserialize_reader(reader)?;
        let bits = Bits::deserialize_reader(reader)?;
        if !is_canonical(highest, &bits) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Ok(Self { highest, used: Used::of(highest, Box::new(bits)) })
    }
}

#[cfg(test)]
mod tests;
