"""What is mirrored, as data."""
