"""What may reach a terminal: texts of cards, certificates and files can hold characters that steer it."""

from __future__ import annotations

import json
import unicodedata

# Control and format characters, lone surrogates, separators of lines and paragraphs.
_STEERING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs that show nothing


def printable(text: str) -> str:
    """One line of text whose steering characters are replaced."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _steers(character) else character for character in text)


def json_text(document: object) -> str:
    """A document as JSON for people and programs: indented, not in ASCII, steering characters escaped."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    # Outside of its strings the text has no such character but the line breaks between its lines.
    return "".join(json.dumps(one)[1:-1] if one != "\n" and _steers(one) else one for one in text)


def _steers(character: str) -> bool:
    return unicodedata.category(character) in _STEERING or character in _BLANK_LETTERS
