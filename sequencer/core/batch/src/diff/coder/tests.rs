use super::*;
use alloc::vec;
use proptest::{collection::vec as vec_of, prelude::*};

/// A thing to write: a bit by one of four chances, or even bits.
#[derive(Clone, Debug)]
enum Part {
    Bit(usize, bool),
    Even(u32, u64),
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    // Of 1,000 bits so many are 1.
    let bit = |place: usize, ones: u32| (0..1_000_u32).prop_map(move |drawn| Part::Bit(place, drawn < ones));
    let even = (0..=64_u32, any::<u64>()).prop_map(|(bits, value)| {
        Part::Even(bits, if bits == 64 { value } else { value & ((1 << bits) - 1) })
    });
    vec_of(
        prop_oneof![8 => bit(0, 10), 8 => bit(1, 999), 4 => bit(2, 500), 2 => bit(3, 900), 1 => even],
        0..600,
    )
}

/// Codes `parts`, and gives what came of it.
fn run(coder: &mut impl Coder, parts: &[Part]) -> Result<Vec<u64>, DiffError> {
    let mut chances = [Chance::default(); 4];
    let mut code = |part: &Part| match *part {
        Part::Bit(place, bit) => coder.bit(&mut chances[place], bit).map(u64::from),
        Part::Even(bits, value) => coder.even(bits, value),
    };
    parts.iter().map(&mut code).collect()
}

fn written(parts: &[Part], plain: bool) -> Vec<u8> {
    let mut encoder = Encoder::new(vec![77], plain);
    run(&mut encoder, parts).expect("writing does not fail");
    encoder.finish()
}

/// The same kinds of parts with nothing in them.
fn blank(parts: &[Part]) -> Vec<Part> {
    let blank = |part: &Part| match *part {
        Part::Bit(place, _) => Part::Bit(place, false),
        Part::Even(bits, _) => Part::Even(bits, 0),
    };
    parts.iter().map(blank).collect()
}

fn values(parts: &[Part]) -> Vec<u64> {
    parts
        .iter()
        .map(|part| match *part {
            Part::Bit(_, bit) => bit.into(),
            Part::Even(_, value) => value,
        })
        .collect()
}

/// The interval itself, as a fraction of exact integers: after each bit its ends, over 2^8n.
struct Exact {
    low: Vec<u8>,
    range: u64,
    shifts: usize,
}

impl Exact {
    /// Adds to the lower end, digit by digit from the last.
    fn add(&mut self, by: u64) {
        let mut carry = by;
        for at in (0..self.low.len()).rev() {
            carry += u64::from(self.low[at]);
            self.low[at] = (carry & 0xff) as u8;
            carry >>= 8;
        }
        assert_eq!(carry, 0, "the number is below 1");
    }
}

/// What the coder should write, computed with the whole of the lower end in memory.
fn naive(parts: &[Part]) -> Vec<u8> {
    let mut exact = Exact { low: vec![0; 4], range: u32::MAX.into(), shifts: 0 };
    let mut chances = [Chance::default(); 4];
    let settle = |exact: &mut Exact| {
        while exact.range < 1 << 24 {
            exact.low.push(0);
            exact.range <<= 8;
            exact.shifts += 1;
        }
    };
    exact.range >>= 1;
    for part in parts {
        match *part {
            Part::Bit(place, bit) => {
                let ones = (exact.range >> 12) * u64::from(chances[place].weight());
                if bit {
                    exact.range = ones;
                } else {
                    exact.add(ones);
                    exact.range -= ones;
                }
                chances[place].learn(bit);
                settle(&mut exact);
            }
            Part::Even(bits, value) => {
                let mut left = bits;
                while left > 0 {
                    let now = left.min(16);
                    left -= now;
                    exact.range >>= now;
                    exact.add((value >> left & ((1 << now) - 1)) * exact.range);
                    settle(&mut exact);
                }
            }
        }
    }
    // The first number in the interval with the fewest digits.
    for digits in exact.shifts..=exact.shifts + 4 {
        let mut end = Exact { low: exact.low.clone(), range: exact.range, shifts: 0 };
        let unit = 1_u64 << (8 * (exact.shifts + 4 - digits));
        let tail = end.low[exact.shifts..].iter().fold(0_u64, |tail, byte| tail << 8 | u64::from(*byte));
        let by = (unit - tail % unit) % unit;
        if by < end.range {
            end.add(by);
            return [&[77], &end.low[..digits]].concat();
        }
    }
    unreachable!("all digits of the lower end are enough")
}

proptest! {
    #[test]
    fn what_is_written_is_read(parts in parts(), plain: bool) {
        let bytes = written(&parts, plain);
        let mut decoder = Decoder::new(&bytes[1..]).expect("there are bytes");
        prop_assert_eq!(run(&mut decoder, &blank(&parts)), Ok(values(&parts)));
        prop_assert!(decoder.is_empty());
    }

    #[test]
    fn the_bytes_are_those_of_exact_arithmetic(parts in parts()) {
        prop_assert_eq!(written(&parts, false), naive(&parts));
    }

    #[test]
    fn plain_bits_take_one_each(parts in parts()) {
        let bits: u32 = parts.iter().map(|part| match part { Part::Bit(..) => 1, Part::Even(bits, _) => *bits }).sum();
        // Within a thousandth, the bit that says so, and the end.
        prop_assert!(written(&parts, true).len() <= 1 + (bits + bits / 500 + 1) as usize / 8 + 4);
    }

    #[test]
    fn garbage_ends(bytes in vec_of(any::<u8>(), 0..40), parts in parts()) {
        let Ok(mut decoder) = Decoder::new(&bytes) else { return Ok(()) };
        // A bit takes 1/178 of one at least, so the bytes hold no more than so many, however they are read.
        let least = (bytes.len() + 8) * 8 * 178;
        let mut chance = Chance::default();
        let ends = (0..least).any(|_| decoder.bit(&mut chance, false).is_err());
        prop_assert!(ends);
        if let Ok(mut decoder) = Decoder::new(&bytes) {
            let _ = run(&mut decoder, &blank(&parts));
        }
    }
}

#[test]
fn the_likeliest_bits_take_little() {
    let parts = vec![Part::Bit(0, true); 100_000];
    let bytes = written(&parts, false).len();
    assert!((70..=85).contains(&bytes), "{bytes} bytes");
}

#[test]
fn a_carry_runs_back_through_full_bytes() {
    let out = vec![77, 4, 0xff, 0xff];
    let mut encoder = Encoder { low: u32::MAX - 2, range: LEAST_RANGE, out, plain: false };
    encoder.raise(2);
    assert_eq!(encoder.out, [77, 4, 0xff, 0xff]);
    encoder.raise(1);
    assert_eq!((encoder.low, &encoder.out[..]), (0, &[77, 5, 0, 0][..]));
}
