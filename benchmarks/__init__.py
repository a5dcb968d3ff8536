"""Benchmarks: how well `searcher` ranks and how fast it is, measured on data given by a path."""
