"""Reading a TOML file strictly: every mistake is named by file, line and key; a key that nobody asked for is one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, TypeVar

from chipid.errors import ConfigurationError

T = TypeVar("T")

MAX_SIZE = 1 << 16
# Of each sign in one file. A dot may open a table inside the one before it, which costs tomllib their number's square.
MAX_SIGNS = {".": 1024, ",": 8192, "[": 8192, "{": 8192}
MAX_HEADER_DOTS = 8  # in a line that opens a table: tomllib goes down from the root again for every key below it
MAX_PATH = 1024  # characters of a key whose line is looked up
MAX_NUMBER = 2**63 - 1  # what TOML 1.0 wants numbers to hold

# Of a line without blanks around it; no two parts of either match the same characters, so each takes linear time.
_HEADER = re.compile(r"\[(\[)?([^\[\]]+)\]")
_INDEX = re.compile(r"\[\d+\]$")
_KEY = re.compile(r"\"?([A-Za-z0-9_-]+)\"?\s*(?:\.[^=]*)?=")
_DIGITS = re.compile(r"[0-9_]+")


class Table:
    """One table of a file; each reader takes its key away, and :meth:`close` complains about what is left.

    Errors are of the class ``error_class``, by default :class:`ConfigurationError`.
    """

    def __init__(self, values: Mapping[str, Any], source: _Source, path: str = "") -> None:
        self._values = dict(values)
        self._source = source
        self._path = path

    def error(self, key: str, complaint: str) -> ConfigurationError:
        """The error to raise about one key of this table."""
        path = f"{self._path}{key}"
        return self._source.error_class(f"{self._source.name}{self._source.line_of(path)}: {path}: {complaint}")

    def has(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str) -> str:
        return self._take(key, str, "a text")

    def optional_text(self, key: str) -> str | None:
        return self.text(key) if self.has(key) else None

    def number(self, key: str) -> int:
        value = self._take(key, int, "a whole number")
        if abs(value) > MAX_NUMBER:
            raise self.error(key, "a whole number of at most 64 bits is expected")
        return value

    def optional_number(self, key: str) -> int | None:
        return self.number(key) if self.has(key) else None

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """True or false; ``default`` of None lets the key not be absent."""
        return default if default is not None and not self.has(key) else self._take(key, bool, "true or false")

    def day(self, key: str) -> date:
        return self._take(key, date, "a date without time, such as 2023-06-01")

    def optional_day(self, key: str) -> date | None:
        return self.day(key) if self.has(key) else None

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self._list(key, str, "texts"))

    def numbers(self, key: str) -> tuple[int, ...]:
        return tuple(self._list(key, int, "whole numbers"))

    def choice(self, key: str, choices: Mapping[str, T]) -> T:
        """The value that a text stands for."""
        return self._chosen(key, self.text(key), choices)

    def choices(self, key: str, choices: Mapping[str, T]) -> tuple[T, ...]:
        """The values that a list of texts stands for, each text once."""
        return tuple(self._chosen(key, one, choices) for one in self.texts(key))

    @contextmanager
    def table(self, key: str) -> Iterator[Table]:
        """The table under ``key``, closed at the end of the block."""
        inner = Table(self._take(key, dict, "a table"), self._source, f"{self._path}{key}.")
        yield inner
        inner.close()

    def tables(self, key: str) -> Iterator[Table]:
        """The tables of an array, each closed when the next one is asked for; none if the key is absent."""
        if not self.has(key):
            return
        for number, values in enumerate(self._take(key, list, "an array of tables"), start=1):
            if not isinstance(values, dict):
                raise self.error(key, "an array of tables is expected")
            inner = Table(values, self._source, f"{self._path}{key}[{number}].")
            yield inner
            inner.close()

    def read_named(self, key: str, read: Callable[[Table], T], *, name: str = "name") -> dict[str, T]:
        """What ``read`` makes of each table of an array, by its attribute ``name``, which no two may share."""
        found: dict[str, T] = {}
        for table in self.tables(key):
            one = read(table)
            text = str(getattr(one, name))
            if text in found:
                raise table.error(name, f"this {name} is used twice")
            found[text] = one
        return found

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


class _Source:
    """Where a table comes from: the file's name, and the line of each key by its dotted path."""

    def __init__(self, text: str, name: str, error_class: type[ConfigurationError]) -> None:
        self.name = name
        self.error_class = error_class
        self._lines: dict[str, int] = {}
        self._index(text)

    def line_of(self, path: str) -> str:
        """`` line N`` for the key, or for the table that should have it; nothing where neither is written out."""
        while path and len(path) <= MAX_PATH:
            for place in (path, _INDEX.sub("", path)):  # an array may be written in line
                if place in self._lines:
                    return f" line {self._lines[place]}"
            path = path.rstrip(".").rpartition(".")[0]
        return ""

    def _index(self, text: str) -> None:
        prefix = ""
        counts: dict[str, int] = {}
        for number, line in enumerate(text.split("\n"), start=1):
            stripped = line.strip()
            header = _HEADER.match(stripped)
            if header is not None:
                name = header.group(2).strip().replace('"', "")
                if header.group(1):
                    counts[name] = counts.get(name, 0) + 1
                    self._lines.setdefault(name, number)
                    name = f"{name}[{counts[name]}]"
                self._lines.setdefault(name, number)
                prefix = f"{name}."
                continue
            key = _KEY.match(stripped)
            if key is not None:
                self._lines.setdefault(f"{prefix}{key.group(1)}", number)


def parse_table(text: str, name: str, *, error_class: type[ConfigurationError] = ConfigurationError) -> Table:
    """A TOML document; ``name`` is how errors call it."""
    if len(text) > MAX_SIZE:
        raise error_class(f"{name} has more than {MAX_SIZE} characters")
    for sign, limit in MAX_SIGNS.items():
        if text.count(sign) > limit:
            raise error_class(f"{name} has the sign {sign} more than {limit} times")
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MAX_HEADER_DOTS and line.lstrip().startswith("["):
            raise error_class(f"{name} line {number}: a table is nested too deeply")
    try:
        return Table(tomllib.loads(text), _Source(text, name, error_class))
    except tomllib.TOMLDecodeError as error:
        raise error_class(f"{name}: {error}") from error
    except RecursionError as error:
        raise error_class(f"{name}: its tables or lists are nested too deeply") from error
    except ValueError as error:  # Python reads no number of more than 4,300 digits
        raise error_class(f"{name}{_line_of_number(text)}: a number has too many digits") from error


def _line_of_number(text: str) -> str:
    longest = max(_DIGITS.finditer(text), key=lambda found: len(found[0]))
    return f" line {text.count(chr(10), 0, longest.start()) + 1}"
