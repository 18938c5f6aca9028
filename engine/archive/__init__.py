"""Archives: many recordings heard by several processes, and what was heard kept in a database."""
