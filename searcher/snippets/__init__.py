"""Snippets: the original text and the ranges that matched in, the best passages out.

Nothing here analyses text: where a document matched is known already.  `best` cuts the passages
of one document of any size, of which it reads bounded stretches only; `best_of_page` those of all
usual documents of a page at once, in a fraction of the time.  Both cut the same.
"""

from searcher.snippets.borders import FieldText
from searcher.snippets.leaf import BETWEEN, Leaf, leaves_of
from searcher.snippets.pages import best_of_page
from searcher.snippets.ranges import Range
from searcher.snippets.sheet import Place, Sheet
from searcher.snippets.single import best
from searcher.snippets.windows import Found, Kinds

__all__ = [
    "BETWEEN",
    "FieldText",
    "Found",
    "Kinds",
    "Leaf",
    "Place",
    "Range",
    "Sheet",
    "best",
    "best_of_page",
    "leaves_of",
]
