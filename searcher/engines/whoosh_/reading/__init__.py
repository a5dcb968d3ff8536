"""From clauses to pages: whole postings as arrays, matched and scored without Whoosh."""
