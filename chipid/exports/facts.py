"""The facts of a check as words: what was compared with what, in the language of the reader."""

from __future__ import annotations

from datetime import date
from typing import Final

from chipid.messages.catalogue import Catalogue
from chipid.verification.report import CheckResult, FactValue

MAX_SHOWN: Final = 200  # characters of a name in somebody's certificate
SHOWN_DIGITS: Final = 16  # of a fingerprint, whose beginning finds it in the trust store
_FINGERPRINTS: Final = frozenset({"signer", "certificate", "list", "link"})
_FIELDS: Final = frozenset({"wrong-digits", "differing"})
_GROUPS: Final = frozenset({"listed-groups", "signed-groups"})


def facts_text(check: CheckResult, texts: Catalogue) -> str:
    """All facts of ``check``, one behind the other; those without words of their own are their value alone."""
    worded = texts.codes("fact")
    shown = ((name, _value(name, value, texts)) for name, value in check.facts)
    return ", ".join(texts.text("fact", name).format(value) if name in worded else value for name, value in shown)


def _value(name: str, value: FactValue, texts: Catalogue) -> str:
    if isinstance(value, tuple):
        return ", ".join(_value(name, one, texts) for one in value)
    if isinstance(value, date):
        return value.isoformat()
    if name in _GROUPS:
        return f"DG{value}"
    if name in _FINGERPRINTS:
        return f"{str(value)[:SHOWN_DIGITS]}…"
    if name in _FIELDS:
        code = str(value).replace("_", "-")
        return texts.text("field" if code in texts.codes("field") else "fact-value", code)
    if name == "agreement":
        return texts.text("name-reason", str(value))
    return texts.text("fact-value", str(value)) if name == "no-rule" else str(value)[:MAX_SHOWN]
