"""The tables of the schema `sync` that go with dead letters: the letters, their history, who looked, retries."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

from tsh_sync_gui.store.tables_sync import SYNC

_EMPTY: Final = text("''")
_ZERO: Final = text("0")


def _texts(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, nullable=False, server_default=_EMPTY) for name in names]


def _stamps(*names: str, default: str = "") -> list[Column[Any]]:
    now = text(default) if default else None
    return [Column(name, DateTime(timezone=True), nullable=not default, server_default=now) for name in names]


def add_letter_tables(found: MetaData) -> None:
    """Add the letters and what goes with them to *found*."""
    _add_letters(found)
    Table(
        "letter_history",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("letter_id", BigInteger, nullable=False),
        *_stamps("at", default="clock_timestamp()"),
        # *key* tells one press of a button from the next: an edit is carried out once for each.
        *_texts("by", "deed", "words", "run_id", "key"),
        Column("work_id", BigInteger),
        Column("payload", LargeBinary),
        Index("ix_letter_history_letter_id", "letter_id", "id"),
        Index("uq_letter_history_key", "letter_id", "key", unique=True, postgresql_where=text("key <> ''")),
        schema=SYNC,
    )
    Table(
        "letter_looks",
        found,
        Column("person", Text, primary_key=True),
        *_stamps("looked_at", default="clock_timestamp()"),
        schema=SYNC,
    )
    Table(
        "letter_works",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        *_texts("by", "written", "lane", "state", "words"),
        Column("is_careful", Boolean, nullable=False, server_default=text("false")),
        Column("pace", Integer),
        # Which letters, in order: the list stands beside the row and is not written again with each step.
        Column("letters", ARRAY(BigInteger), nullable=False, server_default=text("'{}'::bigint[]")),
        Column("causes", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
        *(
            Column(name, Integer, nullable=False, server_default=_ZERO)
            for name in ("done", "succeeded", "failed", "skipped", "calls")
        ),
        *_stamps("started_at", default="clock_timestamp()"),
        *_stamps("ended_at", "until"),
        schema=SYNC,
    )


def _add_letters(found: MetaData) -> None:
    Table(
        "dead_letters",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("entity", Text, nullable=False),
        # Which of a record's texts was refused, `list` or `detail` (each is healed by its own kind only), or what was
        # given up: `job` or `delivery`.
        Column("part", Text, nullable=False, server_default=text("'list'")),
        *_texts("record_id"),
        # The record's id, or '#' and a hash of its text where it has none: what the same fault is recognised by. A
        # job's is its kind and key.
        Column("record_key", Text, nullable=False),
        Column("state", Text, nullable=False),
        *_texts("cause", "field", "value", "reason"),
        Column("payload", LargeBinary, nullable=False, server_default=text("'\\x'::bytea")),
        Column("tries", Integer, nullable=False, server_default=text("1")),
        *_stamps("first_seen_at", "last_seen_at", default="now()"),
        *_texts("run_id"),
        *_stamps("resolved_at"),
        *_texts("resolved_by"),
        Column("kind", Text, nullable=False, server_default=text("'validation'")),
        *_texts("advice", "label"),
        # All that is searched, in small letters: one line a value, the record's own among them.
        *_texts("words", "assigned_to", "note"),
        *_stamps("snoozed_until", "retried_at"),
        *_texts("locked_by"),
        *_stamps("locked_until", "discarded_at"),
        *_texts("discarded_by", "discard_reason"),
        CheckConstraint("state IN ('open', 'resolved', 'discarded')", name="ck_dead_letters_state"),
        Index(
            "uq_dead_letters_record",
            "entity",
            "record_key",
            "part",
            unique=True,
            postgresql_where=text("state <> 'resolved'"),
        ),
        Index("ix_dead_letters_run_id", "run_id"),
        Index("ix_dead_letters_last_seen_at", text("last_seen_at DESC")),
        Index("ix_dead_letters_jobs", "entity", postgresql_where=text("state = 'open' AND part = 'job'")),
        schema=SYNC,
        postgresql_with={"toast_tuple_target": 1600},
    )
