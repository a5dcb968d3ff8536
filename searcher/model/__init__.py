"""Frozen records that travel between rooms; no behaviour beyond reading themselves.

Offsets are half-open and count characters (code points) of the original field text, unless a
name says otherwise.  Positions count units (`searcher.text.units`).

Those that every query makes by the dozen, and that are never mistaken for one another, are named
tuples: they are made, and imported, several times as fast as frozen dataclasses.
"""

from searcher.model.answers import Hit, Page, Snippet
from searcher.model.documents import (
    EXACT,
    RUN_FIELDS,
    TEXT_FIELDS,
    Document,
    ExtraValue,
    FieldTerms,
    MappedText,
    Noise,
    Script,
    Units,
    Word,
)
from searcher.model.options import SearchOptions
from searcher.model.queries import (
    Almost,
    Alternative,
    Among,
    And,
    Clause,
    Dated,
    EngineHit,
    EnginePage,
    Glyphs,
    Has,
    Is,
    Mark,
    Match,
    Matched,
    Near,
    Not,
    Or,
    PathIs,
    Pattern,
    Plan,
    QueryWord,
    Region,
    Run,
    ScoreClause,
    ScoreTerm,
    Sort,
    Within,
)
from searcher.model.reports import BuildReport, Failure, UpdateReport
from searcher.model.settings import OpenSearch

__all__ = [
    "EXACT",
    "RUN_FIELDS",
    "TEXT_FIELDS",
    "Almost",
    "Alternative",
    "Among",
    "And",
    "BuildReport",
    "Clause",
    "Dated",
    "Document",
    "EngineHit",
    "EnginePage",
    "ExtraValue",
    "Failure",
    "FieldTerms",
    "Glyphs",
    "Has",
    "Hit",
    "Is",
    "MappedText",
    "Mark",
    "Match",
    "Matched",
    "Near",
    "Noise",
    "Not",
    "OpenSearch",
    "Or",
    "Page",
    "PathIs",
    "Pattern",
    "Plan",
    "QueryWord",
    "Region",
    "Run",
    "ScoreClause",
    "ScoreTerm",
    "Script",
    "SearchOptions",
    "Snippet",
    "Sort",
    "Units",
    "UpdateReport",
    "Within",
    "Word",
]
