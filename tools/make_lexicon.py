"""Write searcher/text/words/jieba.lex: jieba's word list and HMM, in the form that queries map.

Source: the pinned package jieba.  Kept in the package because making it takes a third of a second,
which every build would pay, and because three megabytes in every generation are more than a small
corpus.

    python tools/make_lexicon.py
"""

from __future__ import annotations

from searcher.text.words import JIEBA_LEXICON
from searcher.text.words.writing import write_lexicon


def main() -> None:
    """Write the file."""
    write_lexicon(JIEBA_LEXICON)


if __name__ == "__main__":
    main()
