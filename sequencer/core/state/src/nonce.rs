//! Nonces of one key: a sliding window, so that concurrent senders of one key do not trip over each other
//! (architecture A5).

use ballast_types::{
    Nonce, RejectCode, Rejection,
    limits::{MAX_NONCE_JUMP, NONCE_WINDOW},
};
use borsh::{BorshDeserialize, BorshSerialize, io};

const WORDS: usize = (NONCE_WINDOW / 64) as usize;

/// Which nonces a key has used: the highest of them, and a bit for each of the [`NONCE_WINDOW`] nonces that
/// end with it.
///
/// Every nonce is usable once, in any order, from 0; a nonce behind the window is lost, used or not. The
/// default is the window of a key that has used none. The bit of nonce `n` is `n mod 1024`, so that moving
/// the window clears the bits that it passes and touches nothing else. One set of used nonces has one value,
/// and decoding refuses any other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize)]
pub struct NonceWindow {
    highest: u64,
    used: [u64; WORDS],
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
        if nonce.0 > self.highest {
            self.slide_to(nonce.0);
        }
        let (word, bit) = place(nonce.0);
        self.used[word] |= bit;
    }

    /// Moves the window up to `highest` and clears the bits of the nonces that come into it.
    fn slide_to(&mut self, highest: u64) {
        if highest - self.highest >= NONCE_WINDOW {
            self.used = [0; WORDS];
        } else {
            for n in self.highest + 1..=highest {
                let (word, bit) = place(n);
                self.used[word] &= !bit;
            }
        }
        self.highest = highest;
    }

    fn is_set(&self, n: u64) -> bool {
        let (word, bit) = place(n);
        self.used[word] & bit != 0
    }

    /// Whether some sequence of uses leads here: the highest is used, unless none is, and no bit stands for
    /// a nonce below 0.
    fn is_canonical(&self) -> bool {
        if !self.is_set(self.highest) {
            return *self == Self::default();
        }
        (self.highest.saturating_add(1)..NONCE_WINDOW).all(|below_zero| !self.is_set(below_zero))
    }
}

/// Word and bit of nonce `n`.
const fn place(n: u64) -> (usize, u64) {
    let at = n % NONCE_WINDOW;
    ((at / 64) as usize, 1 << (at % 64))
}

impl BorshDeserialize for NonceWindow {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let window = Self {
            highest: BorshDeserialize::deserialize_reader(reader)?,
            used: BorshDeserialize::deserialize_reader(reader)?,
        };
        if window.is_canonical() { Ok(window) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

#[cfg(test)]
mod tests;
