"""Archives: many recordings heard by several processes, their results kept in a database."""
