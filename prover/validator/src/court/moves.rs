//! The one move that there is in a match.

use alloy::primitives::{B256, keccak256};
use ballast_vm::History;

pub use ballast_bridge::bindings::DisputeGame::Descent;

/// Levels that are shown at once.
pub(super) const REVEAL: u8 = 8;

/// The way down to the first difference of our history and theirs, and what is below it in ours.
///
/// `level` and `index` are those of the nodes that are known to differ; `theirs` is what is [`REVEAL`] levels below their
/// node, or as many as there are. `None` when that is not what it should be, or nothing differs.
#[must_use]
pub fn descend(
    ours: &History,
    is_ours_valid: bool,
    level: u8,
    index: u64,
    theirs: &[B256],
) -> Option<(Descent, Vec<B256>)> {
    let height = level.min(REVEAL);
    if height == 0 || theirs.len() != 1 << height {
        return None;
    }
    let own = ours.descendants(level, index, height);
    let offset = own.iter().zip(theirs).position(|(own, their)| own != their)?;
    let (own_siblings, their_siblings) = (siblings(&own, offset), siblings(theirs, offset));
    let ((valid, valid_siblings), (invalid, invalid_siblings)) = if is_ours_valid {
        ((own[offset], own_siblings), (theirs[offset], their_siblings))
    } else {
        ((theirs[offset], their_siblings), (own[offset], own_siblings))
    };
    let below = level - height;
    let place = (index << height) + offset as u64;
    let nodes = if below == 0 { Vec::new() } else { ours.descendants(below, place, below.min(REVEAL)) };
    let descent = Descent {
        offset: u16::try_from(offset).expect("at most 256 nodes"),
        validNode: valid,
        validSiblings: valid_siblings,
        invalidNode: invalid,
        invalidSiblings: invalid_siblings,
    };
    Some((descent, nodes))
}

/// The siblings of the way from a node up to the one over all of `nodes`, a power of two of them.
fn siblings(nodes: &[B256], offset: usize) -> Vec<B256> {
    let (mut level, mut at, mut found) = (nodes.to_vec(), offset, Vec::new());
    while level.len() > 1 {
        found.push(level[at ^ 1]);
        level = level.chunks(2).map(|pair| keccak256([pair[0].0, pair[1].0].concat())).collect();
        at /= 2;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(length: u64, wrong_from: u64) -> History {
        let state =
            |leaf: u64| keccak256([leaf.to_be_bytes(), u64::from(leaf >= wrong_from).to_be_bytes()].concat());
        History::new((0..=length).map(state).collect())
    }

    fn climb(node: B256, index: u64, siblings: &[B256]) -> B256 {
        siblings.iter().enumerate().fold(node, |node, (i, sibling)| match index >> i & 1 {
            0 => keccak256([node.0, sibling.0].concat()),
            _ => keccak256([sibling.0, node.0].concat()),
        })
    }

    /// Plays a match as the contract does; gives the leaf that it comes down to, and the moves.
    fn play(valid: &History, invalid: &History) -> (u64, u8) {
        let (mut level, mut index, mut moves) = (38, 0, 0);
        let (mut valid_node, mut invalid_node) = (valid.root(), invalid.root());
        let mut shown = invalid.descendants(38, 0, 8);
        while level > 0 {
            let by_valid = moves % 2 == 0;
            let mover = if by_valid { valid } else { invalid };
            let (descent, nodes) = descend(mover, by_valid, level, index, &shown).expect("a move");
            let offset = u64::from(descent.offset);
            assert_eq!(climb(descent.validNode, offset, &descent.validSiblings), valid_node);
            assert_eq!(climb(descent.invalidNode, offset, &descent.invalidSiblings), invalid_node);
            for (i, (left, right)) in descent.validSiblings.iter().zip(&descent.invalidSiblings).enumerate() {
                assert!(offset >> i & 1 == 0 || left == right, "something before it differs");
            }
            (valid_node, invalid_node) = (descent.validNode, descent.invalidNode);
            let height = level.min(REVEAL);
            level -= height;
            index = (index << height) + offset;
            moves += 1;
            shown = nodes;
        }
        assert_ne!(valid_node, invalid_node);
        (index, moves)
    }

    #[test]
    fn five_moves_lead_to_the_first_difference_wherever_it_is() {
        let honest = history(5_000, u64::MAX);
        for place in [1, 2, 63, 64, 255, 256, 257, 4_095, 4_096, 4_999, 5_000] {
            let liar = history(5_000, place);
            assert_eq!(play(&honest, &liar), (place, 5));
            assert_eq!(play(&liar, &honest), (place, 5));
        }
        assert_eq!(play(&honest, &history(4_000, u64::MAX)), (4_001, 5), "one that halts earlier");
    }

    #[test]
    fn what_is_not_shown_in_full_leads_nowhere() {
        let (ours, theirs) = (history(100, u64::MAX), history(100, 7));
        assert!(descend(&ours, true, 38, 0, &theirs.descendants(38, 0, 7)).is_none());
        assert!(descend(&ours, true, 38, 0, &ours.descendants(38, 0, 8)).is_none(), "nothing differs");
        assert!(descend(&ours, true, 0, 7, &[B256::ZERO]).is_none());
    }
}
