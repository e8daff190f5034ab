"""LDS_D and LDS_E: DG3, the fingers, and DG4, the irises, read by a terminal with the right to."""

from __future__ import annotations

from collections.abc import Callable

from apdu import tlv
from apdu.tlv import TLV
from chipid.asn1 import der
from chipid.lds.biometric_templates import DATA_BLOCK, HEADER_TEMPLATE
from chipid.lds.finger_record import JPEG_2000, RAW
from chipid.lds.iris_record import MONO_JPEG_2000
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.damage import relengthened, retagged, rewritten
from tests.reader_cases.eac import fingers, inspect_biometrics, irises

MALFORMED = "group-format/group-malformed"
REFUSED = "group-format/deviation-refused"
OWNER, TYPE, SUBTYPE = 0x87, 0x88, 0x82


def inspect_fingers(change: Callable[[bytes], bytes]) -> Outcome:
    """Inspect a document whose DG3 is changed."""
    return inspect_biometrics(3, change(fingers()))


def inspect_irises(change: Callable[[bytes], bytes]) -> Outcome:
    """Inspect a document whose DG4 is changed."""
    return inspect_biometrics(4, change(irises()))


def header(tag: int, value: str) -> Callable[[bytes], bytes]:
    """Another object in the header of the first instance, or none where ``value`` is empty."""
    changed = tlv.encode(tag, bytes.fromhex(value)) if value else b""

    def change(found: TLV) -> bytes:
        return tlv.encode(HEADER_TEMPLATE, *(changed if one.tag == tag else one.raw for one in found.children()))

    return lambda raw: rewritten(raw, HEADER_TEMPLATE, change)


def identifier(value: str) -> Callable[[bytes], bytes]:
    """Another format identifier in the record of the first instance."""
    first = bytes.fromhex(value)
    return lambda raw: rewritten(raw, DATA_BLOCK, lambda found: tlv.encode(DATA_BLOCK, first + found.value[4:]))


def without_number(raw: bytes) -> bytes:
    return rewritten(raw, der.INTEGER, lambda _: b"")


def without_second_image(raw: bytes) -> bytes:
    return rewritten(raw, DATA_BLOCK, lambda _: b"", place=2)


@reader_case("LDS_D_01", Demand.PASS, stated=True)
def fingers_in_jpeg_2000() -> Outcome:
    """Two fingers in JPEG 2000."""
    return inspect_biometrics(3, fingers(compression=JPEG_2000))


@reader_case("LDS_D_02", Demand.PASS, stated=True)
def fingers_in_wsq() -> Outcome:
    """Two fingers in WSQ."""
    return inspect_fingers(lambda raw: raw)


@reader_case("LDS_D_03", Demand.PASS, stated=True)
def three_fingers() -> Outcome:
    """Three fingers in WSQ."""
    return inspect_biometrics(3, fingers(count=3))


@reader_case("LDS_D_04", Demand.FAIL, found="group-hash/group-malformed", stated=True)
def fingers_under_another_tag() -> Outcome:
    """Tag 64 instead of 63."""
    return inspect_fingers(lambda raw: retagged(raw, 0x64))


@reader_case("LDS_D_05", Demand.FAIL, found=MALFORMED, stated=True)
def fingers_length_too_small() -> Outcome:
    """Length of tag 63 too small."""
    return inspect_fingers(lambda raw: relengthened(raw, -1))


@reader_case("LDS_D_06", Demand.FAIL, found="group-hash/file-unreadable", stated=True)
def fingers_length_too_big() -> Outcome:
    """Length of tag 63 too big."""
    return inspect_fingers(lambda raw: relengthened(raw, 1))


@reader_case("LDS_D_07", Demand.FAIL, found=MALFORMED, stated=True)
def fingers_without_number() -> Outcome:
    """No number of instances."""
    return inspect_fingers(without_number)


@reader_case("LDS_D_08", Demand.FAIL, found=REFUSED, stated=True)
def finger_owner() -> Outcome:
    """A format owner that is not allowed."""
    return inspect_fingers(header(OWNER, "01FF"))


@reader_case("LDS_D_09", Demand.FAIL, found=REFUSED, stated=True)
def no_finger_owner() -> Outcome:
    """No format owner."""
    return inspect_fingers(header(OWNER, ""))


@reader_case("LDS_D_10", Demand.FAIL, found=REFUSED, stated=True)
def finger_format() -> Outcome:
    """A format type that is not allowed."""
    return inspect_fingers(header(TYPE, "0009"))


@reader_case("LDS_D_11", Demand.FAIL, found=REFUSED, stated=True)
def no_finger_format() -> Outcome:
    """No format type."""
    return inspect_fingers(header(TYPE, ""))


@reader_case("LDS_D_12", Demand.FAIL, found=REFUSED, stated=True)
def finger_subtype() -> Outcome:
    """A subtype that is no finger."""
    return inspect_fingers(header(SUBTYPE, "FE"))


@reader_case("LDS_D_13", Demand.FAIL, found=REFUSED, stated=True)
def no_finger_subtype() -> Outcome:
    """No subtype."""
    return inspect_fingers(header(SUBTYPE, ""))


@reader_case("LDS_D_14", Demand.FAIL, found="group-format/unsupported", stated=True)
def finger_identifier() -> Outcome:
    """Another format identifier in the record."""
    return inspect_fingers(identifier("50495200"))


@reader_case("LDS_D_15", Demand.FAIL, found=MALFORMED, stated=True)
def no_second_finger() -> Outcome:
    """No biometric data in the second instance."""
    return inspect_fingers(without_second_image)


@reader_case("LDS_D_16", Demand.PASS, stated=True)
def raw_fingers() -> Outcome:
    """Two fingers as raw pictures."""
    return inspect_biometrics(3, fingers(compression=RAW))


@reader_case("LDS_E_01", Demand.PASS)
def irises_in_jpeg_2000() -> Outcome:
    """Two irises in JPEG 2000."""
    return inspect_biometrics(4, irises(image_format=MONO_JPEG_2000))


@reader_case("LDS_E_02", Demand.PASS, stated=True)
def raw_irises() -> Outcome:
    """Two irises as raw pictures."""
    return inspect_irises(lambda raw: raw)


@reader_case("LDS_E_03", Demand.FAIL, found="group-hash/group-malformed", stated=True)
def irises_under_another_tag() -> Outcome:
    """Tag 77 instead of 76."""
    return inspect_irises(lambda raw: retagged(raw, 0x77))


@reader_case("LDS_E_04", Demand.FAIL, found=MALFORMED, stated=True)
def irises_length_too_small() -> Outcome:
    """Length of tag 76 too small."""
    return inspect_irises(lambda raw: relengthened(raw, -1))


@reader_case("LDS_E_05", Demand.FAIL, found="group-hash/file-unreadable", stated=True)
def irises_length_too_big() -> Outcome:
    """Length of tag 76 too big."""
    return inspect_irises(lambda raw: relengthened(raw, 1))


@reader_case("LDS_E_06", Demand.FAIL, found=MALFORMED, stated=True)
def irises_without_number() -> Outcome:
    """No number of instances."""
    return inspect_irises(without_number)


@reader_case("LDS_E_07", Demand.FAIL, found=REFUSED, stated=True)
def iris_owner() -> Outcome:
    """A format owner that is not allowed."""
    return inspect_irises(header(OWNER, "01FF"))


@reader_case("LDS_E_08", Demand.FAIL, found=REFUSED, stated=True)
def no_iris_owner() -> Outcome:
    """No format owner."""
    return inspect_irises(header(OWNER, ""))


@reader_case("LDS_E_09", Demand.FAIL, found=REFUSED, stated=True)
def iris_format() -> Outcome:
    """A format type that is not allowed."""
    return inspect_irises(header(TYPE, "000F"))


@reader_case("LDS_E_10", Demand.FAIL, found=REFUSED, stated=True)
def no_iris_format() -> Outcome:
    """No format type."""
    return inspect_irises(header(TYPE, ""))


@reader_case("LDS_E_11", Demand.FAIL, found=REFUSED, stated=True)
def iris_subtype() -> Outcome:
    """A subtype that is no eye."""
    return inspect_irises(header(SUBTYPE, "FE"))


@reader_case("LDS_E_12", Demand.FAIL, found=REFUSED, stated=True)
def no_iris_subtype() -> Outcome:
    """No subtype."""
    return inspect_irises(header(SUBTYPE, ""))


@reader_case("LDS_E_13", Demand.FAIL, found="group-format/unsupported", stated=True)
def iris_identifier() -> Outcome:
    """Another format identifier in the record."""
    return inspect_irises(identifier("46495300"))


@reader_case("LDS_E_14", Demand.FAIL, found=MALFORMED, stated=True)
def no_second_iris() -> Outcome:
    """No biometric data in the second instance."""
    return inspect_irises(without_second_image)
