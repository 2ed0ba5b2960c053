// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity 0.8.37;

/// @notice A history: its leaves up to the first that is repeated for ever, and the nodes above them.
struct Run {
    /// By level, from the leaves upwards: nodes with something but padding below them.
    bytes32[][] levels;
    /// By level: the node with nothing but padding below it.
    bytes32[] padding;
}

/// @notice Histories, built level by level, the plainest way. Shares no code with `History` on purpose.
library Runs {
    uint256 internal constant DEPTH = 38;

    /// @notice The history of these leaves, the last one for ever.
    function ofLeaves(bytes32[] memory leaves) internal pure returns (Run memory run) {
        run.levels = new bytes32[][](DEPTH + 1);
        run.padding = new bytes32[](DEPTH + 1);
        run.levels[0] = leaves;
        run.padding[0] = leaves[leaves.length - 1];
        for (uint256 level = 0; level < DEPTH; ++level) {
            uint256 count = (run.levels[level].length + 1) / 2;
            run.levels[level + 1] = new bytes32[](count);
            for (uint256 i = 0; i < count; ++i) {
                run.levels[level + 1][i] = _parent(node(run, level, 2 * i), node(run, level, 2 * i + 1));
            }
            run.padding[level + 1] = _parent(run.padding[level], run.padding[level]);
        }
    }

    function root(Run memory run) internal pure returns (bytes32) {
        return node(run, DEPTH, 0);
    }

    function node(Run memory run, uint256 level, uint256 index) internal pure returns (bytes32) {
        return index < run.levels[level].length ? run.levels[level][index] : run.padding[level];
    }

    /// @notice What is `height` below a node.
    function below(Run memory run, uint256 level, uint256 index, uint256 height)
        internal
        pure
        returns (bytes32[] memory nodes)
    {
        nodes = new bytes32[](2 ** height);
        for (uint256 i = 0; i < nodes.length; ++i) {
            nodes[i] = node(run, level - height, (index << height) + i);
        }
    }

    /// @notice The siblings of a node, `count` of them.
    function siblings(Run memory run, uint256 level, uint256 index, uint256 count)
        internal
        pure
        returns (bytes32[] memory found)
    {
        found = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            found[i] = node(run, level + i, (index >> i) ^ 1);
        }
    }

    function _parent(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return keccak256(bytes.concat(left, right));
    }
}
