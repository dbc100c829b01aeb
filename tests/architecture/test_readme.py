"""What README promises is there."""

import re
import tomllib
from collections.abc import Iterator

import typer

from tests.architecture import settings_page, tree
from tsh_sync_gui.cli.app import app

README = (tree.ROOT / "README.md").read_text(encoding="utf-8")
TOP = {
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "docs",
    "packaging",
    "pyproject.toml",
    "resources",
    "tests",
    "tsh_sync_gui",
}


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_the_top_of_the_tree_holds_only_what_belongs_there():
    listed = {path.relative_to(tree.ROOT).parts[0] for path in tree.files()}

    assert listed <= TOP
    assert listed >= TOP - {"packaging"}


def test_the_first_command_starts_the_demo_and_the_second_runs_all_tests():
    first, second = _blocks("sh")[:2]

    assert first.count("\n") == 1
    assert first.split() == ["sh", "packaging/setup.sh", "&&", ".venv/bin/tsh-sync", "demo"]
    assert "packaging/setup.sh test" in second
    assert "pytest" in second


def test_every_file_that_is_mentioned_exists():
    mentioned = set(re.findall(r"\]\((?!https?://|#)([^)#]+)", README))
    mentioned |= {
        name for name in re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:md|sh|toml))`", README) if "…" not in name
    }
    ours = {name for name in mentioned if name.split("/")[0] in TOP}

    missing = sorted(name for name in ours if not (tree.ROOT / name).exists())

    assert missing == []
    assert any(name.endswith(".png") for name in mentioned)


def _commands(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    children = getattr(command, "commands", {})
    for name, child in children.items():
        yield from _commands(child, (*path, name))
    if not children:
        yield path, command


def test_every_command_in_readme_exists_with_its_options():
    known = dict(_commands(typer.main.get_command(app)))
    shown = re.findall(
        r"(?:^|[`\s/])tsh-sync ((?:[a-z]+|--?[\w-]+|[^\s`#|]+)(?: [^\n`#|]*)?)", "\n".join(_blocks("sh"))
    )
    shown += re.findall(r"`tsh-sync ([^`]+)`", README)

    for line in shown:
        words = line.split()
        path = next((tuple(words[:depth]) for depth in (2, 1) if tuple(words[:depth]) in known), None)
        assert path is not None, line
        options = {option for parameter in known[path].params for option in parameter.opts}
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in options, line


def test_the_page_of_settings_tells_what_the_program_does():
    assert settings_page.PAGE.read_text(encoding="utf-8") == settings_page.page(), (
        "docs/settings.md is stale: run `python -m tests.architecture.settings_page`"
    )


def test_the_changelog_knows_this_version():
    version = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    changes = (tree.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

    assert f"## [{version}]" in changes or "## [Unreleased]" in changes


def test_every_decision_has_its_parts():
    decisions = sorted((tree.ROOT / "docs" / "decisions").glob("[0-9]*.md"))

    assert decisions
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        for heading in ("## Question", "## Decision", "## Reasons", "## Refused"):
            assert heading in text, f"{path.name}: {heading}"
