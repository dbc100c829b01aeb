"""What may import what, and what may stand where."""

import ast
import re
import subprocess
import sys

import pytest

from tests.architecture import tree
from tsh_sync_gui.entities.registry import REGISTRY


@pytest.mark.timeout(300)
def test_imports_point_down():
    """import-linter keeps the contracts of pyproject.toml."""
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"

    checked = subprocess.run(
        [sys.executable, "-c", command], cwd=tree.ROOT, capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def _imported(path):
    for node in ast.walk(tree.parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize(
    ("library", "folders"),
    [
        ("PySide6", ("ui",)),
        ("qasync", ("ui",)),
        ("sqlalchemy", ("store",)),
        ("psycopg", ("store",)),
        ("alembic", ("store",)),
        ("httpx", ("zoho", "simulator")),
        ("starlette", ("simulator", "listener")),
        ("uvicorn", ("serving.py", "simulator", "listener")),
        ("keyring", ("vault",)),
    ],
)
def test_a_library_stands_only_in_its_adapter(library, folders):
    places = {
        path.relative_to(tree.PACKAGE).parts[0]
        for path in tree.python_files()
        for module in _imported(path)
        if module.split(".")[0] == library
    }

    assert places <= set(folders)


def test_no_entity_is_named_where_all_are_served():
    """Engine, store and window are derived from the specs: a ninth entity needs no line of theirs."""
    names = {name for entity in REGISTRY for name in (entity.name, entity.zoho, entity.route)}
    names |= {child.table for entity in REGISTRY for child in entity.children}
    word = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, names)))})\b")
    found = []
    for folder in ("engine", "store", "ui"):
        for path in tree.python_files(f"tsh_sync_gui/{folder}"):
            if "migrations" in path.parts:
                continue  # a migration is the record of the day it was made, with the names of that day
            found += [
                f"{tree.name(path)}:{node.lineno}: {node.value!r}"
                for node in ast.walk(tree.parsed(path))
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and word.fullmatch(node.value)
            ]

    # The setting ZOHO_PRODUCTS has the same word for Zoho's products, Books and Inventory.
    assert [one for one in found if one.partition(":")[0] != "tsh_sync_gui/ui/state/settings_form.py"] == []


def test_every_entity_is_in_the_registry():
    declared = set()
    for path in tree.python_files("tsh_sync_gui/entities"):
        for node in tree.parsed(path).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                function = node.value.func
                if isinstance(function, ast.Name) and function.id == "Entity":
                    declared |= {keyword.value.value for keyword in node.value.keywords if keyword.arg == "name"}

    assert declared == {entity.name for entity in REGISTRY}
    assert len({entity.rank for entity in REGISTRY}) == len(REGISTRY.all)


def test_the_registry_finds_an_entity_by_each_of_its_names():
    for entity in REGISTRY:
        assert REGISTRY.get(entity.name) is entity
        assert REGISTRY.get(entity.route) is entity


def test_parents_come_before_their_children():
    order = [entity.name for entity in REGISTRY]

    for entity in REGISTRY:
        for parent in entity.parents:
            assert order.index(parent) < order.index(entity.name)


def test_importing_the_package_is_cheap():
    """`import tsh_sync_gui` brings in neither Qt nor the database; other programs pay for what they use."""
    command = "import sys, tsh_sync_gui; print(*sorted({name.split('.')[0] for name in sys.modules}))"

    modules = subprocess.run([sys.executable, "-c", command], cwd=tree.ROOT, capture_output=True, text=True, check=True)

    assert not {"PySide6", "sqlalchemy", "psycopg", "httpx", "pydantic", "asyncio"} & set(modules.stdout.split())
