"""The project's files, as the architecture tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tsh_sync_gui"


@cache
def files(folder: str = "") -> tuple[Path, ...]:
    """Return what git keeps, and what is new and not ignored; without git (an unpacked archive) all files."""
    asked = subprocess.run(
        ["git", "-c", "core.quotePath=off", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", "."],
        cwd=ROOT / folder,
        capture_output=True,
        check=False,
    )
    if asked.returncode == 0:
        names = (name.decode() for name in asked.stdout.split(b"\0") if name)
        found = (ROOT / folder / name for name in names)
    else:
        found = (path for path in (ROOT / folder).rglob("*") if ".venv" not in path.parts)
    return tuple(sorted(path for path in found if path.is_file()))


def python_files(folder: str = "tsh_sync_gui") -> tuple[Path, ...]:
    return tuple(path for path in files(folder) if path.suffix == ".py")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node
