"""What is wrong with a key is told with its place in Vietnamese, and the same place in English."""

from __future__ import annotations

import pytest

from chipid.errors import AccessKeyError, ConfigurationError, KeyProblem
from chipid.identity.key_input import parse_key_candidates
from chipid.messages.catalogue import Language, catalogue
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.vietnam.qr_scan import CardQRError, QRField, QRProblem

ENGLISH, VIETNAMESE = catalogue(Language.ENGLISH), catalogue(Language.VIETNAMESE)


@pytest.mark.parametrize("problem", QRProblem)
@pytest.mark.parametrize("field", [None, *QRField])
@pytest.mark.parametrize("column", [None, 7])
def test_every_problem_of_a_scan_is_told_with_its_place(
    problem: QRProblem, field: QRField | None, column: int | None
) -> None:
    told = VIETNAMESE.error(CardQRError(problem, "the reason", field=field, column=column))
    assert told.startswith("Mã QR")
    assert ("cột 7" in told) == (column is not None)
    if field is not None:
        assert VIETNAMESE.text("field", field.value).casefold() in told.casefold()
    assert "the reason" not in told
    assert problem.value not in told


@pytest.mark.parametrize("problem", KeyProblem)
@pytest.mark.parametrize("place", [{}, {"line": 2, "column": 7}, {"line": 1}])
@pytest.mark.parametrize("field", [None, "birth-date", "document-number"])
def test_every_problem_of_a_key_is_told_with_its_place(
    problem: KeyProblem, place: dict[str, int], field: str | None
) -> None:
    error = AccessKeyError("the reason", problem=problem, field=field, **place)
    told = VIETNAMESE.error(error)
    assert told.startswith("Vùng MRZ" if place else "Khóa mở thẻ")
    where = told.partition(":")[0]
    assert ("dòng" in where, "cột" in where) == ("line" in place, "column" in place)
    assert told.endswith(VIETNAMESE.text("key-problem", problem.value))
    assert ENGLISH.error(error) == "the reason"


@pytest.mark.parametrize(
    ("typed", "english", "vietnamese"),
    [
        (
            "001099000001||Nguyễn Văn A|99999999|Nam||01062023",
            "QR code, column 28, date of birth: the calendar has no such date",
            "Mã QR, cột 28, ngày sinh: phải là ngày tháng năm (ddMMyyyy)",
        ),
        (
            "00109900001",
            "an access key of digits has 6 or 12 of them",
            "Khóa mở thẻ: phải là 6 chữ số (CAN) hoặc 12 chữ số (số định danh cá nhân)",
        ),
        (
            "IDVN§",
            "machine readable zone, line 1, column 5: a character that no zone has",
            "Vùng MRZ, dòng 1, cột 5: có ký tự không dùng được ở đây",
        ),
    ],
)
def test_both_languages_name_the_same_place(typed: str, english: str, vietnamese: str) -> None:
    with pytest.raises(AccessKeyError) as caught:
        parse_key_candidates(typed)
    assert (ENGLISH.error(caught.value), VIETNAMESE.error(caught.value)) == (english, vietnamese)


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_of_the_trust_store_is_told_with_its_reason(refusal: Refusal) -> None:
    reason = VIETNAMESE.text("refusal", refusal.value)
    error = TrustRefusedError(refusal, "the reason")
    assert VIETNAMESE.error(error) == f"Không đưa vào kho tin cậy được: {reason}"
    error = TrustRefusedError(refusal, "the reason", fingerprint="ab" * 32, subject="C=VN").of_file("file.cer")
    assert VIETNAMESE.error(error) == f"Không đưa vào kho tin cậy được: file.cer: {reason}: {'ab' * 32} (C=VN)"
    assert ENGLISH.error(error) == "file.cer: the reason"
    for texts in (ENGLISH, VIETNAMESE):
        assert texts.hint(error) == texts.text("refusal-hint", refusal.value)


def test_the_place_in_a_file_of_the_user_is_told_in_every_language() -> None:
    error = ConfigurationError("desk.toml, line 3: name: a text is expected")
    assert error.message in VIETNAMESE.error(error)
    assert VIETNAMESE.error(error).startswith("Tệp hoặc thiết lập không dùng được")
