"""JSON that this toolkit writes and reads again: exactly the fields that are expected, each of its type.

A field that is missing, unknown, repeated or of another type is refused by its place: what is not understood must not
be trusted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final, TypeVar

from chipid.errors import TrustStoreError

MAX_JSON_BYTES: Final = 256 << 20

E = TypeVar("E", bound=Enum)
T = TypeVar("T")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_HEX: Final = re.compile(r"-?[0-9a-f]{0,128}")


def encode_document(document: Mapping[str, Any], what: str) -> bytes:
    """The text of a document, the same for the same values; ``what`` names it if it is too long."""
    text = json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"
    _check_length(text, what)
    return text


def decode_document(data: bytes, what: str, names: frozenset[str]) -> Fields:
    """The fields of a document; ``what`` names it. Raises :class:`TrustStoreError`."""
    _check_length(data, what)
    try:
        document = json.loads(data, object_pairs_hook=_without_repetition, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise TrustStoreError(f"{what} is no JSON") from error
    return Fields(document, what, names)


def encode_value(value: Any) -> Any:  # noqa: ANN401 - every field of a record
    """A value of a record as JSON has it: times in UTC, closed sets by their codes."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [encode_value(one) for one in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: encode_value(getattr(value, name)) for name in value.__dataclass_fields__}
    return value


class Fields:
    """The fields of one JSON object, which are exactly those expected; each is taken as what it must be."""

    __slots__ = ("_place", "_values")

    def __init__(self, value: object, place: str, names: frozenset[str]) -> None:
        if not isinstance(value, dict):
            raise TrustStoreError(f"{place} is not an object")
        if value.keys() != names:
            missing, unknown = sorted(names - value.keys()), sorted(value.keys() - names)
            raise TrustStoreError(f"{place} lacks the fields {missing} or has the unknown fields {unknown}"[:300])
        self._values: dict[str, Any] = value
        self._place = place

    def take(self, name: str, kind: type[T]) -> T:
        value = self._values[name]
        if type(value) is not kind:
            raise self.error(name)
        return value

    def take_optional(self, name: str, kind: type[T]) -> T | None:
        value = self._values[name]
        if value is not None and type(value) is not kind:
            raise self.error(name)
        return value

    def take_digest(self, name: str) -> str:
        return as_digest(self._values[name], f"{self._place}.{name}")

    def take_optional_digest(self, name: str) -> str | None:
        value = self._values[name]
        return None if value is None else as_digest(value, f"{self._place}.{name}")

    def take_hex(self, name: str) -> str:
        value = self.take_optional_hex(name)
        if value is None:
            raise self.error(name)
        return value

    def take_optional_hex(self, name: str) -> str | None:
        value = self.take_optional(name, str)
        if value is not None and not _HEX.fullmatch(value):
            raise self.error(name)
        return value

    def take_enum(self, name: str, kind: type[E]) -> E:
        try:
            return kind(self._values[name])
        except ValueError as error:
            raise self.error(name) from error

    def take_optional_enum(self, name: str, kind: type[E]) -> E | None:
        return None if self._values[name] is None else self.take_enum(name, kind)

    def take_time(self, name: str) -> datetime:
        moment = self.take_optional_time(name)
        if moment is None:
            raise self.error(name)
        return moment

    def take_optional_time(self, name: str) -> datetime | None:
        text = self.take_optional(name, str)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
            utc = moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.error(name) from error
        if moment.tzinfo is None:
            raise self.error(name)
        return utc

    def take_all(self, name: str, decode: Callable[[Any, str], T]) -> tuple[T, ...]:
        values = self.take(name, list)
        return tuple([decode(one, f"{name}[{position}]") for position, one in enumerate(values)])

    def take_references(self, name: str, known: Sequence[T]) -> tuple[T, ...]:
        """Members of a table by their numbers; at least one, none twice."""
        numbers = self.take(name, list)
        if not numbers or len(set(map(str, numbers))) != len(numbers):
            raise self.error(name)
        if any(type(one) is not int or not 0 <= one < len(known) for one in numbers):
            raise self.error(name)
        return tuple([known[one] for one in numbers])

    def error(self, name: str) -> TrustStoreError:
        """What to raise for a field whose value is wrong."""
        return TrustStoreError(f"{self._place}: the field {name!r} has a wrong value")


def as_digest(value: object, place: str) -> str:
    """A SHA-256 in hexadecimal."""
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise TrustStoreError(f"{place} is no fingerprint")
    return value


def as_text(value: object, place: str) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise TrustStoreError(f"{place} is no text")
    return value


def _check_length(data: bytes, what: str) -> None:
    if len(data) > MAX_JSON_BYTES:
        raise TrustStoreError(f"{what} has {len(data)} bytes")


def _without_repetition(pairs: Sequence[tuple[str, Any]]) -> Mapping[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise TrustStoreError("a file of the trust store has a field twice")
    return values


def _no_constant(name: str) -> float:
    raise TrustStoreError(f"a file of the trust store has the value {name}")
