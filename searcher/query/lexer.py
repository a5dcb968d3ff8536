"""The lexer: a line → its tokens, one by one, so that reading stops at the first error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from searcher.errors import QueryError
from searcher.query.catalog import EMPTY, Catalog
from searcher.query.layout import field_typed, is_identifier, lay_out
from searcher.query.signs import (
    BARS,
    BRACES,
    CARETS,
    CLOSING,
    DATE_FIELD,
    EQUALS,
    FIELDS,
    MINUSES,
    OPENING,
    PATH_FIELD,
    QUOTES,
    SIGNS,
    TILDES,
    WORD_OPERATORS,
    failure,
    narrow,
)


class Kind(Enum):
    """What a token is."""

    CHUNK = auto()
    WILD = auto()
    RANGE = auto()
    PHRASE = auto()
    FIELD = auto()
    OPEN = auto()
    CLOSE = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    PLUS = auto()
    EXACT = auto()
    SLOP = auto()
    BOOST = auto()
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
_PLAIN = r"[0-9A-Za-z\u4e00-\u9fff，。！、；《》]"
_PLAIN_CHUNK = re.compile(rf"{_PLAIN}+(?:？(?![A-Za-z]){_PLAIN}*)*(?!\S)")
_LONGEST_OPERATOR = max(map(len, WORD_OPERATORS))
_PREFIXES = (Kind.NOT, Kind.PLUS, Kind.FIELD, Kind.EXACT)
_BOOSTED = (Kind.CHUNK, Kind.WILD, Kind.PHRASE, Kind.CLOSE, Kind.RANGE, Kind.SLOP)
_SUFFIXES = TILDES + CARETS + "*"
_COMPARING = "<>＜＞"
_NAMED = 30
"""Extra fields that an error names."""


# Compiled when a line holds more than such chunks.
@cache
def _sign_run() -> re.Pattern[str]:
    return re.compile(f"[{SIGNS}]+")


@cache
def _rare_sign() -> re.Pattern[str]:
    return re.compile(rf"[*＊?？{TILDES}{CARETS}]")


@cache
def _exact() -> re.Pattern[str]:
    return re.compile(rf"[{EQUALS}](?=[^\W\d_]|[{''.join(QUOTES)}])")


@cache
def _may_end_chunk() -> re.Pattern[str]:
    return re.compile(rf"[\s{BARS}{OPENING}{CLOSING}{''.join(QUOTES)}]")


@cache
def _squeezed() -> re.Pattern[str]:
    return re.compile(rf"(?:^|(?<=[{CLOSING}]))(?:AND|OR|NOT|ＡＮＤ|ＯＲ|ＮＯＴ)(?=$|[{OPENING}])")


def tokens(line: str, catalog: Catalog = EMPTY) -> Iterator[Token]:
    """Yield the tokens of *line* in order, END last; *catalog* knows the extra fields.

    Raises QueryError at the first place that cannot be read.

    >>> [token.kind.name for token in tokens("title:脱贫 -(攻坚|驻村)")]
    ['FIELD', 'CHUNK', 'NOT', 'OPEN', 'CHUNK', 'OR', 'CHUNK', 'CLOSE', 'END']
    """
    return _Lexer(line, catalog).tokens()


class _Lexer:
    """Reads one line from left to right.

    ``last`` is the token read before; ``fields`` are the fields, or None, in whose brackets it
    stands.
    """

    def __init__(self, line: str, catalog: Catalog) -> None:
        self.line = line
        self.catalog = catalog
        self.layout = lay_out(line, catalog)
        self.last = Token(Kind.OR, "", 0, 0)
        self.fields: list[str | None] = []

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
            return self._bracket(at)
        if self.line[at] in BARS:
            return self._operator(Kind.OR, at, at + 1)
        return self._behind(at) or self._text(at)

    def _text(self, at: int) -> Token:
        if self._is_behind(Kind.FIELD, at):
            return self._value(at)
        if self._begins_chunk(at) and not self._is_behind(Kind.EXACT, at):
            return (
                self._sign(at)
                or self._exact(at)
                or self._range(at, self._field_around())
                or self._field(at)
                or self._word(at)
            )
        return self._chunk(at)

    def _bracket(self, at: int) -> Token:
        sign = self.line[at]
        if sign in OPENING:
            name = self.last.text if self._is_behind(Kind.FIELD, at) else self._field_around()
            self.fields.append(name)
            return Token(Kind.OPEN, sign, at, at + 1)
        self.fields.pop()
        return Token(Kind.CLOSE, sign, at, at + 1)

    def _field_around(self) -> str | None:
        return self.fields[-1] if self.fields else None

    def _phrase(self, at: int) -> Token:
        close = self.layout.quotes[at]
        text = self.line[at + 1 : close]
        if not text.strip():
            problem = "there is nothing between these quotes: write what to find or take them out"
            raise failure(problem, self.line, at)
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

    def _is_behind(self, kind: Kind, at: int) -> bool:
        return self.last.kind is kind and self.last.end == at

    def _begins_chunk(self, at: int) -> bool:
        """Return whether operators count at *at*; directly behind a quote they do not."""
        return self._stands_free(at) or (self.last.end == at and self.last.kind in _PREFIXES)

    def _ends_here(self, at: int) -> bool:
        """Return whether nothing that an operator could apply to begins at *at*."""
        return self._is_border(at) and not self.line.startswith(tuple(OPENING), at)

    # ------------------------------------------------------------ in front

    def _value(self, at: int) -> Token:
        """Return the text behind a field's colon; a path may hold any character but a blank."""
        name = self.last.text
        if name == PATH_FIELD:
            return self._chunk(at)
        sign, field = _sign_run().match(self.line, at), field_typed(self.line, at)
        is_figure = name not in FIELDS and self.line[at + 1 : at + 2].isdecimal()
        if sign and not is_figure and not self._ends_here(sign.end()):
            raise failure(f"{sign[0]} belongs in front: write {sign[0]}{name}:…", self.line, at)
        if field and self._field_named(field):
            problem = "a field cannot stand inside another: keep one of them"
            raise failure(problem, self.line, at)
        return self._exact(at) or self._range(at, name) or self._chunk(at)

    def _sign(self, at: int) -> Token | None:
        found = _sign_run().match(self.line, at)
        if not found or self._ends_here(found.end()):
            return None
        if len(found[0]) > 1:
            raise failure(f"{found[0]} is too much: use one sign", self.line, at)
        kind = Kind.NOT if found[0] in MINUSES else Kind.PLUS
        return Token(kind, found[0], at, at + 1)

    def _exact(self, at: int) -> Token | None:
        if self.line[at] in EQUALS and _exact().match(self.line, at):
            return Token(Kind.EXACT, self.line[at], at, at + 1)
        return None

    def _field(self, at: int) -> Token | None:
        typed = field_typed(self.line, at)
        if not typed:
            return None
        name, end = self._field_named(typed), at + len(typed) + 1
        if not name:
            if is_identifier(typed) and not self._is_text_colon(end - 1):
                raise self._no_such_field(typed, at)
            return None
        if self._ends_here(end):
            problem = f"nothing stands behind {name}: – write its value there without a blank"
            raise failure(problem, self.line, end - 1)
        return Token(Kind.FIELD, name, at, end)

    def _is_text_colon(self, at: int) -> bool:
        r"""Return whether the colon at *at* behind no field's name is one of a text: Re: 你好,
        QQ：12, C:\Users.
        """
        end = at + 1
        return self.line[at] == "：" or self._ends_here(end) or self.line.startswith("\\", end)

    def _field_named(self, typed: str) -> str | None:
        name = narrow(typed).lower()
        return name if name in FIELDS else self.catalog.field(typed)

    def _no_such_field(self, typed: str, at: int) -> QueryError:
        # One with a name of ours cannot be asked in (`_field_named`).
        extra = sorted(name for name in self.catalog.fields if narrow(name).lower() not in FIELDS)
        known = ", ".join((*FIELDS, *extra[:_NAMED]))
        more = f" and {len(extra) - _NAMED} more" * (len(extra) > _NAMED)
        problem = f"there is no field {typed}: here; the fields are {known}{more}"
        problem += "; if it is text, put a blank behind the colon"
        return failure(problem, self.line, at)

    # ------------------------------------------------------------ text

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
        self._refuse_squeezed(at, end)
        kind = Kind.CHUNK
        is_path = self._is_behind(Kind.FIELD, at) and self.last.text == PATH_FIELD
        if not is_path and _rare_sign().search(self.line, at, end):
            from searcher.query.operators import read_chunk

            is_wild, end = read_chunk(self.line, at, end)
            kind = Kind.WILD if is_wild else kind
        return Token(kind, self.line[at:end], at, end, glued=not self._begins_chunk(at))

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

    # ------------------------------------------------------------ ranges

    def _range(self, at: int, field: str | None) -> Token | None:
        """Return the range that begins at *at*, in a field or where there is none."""
        has_ranges = field is not None and (field == DATE_FIELD or field not in FIELDS)
        if self.line[at] in BRACES[0]:
            return self._bracketed(at, field, has_ranges)
        if self.line[at] in _COMPARING and has_ranges:
            from searcher.query.operators import comparison_end

            begin = comparison_end(self.line, at)
            if self._is_border(begin):
                raise failure(f"nothing stands behind {self.line[at:begin]}", self.line, at)
            end = self._chunk(begin).end
            return self._closed(Token(Kind.RANGE, self.line[at:end], at, end))
        return None

    def _bracketed(self, at: int, field: str | None, has_ranges: bool) -> Token | None:
        from searcher.query.operators import no_range, range_end

        end = range_end(self.line, at)
        if end == at:
            if field == DATE_FIELD:
                raise no_range(self.line, at)
            return None
        if not has_ranges:
            problem = "a range belongs behind date: or an extra field: write date:[2019 TO 2020]"
            raise failure(problem, self.line, at)
        return self._closed(Token(Kind.RANGE, self.line[at:end], at, end))

    # ------------------------------------------------------------ behind

    def _behind(self, at: int) -> Token | None:
        """Return the operator at *at* that belongs to what stands right in front of it."""
        if self.line[at] not in _SUFFIXES or self.last.end != at:
            return None
        from searcher.query.operators import boost_end, refuse_quoted, slop_end

        if self.last.kind is Kind.PHRASE:
            refuse_quoted(self.line, at)
            end = slop_end(self.line, at)
            if end > at:
                return self._closed(Token(Kind.SLOP, self.line[at:end], at, end))
        end = boost_end(self.line, at)
        if end > at and self.last.kind in _BOOSTED:
            return self._closed(Token(Kind.BOOST, self.line[at:end], at, end))
        return None

    def _closed(self, token: Token) -> Token:
        """Return *token*, behind which nothing may stand but a boost.

        Raises QueryError where something does.
        """
        end = token.end
        if not self._is_border(end):
            from searcher.query.operators import boost_end

            if token.kind is Kind.BOOST or boost_end(self.line, end) == end:
                raise failure(f"put a blank behind {token.text}", self.line, token.start)
        return token
