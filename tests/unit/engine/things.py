"""An entity with a field of every kind, made for the tests of the normalizer."""

import json
from datetime import UTC, datetime

from msgspec import Raw

from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.entities.spec import Child, Entity, Field, Kind, Pull, Spread

NOW = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)

THINGS = Entity(
    name="things",
    title="Things",
    one="thing",
    zoho="things",
    route="things",
    apis=(),
    pull=Pull(id="thing_id", modified=("last_modified_time", "updated_time")),
    fields=(
        Field("name", sources=("name", "thing_name"), required=True, longest=50),
        Field("note"),
        Field("owner_zoho_id", Kind.ID, sources=("owner_id",)),
        Field("price", Kind.MONEY),
        Field("weight", Kind.NUMBER, sources=("weight", "mass")),
        Field("days", Kind.INTEGER),
        Field("is_good", Kind.FLAG),
        Field("due", Kind.DAY),
        Field("created_time", Kind.STAMP),
        Field("tags", Kind.JSON),
        Field("stock", Kind.NUMBER, volatile=True),
        Field("thing_name"),
        Field("remark", detail=True),
        Field("limit", Kind.MONEY, detail=True),
        Field("custom_fields", Kind.JSON, detail=True),
    ),
    children=(
        Child(
            table="thing_lines",
            source="lines",
            fields=(
                Field("zoho_id", Kind.ID, sources=("line_id",)),
                Field("text", longest=50),
                Field("rate", Kind.MONEY),
            ),
        ),
        Child(table="thing_marks", source="marks", fields=(Field("mark", required=True),)),
    ),
)

FIGURES = Entity(
    name="figures",
    title="Figures",
    one="thing's figures",
    zoho="figures",
    route="figures",
    apis=(),
    pull=Pull(id="thing_id"),
    fields=(
        Field("place_id", Kind.ID, sources=("_none",)),
        Field("place_name", sources=("_none",)),
        Field("thing_name", sources=("name",)),
        Field("on_hand", Kind.NUMBER),
    ),
    spread=Spread(
        arrays=("places", "sheds"),
        only_with="on_hand",
        key=("place_id",),
        fields=(
            Field("place_id", Kind.ID, sources=("place_id", "shed_id"), required=True),
            Field("place_name", sources=("place_name", "shed_name")),
            Field("on_hand", Kind.NUMBER, sources=("place_on_hand", "shed_on_hand")),
        ),
    ),
)

things = Normalizer(THINGS)
figures = Normalizer(FIGURES)


def thing(thing_id: object = "1", **members: object) -> Raw:
    """Return a good record with *members* laid over it."""
    return raw({"thing_id": thing_id, "name": "Cable", **members})


def raw(record: object) -> Raw:
    """Return *record* as Zoho would write it."""
    return Raw(json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode())
