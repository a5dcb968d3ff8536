"""Scoring: the best of the matched documents, by exact scores, without scoring all of them.

A score is a sum in 64 bits: first the constants in their order, then for each term its weight ×
gain, terms in ascending order of document frequency, those of equal frequency in their order.
The sum is the same whichever way it was reached here, to the last bit.

Rare terms are looked up one by one, or added up in one long row of sums for all documents of the
index, whichever is cheaper.  Frequent terms have rows.  Where many documents match, `shortlist`
first finds out which of them the best are among.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from searcher.columns import Floats
from searcher.engines.whoosh_.reading.columnstore import Store
from searcher.engines.whoosh_.reading.found import Docs, Found, Sets
from searcher.engines.whoosh_.reading.postings import Head, Weighed
from searcher.engines.whoosh_.reading.shortlist import Constant, Item, Query, Shortlist
from searcher.engines.whoosh_.reading.topmost import Ranks, topmost
from searcher.model import ScoreTerm

MANY = 512
"""More documents than this are worth a shortlist."""

WIDE = 1 / 8
"""If more of the documents match, sums are made for all of the index."""

WIDE_ROW = 1 / 32
"""The same for sets whose numbers are not at hand, since making them takes time too."""

HEAD = 128
"""How many of the best documents of a term alone are remembered."""

_SHORT = 1024
"""Shorter postings are added up together, so that not each of them costs a call."""

_FEW = 16
"""Documents that are so many times fewer than postings are looked up in them one by one."""

_SINGLE = 24
"""So few frequencies are looked at one by one: that takes less than calls for all of them."""

_TABLE = 1 << 16
"""Frequencies that are looked at in one piece."""


class Scorer:
    """Finds the best documents; for one thread, and thrown away if it is interrupted."""

    def __init__(self, store: Store, sets: Sets) -> None:
        self._store = store
        self._sets = sets
        self._shortlist = Shortlist(store)
        self._sums: Floats = np.zeros(store.size)  # all 0 between uses

    def best(
        self,
        found: Found,
        terms: Sequence[ScoreTerm],
        constants: Sequence[Constant],
        most: int,
        ranks: Ranks | None,
    ) -> tuple[Docs, Floats]:
        """Return the *most* best of *found* and their scores, ties by rank (None: by number)."""
        query = self.query(terms, constants)
        if len(query.frequent) == 1 and not query.rare and not constants:
            head = self._head(query.frequent[0], found, most, ranks)
            if head is not None:
                return head
        docs, sums = self._candidates(found, query, most)
        return topmost(docs, sums, most, ranks)

    def scores(
        self, docs: Docs, terms: Sequence[ScoreTerm], constants: Sequence[Constant]
    ) -> Floats:
        """Return the scores of all *docs*."""
        query = self.query(terms, constants)
        sums = self._rare_sums(docs, query)
        self._add_rows(docs, sums, query.frequent)
        return sums

    def query(self, terms: Sequence[ScoreTerm], constants: Sequence[Constant]) -> Query:
        """Return the terms that any document holds, in the order in which they are summed."""
        weigh = self._store.weigh
        found = []
        for order, term in enumerate(terms):
            postings = weigh(term.term)
            weighed = postings.weighed
            if weighed is not None and weighed.df:
                found.append((weighed.df, order, term.weight, weighed, postings))
        found.sort()
        items: list[Item] = [each[2:] for each in found]
        rare = len(items)
        while rare and items[rare - 1][1].row is not None:
            rare -= 1
        return Query(items[:rare], items[rare:], constants)

    def _candidates(self, found: Found, query: Query, most: int) -> tuple[Docs, Floats]:
        """Return documents among which the *most* best are, with their scores."""
        shortened = MANY < found.count > most and self._shortlist.suits(query)
        wide = WIDE if found.docs is not None else WIDE_ROW
        if shortened and found.count > self._store.size * wide:
            docs = self._shortlist.of_all(found, query, most)
            sums = self._rare_sums(docs, query)
        else:
            docs = found.numbers()
            sums = self._rare_sums(docs, query)
            if shortened:
                kept = self._shortlist.among(docs, sums, query, most)
                docs, sums = docs[kept], sums[kept]
        self._add_rows(docs, sums, query.frequent)
        return docs, sums

    # ------------------------------------------------------------ rare terms

    def _rare_sums(self, docs: Docs, query: Query) -> Floats:
        """Return what constants and rare terms add to each of *docs*."""
        if len(query.rare) > 2 and _prefer_sums(query.rare, len(docs)):
            touched = self._add_up(query)
            sums = self._sums[docs]
            self._clear(touched)
            return sums
        sums = np.zeros(len(docs))
        for found, weight in query.constants:
            sums += weight * self._sets.holds(found, docs)
        for weight, weighed, _ in query.rare:
            sums += weight * self._gains(weighed, docs)
        return sums

    def _gains(self, weighed: Weighed, docs: Docs) -> Floats:
        """Return the gain of a rare term in each of *docs*."""
        theirs = weighed.docs
        if theirs is docs:
            return weighed.gains
        if len(docs) * _FEW < len(theirs) or len(theirs) < 2 * _FEW:
            at = theirs.searchsorted(docs)
            held = theirs.take(at, mode="clip") == docs
            return np.asarray(weighed.gains.take(at, mode="clip") * held)
        self._sums[theirs] = weighed.gains
        gains = self._sums[docs]
        self._sums[theirs] = 0.0
        return gains

    def _add_up(self, query: Query) -> list[Docs]:
        """Add constants and rare terms to the long sums; return which documents have any."""
        touched = []
        for found, weight in query.constants:
            docs = found.numbers()
            self._sums[docs] += weight
            touched.append(docs)
        rare = query.rare
        short = 0
        while short < len(rare) and rare[short][1].df < _SHORT:
            short += 1
        if short:
            docs = np.concatenate([weighed.docs for _, weighed, _ in rare[:short]])
            gains = np.concatenate([weight * weighed.gains for weight, weighed, _ in rare[:short]])
            np.add.at(self._sums, docs, gains)
            touched.append(docs)
        for weight, weighed, _ in rare[short:]:
            np.add.at(self._sums, weighed.docs, weight * weighed.gains)
            touched.append(weighed.docs)
        return touched

    def _clear(self, touched: Sequence[Docs]) -> None:
        if sum(map(len, touched)) * 4 > self._store.size:
            self._sums.fill(0.0)
        else:
            for docs in touched:
                self._sums[docs] = 0.0

    # ------------------------------------------------------------ frequent terms

    def _add_rows(self, docs: Docs, sums: Floats, frequent: Sequence[Item]) -> None:
        """Add frequent terms to the sums of *docs*."""
        if not frequent:
            return
        if len(docs) * len(frequent) <= _SINGLE:
            self._add_singly(docs, sums, frequent)
            return
        factors = self._store.factors[docs]
        if len(frequent) > 2 and len(docs) * len(frequent) <= _TABLE:
            rows = [weighed.row[docs] for _, weighed, _ in frequent if weighed.row is not None]
            counts = np.concatenate(rows).reshape(len(rows), len(docs))
            gains = counts / (counts + factors)
            gains *= np.array([weighed.idf for _, weighed, _ in frequent])[:, None]
            gains *= np.array([weight for weight, _, _ in frequent])[:, None]
            for each in gains:
                sums += each
            return
        for weight, weighed, _ in frequent:
            if weighed.row is not None:
                held = weighed.row[docs]
                sums += weight * (weighed.idf * (held / (held + factors)))

    def _add_singly(self, docs: Docs, sums: Floats, frequent: Sequence[Item]) -> None:
        """Do the same one by one."""
        for at, document in enumerate(docs.tolist()):
            factor = self._store.factors.item(document)
            total = sums.item(at)
            for weight, weighed, _ in frequent:
                held = 0 if weighed.row is None else weighed.row.item(document)
                total += weight * (weighed.idf * (held / (held + factor)))
            sums[at] = total

    def _head(
        self, item: Item, found: Found, most: int, ranks: Ranks | None
    ) -> tuple[Docs, Floats] | None:
        """Return the best documents of a term alone, if they are all that was asked for."""
        weight, weighed, postings = item
        if found is not weighed.found or math.frexp(weight)[0] != 0.5:
            return None  # weighing would round
        if postings.head is None:
            query = Query([], [(1.0, weighed, postings)], ())
            postings.head = Head(*topmost(*self._candidates(found, query, HEAD), HEAD, ranks))
            self._store.keep(postings)
        head = postings.head
        if most > len(head.docs) < weighed.df:
            return None
        return head.docs[:most], weight * head.gains[:most]


def _prefer_sums(rare: Sequence[Item], documents: int) -> bool:
    """Tell whether long sums are cheaper than looking *rare* terms up, by measured costs in µs."""
    postings = sum(weighed.df for _, weighed, _ in rare)
    look_up = 2.3 * len(rare) + min(0.02 * documents * len(rare), 0.0016 * postings)
    return 6 + 0.0022 * postings < look_up
