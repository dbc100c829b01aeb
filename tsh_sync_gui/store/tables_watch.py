"""The tables of the schema `sync` that go with schedules and alerts."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

from tsh_sync_gui.store.tables_sync import SYNC

_EMPTY: Final = text("''")


def add_watch_tables(found: MetaData) -> None:
    """Add schedules, alerts and silences to *found*."""
    Table(
        "schedules",
        found,
        Column("entity", Text, primary_key=True),
        Column("walk", Text, primary_key=True),
        # What a person set; without minutes and cron line the default holds.
        Column("minutes", Integer),
        _text("cron"),
        Column("off", Boolean, nullable=False, server_default=text("false")),
        _text("quiet"),
        # What was acted on last; due times count after the later of the two moments.
        _stamp("armed_at"),
        _stamp("last_due"),
        _stamp("fired_at"),
        *(_text(name) for name in ("machine", "note")),
        Column("missed", Integer, nullable=False, server_default=text("0")),
        _stamp("paused_at"),
        _stamp("paused_until"),
        _text("paused_by"),
        _stamp("updated_at"),
        _text("updated_by"),
        schema=SYNC,
    )
    _add_alerts(found)


def _add_alerts(found: MetaData) -> None:
    Table(
        "alerts",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("cause", Text, nullable=False),
        *(_text(name) for name in ("subject", "title", "remedy", "severity", "evidence")),
        Column("first_at", DateTime(timezone=True), nullable=False),
        Column("last_at", DateTime(timezone=True), nullable=False),
        Column("count", Integer, nullable=False, server_default=text("1")),
        Column("state", Text, nullable=False, server_default=text("'open'")),
        _stamp("cleared_at"),
        Index("uq_alerts_open", "cause", "subject", unique=True, postgresql_where=text("state = 'open'")),
        Index("ix_alerts_last_at", text("last_at DESC")),
        schema=SYNC,
    )
    Table(
        "silences",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("cause", Text, nullable=False),
        Column("subject", Text),
        _stamp("until"),
        _text("by"),
        schema=SYNC,
    )
    # Which target was told of which alert, and of how many times it had happened by then.
    Table(
        "alerts_told",
        found,
        Column(
            "alert",
            BigInteger,
            ForeignKey(f"{SYNC}.alerts.id", name="fk_alerts_told_alert", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        Column("target", Text, primary_key=True),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("count", Integer, nullable=False),
        schema=SYNC,
    )


def _text(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default=_EMPTY)


def _stamp(name: str) -> Column[Any]:
    return Column(name, DateTime(timezone=True))
