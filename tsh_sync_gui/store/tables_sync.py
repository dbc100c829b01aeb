"""The tables of the schema `sync`: runs, checkpoints, audit, budget, tokens and shared settings."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

SYNC: Final = "sync"
AUDIT_SEQUENCE: Final = "audit_id"

_EMPTY: Final = text("''")
_ZERO: Final = text("0")
_NOW: Final = text("now()")
# Rows that are written again and again find room for the new version on their own page.
_ROOMY: Final = {"fillfactor": 50}


def add_sync_tables(found: MetaData) -> None:
    """Add all tables of the schema `sync` to *found*."""
    _add_shared(found)
    _add_sign_ins(found)
    _add_runs(found)
    _add_walks(found)
    _add_records(found)
    _add_budget(found)
    _add_calls(found)


def _stamp(name: str, *, required: bool = False, now: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=not (required or now), server_default=_NOW if now else None)


def _text(name: str, *, default: bool = True) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default=_EMPTY if default else None)


def _number(name: str) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default=_ZERO)


def _many(name: str) -> Column[Any]:
    return Column(name, BigInteger, nullable=False, server_default=_ZERO)


def _single() -> Column[Any]:
    """Return the key of a table that has one row."""
    return Column("only", Boolean, primary_key=True, server_default=text("true"))


def _add_shared(found: MetaData) -> None:
    Table(
        "organization",
        found,
        _single(),
        Column("id", Text, nullable=False),
        _text("name"),
        _text("currency_code"),
        _text("time_zone"),
        _stamp("bound_at", now=True),
        CheckConstraint('"only"', name="ck_organization_only"),
        schema=SYNC,
    )
    Table(
        "settings",
        found,
        Column("key", Text, primary_key=True),
        Column("value", JSON, nullable=False),
        _stamp("updated_at", now=True),
        _text("updated_by"),
        schema=SYNC,
    )
    Table(
        "absences",
        found,
        Column("path", Text, primary_key=True),
        _stamp("until", required=True),
        _stamp("seen_at", now=True),
        schema=SYNC,
    )
    # Bodies of notifications that are too long for NOTIFY; listeners fetch them by id.
    Table(
        "events",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        _stamp("at", now=True),
        Column("payload", Text, nullable=False),
        Index("ix_events_at", "at"),
        schema=SYNC,
    )


def _add_sign_ins(found: MetaData) -> None:
    Table(
        "access_tokens",
        found,
        *(Column(name, Text, primary_key=True) for name in ("accounts_url", "client_id", "organization_id")),
        *(Column(name, LargeBinary) for name in ("sign_in", "nonce", "sealed")),
        _stamp("expires_at"),
        Column(
            "refreshed",
            ARRAY(DateTime(timezone=True)),
            nullable=False,
            server_default=text("'{}'::timestamptz[]"),
        ),
        _stamp("updated_at", now=True),
        schema=SYNC,
    )
    # One row a refresh token: Zoho keeps 20 of a user and forgets the oldest. No token stands here, only its mark.
    Table(
        "sign_ins",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("mark", LargeBinary, nullable=False),
        _stamp("at", now=True),
        *(_text(name, default=False) for name in ("accounts_url", "client_id")),
        Column("scopes", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
        *(_text(name) for name in ("how", "machine", "user")),
        _stamp("ended_at"),
        Index("uq_sign_ins_mark", "mark", unique=True),
        schema=SYNC,
    )


def _add_runs(found: MetaData) -> None:
    Table(
        "runs",
        found,
        Column("id", Text, primary_key=True),
        Column("leader", Text, nullable=False),
        Column("entity", Text, nullable=False),
        _text("mode", default=False),
        _text("state", default=False),
        _text("phase", default=False),
        _text("trigger"),
        _text("machine"),
        _text("user"),
        _stamp("started_at", required=True),
        _stamp("heartbeat_at", required=True),
        _stamp("ended_at"),
        Column("request", JSON, nullable=False, server_default=text("'{}'::json")),
        *(_many(name) for name in ("seen", "created", "updated", "unchanged", "deleted", "failed")),
        *(_number(name) for name in ("calls_list", "calls_bulk", "calls_detail", "pages")),
        Column("expected", BigInteger),
        _many("details_done"),
        _many("details_total"),
        Column("forecast_calls", BigInteger),
        _text("waiting_for"),
        _stamp("waiting_until"),
        Column("seconds", Double, nullable=False, server_default=_ZERO),
        _text("error_kind"),
        _text("title"),
        _text("advice"),
        _text("cause"),
        Column("dry_run", Boolean, nullable=False, server_default=text("false")),
        Column("organization_id", Text, nullable=False, server_default=_EMPTY),
        Column("checkpoint", JSON),
        _text("asked"),
        _number("pid"),
        _text("host"),
        _text("owner"),
        Index("ix_runs_entity", "entity", text("started_at DESC")),
        Index("ix_runs_walks", "entity", text("started_at DESC"), postgresql_where=text("mode <> 'record'")),
        Index(
            "ix_runs_shown",
            text("started_at DESC"),
            "id",
            postgresql_where=text("mode <> 'record' OR trigger = 'person'"),
        ),
        Index(
            "ix_runs_questions",
            "entity",
            text("started_at DESC"),
            postgresql_where=text("error_kind = 'confirmation'"),
        ),
        Index("ix_runs_started_at", text("started_at DESC")),
        Index("ix_runs_leader", "leader"),
        Index("ix_runs_open", "entity", postgresql_where=text("ended_at IS NULL")),
        schema=SYNC,
    )


def _add_walks(found: MetaData) -> None:
    Table(
        "walk_pages",
        found,
        Column(
            "leader",
            Text,
            ForeignKey(f"{SYNC}.runs.id", name="fk_walk_pages_leader", ondelete="CASCADE"),
            primary_key=True,
        ),
        Column("page", Integer, primary_key=True),
        Column("ids", ARRAY(Text), nullable=False),
        schema=SYNC,
    )
    Table(
        "kept_pages",
        found,
        Column("list", Text, primary_key=True),
        Column("page", Integer, primary_key=True),
        _stamp("kept_at", now=True),
        _stamp("sent_at", required=True),
        _stamp("server_date"),
        Column("has_more", Boolean, nullable=False),
        Column("is_last", Boolean, nullable=False, server_default=text("false")),
        Column("records", Integer, nullable=False),
        Column("body", LargeBinary, nullable=False),
        schema=SYNC,
    )
    Table(
        "watermarks",
        found,
        Column("entity", Text, primary_key=True),
        _stamp("since"),
        _stamp("walked_at"),
        _stamp("full_walk_at"),
        _stamp("last_good_at"),
        Column("last_run", Text),
        _many("live"),
        Column("remote", BigInteger),
        Column("filter_absent", Boolean, nullable=False, server_default=text("false")),
        schema=SYNC,
    )


def _add_records(found: MetaData) -> None:
    Table(
        "audit",
        found,
        Column("id", BigInteger, nullable=False, server_default=text(f"nextval('{SYNC}.{AUDIT_SEQUENCE}'::regclass)")),
        _stamp("at", now=True),
        Column("entity", Text, nullable=False),
        Column("row_key", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("before", JSONB),
        Column("after", JSONB),
        _text("origin"),
        _text("actor"),
        _text("run_id"),
        Index("ix_audit_row", "entity", "row_key", "at"),
        # Rows come in the order of their time.
        Index("ix_audit_at", "at", postgresql_using="brin"),
        schema=SYNC,
        postgresql_partition_by="RANGE (at)",
    )


def _add_budget(found: MetaData) -> None:
    # One row a process that may call Zoho.
    Table(
        "callers",
        found,
        Column("id", Integer, Identity(always=True), primary_key=True),
        _text("machine", default=False),
        Column("pid", Integer, nullable=False),
        _number("permits"),
        _stamp("waiting_since"),
        _stamp("wakes_at"),
        _stamp("seen_at", now=True),
        schema=SYNC,
        postgresql_with=_ROOMY,
    )
    Table(
        "call_slots",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("caller", Integer, nullable=False),
        _text("lane", default=False),
        Column("number", Integer, nullable=False, server_default=text("1")),
        _stamp("granted_at", required=True),
        _stamp("counts_until", required=True),
        Column("open", Boolean, nullable=False, server_default=text("false")),
        Index("ix_call_slots_counts_until", "counts_until"),
        schema=SYNC,
        postgresql_with=_ROOMY,
    )
    Table(
        "quota",
        found,
        _single(),
        _many("own"),
        _many("elsewhere"),
        Column("by_lane", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
        _stamp("resets_at"),
        Column("heard_limit", BigInteger),
        _stamp("heard_at"),
        _number("epoch"),
        _stamp("held_until"),
        Column("day_refused", Boolean, nullable=False, server_default=text("false")),
        Column("concurrency", Integer),
        _stamp("lowered_at"),
        CheckConstraint('"only"', name="ck_quota_only"),
        schema=SYNC,
        postgresql_with=_ROOMY,
    )


def _add_calls(found: MetaData) -> None:
    Table(
        "api_calls",
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("run_id", Text),
        _text("entity"),
        _text("lane"),
        _text("kind"),
        _text("method"),
        _text("path"),
        _number("status"),
        Column("code", Integer),
        _number("milliseconds"),
        _many("size"),
        _stamp("sent_at", required=True),
        _text("error"),
        _text("request"),
        _text("answer"),
        Index("ix_api_calls_run_id", "run_id", "sent_at", postgresql_where=text("run_id IS NOT NULL")),
        Index("ix_api_calls_sent_at", "sent_at"),
        schema=SYNC,
    )
