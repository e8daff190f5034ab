"""Steering characters, replaced in lines and escaped in JSON."""

from __future__ import annotations

import json
import unicodedata
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.exports.terminal import json_text, printable

STEERING: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Nguyễn Văn A", "Nguyễn Văn A"),
        ("\x1b[31mred", "�[31mred"),
        ("a\nb\tc\r", "a�b�c�"),
        ("\x9b2J", "�2J"),
        ("abc\u202edef", "abc�def"),
        ("\ud800", "�"),
        ("", ""),
        ("日本 😀", "日本 😀"),
    ],
)
def test_steering_characters_of_a_line_are_replaced(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text() | st.text(alphabet=st.characters(categories=STEERING)))
def test_a_line_keeps_its_length_and_steers_nothing(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert not [one for one in shown if unicodedata.category(one) in STEERING]


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


@given(documents)
def test_json_is_the_same_document_and_steers_nothing(document: object) -> None:
    text = json_text(document)
    assert json.loads(text) == document
    assert not [one for one in text.replace("\n", "") if unicodedata.category(one) in STEERING]


def test_json_is_readable() -> None:
    assert json_text({"name": "Nguyễn", "esc": "\x9b\x1b\u202e"}) == (
        '{\n  "name": "Nguyễn",\n  "esc": "\\u009b\\u001b\\u202e"\n}'
    )
