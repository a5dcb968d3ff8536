"""How characters are read: pinyin, and which script variants each reading belongs to.

A script variant is a character that is written differently in simplified and traditional Chinese;
no other characters are known here, because only those were ever annotated.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from searcher.text.tables import data_rows

LETTERS = "a-z\u00e0-\u01dc\u0251\u0261\u01f9\u1e3f"
"""What pinyin is written with, as the inside of a regex class: à-ǜ hold all vowels with tones
(and ń, ň), ɑ and ɡ stand in many textbooks, ǹ and ḿ are syllables of their own."""

_TONES = "\u0304\u0301\u030c\u0300"
_LOOKALIKES = str.maketrans("ɑɡ", "ag", "12345")


class Readers(NamedTuple):
    """The script variants that have a reading: traditional forms, usual and rare; simplified."""

    usual: str
    rare: str
    simplified: str

    def __add__(self, other: tuple[Any, ...]) -> Readers:
        """Return the characters of both."""
        return Readers(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


NOBODY = Readers("", "", "")


def spelled(pinyin: str) -> str:
    """Return *pinyin* as the table spells it: composed, with plain a and g, without tone digit.

    >>> spelled("ɡē"), spelled("ji2")
    ('gē', 'ji')
    """
    return unicodedata.normalize("NFC", pinyin.translate(_LOOKALIKES))


def toneless(pinyin: str) -> str:
    """Return *pinyin* without its tone, with v for ü.

    >>> toneless("lǜ"), toneless("ji2"), toneless("ɡē")
    ('lv', 'ji', 'ge')
    """
    plain = unicodedata.normalize("NFD", spelled(pinyin)).replace("u\u0308", "v")
    return "".join(character for character in plain if not unicodedata.combining(character))


def readers(pinyin: str) -> Readers:
    """Return the script variants that *pinyin* is a reading of, in any tone.

    Pages differ in the tone they give a character, so tones decide nothing here.

    >>> "會" in readers("huǐ").usual, "綠" in readers("lu").usual, "安" in readers("an").usual
    (True, True, False)
    """
    return _by_syllable().get(toneless(pinyin), NOBODY)


def exact_readers(pinyin: str) -> Readers:
    """Return the script variants that *pinyin* is a reading of, in its own tone if it has one.

    >>> "錢" in exact_readers("qián").usual, "謙" in exact_readers("qián").usual
    (True, False)
    """
    if set(unicodedata.normalize("NFD", pinyin)).isdisjoint(_TONES):
        return readers(pinyin)
    return _by_reading().get(spelled(pinyin), NOBODY)


@cache
def _by_reading() -> Mapping[str, Readers]:
    # Made by tools/make_readings.py, which says from what.
    return {reading: Readers(*columns) for reading, *columns in data_rows("readings.tsv")}


@cache
def _by_syllable() -> Mapping[str, Readers]:
    merged: dict[str, Readers] = {}
    for reading, characters in _by_reading().items():
        plain = toneless(reading)
        for syllable in {plain, plain.replace("v", "u")}:  # what is read lü is often typed lu
            merged[syllable] = merged.get(syllable, NOBODY) + characters
    return merged
