"""LDS_A: EF.COM."""

from __future__ import annotations

from apdu import tlv
from chipid.lds.ef_com import LDS_VERSION, TAG_LIST, UNICODE_VERSION, build_ef_com, parse_ef_com
from chipid.lds.files import FileId
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.damage import inspect_file, relengthened, retagged

NO_TLV = "group-format/group-malformed"


def without(raw: bytes, tag: int) -> bytes:
    """The file without one of its objects."""
    return tlv.encode(0x60, *(one.raw for one in tlv.parse_one(raw).children() if one.tag != tag))


def versions(raw: bytes, *, lds: str = "1.7", unicode: str = "4.0.0") -> bytes:
    """The same list of groups under other versions."""
    return build_ef_com(parse_ef_com(raw).data_groups, lds_version=lds, unicode_version=unicode)


@reader_case("LDS_A_01", Demand.FAIL, found="com-against-sod/group-malformed")
def another_tag() -> Outcome:
    """Tag 61 instead of 60."""
    return inspect_file(FileId.COM, lambda raw: retagged(raw, 0x61))


@reader_case("LDS_A_02", Demand.FAIL, found=NO_TLV)
def length_too_small() -> Outcome:
    """Length of tag 60 too small."""
    return inspect_file(FileId.COM, lambda raw: relengthened(raw, -1))


@reader_case("LDS_A_03", Demand.FAIL, found="com-against-sod/com-missing")
def length_too_big() -> Outcome:
    """Length of tag 60 too big."""
    return inspect_file(FileId.COM, lambda raw: relengthened(raw, 1))


@reader_case("LDS_A_04", Demand.FAIL, found="group-format/deviation-refused")
def lds_version_3() -> Outcome:
    """LDS version 3.0."""
    return inspect_file(FileId.COM, lambda raw: versions(raw, lds="3.0"))


@reader_case("LDS_A_05", Demand.FAIL, found=NO_TLV)
def no_lds_version() -> Outcome:
    """No LDS version."""
    return inspect_file(FileId.COM, lambda raw: without(raw, LDS_VERSION))


@reader_case("LDS_A_06", Demand.FAIL, found="group-format/deviation-refused")
def unicode_version_5() -> Outcome:
    """Unicode version 5.0.0."""
    return inspect_file(FileId.COM, lambda raw: versions(raw, unicode="5.0.0"))


@reader_case("LDS_A_07", Demand.FAIL, found=NO_TLV)
def no_unicode_version() -> Outcome:
    """No Unicode version."""
    return inspect_file(FileId.COM, lambda raw: without(raw, UNICODE_VERSION))


@reader_case("LDS_A_08", Demand.FAIL, found="com-against-sod/lists-differ")
def no_dg1_in_the_list() -> Outcome:
    """The tag of DG1 is missing in the list of groups."""
    return inspect_file(FileId.COM, lambda raw: build_ef_com(parse_ef_com(raw).data_groups[1:]))


@reader_case("LDS_A_09", Demand.FAIL, found=NO_TLV)
def no_list() -> Outcome:
    """No list of groups."""
    return inspect_file(FileId.COM, lambda raw: without(raw, TAG_LIST))


@reader_case("LDS_A_10", Demand.PASS)
def lds_version_1_8() -> Outcome:
    """LDS version 1.8."""
    return inspect_file(FileId.COM, lambda raw: versions(raw, lds="1.8"))
