use super::*;
use alloc::{collections::BTreeSet, vec::Vec};
use ballast_types::codec;
use proptest::{collection::vec, prelude::*};

/// The specification: the set of used nonces, kept whole.
#[derive(Default)]
struct Model {
    used: BTreeSet<u64>,
}

impl Model {
    fn check(&self, n: u64) -> Result<(), RejectCode> {
        let highest = self.used.last().copied().unwrap_or(0);
        if n > highest && n - highest > MAX_NONCE_JUMP {
            return Err(RejectCode::NonceTooFar);
        }
        if n + NONCE_WINDOW <= highest {
            return Err(RejectCode::NonceTooOld);
        }
        if self.used.contains(&n) { Err(RejectCode::NonceUsed) } else { Ok(()) }
    }

    /// The highest, and a bit for each nonce in the window.
    fn encoded(&self) -> Vec<u8> {
        let highest = self.used.last().copied().unwrap_or(0);
        let mut words: Bits = [0; WORDS];
        for n in self.used.range(highest.saturating_sub(NONCE_WINDOW - 1)..) {
            words[(n % NONCE_WINDOW / 64) as usize] |= 1 << (n % 64);
        }
        codec::encode(&(highest, words))
    }
}

/// Steps around the edges of words, window and jump.
fn steps() -> impl Strategy<Value = Vec<i64>> {
    let window = NONCE_WINDOW as i64;
    let jump = MAX_NONCE_JUMP as i64;
    vec(
        prop_oneof![
            8 => -4_i64..5,
            4 => -70_i64..70,
            4 => -window - 2..window + 3,
            1 => jump - 2..jump + 3,
        ],
        0..120,
    )
}

proptest! {
    #[test]
    fn a_window_does_what_the_set_does(steps in steps()) {
        let (mut window, mut model) = (NonceWindow::default(), Model::default());
        for step in steps {
            let n = window.highest().0.saturating_add_signed(step);
            let allowed = window.check(Nonce(n));
            prop_assert_eq!(allowed.map_err(|rejection| rejection.code), model.check(n));
            if allowed.is_ok() {
                window.use_(Nonce(n));
                model.used.insert(n);
                prop_assert!(window.check(Nonce(n)).is_err());
            }
            prop_assert_eq!(codec::decode::<NonceWindow>(&codec::encode(&window)), Ok(window.clone()));
            prop_assert_eq!(codec::encode(&window), model.encoded());
        }
    }

    #[test]
    fn equal_sets_are_equal_windows(nonces in vec(0..NONCE_WINDOW, 1..60)) {
        let use_all = |nonces: &mut dyn Iterator<Item = u64>| {
            let mut window = NonceWindow::default();
            for n in nonces {
                if window.check(Nonce(n)).is_ok() {
                    window.use_(Nonce(n));
                }
            }
            window
        };
        prop_assert_eq!(use_all(&mut nonces.iter().copied()), use_all(&mut nonces.iter().rev().copied()));
    }

    #[test]
    fn decoding_takes_only_what_can_be(highest in 0..3 * NONCE_WINDOW, used in vec((0..NONCE_WINDOW, 0..2_u8), 0..20)) {
        let mut words = [0_u64; WORDS];
        used.iter().filter(|(_, keep)| *keep == 1).for_each(|(n, _)| words[(n / 64) as usize] |= 1 << (n % 64));
        let decoded = codec::decode::<NonceWindow>(&codec::encode(&(highest, words)));
        let possible = |n: u64| words[(n % NONCE_WINDOW / 64) as usize] >> (n % 64) & 1 == 1;
        let below_zero = (highest + 1..NONCE_WINDOW).any(possible);
        let nothing = highest == 0 && words == [0; WORDS];
        prop_assert_eq!(decoded.is_ok(), nothing || (possible(highest) && !below_zero));
    }
}

#[test]
fn whoever_counts_needs_no_bits() {
    let mut window = NonceWindow::default();
    for n in 1..3 * NONCE_WINDOW {
        window.use_(Nonce(n));
        assert_eq!(window.used, Used::Run(n.min(NONCE_WINDOW) as u16));
    }
    let next = 3 * NONCE_WINDOW;
    window.use_(Nonce(next + 1));
    assert!(matches!(window.used, Used::Bits(_)), "there is a gap");
    window.use_(Nonce(next));
    assert_eq!(window.used, Used::Run(WHOLE), "the gap is closed");
}

#[test]
fn nonce_zero_is_used_once() {
    let mut window = NonceWindow::default();
    window.use_(Nonce(0));
    assert_eq!(window.check(Nonce(0)), Err(Rejection::new(RejectCode::NonceUsed, 0_u64, 0)));
    assert_ne!(window, NonceWindow::default());
}

#[test]
fn a_rejection_names_its_limit() {
    let mut window = NonceWindow::default();
    window.use_(Nonce(5_000));
    let oldest = 5_000 - NONCE_WINDOW + 1;
    assert_eq!(window.check(Nonce(oldest)), Ok(()));
    assert_eq!(window.check(Nonce(9)), Err(Rejection::new(RejectCode::NonceTooOld, 9, oldest)));
    let farthest = 5_000 + MAX_NONCE_JUMP;
    assert_eq!(window.check(Nonce(farthest)), Ok(()));
    assert_eq!(
        window.check(Nonce(u64::MAX)),
        Err(Rejection::new(RejectCode::NonceTooFar, u64::MAX, farthest))
    );
}

#[test]
fn the_last_nonce_of_all_can_be_reached() {
    let mut window = NonceWindow { highest: u64::MAX - 1, used: Used::Run(1) };
    window.use_(Nonce(u64::MAX));
    assert_eq!(window.check(Nonce(u64::MAX)).map_err(|rejection| rejection.code), Err(RejectCode::NonceUsed));
    assert_eq!(codec::decode::<NonceWindow>(&codec::encode(&window)), Ok(window));
}

#[test]
#[should_panic(expected = "used without a check")]
fn a_nonce_is_not_used_twice() {
    let mut window = NonceWindow::default();
    window.use_(Nonce(3));
    window.use_(Nonce(3));
}
