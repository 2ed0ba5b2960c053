//! The hash chain that every accepted input advances and every acknowledgement signs (architecture A6).

use alloy_primitives::{B256, keccak256};
use ballast_types::{Millis, Seq, Source, codec};

/// The hash of what an input says: keccak of its source's encoding. It depends on neither the input's place nor its
/// time, so that it is made before they are known, on any thread.
#[must_use]
pub fn source_hash(source: &Source) -> B256 {
    keccak256(codec::encode(source))
}

/// The chain after an input: `keccak(abi.encode(chain, seq, time, source_hash))`, one block of the permutation. It
/// begins at zero.
#[must_use]
pub fn advance(chain: B256, seq: Seq, time: Millis, source_hash: B256) -> B256 {
    let mut preimage = [0; 128];
    preimage[..32].copy_from_slice(chain.as_slice());
    preimage[56..64].copy_from_slice(&seq.0.to_be_bytes());
    preimage[88..96].copy_from_slice(&time.0.to_be_bytes());
    preimage[96..].copy_from_slice(source_hash.as_slice());
    keccak256(preimage)
}

/// What an input adds to the chain besides its seq, which is the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Time of the input.
    pub time: Millis,
    /// Hash of what it says, see [`source_hash`].
    pub source_hash: B256,
}

/// Seq, chain and time after the inputs of `links`, which follow the input that these are told of. So an answer leads to
/// what the sequencer signed, for one promise serves several inputs. Where there are links, the time told of the first
/// decides nothing: only its chain binds it.
#[must_use]
pub fn follow((seq, chain, time): (Seq, B256, Millis), links: &[Link]) -> (Seq, B256, Millis) {
    links.iter().fold((seq, chain, time), |(seq, chain, _), link| {
        let next = Seq(seq.0.saturating_add(1));
        (next, advance(chain, next, link.time, link.source_hash), link.time)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_sol_types::SolValue;

    fn link(time: u64, hash: u8) -> Link {
        Link { time: Millis(time), source_hash: B256::repeat_byte(hash) }
    }

    #[test]
    fn links_lead_from_an_input_to_a_later_one_and_no_others_do() {
        let (first, links) =
            ((Seq(7), B256::repeat_byte(9), Millis(5)), [link(5, 1), link(6, 2), link(8, 3)]);
        let chain =
            [(8, 5, 1), (9, 6, 2), (10, 8, 3)].into_iter().fold(first.1, |chain, (seq, time, hash)| {
                keccak256((chain, seq as u64, time as u64, B256::repeat_byte(hash)).abi_encode())
            });
        let signed = follow(first, &links);
        assert_eq!(signed, (Seq(10), chain, Millis(8)));
        assert_eq!(follow(first, &[]), first, "an input that was signed itself");
        assert_eq!(
            follow(follow(first, &links[..1]), &links[1..]),
            signed,
            "any input on the way leads there"
        );

        let [a, b, c] = links;
        let others: [&[Link]; 8] = [
            &[a, b],
            &[b, c],
            &[a, c],
            &[b, a, c],
            &[a, b, c, c],
            &[link(5, 1), link(6, 2), link(8, 4)],
            &[link(5, 1), link(7, 2), link(8, 3)],
            &[link(4, 1), link(6, 2), link(8, 3)],
        ];
        for other in others {
            assert_ne!(follow(first, other), signed, "{other:?}");
        }
        for wrong in [(Seq(6), first.1, first.2), (first.0, B256::repeat_byte(8), first.2)] {
            assert_ne!(follow(wrong, &links), signed, "{wrong:?}");
        }
        let late = (first.0, first.1, Millis(6));
        assert_eq!(follow(late, &links), signed, "its time is bound by its chain");
        assert_ne!(follow(late, &[]), first, "and by the signature where that is over it");
    }

    #[test]
    fn order_and_content_matter() {
        let (a, b) = (B256::repeat_byte(1), B256::repeat_byte(2));
        let chain = |inputs: &[(u64, u64, B256)]| {
            inputs
                .iter()
                .fold(B256::ZERO, |chain, (seq, time, hash)| advance(chain, Seq(*seq), Millis(*time), *hash))
        };
        assert_ne!(chain(&[(1, 5, a), (2, 5, b)]), chain(&[(1, 5, b), (2, 5, a)]));
        assert_ne!(chain(&[(1, 5, a)]), chain(&[(2, 5, a)]));
        assert_ne!(chain(&[(1, 5, a)]), chain(&[(1, 6, a)]));
        assert_eq!(chain(&[]), B256::ZERO);
        let encoded = (a, 7_u64, 9_u64, b).abi_encode();
        assert_eq!(advance(a, Seq(7), Millis(9), b), keccak256(encoded));
    }
}
