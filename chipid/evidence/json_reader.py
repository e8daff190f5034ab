"""Reading the JSON of an evidence file: bounded before it is parsed, and strict key by key."""

from __future__ import annotations

import base64
import json
import math
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from chipid.errors import EvidenceError
from chipid.lds.security_infos import MAX_SMALL_INTEGER

MAX_ENTRIES = 64
MAX_TEXT = 8192  # characters: the reader's name may hold the path of a recording
MAX_INTEGER_DIGITS = 20
MAX_SIGNS = 4096  # of one kind of punctuation: a few hundred are needed, the others may stand in texts
MAX_NON_ASCII = 1 << 16
_PUNCTUATION = (b"[", b"{", b",")
_NON_ASCII = bytes(range(0x80, 0x100))

E = TypeVar("E", bound=Enum)


def load_json(data: bytes) -> object:
    """The JSON document, after a look at how many objects and wide texts it would make (50 ms and 64 MB are enough)."""
    if (
        max(map(data.count, _PUNCTUATION)) > MAX_SIGNS
        or len(data) - len(data.translate(None, _NON_ASCII)) > MAX_NON_ASCII
    ):
        raise EvidenceError("the evidence file holds more than evidence can hold")
    try:
        return json.loads(data.decode("utf-8"), parse_int=_parse_integer)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("the evidence file is not JSON") from error


def _parse_integer(text: str) -> int:
    if len(text) > MAX_INTEGER_DIGITS:
        raise ValueError("a number of the evidence is too long")
    return int(text)


class ObjectReader:
    """One JSON object, read key by key; :meth:`end` refuses keys that nobody asked for."""

    def __init__(self, value: object, name: str) -> None:
        if not isinstance(value, dict):
            raise EvidenceError(f"{name} is not an object")
        self._value: dict[str, Any] = dict(value)
        self._name = name

    def end(self) -> None:
        if self._value:
            raise EvidenceError(f"{self._name} has {len(self._value)} unknown keys")

    def _take(self, key: str, *kinds: type) -> Any:  # noqa: ANN401 - the JSON boundary
        try:
            value = self._value.pop(key)
        except KeyError:
            raise EvidenceError(f"{self._name} has no {key}") from None
        if type(value) not in kinds:  # bool is an int to isinstance
            raise EvidenceError(f"{key} of {self._name} has the wrong type")
        return value

    def text(self, key: str) -> str:
        return self._text(key, self._take(key, str))

    def optional_text(self, key: str) -> str | None:
        value: str | None = self._take(key, str, type(None))
        return None if value is None else self._text(key, value)

    def absent_or_text(self, key: str) -> str:
        return self.text(key) if key in self._value else ""

    def absent_or_data(self, key: str) -> bytes:
        return self.data(key) if key in self._value else b""

    def optional_integer(self, key: str, maximum: int = MAX_SMALL_INTEGER) -> int | None:
        value: int | None = self._take(key, int, type(None))
        if value is not None and not 0 <= value <= maximum:
            raise EvidenceError(f"{key} of {self._name} is out of range")
        return value

    def optional_status(self, key: str) -> int | None:
        """The status word of an answer."""
        return self.optional_integer(key, 0xFFFF)

    def number(self, key: str) -> float:
        value = float(self._take(key, float))
        if not math.isfinite(value):
            raise EvidenceError(f"{key} of {self._name} is no finite number")
        return value

    def data(self, key: str) -> bytes:
        return self._decode(key, self._take(key, str))

    def datas(self, key: str) -> tuple[bytes, ...]:
        return tuple(self._decode(key, value) for value in self._texts(key))

    def _decode(self, key: str, text: str) -> bytes:
        try:
            return base64.b64decode(text, validate=True)
        except ValueError as error:
            raise EvidenceError(f"{key} of {self._name} is not base64") from error

    def time(self, key: str) -> datetime:
        try:
            value = datetime.fromisoformat(self.text(key))
            if value.tzinfo is not None:
                return value.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise EvidenceError(f"{key} of {self._name} is not a time") from error
        raise EvidenceError(f"{key} of {self._name} has no time zone")

    def member(self, key: str, kind: type[E]) -> E:
        try:
            return kind(self.text(key))
        except ValueError:
            raise EvidenceError(f"{key} of {self._name} is unknown") from None

    def _list(self, key: str) -> list[Any]:
        value: list[Any] = self._take(key, list)
        if len(value) > MAX_ENTRIES:
            raise EvidenceError(f"{key} of {self._name} has more than {MAX_ENTRIES} entries")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(self._text(key, value) for value in self._texts(key))

    def _texts(self, key: str) -> list[str]:
        values = self._list(key)
        if not all(isinstance(value, str) for value in values):
            raise EvidenceError(f"{key} of {self._name} is not a list of texts")
        return values

    def _text(self, key: str, value: str) -> str:
        if len(value) > MAX_TEXT:
            raise EvidenceError(f"{key} of {self._name} is longer than {MAX_TEXT} characters")
        try:
            value.encode()
        except UnicodeEncodeError:  # JSON can spell half a surrogate pair, UTF-8 cannot
            raise EvidenceError(f"{key} of {self._name} is not Unicode") from None
        return value

    def child(self, key: str) -> ObjectReader:
        return ObjectReader(self._take(key, dict), key)

    def optional_child(self, key: str) -> ObjectReader | None:
        value = self._take(key, dict, type(None))
        return None if value is None else ObjectReader(value, key)

    def absent_or_child(self, key: str) -> ObjectReader | None:
        return self.child(key) if key in self._value else None

    def children(self, key: str) -> list[ObjectReader]:
        return [ObjectReader(value, f"an entry of {key}") for value in self._list(key)]
