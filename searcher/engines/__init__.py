"""Engines by name: the whole table."""

from __future__ import annotations

from searcher.engines.base import Engine
from searcher.engines.whoosh_ import WhooshEngine

ENGINES: dict[str, Engine] = {"whoosh": WhooshEngine()}
