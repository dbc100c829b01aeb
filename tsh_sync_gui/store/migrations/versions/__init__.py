"""One file a version; the SQL of the first stands beside it."""
