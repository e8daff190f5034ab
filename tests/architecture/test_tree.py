"""Habits of the tree that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("apdu", "chipid", "reader", "simulator")
MAX_LINES = 400
MAX_CLI_LINES = 720


def code_files() -> list[Path]:
    return [path for room in CODE for path in sorted((ROOT / room).rglob("*.py"))]


def tracked_files() -> list[Path]:
    run = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if run.returncode != 0:
        pytest.skip("not a git work tree")
    return [ROOT / name for name in run.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_a_module_over_400_lines_says_in_its_docstring_why_it_is_long() -> None:
    unexplained = []
    for path in code_files():
        text = path.read_text(encoding="utf-8")
        docstring = ast.get_docstring(ast.parse(text)) or ""
        if text.count("\n") > MAX_LINES and "long because" not in docstring:
            unexplained.append(str(path.relative_to(ROOT)))
    assert unexplained == []


def test_the_command_line_stays_short() -> None:
    assert (ROOT / "cli.py").read_text(encoding="utf-8").count("\n") <= MAX_CLI_LINES


def test_a_package_init_holds_its_docstring_only_but_for_the_public_face() -> None:
    packages = [path for path in code_files() if path.name == "__init__.py" and path.parent != ROOT / "chipid"]
    assert [str(path.relative_to(ROOT)) for path in packages if not is_docstring_only(path)] == []


def is_docstring_only(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return len(tree.body) == 1 and ast.get_docstring(tree) is not None


def test_no_path_of_a_development_machine_is_in_the_tree() -> None:
    homes = {"/home/", "/root/", "/Users/"}
    if ROOT.parent != Path("/"):
        homes.add(f"{ROOT.parent}/")
    # A path begins where no word does; within a URL the same letters mean nothing.
    unwanted = re.compile(rb"(?<![\w./:-])(?:" + b"|".join(re.escape(home.encode()) for home in sorted(homes)) + b")")
    found = [
        str(path.relative_to(ROOT))
        for path in tracked_files()
        if b"\0" not in (content := path.read_bytes()) and path != Path(__file__) and unwanted.search(content)
    ]
    assert found == []
