"""Fixtures that every part of the suite may use."""

from tests.support.postgres import database_url, databases, home, postgres

__all__ = ["database_url", "databases", "home", "postgres"]
