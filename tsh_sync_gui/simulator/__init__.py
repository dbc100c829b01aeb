"""A Zoho in a box."""
