"""Whatever a desk types, scans or reads becomes the right keys, or a message that repeats nothing of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import AccessKeyError, KeyProblem
from chipid.identity.key_input import MAX_INPUT, parse_access_key, parse_key_candidates
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import parse_mrz
from chipid.vietnam.card_dates import CardLaw
from chipid.vietnam.key_candidates import KeyReason
from chipid.vietnam.qr_scan import CardQRError, QRProblem
from tests.vietnam.people import Citizen, citizens

HOLDER = citizens()[0]
CAN = AccessKey.from_can(HOLDER.number.can)
MRZ = AccessKey.from_mrz(parse_mrz(HOLDER.mrz))
LINES = "\n".join(HOLDER.mrz[start : start + 30] for start in (0, 30, 60))
each_citizen = pytest.mark.parametrize("citizen", citizens(), ids=lambda one: one.key)


@pytest.mark.parametrize(
    "text",
    [
        HOLDER.number.can,
        f"  {HOLDER.number.can}\r\n",
        HOLDER.personal_number,
        f"{HOLDER.personal_number}\n",
        " ".join(HOLDER.personal_number[place : place + 3] for place in range(0, 12, 3)),
    ],
)
def test_digits_are_the_can_or_the_personal_number(text: str) -> None:
    (only,) = parse_key_candidates(text)
    assert (only.key, only.reason, only.law) == (CAN, KeyReason.CAN, None)
    assert parse_access_key(text) == CAN


@pytest.mark.parametrize(
    "text",
    [
        LINES,
        LINES.lower(),
        LINES.replace("\n", "\r\n") + "\r\n",
        HOLDER.mrz,
        f"{HOLDER.number.document_number} 990101 390101",
        f"{HOLDER.number.document_number},990101,390101\n",
        f"{HOLDER.number.document_number}; 990101; 390101",
        LINES.replace("0", "O", 3),
    ],
)
def test_the_zone_or_its_fields_give_the_key_of_the_zone(text: str) -> None:
    (only,) = parse_key_candidates(text)
    assert (only.key, only.reason) == (MRZ, KeyReason.TYPED)


# QR codes


@each_citizen
def test_a_qr_code_gives_the_can_first_and_then_the_zone_of_the_law_in_force(citizen: Citizen) -> None:
    first, second, *others = parse_key_candidates(citizen.qr)
    assert (first.key, first.reason) == (AccessKey.from_can(citizen.number.can), KeyReason.CAN)
    assert second.key == AccessKey.from_mrz(parse_mrz(citizen.mrz))
    assert second.reason in (KeyReason.EXPIRY_BY_LAW, KeyReason.NO_EXPIRY)
    assert second.law is (CardLaw.LAW_2014 if f"{citizen.issue_date:%Y%m%d}" < "20240701" else CardLaw.LAW_2023)
    assert len({one.key.secret for one in (first, second, *others)}) == len(others) + 2


def scan(born: str, issued: str, number: str = "001099000021") -> str:
    return f"{number}||Nguyễn Văn Mẫu|{born}|Nam|Số 1|{issued}"


@pytest.mark.parametrize(
    ("born", "issued", "reasons"),
    [
        ("01011999", "01062023", ["can", "expiry-by-law"]),
        ("01011965", "01062023", ["can", "no-expiry"]),
        # Issued two years before the 25th birthday to the day: both ages are possible.
        ("01061999", "01062022", ["can", "expiry-by-law", "neighbouring-age"]),
        ("01061999", "31052022", ["can", "expiry-by-law", "neighbouring-age"]),
        ("29022000", "01032021", ["can", "expiry-by-law", "leap-day"]),
        # Under fourteen the two laws differ.
        ("01012015", "01062023", ["can", "expiry-by-law", "other-law"]),
        ("01012015", "01082024", ["can", "expiry-by-law", "other-law"]),
        # The day of birth is not known: only the CAN needs nothing else.
        ("00001999", "01062023", ["can"]),
        ("1999", "01062023", ["can"]),
    ],
)
def test_the_candidates_come_in_order_each_with_its_reason(born: str, issued: str, reasons: list[str]) -> None:
    assert [one.reason.value for one in parse_key_candidates(scan(born, issued))] == reasons


@pytest.mark.parametrize("mark", ["~", "\t", "\x1d", "¦", "#", ";", "\\"])
def test_a_scan_with_another_separator_is_known_for_a_scan(mark: str) -> None:
    first, *others = parse_key_candidates(HOLDER.qr.replace("|", mark) + "\r")
    assert first.key == CAN
    assert others[0].key == MRZ


@pytest.mark.parametrize("prefix", ["]Q1", "\ufeff", "]Q1\\000026"])
def test_a_scan_may_be_announced(prefix: str) -> None:
    assert parse_access_key(prefix + HOLDER.qr) == CAN


BANK = "00020101021138540010A00000072701240006970400011000110022330208QRIBFTTA53037045802VN6304ABCD"


@pytest.mark.parametrize(
    ("text", "problem", "field", "column"),
    [
        (BANK, QRProblem.BANK_CODE, None, None),
        ("00020101", QRProblem.BANK_CODE, None, None),
        ("https://example.invalid/a?b=1", QRProblem.WEB_ADDRESS, None, None),
        ("WIFI:S:name;T:WPA;P:secret;;", QRProblem.WEB_ADDRESS, None, None),
        ("]Q1", QRProblem.EMPTY, None, None),
        ("]Q1ABC", QRProblem.OTHER_CODE, None, None),
        ("a|b|c", QRProblem.OTHER_CODE, None, None),
        ("AB\x00\x01\x02CD", QRProblem.BINARY, None, 3),
        ("00109900002|", QRProblem.FIELD_WRONG, "personal-number", 1),
        ("0010990000211||", QRProblem.FIELD_WRONG, "personal-number", 1),
        ("00109900002X||N", QRProblem.FIELD_WRONG, "personal-number", 12),
        (HOLDER.qr[:40], QRProblem.TRUNCATED, None, None),
        (scan("32011999", "01062023"), QRProblem.FIELD_WRONG, "birth-date", 30),
        (scan("01011999", "01061998"), QRProblem.FIELD_WRONG, "issue-date", 48),
        (scan("01011999", "0106202"), QRProblem.TRUNCATED, "issue-date", 55),
    ],
)
def test_a_code_of_something_else_or_a_damaged_scan_is_named_with_field_and_column(
    text: str, problem: QRProblem, field: str | None, column: int | None
) -> None:
    with pytest.raises(CardQRError) as caught:
        parse_key_candidates(text)
    assert caught.value.problem is problem
    if field is not None or column is not None:
        assert (caught.value.field, caught.value.column) == (field, column)


# What cannot be a key


@pytest.mark.parametrize(
    ("text", "problem", "field", "line", "column"),
    [
        ("", KeyProblem.EMPTY, None, None, None),
        (" \r\n", KeyProblem.EMPTY, None, None, None),
        (",;,", KeyProblem.EMPTY, None, None, None),
        ("1" * (MAX_INPUT + 1), KeyProblem.TOO_LONG, None, None, None),
        ("12345", KeyProblem.DIGIT_COUNT, None, None, None),
        ("1234567", KeyProblem.DIGIT_COUNT, None, None, None),
        ("00109900002", KeyProblem.DIGIT_COUNT, None, None, None),
        ("0010990000211", KeyProblem.DIGIT_COUNT, None, None, None),
        ("٠٠٠٠٢١", KeyProblem.DIGIT_COUNT, None, None, None),
        ("00109900002O", KeyProblem.LINE_LENGTHS, None, None, None),
        ("099000021 991301 390101", KeyProblem.MONTH, "birth-date", None, None),
        ("099000021 990132 390101", KeyProblem.DAY, "birth-date", None, None),
        ("099000021 990101 390X01", KeyProblem.NOT_A_DATE, "expiry-date", None, None),
        ("099-00021 990101 390101", KeyProblem.CHARACTER, "document-number", None, None),
        ("hello", KeyProblem.LINE_LENGTHS, None, None, None),
        ("IDVNM§", KeyProblem.CHARACTER, None, 1, 6),
        (LINES.replace("990101", "990102", 1), KeyProblem.CHECK_DIGIT, "birth-date", 2, 7),
        ("A" * 600, KeyProblem.TOO_LONG, None, None, None),
    ],
)
def test_what_is_no_key_is_refused_with_its_place(
    text: str, problem: KeyProblem, field: str | None, line: int | None, column: int | None
) -> None:
    with pytest.raises(AccessKeyError) as caught:
        parse_key_candidates(text)
    error = caught.value
    assert (error.problem, error.field, error.line, error.column) == (problem, field, line, column)
    assert error.exit_code == 2


@given(st.text(max_size=200) | st.text(alphabet="0123456789|<VNMID\t ", max_size=120))
def test_any_text_gives_candidates_or_a_refusal(text: str) -> None:
    try:
        candidates = parse_key_candidates(text)
    except AccessKeyError as error:
        message = error.message
    else:
        message = repr(candidates)
    told = message.translate(str.maketrans("", "", " ,:.'()=[]"))
    for piece in text.split():
        if len(piece) > 7 and not piece.isascii():
            assert piece not in told


@given(st.integers(0, 11), st.sampled_from("0123456789ABX|"), st.booleans())
def test_a_damaged_scan_is_never_echoed(place: int, new: str, truncated: bool) -> None:
    damaged = HOLDER.qr[:place] + new + HOLDER.qr[place + 1 :]
    damaged = damaged[: 60 + place] if truncated else damaged
    message = ""
    try:
        parse_key_candidates(damaged)
    except AccessKeyError as error:
        message = error.message
    assert all(piece not in message for piece in damaged.split("|") if len(piece) > 3)
