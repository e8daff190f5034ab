"""A trust store and its changes as JSON, one document an answer, for programs.

Each document has a ``schema``. Its fields are those of the values that the commands return, their codes those of the
enumerations; times are in UTC, bytes in Base64, fingerprints in hexadecimal.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from apdu.errors import ToolkitError
from chipid.exports.errors import details_of
from chipid.trust.audit import Audit
from chipid.trust.diff import Difference
from chipid.trust.operations import Imports, Listing, Shown
from chipid.trust.records import Provenance
from chipid.trust.removal import RemovalReport

SCHEMAS: Final[Mapping[type, str]] = {
    Imports: "chipid.trust.import/1",
    Listing: "chipid.trust.list/1",
    Shown: "chipid.trust.show/1",
    Audit: "chipid.trust.audit/1",
    RemovalReport: "chipid.trust.remove/1",
    Difference: "chipid.trust.diff/1",
}


def trust_document(outcome: object) -> dict[str, Any]:
    """What a command of the trust store has to say; ``outcome`` is of one of the types in :data:`SCHEMAS`."""
    return {"schema": SCHEMAS[type(outcome)], **_encode(outcome)}


def _encode(value: Any) -> Any:  # noqa: ANN401 - every kind of field has a form of its own
    match value:
        case Enum():
            return value.value
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case ToolkitError():
            return {"code": value.code, "message": value.message, **details_of(value)}
        case Mapping():
            return {_encode(name): _encode(one) for name, one in value.items()}
        case tuple() | frozenset():
            return [_encode(one) for one in (sorted(value) if isinstance(value, frozenset) else value)]
    if not is_dataclass(value):
        return value
    encoded = {one.name: _encode(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Provenance) and not value.is_dated:
        encoded["imported_at"] = None  # a plain folder does not know when something came into it
    return encoded
