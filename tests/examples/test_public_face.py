"""The names of the package: all there, all typed, and paid for when they are used."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import chipid

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", chipid.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    assert getattr(chipid, name) is not None
    assert name in dir(chipid)


def test_the_names_are_sorted_and_told_to_type_checkers_too() -> None:
    tree = ast.parse((ROOT / "chipid" / "__init__.py").read_text(encoding="utf-8"))
    (guarded,) = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in guarded.body if isinstance(node, ast.ImportFrom)]
    origins = {alias.asname or alias.name: node.module for node in imports for alias in node.names}
    assert set(origins) == set(chipid.__all__) == set(chipid._ORIGINS)
    assert {name: chipid._ORIGINS[name] for name in origins} == origins
    assert len(set(chipid.__all__)) == len(chipid.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        chipid.no_such_name  # noqa: B018


def test_importing_the_package_imports_nothing_else_of_it() -> None:
    program = "import sys, chipid; print(sorted(one for one in sys.modules if one.startswith(('chipid.', 'apdu'))))"
    ending = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True)
    assert ending.stdout.strip() == "[]"


def test_judging_needs_no_reader_and_no_command_line() -> None:
    program = (
        "import sys, chipid; chipid.judge, chipid.read_card, chipid.Holder;"
        "print([one for one in ('smartcard', 'reader', 'simulator', 'click', 'cli') if one in sys.modules])"
    )
    ending = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True)
    assert ending.stdout.strip() == "[]"
