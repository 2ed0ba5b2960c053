//! The commitment to a history.

use alloy_primitives::{B256, keccak256};
use ballast_vm::{History, limits::HISTORY_DEPTH};

fn over(left: B256, right: B256) -> B256 {
    keccak256([left.0, right.0].concat())
}

fn states(count: u64) -> Vec<B256> {
    (0..count).map(|state| keccak256(state.to_be_bytes())).collect()
}

#[test]
fn leaves_are_the_states_and_then_the_last_one_for_ever() {
    for count in [1, 2, 3, 7, 8, 9, 1000] {
        let states = states(count);
        let history = History::new(states.clone());
        assert_eq!(history.leaps(), count - 1);
        for leaf in [0, count - 1, count, count + 1, 5000, (1 << HISTORY_DEPTH) - 1] {
            let state = states.get(leaf as usize).unwrap_or(states.last().expect("there are some"));
            assert_eq!(history.node(0, leaf), *state);
            let root = history.proof(leaf).into_iter().enumerate().fold(*state, |node, (level, sibling)| {
                if leaf >> level & 1 == 0 { over(node, sibling) } else { over(sibling, node) }
            });
            assert_eq!(root, history.root(), "{count} states, leaf {leaf}");
        }
    }
}

#[test]
fn descendants_hash_to_their_node_and_a_longer_padding_is_the_same_history() {
    let mut states = states(100);
    let history = History::new(states.clone());
    for (level, index, height) in [(HISTORY_DEPTH, 0, 5), (7, 0, 7), (5, 3, 4), (5, 4, 4), (6, 1, 0)] {
        let mut nodes = history.descendants(level, index, height);
        assert_eq!(nodes.len(), 1 << height);
        while nodes.len() > 1 {
            nodes = nodes.as_chunks::<2>().0.iter().map(|[left, right]| over(*left, *right)).collect();
        }
        assert_eq!(nodes, [history.node(level, index)]);
    }
    states.extend([states[99]; 29]);
    assert_eq!(History::new(states).root(), history.root());
}
