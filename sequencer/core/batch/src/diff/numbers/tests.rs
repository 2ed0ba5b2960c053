use super::*;
use crate::diff::coder::{Decoder, Encoder};
use proptest::{collection::vec as vec_of, prelude::*};

fn encoder(plain: bool) -> Encoder {
    Encoder::new(Vec::new(), plain)
}

proptest! {
    #[test]
    fn numbers_come_back(values in vec_of((any::<u64>(), 0..64_u32), 0..200), top in 0..6_u32, plain: bool) {
        let values: Vec<u64> = values.into_iter().map(|(value, shift)| value >> shift).collect();
        let (mut encoder, mut number) = (encoder(plain), Number::new(top));
        for value in &values {
            prop_assert_eq!(number.code(&mut encoder, *value), Ok(*value));
        }
        let bytes = encoder.finish();
        if plain {
            prop_assert!(bytes.len() <= 5 + values.len() * 9, "7 bits of length and at most 63 more");
        }
        let (mut decoder, mut number) = (Decoder::new(&bytes).expect("there are bytes"), Number::new(top));
        for value in &values {
            prop_assert_eq!(number.code(&mut decoder, 0), Ok(*value));
        }
        prop_assert!(decoder.is_empty());
    }

    #[test]
    fn steps_lead_anywhere(pairs in vec_of((any::<u64>(), any::<u64>(), -3..3_i64), 0..50)) {
        let (mut encoder, mut step) = (encoder(false), Step::default());
        let pairs: Vec<_> = pairs.into_iter().flat_map(|(a, b, near)| [(a, b), (a, a.wrapping_add_signed(near))]).collect();
        for (from, to) in &pairs {
            prop_assert_eq!(step.code(&mut encoder, *from, *to), Ok(*to));
        }
        let bytes = encoder.finish();
        let (mut decoder, mut step) = (Decoder::new(&bytes).expect("there are bytes"), Step::default());
        for (from, to) in &pairs {
            prop_assert_eq!(step.code(&mut decoder, *from, 0), Ok(*to));
        }
    }

    #[test]
    fn recurring_values_come_back(values in vec_of(prop_oneof![0..8_u64, any::<u64>()], 0..100)) {
        let (mut encoder, mut values_of, mut recent) = (encoder(false), Recurring::default(), Recent::new(5, 6));
        for value in &values {
            prop_assert_eq!(values_of.code(&mut encoder, &mut recent, *value), Ok(*value));
            prop_assert_eq!(recent.last(), *value);
        }
        let bytes = encoder.finish();
        let mut decoder = Decoder::new(&bytes).expect("there are bytes");
        let (mut values_of, mut recent) = (Recurring::default(), Recent::new(5, 6));
        for value in &values {
            prop_assert_eq!(values_of.code(&mut decoder, &mut recent, 0), Ok(*value));
        }
    }

    #[test]
    fn bytes_come_back(guess in vec_of(any::<u8>(), 0..40), changes in vec_of((0..40_usize, any::<u8>()), 0..4), cut in 0..50_usize, plain: bool) {
        let mut told = guess.clone();
        changes.into_iter().for_each(|(at, byte)| if let Some(old) = told.get_mut(at) { *old = byte; });
        told.resize(cut, 9);
        let mut encoder = encoder(plain);
        prop_assert_eq!(Bytes::default().code(&mut encoder, Base::Was(&guess), &told), Ok(told.clone()));
        let bytes = encoder.finish();
        let mut decoder = Decoder::new(&bytes).expect("there are bytes");
        prop_assert_eq!(Bytes::default().code(&mut decoder, Base::Was(&guess), &[]), Ok(told));
    }
}

#[test]
fn ids_ascend_and_keep_to_their_type() {
    let ids = [0_u64, 1, 5, 65_535];
    let (mut encoder, mut gaps) = (encoder(false), Ids::new(3));
    for id in ids {
        assert_eq!(gaps.code::<u16>(&mut encoder, id), Ok(id as u16));
    }
    assert_eq!(gaps.code::<u16>(&mut encoder, 65_536), Err(DiffError::Id));
    let bytes = encoder.finish();
    let (mut decoder, mut gaps) = (Decoder::new(&bytes).expect("there are bytes"), Ids::new(3));
    for id in ids {
        assert_eq!(gaps.code::<u16>(&mut decoder, 0), Ok(id as u16));
    }
}

#[test]
fn a_length_above_64_is_refused() {
    let (mut encoder, mut length) = (encoder(false), Tree::new(LENGTH_BITS));
    length.code(&mut encoder, 65).expect("writing does not fail");
    let bytes = encoder.finish();
    let mut decoder = Decoder::new(&bytes).expect("there are bytes");
    assert_eq!(Number::default().code(&mut decoder, 0), Err(DiffError::Number));
}
