"""Sizes and marks: what grows beyond these wants to be two."""

import ast
import re

from tests.architecture import tree

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 60
LINES_OF_A_CLASS = 300
METHODS_OF_A_CLASS = 30


def test_no_file_is_longer_than_its_budget():
    long = {
        tree.name(path): lines
        for path in (*tree.python_files(), *tree.python_files("tests"))
        if (lines := path.read_text(encoding="utf-8").count("\n")) > LINES_OF_A_FILE
    }

    assert long == {}


def test_no_function_is_longer_than_its_budget():
    long = {
        f"{tree.name(path)}:{node.lineno} {node.name}": lines
        for path in tree.python_files()
        for node in tree.functions(tree.parsed(path))
        if (lines := (node.end_lineno or node.lineno) - node.lineno) > LINES_OF_A_FUNCTION
    }

    assert long == {}


def test_no_class_is_larger_than_its_budget():
    large = {}
    for path in tree.python_files():
        for node in ast.walk(tree.parsed(path)):
            if isinstance(node, ast.ClassDef):
                lines = (node.end_lineno or node.lineno) - node.lineno
                methods = sum(isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)) for one in node.body)
                if lines > LINES_OF_A_CLASS or methods > METHODS_OF_A_CLASS:
                    large[f"{tree.name(path)}: {node.name}"] = (lines, methods)

    assert large == {}


def test_every_module_says_what_it_is():
    silent = [tree.name(path) for path in tree.python_files() if not ast.get_docstring(tree.parsed(path))]

    assert silent == []


def test_nothing_is_left_half_done():
    marks = re.compile(
        r"\bTO" + r"DO\b|\bFIX" + r"ME\b|\bX" + r"XX\b|NotImplemented" + r"Error|# type: ignore\s*$", re.MULTILINE
    )

    found = [
        f"{tree.name(path)}: {mark.group(0).strip()}"
        for path in (*tree.python_files(), *tree.python_files("tests"))
        for mark in marks.finditer(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_no_exception_is_swallowed():
    swallowed = [
        f"{tree.name(path)}:{node.lineno}"
        for path in tree.python_files()
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.ExceptHandler) and all(isinstance(one, ast.Pass) for one in node.body)
    ]

    assert swallowed == []
