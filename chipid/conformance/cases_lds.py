"""Cases of what EF.COM and DG1 hold: LDS_A and LDS_B of the ICAO standard."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from apdu import instructions, tlv
from chipid.conformance.case import Case, NotApplicableError
from chipid.conformance.content import Check, content_case, numbered_cases, outer_cases
from chipid.conformance.terminal import ConformanceTerminal
from chipid.lds.dg1 import parse_dg1
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import MRZ

LDS_VERSIONS: Final = (b"0107", b"0108")
UNICODE_VERSION: Final = b"040000"


# EF.COM


def _versions(tag: int, allowed: tuple[bytes, ...], content: bytes, _: ConformanceTerminal) -> bool:
    return tlv.parse_one(content, 0x60).child(tag).value in allowed


def _lists_what_is_there(content: bytes, terminal: ConformanceTerminal) -> bool:
    listed = {FileId.data_group(number) for number in parse_ef_com(content).data_groups}
    there = {file for file in DATA_GROUPS if terminal.secure(instructions.select_ef(file.fid)).sw != 0x6A82}
    return listed == there


# DG1


def _zone(check: Callable[[MRZ], bool]) -> Check:
    return lambda content, _: check(parse_dg1(content).mrz)


def _has_zone(content: bytes, _: ConformanceTerminal) -> bool:
    return len(tlv.parse_one(content, 0x61).child(0x5F1F).value) in (72, 88, 90)


def _digit(name: str) -> Callable[[MRZ], bool]:
    return lambda mrz: name not in mrz.check_digits or mrz.check_digits[name].ok


def _is_printed_zone(content: bytes, terminal: ConformanceTerminal) -> bool:
    if terminal.chip.mrz is None:
        raise NotApplicableError("the printed zone is not known")
    return AccessKey.from_mrz(parse_dg1(content).mrz).secret == terminal.chip.mrz.secret


_ZONE: Final[tuple[tuple[str, Callable[[MRZ], bool]], ...]] = (
    ("document code", lambda mrz: re.fullmatch("[A-Z]{1,2}", mrz.document_code) is not None),
    ("issuing state", lambda mrz: re.fullmatch("[A-Z]{1,3}", mrz.issuer) is not None),
    ("name", lambda mrz: bool(mrz.primary_name)),
    ("document number and its check digit", _digit("document_number")),
    ("nationality", lambda mrz: re.fullmatch("[A-Z]{1,3}", mrz.nationality) is not None),
    ("date of birth and its check digit", _digit("birth_date")),
    ("sex", lambda mrz: mrz.sex in ("M", "F", "<")),
    ("date of expiry and its check digit", _digit("expiry_date")),
    ("optional data and its check digit", _digit("optional_data")),
    ("composite check digit", _digit("composite")),
)


def _cases() -> Iterator[Case]:
    for family, file in (("LDS_A", FileId.COM), ("LDS_B", FileId.DG1)):
        yield from outer_cases(family, file)
    yield content_case("LDS_A_3", FileId.COM, "LDS version", partial(_versions, 0x5F01, LDS_VERSIONS))
    yield content_case("LDS_A_4", FileId.COM, "Unicode version", partial(_versions, 0x5F36, (UNICODE_VERSION,)))
    yield content_case("LDS_A_5", FileId.COM, "the list is that of the data groups", _lists_what_is_there)
    yield content_case("LDS_B_3", FileId.DG1, "size of the zone", _has_zone)
    yield from numbered_cases("LDS_B", FileId.DG1, 4, tuple((what, _zone(check)) for what, check in _ZONE))
    yield content_case("LDS_B_14", FileId.DG1, "the zone is the printed one", _is_printed_zone)


CASES: Final = tuple(_cases())
