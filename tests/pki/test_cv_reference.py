import pytest

from apdu.errors import MalformedDataError
from chipid.pki.cv_reference import country_of, decode_reference, encode_reference


@pytest.mark.parametrize("text", ["UTCVCA00001", "UT00001", "UTEXAMPLE99ZZ9ZZ", "UTÄÖÜ00001", "DETESTeID00002"])
def test_a_reference_of_country_mnemonic_and_sequence_survives_the_round_trip(text: str) -> None:
    assert decode_reference(text.encode("latin-1")) == text
    assert encode_reference(text) == text.encode("latin-1")
    assert country_of(text) == text[:2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "UT",
        "UT0001",
        "utCVCA00001",
        "U1CVCA00001",
        "UTCVCA0000a",
        "UTCVCA0000 ",
        "UT\nCVCA00001",
        "UTEXAMPLE99900001",
    ],
)
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(MalformedDataError):
        decode_reference(text.encode("latin-1"))
    with pytest.raises(MalformedDataError):
        encode_reference(text)


def test_letters_outside_latin_1_are_refused_when_written() -> None:
    with pytest.raises(MalformedDataError):
        encode_reference("UTĐĐĐ00001")
