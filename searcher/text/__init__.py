"""Text: from bytes to units and words, with a map back to the original; no engine, no files."""
