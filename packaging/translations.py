"""Gathers every text of the window into the translation files, and compiles them: `python packaging/translations.py`.

`resources/translations/ar.ts` is what translators work on (Qt Linguist opens it); `ar.qm` beside it is what the
program loads. `--check` changes nothing and fails where a text has no translation or the compiled file is old.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
CONTEXT = "tsh"
FORMS = {"ar": 6}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)
_SCHEMES = {
    "as documented",
    "body alone",
    "parameters alone",
    "parameters as sent",
    "encoded form",
    "encoded parameters",
    "body without its end",
    "body without its mark",
}


def texts() -> dict[str, set[str]]:
    """Return every text that goes through `tr`, with the files it stands in."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "tsh_sync_gui" / "ui").rglob("*.py")):
        for text in _literals(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(text, set()).add(path.relative_to(ROOT).as_posix())
    for text, place in (*_declared(), *_examined(), *_diagnoses(), *_progress(), *_refusals()):
        found.setdefault(text, set()).add(place)
    return found


def _literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"tr", "tr_noop"}:
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def _declared() -> Iterator[tuple[str, str]]:
    """Yield the texts that are data elsewhere: names of entities, settings and their sections."""
    sys.path.insert(0, str(ROOT))
    from tsh_sync_gui.core.settings import DECLARED  # noqa: PLC0415 -- the path is ours to set first
    from tsh_sync_gui.entities.registry import REGISTRY  # noqa: PLC0415

    for entity in REGISTRY:
        yield entity.title, "tsh_sync_gui/entities"
    for one in DECLARED:
        for text in (one.title, one.help, one.section, one.range):
            if text:
                yield text, "tsh_sync_gui/core/settings"


def _examined() -> Iterator[tuple[str, str]]:
    """Yield what the doctor says and looks into: the literals of `say(…)`, and the titles of `Check(…, title)`."""
    for path in sorted((ROOT / "tsh_sync_gui" / "bootstrap").glob("doctor*.py")):
        place = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"say", "Check"}:
                text = node.args[-1] if node.args else None
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield text.value, place


def _diagnoses() -> Iterator[tuple[str, str]]:
    """Yield what is said of a delivery whose signature does not match: the sentences of the diagnosis."""
    path = ROOT / "tsh_sync_gui" / "zoho" / "webhook_diagnosis.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, _DOCUMENTED)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            text = node.value
            if " " in text and (text[0].isupper() or text in _SCHEMES) and text not in docs:
                yield text, path.relative_to(ROOT).as_posix()


def _progress() -> Iterator[tuple[str, str]]:
    """Yield what the start page says while the database opens: the literals of `progress(…)`."""
    for layer in ("bootstrap", "store"):
        for path in sorted((ROOT / "tsh_sync_gui" / layer).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "progress":
                    for one in ast.walk(node):
                        if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value[-1:].isalpha():
                            yield one.value, path.relative_to(ROOT).as_posix()


def _refusals() -> Iterator[tuple[str, str]]:
    """Yield what a refused sign-in says."""
    from tsh_sync_gui.zoho.accounts import REFRESH_WORDS  # noqa: PLC0415 -- as above

    for title, advice in REFRESH_WORDS.values():
        yield f"{title}.", "tsh_sync_gui/zoho/accounts"
        yield advice, "tsh_sync_gui/zoho/accounts"


def known(path: Path) -> dict[str, list[str]]:
    """Return the translations of a `.ts` file, several where the text counts something."""
    if not path.exists():
        return {}
    found: dict[str, list[str]] = {}
    for message in ET.parse(path).getroot().iter("message"):  # noqa: S314 -- our own file
        target = message.find("translation")
        if target is None or target.get("type"):
            continue
        forms = [form.text or "" for form in target.findall("numerusform")]
        found[message.findtext("source") or ""] = forms or [target.text or ""]
    return {text: forms for text, forms in found.items() if all(forms)}


def write(path: Path, language: str, translated: dict[str, list[str]]) -> None:
    """Write the `.ts` file of *language* anew."""
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ET.SubElement(root, "context")
    ET.SubElement(context, "name").text = CONTEXT
    for text, places in sorted(texts().items()):
        counts = "%Ln" in text
        message = ET.SubElement(context, "message", {"numerus": "yes"} if counts else {})
        for place in sorted(places):
            ET.SubElement(message, "location", filename=place)
        ET.SubElement(message, "source").text = text
        target = ET.SubElement(message, "translation")
        forms = translated.get(text, [])
        if not forms:
            target.set("type", "unfinished")
        if counts:
            for form in forms or [""] * FORMS[language]:
                ET.SubElement(target, "numerusform").text = form
        elif forms:
            target.text = forms[0]
    ET.indent(root, " ")
    body = ET.tostring(root, encoding="unicode")
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")  # who reads it meanwhile finds it whole
    partial.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', encoding="utf-8")
    partial.replace(path)


def compile_to(source: Path, target: Path) -> None:
    """Compile a `.ts` file with the tool that comes with PySide6."""
    import PySide6  # noqa: PLC0415 -- only compiling needs it

    folder = Path(PySide6.__file__).parent
    name = "lrelease.exe" if sys.platform == "win32" else "lrelease"
    subprocess.run([str(folder / name), "-silent", str(source), "-qm", str(target)], check=True)


def faults(language: str) -> list[str]:
    """Return what is wrong with the files of *language*."""
    source, compiled = FOLDER / f"{language}.ts", FOLDER / f"{language}.qm"
    have = known(source)
    found = [f"no translation: {text}" for text in sorted(texts()) if text not in have]
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / compiled.name
        compile_to(source, fresh)
        if not compiled.exists() or fresh.read_bytes() != compiled.read_bytes():
            found.append(f"{compiled.name} is older than {source.name}")
    return found


def main() -> int:
    """Bring the files up to date, or check them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail where something is missing")
    wanted = parser.parse_args()
    wrong = 0
    for language in FORMS:
        if wanted.check:
            for fault in faults(language):
                print(f"{language}: {fault}")
                wrong += 1
            continue
        path = FOLDER / f"{language}.ts"
        write(path, language, known(path))
        compile_to(path, FOLDER / f"{language}.qm")
        have, wanted_texts = known(path), texts()
        missing = sum(text not in have for text in wanted_texts)
        print(f"{language}: {missing} of {len(wanted_texts)} texts are missing")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
