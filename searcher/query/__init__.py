"""The query language: a line → a tree (`parse`) → a plan that any engine can answer (`plan`)."""

from searcher.query.parser import literal, parse
from searcher.query.planner import plan, plan_query
from searcher.query.tree import Query

__all__ = ["Query", "literal", "parse", "plan", "plan_query"]
