"""What chips in the field do otherwise than the standard, one switch for each; the card works all the same.

The switches stand for what users of other software have reported: each entry of :data:`QUIRKS` names one card product's
habit, and a reader that copes with all of them copes with the field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from chipid.errors import ConfigurationError


class LongRead(Enum):
    """How READ BINARY for more than the ceiling is refused, inside secure messaging."""

    PROTECTED = "a protected 6700"
    NAKED = "a naked 6700 before the command is counted"
    NAKED_COUNTED = "a naked 6700 after the command was counted"


class MasterFile(Enum):
    """What SELECT of the master file gets."""

    SELECTED = 0x9000
    INS_NOT_SUPPORTED = 0x6D00
    CONDITIONS_NOT_SATISFIED = 0x6985
    INCORRECT_P1P2 = 0x6A86
    LC_INCONSISTENT = 0x6A87
    SILENCE = 0


class ParameterReference(Enum):
    """What the chip thinks of DO'84' in MSE:Set AT for PACE."""

    OPTIONAL = 0x9000
    REQUIRED = 0x6A80
    FORBIDDEN_6A80 = 0x16A80
    FORBIDDEN_6A87 = 0x16A87
    FORBIDDEN_6A88 = 0x16A88


class Signature(Enum):
    """How much of its answer to Active Authentication the chip gives."""

    WHOLE = "whole"
    CUT = "cut"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quirks:
    """The switches. The defaults are the standard; seconds pass on the simulated clock of the card."""

    max_ne: int | None = None
    long_read: LongRead = LongRead.PROTECTED
    no_extended_length: bool = False
    padded_end: bool = False
    end_refused: bool = False
    announces_data: bool = False
    wants_exact_length: bool = False
    master_file: MasterFile = MasterFile.SELECTED
    application_first: bool = False
    parameter_reference: ParameterReference = ParameterReference.OPTIONAL
    refuses_le_on_mse: bool = False
    signature: Signature = Signature.WHOLE
    wrong_password_seconds: float = 0.0
    wrong_try_spoils_next: bool = False
    without_bac: bool = False


STANDARD: Final = Quirks()
CUT_SIGNATURE: Final = 231


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedQuirk:
    """One habit of the field: ``failure`` is its number in the collected reports."""

    name: str
    description: str
    failure: int
    quirks: Quirks


def _named(name: str, failure: int, description: str, quirks: Quirks) -> tuple[str, NamedQuirk]:
    return name, NamedQuirk(name=name, description=description, failure=failure, quirks=quirks)


QUIRKS: Final[Mapping[str, NamedQuirk]] = MappingProxyType(
    dict(
        (
            _named("le-ceiling-256", 6, "READ BINARY for more than 256 bytes is refused", Quirks(max_ne=256)),
            _named("le-ceiling-223", 6, "READ BINARY for more than 223 bytes is refused", Quirks(max_ne=223)),
            _named("le-ceiling-192", 6, "READ BINARY for more than 192 bytes is refused", Quirks(max_ne=192)),
            _named("le-ceiling-128", 6, "READ BINARY for more than 128 bytes is refused", Quirks(max_ne=128)),
            _named("no-extended-length", 6, "short APDUs only", Quirks(no_extended_length=True)),
            _named(
                "naked-6700",
                6,
                "a long READ BINARY gets a naked 6700 and is not counted",
                Quirks(max_ne=223, long_read=LongRead.NAKED),
            ),
            _named(
                "naked-6700-counted",
                6,
                "a long READ BINARY gets a naked 6700 and is counted",
                Quirks(max_ne=223, long_read=LongRead.NAKED_COUNTED),
            ),
            _named("padded-end", 7, "a read across the end of a file gets 6282 and padding", Quirks(padded_end=True)),
            _named("end-refused", 7, "a read across the end of a file gets 6B00", Quirks(end_refused=True)),
            _named("announced-data", 13, "every answer is announced with 6100", Quirks(announces_data=True)),
            _named("exact-length", 7, "every Le but the exact one gets 6Cxx", Quirks(wants_exact_length=True)),
            _named("mf-6d00", 11, "SELECT MF gets 6D00", Quirks(master_file=MasterFile.INS_NOT_SUPPORTED)),
            _named("mf-6985", 11, "SELECT MF gets 6985", Quirks(master_file=MasterFile.CONDITIONS_NOT_SATISFIED)),
            _named("mf-6a86", 11, "SELECT MF gets 6A86", Quirks(master_file=MasterFile.INCORRECT_P1P2)),
            _named("mf-6a87", 11, "SELECT MF gets 6A87", Quirks(master_file=MasterFile.LC_INCONSISTENT)),
            _named("mf-silence", 11, "SELECT MF gets no answer at all", Quirks(master_file=MasterFile.SILENCE)),
            _named("application-first", 12, "BAC only in the application", Quirks(application_first=True)),
            _named(
                "parameters-required",
                9,
                "PACE without DO'84' gets 6A80",
                Quirks(parameter_reference=ParameterReference.REQUIRED),
            ),
            _named(
                "parameters-6a80",
                9,
                "PACE with DO'84' gets 6A80",
                Quirks(parameter_reference=ParameterReference.FORBIDDEN_6A80),
            ),
            _named(
                "parameters-6a87",
                9,
                "PACE with DO'84' gets 6A87",
                Quirks(parameter_reference=ParameterReference.FORBIDDEN_6A87),
            ),
            _named(
                "parameters-6a88",
                9,
                "PACE with DO'84' gets 6A88",
                Quirks(parameter_reference=ParameterReference.FORBIDDEN_6A88),
            ),
            _named("mse-le-refused", 9, "MSE with Le gets 6700", Quirks(refuses_le_on_mse=True)),
            _named("aa-cut", 13, f"the signature ends after {CUT_SIGNATURE} bytes", Quirks(signature=Signature.CUT)),
            _named("aa-empty", 13, "the signature is empty", Quirks(signature=Signature.EMPTY)),
            _named("wrong-password-delay", 24, "each wrong CAN takes longer", Quirks(wrong_password_seconds=1.0)),
            _named(
                "wrong-try-spoils-next",
                24,
                "after a wrong CAN the right one fails too, until the card was without power",
                Quirks(wrong_try_spoils_next=True),
            ),
            _named("bac-absent", 12, "no Basic Access Control: 6A88", Quirks(without_bac=True)),
        )
    )
)


def find_quirk(name: str) -> NamedQuirk:
    """The quirk of that name; raises :class:`ConfigurationError` with those that exist."""
    if name not in QUIRKS:
        raise ConfigurationError(f"there is no quirk {name!r}; there are {', '.join(QUIRKS)}")
    return QUIRKS[name]
