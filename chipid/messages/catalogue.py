"""The catalogue of texts: one TOML file a language, tables by kind, texts by stable code."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from importlib import resources

from apdu.errors import ToolkitError
from chipid.errors import AccessKeyError, ConfigurationError, ExplainedError


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
        """What to say of an error: English keeps the precise message, other languages the text of its code.

        A place and a problem with a text of its own are told in every language, with what they are about. The place
        in another file of the user is in the message only, which is added.
        """
        if self.language is Language.ENGLISH:
            return error.message
        told = self.text("error", error.code)
        if isinstance(error, AccessKeyError):
            return self._key_error(error)
        if isinstance(error, ExplainedError):
            return f"{told}: {self._problem(error)}"
        return f"{told} ({error.message})" if isinstance(error, ConfigurationError) else told

    def _problem(self, error: ExplainedError) -> str:
        """What is wrong, and with which file, certificate or list."""
        template, details = self.text(error.problems, error.problem.value), error.details
        told = template.format_map(details)
        if "file" in details and "{file}" not in template:
            told = f"{details['file']}: {told}"
        return f"{told}: {details['fingerprint']} ({details['subject']})" if "fingerprint" in details else told

    def _key_error(self, error: AccessKeyError) -> str:
        """What was given, line, column and field, and what is wrong there."""
        source = "zone" if error.line is not None else "access-key"
        if error.problems == "qr-problem":
            source = "qr-code"
        places = [self.text("word", source)]
        for word, number in (("line", error.line), ("column", error.column)):
            if number is not None:
                places.append(self.text("word", word).format(number=number))
        if error.field is not None:
            label = self.text("field", error.field)
            places.append(label[:1].lower() + label[1:])
        problem = self.text(error.problems, error.problem.value)
        if error.problem.value == "field-wrong" and error.field is not None:
            problem = self.text("qr-field", error.field)
        return f"{', '.join(places)}: {problem}"

    def hint(self, error: ToolkitError) -> str:
        """What the person at the desk can do next, about the very problem where there is a hint for it."""
        if isinstance(error, ExplainedError) and error.hints is not None:
            return self.text(error.hints, error.problem.value)
        return error.hint if self.language is Language.ENGLISH else self.text("hint", error.code)

    def codes(self, kind: str) -> frozenset[str]:
        """The codes that have a text of this kind."""
        return frozenset(self._texts.get(kind, {}))


@cache
def catalogue(language: Language) -> Catalogue:
    """The catalogue of ``language``, read once."""
    raw = resources.files(__package__).joinpath(f"{language.value}.toml").read_text(encoding="utf-8")
    return Catalogue(language, tomllib.loads(raw))
