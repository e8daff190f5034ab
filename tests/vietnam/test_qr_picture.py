"""QR codes in pictures: turned, blurred, small, beside other codes, and hostile bytes."""

from __future__ import annotations

import io
import sys

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from chipid.errors import ConfigurationError
from chipid.vietnam import qr_picture
from chipid.vietnam.qr import CardQR, parse_card_qr
from chipid.vietnam.qr_picture import read_qr_picture
from chipid.vietnam.qr_scan import CardQRError, QRProblem

SCAN = "079195000002|023456789|Trần Thị Ễ|02021995|Nữ|Số 2, Đường C, Phường D, Quận E, TP. Hồ Chí Minh|02022022"


def code(text: str, scale: int = 4) -> Image.Image:
    barcode = zxingcpp.create_barcode(text.encode(), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    return Image.fromarray(barcode.to_image(scale=scale, add_quiet_zones=True)).convert("L")


def on_table(*codes: Image.Image, size: tuple[int, int] = (900, 700)) -> Image.Image:
    table = Image.new("L", size, 170)
    place = 20
    for one in codes:
        table.paste(one, (place, 60))
        place += one.width + 40
    return table


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


def problem(picture: bytes) -> QRProblem:
    with pytest.raises(CardQRError) as caught:
        read_qr_picture(picture)
    return caught.value.problem


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP"])
def test_the_code_in_a_picture_is_read_with_every_letter(form: str) -> None:
    assert read_qr_picture(encoded(on_table(code(SCAN)), form)) == parse_card_qr(SCAN)


@pytest.mark.parametrize("degrees", [3, 17, 45, 90, 133, 180, 270, 341])
def test_a_turned_card_is_read(degrees: int) -> None:
    turned = on_table(code(SCAN)).rotate(degrees, expand=True, fillcolor=170, resample=Image.Resampling.BICUBIC)
    assert read_qr_picture(encoded(turned)) == parse_card_qr(SCAN)


@pytest.mark.parametrize("radius", [0.5, 1.0, 1.5])
def test_a_blurred_picture_is_read(radius: float) -> None:
    blurred = on_table(code(SCAN)).filter(ImageFilter.GaussianBlur(radius))
    assert read_qr_picture(encoded(blurred, "JPEG")) == parse_card_qr(SCAN)


@pytest.mark.parametrize("scale", [1, 2, 8])
def test_a_small_and_a_large_code_are_read(scale: int) -> None:
    assert read_qr_picture(encoded(on_table(code(SCAN, scale)))) == parse_card_qr(SCAN)


def test_a_colour_picture_with_transparency_is_read() -> None:
    assert read_qr_picture(encoded(on_table(code(SCAN)).convert("RGBA"))) == parse_card_qr(SCAN)


def test_of_several_codes_the_one_of_the_card_counts() -> None:
    picture = on_table(code("https://example.org", 3), code(SCAN, 3))
    assert read_qr_picture(encoded(picture)) == parse_card_qr(SCAN)


def test_a_code_of_something_else_says_what_it_is() -> None:
    assert problem(encoded(on_table(code("https://example.org")))) is QRProblem.WEB_ADDRESS
    assert problem(encoded(on_table(code("00020101021138570010A00000072701270006970436")))) is QRProblem.BANK_CODE


def test_a_picture_without_a_code_says_so() -> None:
    assert problem(encoded(on_table())) is QRProblem.NO_CODE
    assert problem(encoded(on_table(code(SCAN, 1).resize((20, 20))))) is QRProblem.NO_CODE


def test_a_picture_of_too_many_bytes_or_pixels_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = encoded(on_table(code(SCAN)))
    monkeypatch.setattr(qr_picture, "MAX_PIXELS", 900 * 700 - 1)
    assert problem(picture) is QRProblem.PICTURE_TOO_LARGE
    monkeypatch.setattr(qr_picture, "MAX_BYTES", len(picture) - 1)
    assert problem(picture) is QRProblem.PICTURE_TOO_LARGE


def test_a_picture_that_claims_a_huge_size_is_refused_by_its_header() -> None:
    picture = encoded(Image.new("1", (8, 8)), "BMP")
    huge = picture[:18] + (60_000).to_bytes(4, "little") * 2 + picture[26:]
    assert problem(huge) in (QRProblem.PICTURE_TOO_LARGE, QRProblem.PICTURE_UNREADABLE)


@pytest.mark.parametrize("picture", [b"", b"GIF89a" + bytes(20), b"%!PS-Adobe", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_bytes_that_are_no_picture_are_refused(picture: bytes) -> None:
    assert problem(picture) is QRProblem.PICTURE_UNREADABLE


PICTURE = encoded(on_table(code(SCAN, 2), size=(300, 300)))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(PICTURE) - 1), st.integers(1, 255), st.booleans())
def test_a_damaged_picture_is_read_or_refused_by_name(place: int, change: int, cut: bool) -> None:
    flipped = PICTURE[:place] + bytes((PICTURE[place] ^ change,)) + (b"" if cut else PICTURE[place + 1 :])
    try:
        found: CardQR | CardQRError = read_qr_picture(flipped)
    except CardQRError as error:
        found = error
    assert isinstance(found, CardQR | CardQRError)


@pytest.mark.parametrize("module", ["PIL", "zxingcpp"])
def test_a_missing_extra_says_what_to_install(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=r"chipid\[qr\]"):
        read_qr_picture(PICTURE)
