"""Script: one simplified text to cut into words, one folded text to match, which script it was.

`unify` is OpenCC's ``t2s`` as opencc-python-reimplemented has it; `fold` is our own table, one
character for one.  Both keep the length, so offsets hold.  Only this package imports opencc.
"""

from searcher.text.script.closure import fold, fold_codes, members_of
from searcher.text.script.kind import script_many, script_of
from searcher.text.script.simplified import unify, unify_codes

__all__ = ["fold", "fold_codes", "members_of", "script_many", "script_of", "unify", "unify_codes"]
