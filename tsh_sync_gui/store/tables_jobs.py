"""The tables of the schema `sync` that go with jobs; the queue itself is procrastinate's own schema `jobs`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Integer, MetaData, Table, Text, text

from tsh_sync_gui.store.tables_sync import SYNC


def add_job_tables(found: MetaData) -> None:
    """Add the table of attempts to *found*."""
    words = ("error_kind", "title", "advice", "traceback", "request", "answer", "run_id", "machine")
    Table(
        "attempts",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("subject", Text, nullable=False),
        Column("subject_id", Text, nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("started_at", DateTime(timezone=True), nullable=False),
        Column("ended_at", DateTime(timezone=True), nullable=False),
        Column("outcome", Text, nullable=False),
        *(Column(name, Text, nullable=False, server_default=text("''")) for name in words),
        Index("uq_attempts_subject", "subject", "subject_id", "started_at", unique=True),
        Index("ix_attempts_ended_at", "ended_at"),
        schema=SYNC,
    )
