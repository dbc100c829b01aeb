"""The tables of the schema `sync` that go with webhooks and the HTTP API: the inbox of deliveries, and tokens."""

from __future__ import annotations

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, DateTime, Identity, Index, LargeBinary, MetaData, Table, Text, text

from tsh_sync_gui.store.tables_sync import SYNC

_EMPTY: Final = text("''")


def add_inbox_tables(found: MetaData) -> None:
    """Add inbox and tokens to *found*."""
    before = ("organization_id", "address", "entity", "event_type", "record_id", "change", "content_type", "source")
    after = ("verdict", "scheme", "state", "outcome", "title", "job_id", "run_id")
    Table(
        "webhook_events",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        # Made where the delivery came in, so that one that went through the spool is kept once.
        Column("key", Text, nullable=False),
        Column("received_at", DateTime(timezone=True), nullable=False),
        Column("kept_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        *(Column(name, Text, nullable=False, server_default=_EMPTY) for name in (*before, *after)),
        Column("modified_at", DateTime(timezone=True)),
        Column("query", JSON, nullable=False, server_default=text("'[]'::json")),
        Column("headers", JSON, nullable=False, server_default=text("'{}'::json")),
        Column("diagnosis", JSON, nullable=False, server_default=text("'{}'::json")),
        Column("body", LargeBinary, nullable=False, server_default=text("'\\x'::bytea")),
        Column("digest", LargeBinary),
        Column("done_at", DateTime(timezone=True)),
        Column("replay_of", BigInteger),
        Index("uq_webhook_events_key", "key", unique=True),
        Index("ix_webhook_events_record", "entity", "record_id", "id", postgresql_where=text("record_id <> ''")),
        Index("ix_webhook_events_waiting", "entity", "record_id", postgresql_where=text("state = 'waiting'")),
        Index("ix_webhook_events_refused", "id", postgresql_where=text("verdict IN ('refused', 'ping')")),
        Index("ix_webhook_events_received_at", "received_at"),
        Index(
            "ix_webhook_events_heard",
            "entity",
            "change",
            "received_at",
            postgresql_where=text("verdict IN ('accepted', 'duplicate', 'out_of_order') AND replay_of IS NULL"),
        ),
        schema=SYNC,
    )
    Table(
        "api_tokens",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("name", Text, nullable=False),
        # Of a long random token; nothing here lets anybody in.
        Column("hash", LargeBinary, nullable=False),
        Column("starts", Text, nullable=False, server_default=_EMPTY),
        Column("created_by", Text, nullable=False, server_default=_EMPTY),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("last_used_at", DateTime(timezone=True)),
        Column("revoked_at", DateTime(timezone=True)),
        Index("uq_api_tokens_hash", "hash", unique=True),
        schema=SYNC,
    )
