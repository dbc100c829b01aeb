"""Zoho's OpenAPI documents as questions: which parameters and values an endpoint takes, how its reply looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, validators

from tests.support.facts import document

PREFIXES = {"/books/v3": "books", "/inventory/v1": "inventory"}
_FILES = {
    "books": {
        **{name: name for name in ("contacts", "invoices", "items", "locations", "organizations")},
        "itemdetails": "items",
        "salesorders": "sales-order",
        "customerpayments": "customer-payments",
        "creditnotes": "credit-notes",
        "pricebooks": "pricelists",
    },
    "inventory": {
        **{name: name for name in ("contacts", "invoices", "items", "locations", "organizations", "salesorders")},
        "itemdetails": "items",
        "pricebooks": "pricelists",
    },
}
_ALLOWED = re.compile(r"allowed values:?(.*)", re.IGNORECASE | re.DOTALL)
_ID = re.compile(r"\{\w+\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """A documented GET: its query parameters with the values they may have (empty: any), and its reply."""

    parameters: dict[str, frozenset[str]]
    reply: dict[str, Any]
    components: dict[str, Any]

    def misfits(self, value: Any) -> set[str]:
        """Return the places of *value* whose kind is not the documented one, with words."""
        root = {**self.reply, "components": self.components}
        return {
            f"{_place(error.absolute_path)}: {error.validator} {error.validator_value}"
            for error in _Kinds(root).iter_errors(value)
        }

    def places(self) -> set[str]:
        """Return all documented places of the reply."""
        return set(_places(self.reply, {"components": self.components}, "", ()))


@cache
def operation(endpoint: str) -> Operation | None:
    """Return what is documented for *endpoint*, such as `books /items/{id}`, or None."""
    product, path = endpoint.split(" ")
    name = _FILES[product].get(path.split("/")[1])
    if name is None:
        return None
    found = document(product, name)
    for template, verbs in found["paths"].items():
        if _ID.sub("{id}", template) == path and "get" in verbs:
            get = verbs["get"]
            given = [_resolved(one, found) for one in (*verbs.get("parameters", ()), *get.get("parameters", ()))]
            content = get["responses"]["200"]["content"]
            return Operation(
                parameters={one["name"]: _values(one) for one in given if one["in"] == "query"},
                reply=content["application/json"]["schema"] if content else {},
                components=found["components"],
            )
    return None


@cache
def property_names() -> frozenset[str]:
    """Return the keys of all objects that the documents describe."""
    names: set[str] = set()
    for product, files in _FILES.items():
        for name in set(files.values()):
            names |= set(_properties(document(product, name)))
    return frozenset(names)


def _properties(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"]
        for inner in node.values():
            yield from _properties(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _properties(inner)


def _values(parameter: dict[str, Any]) -> frozenset[str]:
    """Return the values a parameter may have; Zoho names most of them only in the words about it."""
    listed = parameter.get("schema", {}).get("enum")
    if listed:
        return frozenset(listed)
    words = _ALLOWED.search(parameter.get("description", ""))
    if words is None:
        return frozenset()
    text = re.sub(r"</?code>|\band\b|\bfor (?:a|de)scending\b", " ", words.group(1))
    return frozenset(re.findall(r"[\w.]*\w", text))


def _forgiving(name: str) -> Any:
    """Return the check of a type that "" passes: it stands for every absent value (zoho-api.md 2)."""
    is_type = Draft202012Validator.TYPE_CHECKER.is_type
    return lambda _checker, instance: instance == "" or is_type(instance, name)


_CHECKER = Draft202012Validator.TYPE_CHECKER.redefine_many(
    {name: _forgiving(name) for name in ("integer", "number", "boolean", "array", "object")}
)


def _type(validator: Any, wanted: Any, instance: Any, schema: Any) -> Iterator[Any]:
    """Check a type; where a list is documented as one record, or one as a list, look into it all the same."""
    yield from Draft202012Validator.VALIDATORS["type"](validator, wanted, instance, schema)
    if wanted == "object" and isinstance(instance, list):
        for index, element in enumerate(instance):
            yield from validator.descend(element, schema, path=index)
    if wanted == "array" and isinstance(instance, dict):
        yield from validator.descend(instance, schema["items"])


_WORDS: dict[str, Any] = {
    word: Draft202012Validator.VALIDATORS[word] for word in ("$ref", "properties", "items", "allOf")
}
_Kinds = validators.create(
    meta_schema=Draft202012Validator.META_SCHEMA, validators={**_WORDS, "type": _type}, type_checker=_CHECKER
)


def _place(path: Any) -> str:
    text = ""
    for part in path:
        text += "[]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _resolved(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        found: Any = root
        for part in node["$ref"].split("/")[1:]:
            found = found[part]
        node = found
    return node


def _places(node: dict[str, Any], root: dict[str, Any], place: str, seen: tuple[str, ...]) -> Iterator[str]:
    reference = node.get("$ref", "")
    if reference in seen:
        return
    seen = (*seen, reference) if reference else seen
    node = _resolved(node, root)
    for part in node.get("allOf", ()):
        yield from _places(part, root, place, seen)
    for key, inner in (node.get("properties") or {}).items():
        below = f"{place}.{key}" if place else key
        yield below
        yield from _places(inner, root, below, seen)
    if isinstance(node.get("items"), dict):
        yield from _places(node["items"], root, f"{place}[]", seen)
