"""The QR code of a card in a camera picture (extra ``qr``: zxing-cpp and Pillow).

Pictures are hostile input: their bytes and their pixels are bounded before anything is decoded.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from chipid.errors import ConfigurationError
from chipid.vietnam.qr import CardQR, parse_card_qr
from chipid.vietnam.qr_scan import CardQRError, QRProblem

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 32 << 20
MAX_PIXELS = 64_000_000
MAX_CODES = 16
FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
# A code fills a small part of a picture: a small picture is tried again enlarged, so that its modules have pixels.
_ENLARGED_BELOW = 1500
_ENLARGEMENT = 2


def read_qr_picture(picture: bytes) -> CardQR:
    """Find and read the code of a card in a picture (JPEG, PNG, WebP, BMP); of several codes the card's counts.

    Raises :class:`CardQRError` for a picture without a readable card code, :class:`ConfigurationError` if the extra is
    not installed.
    """
    if len(picture) > MAX_BYTES:
        raise CardQRError(QRProblem.PICTURE_TOO_LARGE, f"a picture has at most {MAX_BYTES >> 20} MiB")
    return _first_card(_codes_in(_open(picture)))


def _open(picture: bytes) -> Image.Image:
    """The picture in shades of grey."""
    try:
        from PIL import Image  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise _missing_extra() from error
    try:
        opened = Image.open(io.BytesIO(picture), formats=FORMATS)
        pixels = opened.width * opened.height
    except Exception as error:  # decoders raise almost anything on hostile bytes
        raise CardQRError(QRProblem.PICTURE_UNREADABLE, "this is no picture that can be read") from error
    if pixels > MAX_PIXELS:
        raise CardQRError(QRProblem.PICTURE_TOO_LARGE, f"a picture has at most {MAX_PIXELS} pixels")
    try:
        return opened.convert("L")
    except Exception as error:
        raise CardQRError(QRProblem.PICTURE_UNREADABLE, "the picture is damaged") from error


def _codes_in(image: Image.Image) -> list[bytes]:
    """The bytes of every QR code in the picture."""
    try:
        import zxingcpp  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise _missing_extra() from error
    attempts = [image]
    if max(image.size) < _ENLARGED_BELOW:
        attempts.append(image.resize((image.width * _ENLARGEMENT, image.height * _ENLARGEMENT)))
    for attempt in attempts:
        try:
            found = zxingcpp.read_barcodes(attempt, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
        except (RuntimeError, ValueError, TypeError) as error:
            raise CardQRError(QRProblem.PICTURE_UNREADABLE, "the picture cannot be searched for a code") from error
        if found:
            return [code.bytes for code in found[:MAX_CODES]]
    raise CardQRError(QRProblem.NO_CODE, "there is no readable QR code in the picture")


def _first_card(codes: list[bytes]) -> CardQR:
    """The first code of a card; if there is none, why the first code is not one."""
    refusals = []
    for code in codes:
        try:
            return parse_card_qr(code)
        except CardQRError as error:
            refusals.append(error)
    raise refusals[0]


def _missing_extra() -> ConfigurationError:
    return ConfigurationError("reading a picture needs the extra `qr`: install chipid[qr]")
