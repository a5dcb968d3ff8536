"""The lexer: a line → its tokens, one by one, so that reading stops at the first error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from searcher.query import later
from searcher.query.layout import NAME, lay_out
from searcher.query.signs import (
    BARS,
    CLOSING,
    COLONS,
    FIELDS,
    FIELDS_WITHOUT_SEARCH,
    MINUSES,
    OPENING,
    PATH_FIELD,
    QUOTES,
    SIGNS,
    WORD_OPERATORS,
    failure,
    narrow,
)


class Kind(Enum):
    """What a token is."""

    CHUNK = auto()
    PHRASE = auto()
    FIELD = auto()
    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    PLUS = auto()
    END = auto()


class Token(NamedTuple):
    """``text`` without quotes and colons; ``start:end`` is where it stands, with them.

    ``glued``: a chunk directly behind a quote, or a phrase directly behind text or a quote.
    """

    kind: Kind
    text: str
    start: int
    end: int
    glued: bool = False


# Without anything that could be an operator or end the chunk, unless it is an operator itself.
_PLAIN_CHUNK = re.compile(r"[0-9A-Za-z\u4e00-\u9fff，。！？、；《》]+(?!\S)")
_LONGEST_OPERATOR = max(map(len, WORD_OPERATORS))
_PREFIXES = (Kind.NOT, Kind.PLUS, Kind.FIELD)


# Compiled when a line holds more than such chunks.
@cache
def _sign_run() -> re.Pattern[str]:
    return re.compile(f"[{SIGNS}]+")


@cache
def _field_name() -> re.Pattern[str]:
    return re.compile(rf"({NAME})[{COLONS}](?!//)")


@cache
def _may_end_chunk() -> re.Pattern[str]:
    return re.compile(rf"[\s{BARS}{OPENING}{CLOSING}{''.join(QUOTES)}]")


@cache
def _squeezed() -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=[{CLOSING}]))(?:AND|OR|NOT|ＡＮＤ|ＯＲ|ＮＯＴ)(?=$|[{OPENING}])")


def tokens(line: str) -> Iterator[Token]:
    """Yield the tokens of *line* in order, END last.

    Raises QueryError at the first place that cannot be read.

    >>> [token.kind.name for token in tokens("title:脱贫 -(攻坚|驻村)")]
    ['FIELD', 'CHUNK', 'NOT', 'OPEN', 'CHUNK', 'OR', 'CHUNK', 'CLOSE', 'END']
    """
    return _Lexer(line).tokens()


class _Lexer:
    """Reads one line from left to right; ``last`` is the token read before."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.layout = lay_out(line)
        self.last = Token(Kind.OR, "", 0, 0)

    def tokens(self) -> Iterator[Token]:
        at = 0
        while (at := self._behind_blanks(at)) < len(self.line):
            self.last = self._token(at)
            at = self.last.end
            yield self.last
        yield Token(Kind.END, "", at, at)

    def _behind_blanks(self, at: int) -> int:
        while at < len(self.line) and self.line[at].isspace():
            at += 1
        return at

    def _token(self, at: int) -> Token:
        plain = _PLAIN_CHUNK.match(self.line, at)
        if plain and plain[0] not in WORD_OPERATORS:
            glued = not self._begins_chunk(at)
            return Token(Kind.CHUNK, plain[0], at, plain.end(), glued)
        if at in self.layout.quotes:
            return self._phrase(at)
        if at in self.layout.groups:
            kind = Kind.OPEN if self.line[at] in OPENING else Kind.CLOSE
            return Token(kind, self.line[at], at, at + 1)
        if self.line[at] in BARS:
            return self._operator(Kind.OR, at, at + 1)
        if self._is_value(at):
            return self._value(at)
        if self._begins_chunk(at):
            return self._sign(at) or self._field(at) or self._word(at)
        return self._chunk(at)

    def _phrase(self, at: int) -> Token:
        close = self.layout.quotes[at]
        text = self.line[at + 1 : close]
        if not text.strip():
            problem = "there is nothing between these quotes: write what to find or take them out"
            raise failure(problem, self.line, at)
        later.refuse_behind_phrase(self.line, close + 1)
        return Token(Kind.PHRASE, text, at, close + 1, glued=not self._begins_chunk(at))

    def _is_border(self, at: int) -> bool:
        """Return whether a blank, a grouping bracket, ``|`` or the end of the line is at *at*."""
        return (
            at >= len(self.line)
            or self.line[at].isspace()
            or self.line[at] in BARS
            or at in self.layout.groups
        )

    def _stands_free(self, at: int) -> bool:
        return at == 0 or self._is_border(at - 1)

    def _is_value(self, at: int) -> bool:
        return self.last.kind is Kind.FIELD and self.last.end == at

    def _begins_chunk(self, at: int) -> bool:
        """Return whether operators count at *at*; directly behind a quote they do not."""
        return self._stands_free(at) or (self.last.end == at and self.last.kind in _PREFIXES)

    def _ends_here(self, at: int) -> bool:
        """Return whether nothing that an operator could apply to begins at *at*."""
        return self._is_border(at) and not self.line.startswith(tuple(OPENING), at)

    def _value(self, at: int) -> Token:
        """Return the text behind a field's colon; a path may hold any character but a blank."""
        if self.last.text != PATH_FIELD:
            sign, field = _sign_run().match(self.line, at), _field_name().match(self.line, at)
            if sign and not self._ends_here(sign.end()):
                problem = f"{sign[0]} belongs in front: write {sign[0]}{self.last.text}:…"
                raise failure(problem, self.line, at)
            if field and narrow(field[1]).lower() in FIELDS:
                problem = "a field cannot stand inside another: keep one of them"
                raise failure(problem, self.line, at)
        return self._chunk(at)

    def _sign(self, at: int) -> Token | None:
        found = _sign_run().match(self.line, at)
        if not found or self._ends_here(found.end()):
            return None
        if len(found[0]) > 1:
            raise failure(f"{found[0]} is too much: use one sign", self.line, at)
        kind = Kind.NOT if found[0] in MINUSES else Kind.PLUS
        return Token(kind, found[0], at, at + 1)

    def _field(self, at: int) -> Token | None:
        found = _field_name().match(self.line, at)
        if not found:
            return None
        name = narrow(found[1]).lower()
        if name not in FIELDS:
            raise failure(_no_such_field(found[1]), self.line, at)
        if self._ends_here(found.end()):
            problem = f"nothing stands behind {name}: – write its value there without a blank"
            raise failure(problem, self.line, found.end() - 1)
        return Token(Kind.FIELD, name, at, found.end())

    def _word(self, at: int) -> Token:
        """Return the word operator or the chunk that begins at *at*."""
        end = self._chunk_end(at)
        # The length first: a chunk may have 10,000 characters.
        if end - at <= _LONGEST_OPERATOR and self._stands_free(at) and self._is_border(end):
            word = narrow(self.line[at:end])
            if word in WORD_OPERATORS:
                return self._operator(Kind[word], at, end)
        return self._chunk(at)

    def _operator(self, kind: Kind, at: int, end: int) -> Token:
        pair = self.layout.text_pair_around(at)
        if pair:
            problem = f"this bracket is text, for it touches a word, yet holds {self.line[at:end]}"
            raise failure(f"{problem}: put blanks around the brackets", self.line, pair[0])
        return Token(kind, self.line[at:end], at, end)

    def _chunk(self, at: int) -> Token:
        end = self._chunk_end(at)
        begins = self._begins_chunk(at)
        self._refuse_squeezed(at, end)
        if not (self._is_value(at) and self.last.text == PATH_FIELD):
            if begins:
                later.refuse_at_start(self.line, at)
            later.refuse_in_chunk(self.line, at, end)
        return Token(Kind.CHUNK, self.line[at:end], at, end, glued=not begins)

    def _refuse_squeezed(self, at: int, end: int) -> None:
        """Raise QueryError where a word operator touches a quote or bracket: `NOT(脱贫)`."""
        found = _squeezed().search(self.line[at:end])
        is_text = self.last.end == at and self.last.kind in _PREFIXES  # -OR, title:OR
        if found and not is_text:
            problem = f"{narrow(found[0])} needs a blank on both sides"
            raise failure(problem, self.line, at + found.start())

    def _chunk_end(self, at: int) -> int:
        for found in _may_end_chunk().finditer(self.line, at):
            place = found.start()
            if self.line[place] not in OPENING + CLOSING or place in self.layout.groups:
                return place
        return len(self.line)


def _no_such_field(typed: str) -> str:
    known = f"the fields are {', '.join(FIELDS)}"
    if narrow(typed).lower() in FIELDS_WITHOUT_SEARCH:
        return f"searching by {typed}: is not supported yet; {known}"
    return f"there is no field {typed}: here; {known}"
