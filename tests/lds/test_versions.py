import pytest

from apdu.errors import MalformedDataError
from chipid.lds.versions import decode_version, encode_version


@pytest.mark.parametrize(
    ("value", "parts", "text"), [(b"0107", 2, "1.7"), (b"1599", 2, "15.99"), (b"040000", 3, "4.0.0")]
)
def test_versions_are_pairs_of_digits(value: bytes, parts: int, text: str) -> None:
    assert decode_version(value, parts) == text
    assert encode_version(text) == value


@pytest.mark.parametrize("value", [b"", b"107", b"01.7", b"01 7", "01٠٧".encode(), b"010700"])
def test_anything_else_is_malformed(value: bytes) -> None:
    with pytest.raises(MalformedDataError):
        decode_version(value, 2)
