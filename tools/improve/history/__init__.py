"""Results of many CI runs, read once and kept in SQLite."""
