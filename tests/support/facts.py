"""The facts about Zoho that lie beside the checkout: captured replies and Zoho's OpenAPI documents.

They are read where they are and never copied into the project. `TSH_ZOHO_FACTS` names their folder where it is not
`../shared`; tests that need them skip, and say so, where they are absent.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

FACTS = Path(os.environ.get("TSH_ZOHO_FACTS") or Path(__file__).resolve().parents[3] / "shared")
CAPTURES = FACTS / "zoho-captures"
DOCUMENTS = FACTS / "zoho-openapi"

_WORDS = "{what} are not here: they are read from {folder}, or from below the folder that TSH_ZOHO_FACTS names"

needs_captures = pytest.mark.skipif(
    not CAPTURES.is_dir(), reason=_WORDS.format(what="Zoho's captured replies", folder="../shared/zoho-captures")
)
needs_documents = pytest.mark.skipif(
    not DOCUMENTS.is_dir(), reason=_WORDS.format(what="Zoho's OpenAPI documents", folder="../shared/zoho-openapi")
)


def body(name: str) -> bytes:
    """Return a captured reply as it was on the wire; *name* is its file's, without the ending."""
    return (CAPTURES / f"{name}.json").read_bytes()


def captured(name: str) -> Any:
    """Return a captured reply, decoded."""
    return json.loads(body(name))


@cache
def document(product: str, name: str) -> dict[str, Any]:
    """Return one OpenAPI document of a product; it is shared, so it must not be changed."""
    with (DOCUMENTS / product / f"{name}.yml").open("rb") as stream:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        found: dict[str, Any] = yaml.load(stream, Loader=loader)  # noqa: S506 -- both are safe loaders
    return found
