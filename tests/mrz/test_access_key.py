import pytest

from chipid.errors import AccessKeyError
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.mrz.mrz import parse_mrz
from tests.support.vectors import example

D2 = example("9303-11_D2_mrz_information")
D3 = example("9303-11_D3_bac")


@pytest.mark.parametrize("case", D2["cases"], ids=["TD2 long", "TD2", "TD1 long", "TD1"])
def test_the_key_of_a_zone_is_that_of_doc_9303_part_11_appendix_d_2(case: dict[str, str]) -> None:
    for key in (
        AccessKey.from_mrz(parse_mrz("".join(case["mrz"]))),
        AccessKey.from_mrz_fields(case["document_number"], case["dob"], case["doe"]),
    ):
        assert key.secret.decode() == case["mrz_information"]
        assert key.k_seed.hex().upper() == case["Kseed"]


def test_the_pace_password_of_a_zone_is_the_whole_digest() -> None:
    key = AccessKey.from_mrz_fields("L898902C", "690806", "940623")
    assert key.secret.decode() == D3["mrz_information_ascii"]
    assert key.k_seed.hex().upper() == D3["Kseed"]
    assert key.pace_password.hex().upper() == D2["SHA1_mrz_information_L898902C"]


def test_the_vietnamese_dummy_has_the_printed_information() -> None:
    key = AccessKey.from_mrz_fields("099000001", "990101", "390101")
    assert key.secret == b"099000001799010183901016"


def test_a_can_is_its_six_digits_and_opens_no_basic_access_control() -> None:
    key = AccessKey.from_can("000001")
    assert (key.kind, key.pace_password) == (AccessKeyKind.CAN, b"000001")
    with pytest.raises(AccessKeyError):
        _ = key.k_seed


@pytest.mark.parametrize("can", ["", "12345", "1234567", "12345a", "١٢٣٤٥٦", " 12345", "12345²"])
def test_what_is_no_can_is_refused(can: str) -> None:
    with pytest.raises(AccessKeyError):
        AccessKey.from_can(can)


@pytest.mark.parametrize(
    "fields",
    [
        ("", "990101", "390101"),
        ("<<<", "990101", "390101"),
        ("1" * 24, "990101", "390101"),
        ("c01x0006h", "990101", "390101"),
        ("099000001", "9901011", "390101"),
        ("099000001", "991301", "390101"),
        ("099000001", "990132", "390101"),
        ("099000001", "990101", "390001"),
        ("099000001", "990101", "01/01/39"),
        ("099000001", "99010A", "390101"),
    ],
)
def test_impossible_fields_are_refused_without_quoting_them(fields: tuple[str, str, str]) -> None:
    with pytest.raises(AccessKeyError) as caught:
        AccessKey.from_mrz_fields(*fields)
    assert not any(len(field) > 3 and field in str(caught.value) for field in fields)


def test_unknown_parts_of_the_date_of_birth_are_allowed() -> None:
    assert AccessKey.from_mrz_fields("099000001", "99<<<<", "390101").secret[10:16] == b"99<<<<"


def test_the_representation_hides_the_secret() -> None:
    assert "000001" not in repr(AccessKey.from_can("000001"))


def test_a_pin_and_a_puk_are_their_digits_and_may_block() -> None:
    pin, puk = AccessKey.from_pin("12345"), AccessKey.from_puk("1234567890")
    assert (pin.kind, pin.pace_password) == (AccessKeyKind.PIN, b"12345")
    assert (puk.kind, puk.pace_password) == (AccessKeyKind.PUK, b"1234567890")
    assert [kind for kind in AccessKeyKind if kind.is_blocking] == [AccessKeyKind.PIN, AccessKeyKind.PUK]
    assert "12345" not in repr(pin)
    with pytest.raises(AccessKeyError):
        _ = pin.k_seed


@pytest.mark.parametrize("digits", ["", "123", "1234567890123", "12a456", "１２３４５６", "12 456"])
def test_anything_else_is_no_pin_and_no_puk(digits: str) -> None:
    for make in (AccessKey.from_pin, AccessKey.from_puk):
        with pytest.raises(AccessKeyError):
            make(digits)
