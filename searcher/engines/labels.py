"""Labels: terms, clauses and numbers as people read them, the same from every engine."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from searcher.model import And, Clause, Near, Not, Or, Run
from searcher.text.units import JOIN, SENTENCE_END, has_ideograph


def term_label(term: str) -> str:
    """Return a term of the bag, with a blank between units that would be read as one.

    >>> term_label("脱贫"), term_label(f"12{JOIN}3")
    ('脱贫', '12 3')
    """
    return units_label(term.split(JOIN))


def clause_label(clause: Clause) -> str:
    """Return the units of a clause, as they are read."""
    match clause:
        case Run(units):
            return units_label(units)
        case Near(parts):
            return " … ".join(map(units_label, parts))
        case And(clauses) | Or(clauses):
            return " ".join(map(clause_label, clauses))
        case Not(inner):
            return f"-{clause_label(inner)}"
    return type(clause).__name__


def units_label(units: Sequence[str]) -> str:
    """Return units in a row, with a blank between those that would be read as one.

    >>> units_label(("3", "d", "打", "印", SENTENCE_END, "完"))
    '3 d打印。完'
    """
    text = units[0]
    for before, unit in pairwise(units):
        if unit == SENTENCE_END:
            text += "。"
        elif before == SENTENCE_END or has_ideograph(before + unit):
            text += unit
        else:
            text += f" {unit}"
    return text


def figure_label(figure: float) -> str:
    """Return a number as text, as short as can be.

    >>> [figure_label(each) for each in (3.0, -0.0, 0.1, 1e15, 1e16)]
    ['3', '0', '0.1', '1000000000000000', '1e+16']
    """
    return repr(figure + 0.0).removesuffix(".0")  # which makes -0.0 positive
