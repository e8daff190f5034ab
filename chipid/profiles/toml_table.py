"""Strict reading of a profile file: every mistake is named by file and key, unknown keys included."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from chipid.errors import ConfigurationError

T = TypeVar("T")

MAX_TEXT = 1000
MAX_ITEMS = 32


class Table:
    """One table of a file. Reading a key takes it away; :meth:`close` complains about what is left."""

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self._values = dict(values)
        self._place = place

    def error(self, key: str, complaint: str) -> ConfigurationError:
        """The error to raise about a key of this table."""
        return ConfigurationError(f"{self._place}{key}: {complaint}")

    def text(self, key: str) -> str:
        """A text that is not empty."""
        text: str = self._take(key, str, "a text")
        if not text.strip() or len(text) > MAX_TEXT:
            raise self.error(key, f"a text of 1 to {MAX_TEXT} characters is expected")
        return text

    def flag(self, key: str) -> bool:
        return self._take(key, bool, "true or false")

    def number(self, key: str, allowed: range) -> int:
        number: int = self._take(key, int, "a whole number")
        if number not in allowed:
            raise self.error(key, f"a number from {allowed.start} to {allowed.stop - 1} is expected")
        return number

    def choice(self, key: str, choices: Mapping[str, T]) -> T:
        """What a text stands for."""
        return self._chosen(key, self.text(key), choices)

    def choices(self, key: str, choices: Mapping[str, T]) -> tuple[T, ...]:
        """What the texts of a list stand for; the list is not empty and repeats nothing."""
        found: list[Any] = self._take(key, list, "a list of texts")
        if not 1 <= len(found) <= MAX_ITEMS or any(type(one) is not str for one in found):
            raise self.error(key, f"a list of 1 to {MAX_ITEMS} texts is expected")
        if len(set(found)) < len(found):
            raise self.error(key, "a text stands there twice")
        return tuple(self._chosen(key, one, choices) for one in found)

    @contextmanager
    def table(self, key: str) -> Iterator[Table]:
        """The table under ``key``, closed at the end of the block."""
        inner = Table(self._take(key, dict, "a table"), f"{self._place}{key}.")
        yield inner
        inner.close()

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of an array, each closed when the next one is asked for."""
        found: list[Any] = self._take(key, list, "an array of tables")
        if not 1 <= len(found) <= MAX_ITEMS or any(type(one) is not dict for one in found):
            raise self.error(key, f"an array of 1 to {MAX_ITEMS} tables is expected")
        for number, values in enumerate(found, start=1):
            inner = Table(values, f"{self._place}{key}[{number}].")
            yield inner
            inner.close()

    def close(self) -> None:
        """Raise :class:`ConfigurationError` if a key is left."""
        for key in self._values:
            raise self.error(key, "this key is unknown")

    def _take(self, key: str, kind: type[T], expected: str) -> T:
        if key not in self._values:
            raise self.error(key, f"this key is missing, {expected} is expected")
        value = self._values.pop(key)
        if type(value) is not kind:  # not isinstance: to Python a bool is an int
            raise self.error(key, f"{expected} is expected")
        return value

    def _chosen(self, key: str, text: str, choices: Mapping[str, T]) -> T:
        if text not in choices:
            raise self.error(key, f"one of {', '.join(choices)} is expected")
        return choices[text]


def parse_table(content: bytes, name: str) -> Table:
    """A TOML document in UTF-8; ``name`` is how errors call it. Raises :class:`ConfigurationError`."""
    try:
        return Table(tomllib.loads(content.decode("utf-8")), f"{name}: ")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: this is no TOML in UTF-8") from error
    except RecursionError as error:
        raise ConfigurationError(f"{name}: the values are nested too deep") from error
