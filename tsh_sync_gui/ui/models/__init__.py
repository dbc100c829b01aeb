"""Tables: rows and columns as data."""
