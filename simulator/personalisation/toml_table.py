"""Reading a TOML file strictly: every mistake is named by file and key, and a key that nobody asked for is one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from importlib.resources import files
from typing import Any, TypeVar

from chipid.errors import ConfigurationError

T = TypeVar("T")


class Table:
    """One table of a file; each reader takes its key away, and :meth:`close` complains about what is left."""

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self._values = dict(values)
        self._where = where

    def error(self, key: str, complaint: str) -> ConfigurationError:
        """The error to raise about one key of this table."""
        return ConfigurationError(f"{self._where}{key}: {complaint}")

    def has(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str) -> str:
        return self._take(key, str, "a text")

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def number(self, key: str) -> int:
        return self._take(key, int, "a whole number")

    def flag(self, key: str, *, default: bool = False) -> bool:
        return self._take(key, bool, "true or false") if self.has(key) else default

    def day(self, key: str) -> date:
        return self._take(key, date, "a date without time, such as 2023-06-01")

    def optional_day(self, key: str) -> date | None:
        return self.day(key) if self.has(key) else None

    def choice(self, key: str, choices: Mapping[str, T]) -> T:
        """The value that a text stands for."""
        return self._chosen(key, self.text(key), choices)

    def choices(self, key: str, choices: Mapping[str, T]) -> tuple[T, ...]:
        """The values that a list of texts stands for, each text once."""
        found = self._list(key, str, "texts")
        return tuple(self._chosen(key, one, choices) for one in found)

    def numbers(self, key: str) -> tuple[int, ...]:
        return tuple(self._list(key, int, "whole numbers"))

    @contextmanager
    def table(self, key: str) -> Iterator[Table]:
        """The table under ``key``, closed at the end of the block."""
        inner = Table(self._take(key, dict, "a table"), f"{self._where}{key}.")
        yield inner
        inner.close()

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of an array, each closed when the next one is asked for; none if the key is absent."""
        if not self.has(key):
            return
        for number, values in enumerate(self._take(key, list, "an array of tables"), start=1):
            if not isinstance(values, dict):
                raise self.error(key, "an array of tables is expected")
            inner = Table(values, f"{self._where}{key}[{number}].")
            yield inner
            inner.close()

    def close(self) -> None:
        """Raise if a key was not asked for."""
        for key in self._values:
            raise self.error(key, "this key is unknown")

    def _take(self, key: str, kind: type[T], expected: str) -> T:
        if key not in self._values:
            raise self.error(key, "this key is missing")
        value = self._values.pop(key)
        # bool is an int and datetime a date to Python, not to whoever writes the file.
        if not isinstance(value, kind) or type(value) is not kind:
            raise self.error(key, f"{expected} is expected")
        return value

    def _list(self, key: str, kind: type[T], expected: str) -> list[T]:
        found: list[Any] = self._take(key, list, f"a list of {expected}")
        if any(type(one) is not kind for one in found) or len(set(found)) < len(found):
            raise self.error(key, f"a list of different {expected} is expected")
        return found

    def _chosen(self, key: str, name: str, choices: Mapping[str, T]) -> T:
        if name not in choices:
            raise self.error(key, f"one of {', '.join(choices)} is expected")
        return choices[name]


def load_packaged(name: str) -> Table:
    """A TOML file of this package. Raises :class:`ConfigurationError` if it is missing or no TOML."""
    try:
        text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{name}: there is no such file") from error
    return parse_table(text, name)


def parse_table(text: str, name: str) -> Table:
    """A TOML document; ``name`` is how errors call it."""
    try:
        return Table(tomllib.loads(text), f"{name}: ")
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name}: {error}") from error
