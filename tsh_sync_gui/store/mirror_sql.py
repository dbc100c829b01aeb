"""The mirror's statements, compiled once for each entity from its spec.

Temporary tables, one set a connection: `stage_…` holds rows that may exist already, `detail_…` details, `touched` and
`applied` what of them was found newer than the mirror, `differing` child rows that changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tsh_sync_gui.entities.spec import Child, Entity, Field, Kind
from tsh_sync_gui.store.tables import STORAGE, TSH

_TYPES: Final[dict[Kind, str]] = {
    Kind.TEXT: "text",
    Kind.ID: "text",
    Kind.MONEY: "numeric",
    Kind.NUMBER: "numeric",
    Kind.INTEGER: "bigint",
    Kind.FLAG: "boolean",
    Kind.DAY: "date",
    Kind.STAMP: "timestamptz",
    # Kept as text until it is stored: checking it twice costs more than comparing it.
    Kind.JSON: "text",
}
_META: Final[dict[str, str]] = {
    "zoho_id": "text",
    "parent_zoho_id": "text",
    "position": "integer",
    "zoho_modified_at": "timestamptz",
    "observed_at": "timestamptz",
    "detailed_at": "timestamptz",
    "content_hash": "bytea",
    "raw": "text",
    "raw_detail": "text",
}
_STORAGE: Final = ", ".join(f"{name} = {value}" for name, value in STORAGE.items())
# jsonb_build_object takes at most 100 arguments.
_IMAGE_CHUNK: Final = 50

TOUCHED: Final = """
CREATE TEMP TABLE IF NOT EXISTS touched
    (id bigint, zoho_id text, row_key text, revived boolean, changed boolean) ON COMMIT DELETE ROWS
"""
APPLIED: Final = """
CREATE TEMP TABLE IF NOT EXISTS applied
    (id bigint, zoho_id text, first boolean, fresh boolean, before jsonb, after jsonb) ON COMMIT DELETE ROWS
"""
DIFFERING: Final = """
CREATE TEMP TABLE IF NOT EXISTS differing
    (parent_id bigint, position integer, before jsonb, after jsonb) ON COMMIT DELETE ROWS
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSql:
    """Statements for rows in the columns of a list row."""

    copy: str
    stage: str
    copy_stage: str
    clear_stage: str
    existing: str
    insert_missing: str
    touch: str
    touched: str
    audit: str
    update: str
    compare: str
    foresee: str
    tombstone: str
    tombstone_spread: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailSql:
    """Statements for details."""

    stage: str
    copy_stage: str
    apply: str
    update: str
    audit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSql:
    """Statements for the rows of one child table."""

    stage: str
    copy_stage: str
    differ: str
    note: str
    delete: str
    insert: str


_LEDGER: Final = "INSERT INTO sync.audit (entity, row_key, action, before, after, origin, actor, run_id)"
_WHO: Final = "'zoho', 'Zoho', %(run)s"

JOIN: Final = "\x1e"
_JOIN: Final = "chr(30)"
# A new row's audit has no image, for the row itself is what was created.
CREATED: Final = f"""
{_LEDGER}
SELECT %(entity)s, key, 'create', NULL, NULL, {_WHO} FROM unnest(string_to_array(%(keys)s, {_JOIN})) AS made(key)
"""


def quoted(name: str) -> str:
    """Return *name* as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def table_of(entity: Entity) -> str:
    """Return the main table of *entity* with its schema."""
    return f"{TSH}.{quoted(entity.name)}"


_NEWER: Final = (
    "(s.zoho_modified_at > t.zoho_modified_at OR ((s.zoho_modified_at = t.zoho_modified_at"
    " OR s.zoho_modified_at IS NULL OR t.zoho_modified_at IS NULL) AND s.observed_at > t.observed_at))"
    " AND (t.deleted_at IS NULL OR s.observed_at > t.deleted_at)"
)


def list_sql(entity: Entity) -> ListSql:
    """Return the statements for list rows of *entity*."""
    table, stage = table_of(entity), quoted(f"stage_{entity.name}")
    columns = _names(entity.copy_columns)
    kinds = {field.name: field.kind for field in entity.list_fields}
    keys = _names(entity.key)
    same_key = " AND ".join(f"t.{key} = s.{key}" for key in map(quoted, entity.key))
    main = "".join(f" AND t.{quoted(key)} = ''" for key in entity.key[1:])
    row_key = _row_key(entity, "t")
    volatile = [field for field in entity.list_fields if field.volatile]
    differs = "t.content_hash IS DISTINCT FROM s.content_hash"
    moved = " OR ".join(["t.raw::text IS DISTINCT FROM s.raw", *_distinct(volatile)])
    sets = ", ".join(f"{quoted(f.name)} = {_cast(f'''s.{quoted(f.name)}''', f.kind)}" for f in entity.list_fields)
    values = ", ".join(_cast(f"s.{quoted(name)}", kinds.get(name), name=name) for name in entity.copy_columns)
    audited = [field for field in entity.list_fields if not field.volatile]
    return ListSql(
        copy=f"COPY {table} ({columns}) FROM STDIN",
        stage=_stage(stage, entity.copy_columns, entity.list_fields),
        copy_stage=f"COPY pg_temp.{stage} ({columns}) FROM STDIN",
        clear_stage=f"TRUNCATE pg_temp.{stage}, pg_temp.touched",
        existing=f"""
            SELECT string_agg({_lines_key(entity, "t")}, {_JOIN}) FROM {table} t
            WHERE t.zoho_id = ANY(string_to_array(%(ids)s, {_JOIN}))""",
        insert_missing=f"""
            WITH made AS (
                INSERT INTO {table} AS t ({columns}) SELECT {values} FROM pg_temp.{stage} s
                ON CONFLICT ({keys}) DO NOTHING RETURNING {_lines_key(entity, "t")} AS key
            ) SELECT key FROM made""",
        # Only rows that are written are locked; a lateral subquery keeps the planner to one look-up by key a row.
        touch=f"""
            INSERT INTO pg_temp.touched (id, zoho_id, row_key, revived, changed)
            SELECT f.* FROM pg_temp.{stage} s, LATERAL (
                SELECT t.id, t.zoho_id, {row_key}, t.deleted_at IS NOT NULL, {differs} FROM {table} t
                WHERE {same_key} AND (t.deleted_at IS NOT NULL OR {differs} OR {moved}) AND {_NEWER}
                OFFSET 0 FOR UPDATE OF t
            ) f""",
        touched="SELECT zoho_id, revived FROM pg_temp.touched WHERE changed OR revived",
        audit=f"""
            {_LEDGER}
            SELECT %(entity)s, x.row_key, 'revive', NULL, NULL, {_WHO} FROM pg_temp.touched x WHERE x.revived
            UNION ALL
            SELECT %(entity)s, x.row_key, 'update', d.before, d.after, {_WHO}
            FROM pg_temp.touched x JOIN {table} t ON t.id = x.id JOIN pg_temp.{stage} s ON {same_key},
                LATERAL ({_difference(audited, "t", "s")}) d
            WHERE x.changed AND d.before IS NOT NULL""",
        update=f"""
            UPDATE {table} t SET {sets}, raw = s.raw::json, content_hash = s.content_hash,
                zoho_modified_at = coalesce(s.zoho_modified_at, t.zoho_modified_at), observed_at = s.observed_at,
                synced_at = CASE WHEN x.changed OR x.revived THEN now() ELSE t.synced_at END, deleted_at = NULL
            FROM pg_temp.touched x, pg_temp.{stage} s WHERE t.id = x.id AND {same_key}""",
        compare=f"""
            SELECT count(t.id), count(*) FILTER (
                WHERE t.id IS NOT NULL AND (t.deleted_at IS NOT NULL OR {differs}) AND {_NEWER}
            ) FROM pg_temp.{stage} s LEFT JOIN {table} t ON {same_key}""",
        foresee=f"""
            SELECT s.zoho_id, {_label(entity)}, t.id IS NULL, {_foreseen(differs, audited)}
            FROM pg_temp.{stage} s LEFT JOIN {table} t ON {same_key} ORDER BY s.zoho_id""",
        tombstone=_tombstone(entity, "t.zoho_id = ANY(%(ids)s)", f"true{main}"),
        tombstone_spread=_tombstone_spread(entity, main),
    )


def _label(entity: Entity) -> str:
    """Return what a person knows a staged row by; empty where its list row does not say."""
    return f"coalesce(s.{quoted(entity.label)}::text, '')" if entity.label in entity.copy_columns else "''"


def _foreseen(differs: str, columns: Sequence[Field]) -> str:
    """Return whether a staged row would be written, and in which of *columns* it differs."""
    return (
        f"coalesce((t.deleted_at IS NOT NULL OR {differs}) AND {_NEWER}, false),"
        f" CASE WHEN {differs} THEN {_changed(columns)} ELSE '{{}}' END"
    )


def _changed(columns: Sequence[Field]) -> str:
    """Return the names of the *columns* in which a staged row differs from the stored one."""
    names = (f"CASE WHEN {_distinct([one])[0]} THEN '{one.name}' END" for one in columns)
    return f"array_remove(ARRAY[{', '.join(names)}]::text[], NULL)"


def _tombstone_spread(entity: Entity, main: str) -> str:
    """Return the statement for rows of a spread that their record's newer detail no longer has."""
    newer = f"SELECT a.detailed_at FROM pg_temp.{quoted('detail_' + entity.name)} a WHERE a.zoho_id = t.zoho_id"
    return _tombstone(
        entity,
        f"t.zoho_id = ANY(%(ids)s) AND NOT (true{main}) AND NOT {_lines_key(entity, 't')} = ANY(%(kept)s)"
        f" AND t.observed_at < ({newer})",
        "true",
    )


def detail_sql(entity: Entity) -> DetailSql:
    """Return the statements for details of *entity*."""
    table, stage = table_of(entity), quoted(f"detail_{entity.name}")
    main = "".join(f" AND t.{quoted(key)} = ''" for key in entity.key[1:])
    sets = "".join(f"{quoted(f.name)} = {_cast(f'''d.{quoted(f.name)}''', f.kind)}, " for f in entity.detail_fields)
    audited = [field for field in entity.detail_fields if not field.volatile]
    return DetailSql(
        stage=_stage(stage, entity.detail_columns, entity.detail_fields),
        copy_stage=f"COPY pg_temp.{stage} ({_names(entity.detail_columns)}) FROM STDIN",
        # A detail that was asked for later is newer, unless it is stamped older than the row and the row's is current.
        apply=f"""
            INSERT INTO pg_temp.applied (id, zoho_id, first, fresh, before, after)
            SELECT t.id, t.zoho_id, t.detailed_at IS NULL, t.synced_at >= %(started)s, c.before, c.after
            FROM pg_temp.{stage} d JOIN {table} t ON t.zoho_id = d.zoho_id{main},
                LATERAL ({_difference(audited, "t", "d")}) c
            WHERE t.detailed_at IS NULL OR (t.detailed_at < d.detailed_at
                AND NOT coalesce(d.zoho_modified_at < t.zoho_modified_at AND t.detailed_at >= t.synced_at, false))
            ORDER BY t.id FOR UPDATE OF t""",
        # What was asked for after the list row is no older than it, though the row was written later.
        update=f"""
            UPDATE {table} t SET {sets}raw_detail = d.raw_detail::json, detailed_at = CASE
                WHEN d.detailed_at >= t.observed_at THEN greatest(d.detailed_at, t.synced_at) ELSE d.detailed_at END
            FROM pg_temp.applied a, pg_temp.{stage} d WHERE t.id = a.id AND d.zoho_id = a.zoho_id""",
        audit=f"""
            {_LEDGER}
            SELECT %(entity)s, a.zoho_id, 'update', a.before, a.after, {_WHO}
            FROM pg_temp.applied a WHERE NOT a.first AND a.before IS NOT NULL""",
    )


def child_sql(child: Child) -> ChildSql:
    """Return the statements for the rows of *child*."""
    table, stage = f"{TSH}.{quoted(child.table)}", quoted(f"stage_{child.table}")
    columns = ("parent_zoho_id", "position", *(field.name for field in child.fields))
    names = _names(field.name for field in child.fields)
    values = ", ".join(_cast(f"s.{quoted(field.name)}", field.kind) for field in child.fields)
    changed = " OR ".join(["o.id IS NULL", "n.parent_id IS NULL", *_distinct(child.fields, "o", "n")])
    return ChildSql(
        stage=_stage(stage, columns, child.fields),
        copy_stage=f"COPY pg_temp.{stage} ({_names(columns)}) FROM STDIN",
        differ=f"""
            INSERT INTO pg_temp.differing (parent_id, position, before, after)
            SELECT a.id, coalesce(o.position, n.position),
                CASE WHEN NOT a.first AND o.id IS NOT NULL THEN {_image(child.fields, "o", position=True)} END,
                CASE WHEN NOT a.first AND n.parent_id IS NOT NULL THEN {_image(child.fields, "n", position=True)} END
            FROM (SELECT c.* FROM {table} c JOIN pg_temp.applied b ON b.id = c.parent_id) o
            FULL JOIN (SELECT b.id AS parent_id, s.* FROM pg_temp.{stage} s
                JOIN pg_temp.applied b ON b.zoho_id = s.parent_zoho_id) n
                ON n.parent_id = o.parent_id AND n.position = o.position
            JOIN pg_temp.applied a ON a.id = coalesce(o.parent_id, n.parent_id)
            WHERE {changed}""",
        note=f"""
            UPDATE pg_temp.applied a SET
                before = coalesce(a.before, '{{}}') || jsonb_build_object('{child.table}', d.old),
                after = coalesce(a.after, '{{}}') || jsonb_build_object('{child.table}', d.new)
            FROM (SELECT parent_id,
                    coalesce(jsonb_agg(before ORDER BY position) FILTER (WHERE before IS NOT NULL), '[]') AS old,
                    coalesce(jsonb_agg(after ORDER BY position) FILTER (WHERE after IS NOT NULL), '[]') AS new
                FROM pg_temp.differing GROUP BY parent_id) d
            WHERE d.parent_id = a.id AND NOT a.first""",
        delete=f"""
            DELETE FROM {table} c USING pg_temp.differing d
            WHERE c.parent_id = d.parent_id AND c.position = d.position""",
        insert=f"""
            INSERT INTO {table} (parent_id, position, {names})
            SELECT a.id, s.position, {values} FROM pg_temp.{stage} s
            JOIN pg_temp.applied a ON a.zoho_id = s.parent_zoho_id
            JOIN pg_temp.differing d ON d.parent_id = a.id AND d.position = s.position
            ORDER BY a.id, s.position""",
    )


def joined(keys: Iterable[str]) -> str:
    """Return many keys as the one text that statements take apart: far quicker to send than an array."""
    return JOIN.join(keys)


def _tombstone(entity: Entity, where: str, counts: str) -> str:
    return f"""
        WITH dead AS (
            UPDATE {table_of(entity)} t SET deleted_at = now() WHERE {where} AND t.deleted_at IS NULL
            RETURNING t.zoho_id, {_row_key(entity, "t")} AS row_key, {counts} AS counts
        ), noted AS (
            {_LEDGER} SELECT %(entity)s, row_key, 'delete', NULL, NULL, {_WHO} FROM dead
        ) SELECT zoho_id FROM dead WHERE counts"""


def _stage(stage: str, columns: Sequence[str], fields: Iterable[Field]) -> str:
    types = _META | {field.name: _TYPES[field.kind] for field in fields}
    declared = ", ".join(f"{quoted(name)} {types[name]}" for name in columns)
    return f"CREATE TEMP TABLE IF NOT EXISTS {stage} ({declared}) WITH ({_STORAGE}) ON COMMIT DELETE ROWS"


def _names(columns: Iterable[str]) -> str:
    return ", ".join(map(quoted, columns))


def _cast(value: str, kind: Kind | None, *, name: str = "") -> str:
    return f"{value}::json" if kind is Kind.JSON or name == "raw" else value


def _lines_key(entity: Entity, alias: str) -> str:
    """Return the expression for a row's key as it stands in `Lines.keys`."""
    return " || chr(31) || ".join(f"{alias}.{quoted(key)}" for key in entity.key)


def _row_key(entity: Entity, alias: str) -> str:
    """Return the expression for a row's key as people read it in the audit: `id`, or `id/key` in a spread."""
    rest = ", ".join(f"nullif({alias}.{quoted(key)}, '')" for key in entity.key[1:])
    return f"concat_ws('/', {alias}.zoho_id, {rest})" if rest else f"{alias}.zoho_id"


def _comparable(field: Field, alias: str) -> str:
    value = f"{alias}.{quoted(field.name)}"
    return f"{value}::text" if field.kind is Kind.JSON else value


def _distinct(fields: Iterable[Field], left: str = "t", right: str = "s") -> list[str]:
    return [f"{_comparable(field, left)} IS DISTINCT FROM {_comparable(field, right)}" for field in fields]


def _image(fields: Sequence[Field], alias: str, *, position: bool = False) -> str:
    pairs = [f"'{field.name}', {_comparable(field, alias)}" for field in fields]
    if position:
        pairs.insert(0, f"'position', {alias}.position")
    chunks = [pairs[start : start + _IMAGE_CHUNK] for start in range(0, len(pairs), _IMAGE_CHUNK)]
    return " || ".join(f"jsonb_build_object({', '.join(chunk)})" for chunk in chunks) or "'{}'::jsonb"


def _difference(fields: Sequence[Field], left: str, right: str) -> str:
    """Return a query for the columns that differ between two rows, before and after; both NULL when none does."""
    return (
        "SELECT jsonb_object_agg(o.key, o.value) AS before, jsonb_object_agg(o.key, n.value) AS after"
        f" FROM jsonb_each({_image(fields, left)}) o JOIN jsonb_each({_image(fields, right)}) n USING (key)"
        " WHERE o.value IS DISTINCT FROM n.value"
    )
