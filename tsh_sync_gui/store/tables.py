"""All tables as SQLAlchemy Core objects: the `tsh` tables derived from the entities' specs, and the `sync` tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeEngine

from tsh_sync_gui.entities.spec import Child, Entity, Field, Kind
from tsh_sync_gui.store.tables_inbox import add_inbox_tables
from tsh_sync_gui.store.tables_jobs import add_job_tables
from tsh_sync_gui.store.tables_letters import add_letter_tables
from tsh_sync_gui.store.tables_sync import SYNC, add_sync_tables
from tsh_sync_gui.store.tables_watch import add_watch_tables

TSH: Final = "tsh"
SCHEMAS: Final = (TSH, SYNC)
STORAGE: Final = {"toast_tuple_target": 8160}

_TYPES: Final[dict[Kind, TypeEngine[Any]]] = {
    Kind.TEXT: Text(),
    Kind.ID: Text(),
    Kind.MONEY: Numeric(),
    Kind.NUMBER: Numeric(),
    Kind.INTEGER: BigInteger(),
    Kind.FLAG: Boolean(),
    Kind.DAY: Date(),
    Kind.STAMP: DateTime(timezone=True),
    Kind.JSON: JSON(),
}


def metadata(entities: Iterable[Entity]) -> MetaData:
    """Return the tables of both schemas for *entities* (a registry)."""
    found = MetaData()
    add_sync_tables(found)
    add_job_tables(found)
    add_inbox_tables(found)
    add_watch_tables(found)
    add_letter_tables(found)
    for entity in entities:
        entity_table(found, entity)
        for child in entity.children:
            child_table(found, entity, child)
    return found


def entity_table(found: MetaData, entity: Entity) -> Table:
    """Add the main table of *entity* to *found*."""
    keys = entity.spread.key if entity.spread else ()
    name = entity.name
    return Table(
        name,
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        # A record made here has no id of Zoho's until Zoho knows it; the rows of a spread come from Zoho only.
        Column("zoho_id", Text, nullable=not keys),
        *(_column(field, key=field.name in keys) for field in entity.fields),
        Column("zoho_modified_at", DateTime(timezone=True)),
        Column("observed_at", DateTime(timezone=True), nullable=False),
        Column("synced_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("detailed_at", DateTime(timezone=True)),
        Column("deleted_at", DateTime(timezone=True)),
        Column("content_hash", LargeBinary),
        Column("raw", JSON),
        Column("raw_detail", JSON),
        UniqueConstraint("zoho_id", *keys, name=f"uq_{name}_zoho_id"),
        *(_index(name, field) for field in entity.fields if field.indexed),
        *([_outstanding_index(entity)] if entity.has_details else []),
        schema=TSH,
        postgresql_with=STORAGE,
    )


def child_table(found: MetaData, entity: Entity, child: Child) -> Table:
    """Add the table of *child* rows, which belong to rows of *entity*, to *found*."""
    name = child.table
    return Table(
        name,
        found,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column(
            "parent_id",
            BigInteger,
            ForeignKey(f"{TSH}.{entity.name}.id", name=f"fk_{name}_parent_id", ondelete="CASCADE"),
            nullable=False,
        ),
        Column("position", Integer, nullable=False),
        *(_column(field) for field in child.fields),
        UniqueConstraint("parent_id", "position", name=f"uq_{name}_parent_id"),
        *(_index(name, field) for field in child.fields if field.indexed),
        schema=TSH,
    )


def outstanding(entity: Entity, alias: str = "") -> str:
    """Return the SQL condition that a row of *entity* lacks a current detail; it matches the partial index."""
    dot = f"{alias}." if alias else ""
    condition = (
        f"{dot}deleted_at IS NULL AND {dot}zoho_id IS NOT NULL"
        f" AND ({dot}detailed_at IS NULL OR {dot}detailed_at < {dot}synced_at)"
    )
    return condition + record_rows(entity, alias)


def record_rows(entity: Entity, alias: str = "") -> str:
    """Return ` AND …`, narrowing rows of *entity* to one a record: those with '' in the keys of a spread."""
    dot = f"{alias}." if alias else ""
    keys = entity.spread.key if entity.spread else ()
    return "".join(f" AND {dot}{key} = ''" for key in keys)


def _column(field: Field, *, key: bool = False) -> Column[Any]:
    default = text("''") if key else None
    return Column(field.name, _TYPES[field.kind], nullable=not key, server_default=default)


def _index(table: str, field: Field) -> Index:
    return Index(f"ix_{table}_{field.name}", field.name)


def _outstanding_index(entity: Entity) -> Index:
    return Index(
        f"ix_{entity.name}_outstanding",
        text("zoho_modified_at DESC NULLS LAST"),
        text("id DESC"),
        postgresql_where=text(outstanding(entity)),
    )
