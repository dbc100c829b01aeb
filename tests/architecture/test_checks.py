"""Lint, format and types are tests: one command checks all."""

import subprocess
import sys

import pytest

from tests.architecture import tree


def _run(*command):
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=tree.ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_the_linter_has_nothing_to_say():
    checked = _run("ruff", "check", ".")

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_all_files_are_formatted():
    checked = _run("ruff", "format", "--check", ".")

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.timeout(600)
def test_all_types_fit():
    checked = _run("mypy", "--strict")

    assert checked.returncode == 0, checked.stdout + checked.stderr
