import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.errors import MalformedDataError
from chipid.lds.details import decode_date, decode_digits, decode_text, encode_date
from chipid.mrz.dates import PartialDate


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (b"19990101", (1999, 1, 1)),
        (bytes.fromhex("19990101"), (1999, 1, 1)),
        (b"19990000", (1999, None, None)),
        (b"00000101", (None, 1, 1)),
        (b"1999<<<<", (1999, None, None)),
        (bytes(4), (None, None, None)),
    ],
)
def test_dates_are_read_in_ascii_and_packed_with_unknown_parts(
    value: bytes, parts: tuple[int | None, int | None, int | None]
) -> None:
    found = decode_date(value)
    assert (found.year, found.month, found.day) == parts


@pytest.mark.parametrize("value", [b"", b"1999", b"199901011", b"19991301", b"19990230", b"1999010A", b"199<0101"])
def test_what_is_no_date_is_malformed(value: bytes) -> None:
    with pytest.raises(MalformedDataError):
        decode_date(value)


def test_packed_digits_may_not_be_letters() -> None:
    with pytest.raises(MalformedDataError):
        decode_digits(bytes.fromhex("1999010A"), 8)


def test_text_comes_in_normal_form_c() -> None:
    assert decode_text("Nguyê\u0303n".encode()) == "Nguyễn"
    with pytest.raises(MalformedDataError):
        decode_text(b"\xff")


@given(st.dates())
def test_a_written_date_is_read_again(day: object) -> None:
    year, month, dom = (getattr(day, part) for part in ("year", "month", "day"))
    written = PartialDate(year=year, month=month, day=dom)
    assert decode_date(encode_date(written)) == written
