from collections.abc import Callable

import pytest

from apdu import tlv
from apdu.errors import MalformedDataError, ToolkitError
from chipid.asn1 import der
from chipid.errors import UnsupportedError
from chipid.lds.dg2 import build_dg2, dg2_deviations, parse_dg2
from chipid.lds.face_record import FaceImage, ImageFormat
from tests.support.hostile import assert_survives, mutations
from tests.support.vectors import VECTORS

BSI = (VECTORS / "bsi-tr03105-5" / "Datagroup2.bin").read_bytes()
FACE = FaceImage(image=bytes.fromhex("FFD8FFE0") + bytes(30), width=240, height=320)


def group(*children: bytes) -> bytes:
    return tlv.encode(0x75, tlv.encode(0x7F61, *children))


def test_the_bsi_reference_file_is_read_and_written_again() -> None:
    dg2 = parse_dg2(BSI)
    (template,) = dg2.templates
    (image,) = dg2.images
    assert template.header.hex() == "a10e8101028201008702010188020008"
    assert (image.width, image.height, image.face_image_type, image.image_data_type) == (0x0151, 0x01C1, 1, 1)
    assert image.format is ImageFormat.JPEG_2000
    assert image.image.endswith(bytes.fromhex("FFD9"))
    assert len(image.image) == 0x3AC5 - 46
    assert build_dg2([image]) == BSI


def test_a_written_file_has_the_84_byte_header_that_vietnamese_cards_show() -> None:
    raw = build_dg2([FaceImage(image=b"\xff\xd8\xff" + bytes(12_000))])
    assert raw.index(b"\xff\xd8\xff") == 84


def test_several_templates_give_several_images_in_their_order() -> None:
    second = FaceImage(image=bytes.fromhex("FF4FFF51") + bytes(9))
    dg2 = parse_dg2(build_dg2([FACE, second]))
    assert dg2.images == (FACE, second)
    assert len(dg2.templates) == 2


def test_a_file_without_templates_has_no_image() -> None:
    assert parse_dg2(build_dg2([])).images == ()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        group(),
        group(der.encode_integer(1)),
        group(der.encode_integer(1), tlv.encode(0x7F60)),
        group(der.encode_integer(0), tlv.encode(0x7F60)),
        group(der.encode_integer(10), *[tlv.encode(0x7F60)] * 10),
        build_dg2([FACE]) + b"\x00",
    ],
)
def test_broken_templates_are_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_dg2(raw)


def test_an_iso_39794_record_is_unsupported() -> None:
    template = tlv.encode(0x7F60, tlv.encode(0xA1), tlv.encode(0x7F2E, tlv.encode(0xA1)))
    with pytest.raises(UnsupportedError):
        parse_dg2(group(der.encode_integer(1), template))


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_dg2, build_dg2([FACE, FACE]))
    assert_survives(parse_dg2, BSI[:120] + BSI[120:], step=251)


def outcome(read: Callable[[bytes], tuple[str, ...]], raw: bytes) -> object:
    try:
        return read(raw)
    except ToolkitError as error:
        return type(error), error.message


@pytest.mark.parametrize("raw", [BSI[:200] + BSI[-10:], build_dg2([FACE, FACE]), BSI], ids=["cut", "two", "whole"])
def test_the_deviations_are_the_same_with_and_without_the_images(raw: bytes) -> None:
    for changed in mutations(raw, step=max(1, len(raw) // 250)):
        assert outcome(dg2_deviations, changed) == outcome(lambda data: parse_dg2(data).deviations, changed)
    for place in range(min(len(raw), 130)):
        changed = raw[:place] + b"\xfe" + raw[place + 1 :]
        assert outcome(dg2_deviations, changed) == outcome(lambda data: parse_dg2(data).deviations, changed)
