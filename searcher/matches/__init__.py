"""Where the marks of a query stand in stored documents, as ranges of the original.

`found_in` looks through all usual documents of a page at once, `block_ranges` through a huge one.
`searcher.matches.resolving` tells which documents satisfy what no engine can answer.
"""

from searcher.matches.blocks import Positions, block_ranges
from searcher.matches.clauses import has_pattern, spread
from searcher.matches.page import found_in, leaves_in

__all__ = [
    "Positions",
    "block_ranges",
    "found_in",
    "has_pattern",
    "leaves_in",
    "spread",
]
