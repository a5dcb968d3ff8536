"""The trie of a `Lexicon`, built level by level in numpy: half a million nodes in a blink."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

from searcher.text.words.lexicon import BLOCK_NODES

Numbers: TypeAlias = np.ndarray[Any, np.dtype[Any]]


def trie(frequencies: Mapping[str, int]) -> dict[str, Numbers]:
    """Return the sections of a `Lexicon` that hold the words with their *frequencies*.

    At least one word, all of the basic plane, without U+0000.

    >>> {name: list(map(int, numbers)) for name, numbers in trie({"甲": 5, "甲乙": 9}).items()
    ...  if name in ("frequencies", "values", "children")}
    {'frequencies': [0, 1, 2], 'values': [0, 5, 9], 'children': [1, 2, 3]}
    """
    chars, counts, fanouts = _nodes(sorted(frequencies), frequencies)
    values = np.unique(np.append(counts, 0))
    index = "<u2" if len(values) <= 2**16 else "<u4"
    inner = fanouts > 0
    first_children = 1 + np.cumsum(fanouts) - fanouts
    padded = np.zeros(-(-len(inner) // BLOCK_NODES) * BLOCK_NODES, dtype=bool)
    padded[: len(inner)] = inner
    per_block = padded.reshape(-1, BLOCK_NODES).sum(axis=1)
    return {
        "chars": chars.astype("<u2"),
        "frequencies": np.searchsorted(values, counts).astype(index),
        "values": values.astype("<u8"),
        "inner": np.packbits(padded, bitorder="little"),
        "ranks": (np.cumsum(per_block) - per_block).astype("<u4"),
        "children": np.append(first_children[inner], len(inner)).astype("<u4"),
    }


def _nodes(words: list[str], frequencies: Mapping[str, int]) -> tuple[Numbers, Numbers, Numbers]:
    """Return of each node, breadth-first, its character, its frequency and its number of children.

    *words* ascend, so the words below a node are neighbours and the first of them is the node's
    own if it has one.
    """
    grid = np.array(words).view(np.uint32).reshape(len(words), -1)
    counts = np.fromiter(map(frequencies.__getitem__, words), np.int64, len(words))
    lengths = np.count_nonzero(grid, axis=1)
    # How many characters a word has in common with the one before it.
    shared = np.append(0, (grid[1:] != grid[:-1]).argmax(axis=1))
    node_of_word = np.zeros(len(words), dtype=np.int64)
    levels = [(np.zeros(1, np.int64), np.zeros(1, np.int64))]
    fanouts = []
    for depth in range(1, grid.shape[1] + 1):
        begins = (shared < depth) & (depth <= lengths)
        rows = np.flatnonzero(begins)
        fanouts.append(np.bincount(node_of_word[rows], minlength=len(levels[-1][0])))
        node_of_word = np.cumsum(begins) - 1
        levels.append((grid[rows, depth - 1], np.where(lengths[rows] == depth, counts[rows], 0)))
    fanouts.append(np.zeros(len(levels[-1][0]), np.int64))
    chars, found = (np.concatenate(columns) for columns in zip(*levels, strict=True))
    return chars, found, np.concatenate(fanouts)
