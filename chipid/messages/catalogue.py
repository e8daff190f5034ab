"""The catalogue of texts: one TOML file a language, tables by kind, texts by stable code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib import resources

from apdu.errors import ToolkitError


class Language(Enum):
    """A language of the catalogue, by its ISO 639-1 code."""

    ENGLISH = "en"
    VIETNAMESE = "vi"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language."""

    language: Language
    _texts: dict[str, dict[str, str]] = field(repr=False)

    def text(self, kind: str, code: str) -> str:
        """The text for ``code`` among those of ``kind``; the code itself where there is none."""
        return self._texts.get(kind, {}).get(code, code)

    def error(self, error: ToolkitError) -> str:
        """What to say of an error: English keeps the precise message, other languages the text of its code."""
        return error.message if self.language is Language.ENGLISH else self.text("error", error.code)

    def hint(self, error: ToolkitError) -> str:
        """What the person at the desk can do next."""
        return error.hint if self.language is Language.ENGLISH else self.text("hint", error.code)

    def codes(self, kind: str) -> frozenset[str]:
        """The codes that have a text of this kind."""
        return frozenset(self._texts.get(kind, {}))


@cache
def catalogue(language: Language) -> Catalogue:
    """The catalogue of ``language``, read once."""
    raw = resources.files(__package__).joinpath(f"{language.value}.toml").read_text(encoding="utf-8")
    return Catalogue(language, tomllib.loads(raw))
