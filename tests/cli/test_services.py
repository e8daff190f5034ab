"""From what is in the citizen's hand to exactly what a service may know, through the command line."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from chipid.evidence.codec import decode_evidence
from chipid.lds.dg2 import parse_dg2
from chipid.lds.files import DATA_GROUPS, FileId
from chipid.messages.catalogue import Language, catalogue
from chipid.profiles.library import shipped_profiles
from chipid.profiles.profile import CardUse, Profile
from chipid.vietnam.personal_number import parse_personal_number
from simulator.personalisation.people import Person, find_person
from simulator.scenarios import build_card
from tests.cli.desk import Desk, make_desk, marked_person, qr_of
from tests.scenarios import readings
from tests.vietnam.people import Citizen, citizens

HOLDER = find_person("nguyen-van-a")
QR = qr_of(HOLDER)
READ = ("--lang", "vi", "read", "--reader", "sim:genuine", "--key-stdin")
VIETNAMESE = catalogue(Language.VIETNAMESE)
KEYS = {FileId.DG14, FileId.DG15}  # read for the proofs of the chip, and about no person
CASES = [(profile, card) for profile in shipped_profiles().values() for card in profile.cards]
each_card = pytest.mark.parametrize(
    ("profile", "card"), CASES, ids=lambda one: getattr(one, "name", None) or getattr(one, "role", None)
)
each_citizen = pytest.mark.parametrize("citizen", citizens(), ids=lambda one: one.key)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    return make_desk(monkeypatch, capsys)


# One command from the QR code to the claims


def test_a_hospital_gets_four_claims_in_vietnamese_and_not_one_field_more(desk: Desk) -> None:
    ending = desk(*READ, "--profile", "hospital-check-in", stdin=QR)
    assert ending.code == 0
    assert ending.out.startswith("CHẤP NHẬN\n")
    assert ending.holder == [
        "Số định danh cá nhân  001099000001  [DG13]",
        "Họ và tên             Nguyễn Văn A  [DG13]",
        "Ngày sinh             01/01/1999  [DG13]",
        "Giới tính             Nam  [DG1]",
    ]


def test_the_same_card_tells_a_judicial_office_its_longer_list(desk: Desk) -> None:
    ending = desk(*READ, "--profile", "judicial-record", stdin=QR)
    assert ending.code == 0
    assert ending.holder == [
        "Số định danh cá nhân  001099000001  [DG13]",
        "Họ và tên             Nguyễn Văn A  [DG13]",
        "Ngày sinh             01/01/1999  [DG13]",
        "Giới tính             Nam  [DG1]",
        "Quốc tịch             Việt Nam  [DG13]",
        "Dân tộc               Kinh  [DG13]",
        "Nơi cư trú            Số 1, Phường B, Quận D, Hà Nội  [DG13]",
        "Ngày cấp              01/06/2023  [DG13]",
        "Cha                   Nguyễn Văn B  [DG13]",
        "Mẹ                    Trần Thị C  [DG13]",
        "Vợ hoặc chồng         Lê Thị D  [DG13]",
        "Số cũ                 012345678  [DG13]",
    ]


def test_a_role_of_a_service_has_its_own_claims(desk: Desk) -> None:
    ending = desk(*READ, "--profile", "hospital-check-in", "--role", "new-patient", stdin=QR)
    assert [line.split("  ")[0] for line in ending.holder] == [
        "Số định danh cá nhân",
        "Họ và tên",
        "Ngày sinh",
        "Giới tính",
        "Quốc tịch",
        "Dân tộc",
        "Nơi cư trú",
        "Ngày cấp",
        "Ảnh chân dung",
    ]


def test_json_has_the_same_claims(desk: Desk) -> None:
    for name in ("hospital-check-in", "judicial-record"):
        ending = desk(*READ, "--profile", name, "--json", stdin=QR)
        card = shipped_profiles()[name].card()
        assert set(ending.document["holder"]) == set(card.claims)
        assert ending.document["release"] == {
            "profile": name,
            "role": card.role,
            "claims": list(card.claims),
            "missing": [],
        }
        assert ending.document["verdict"] == "accepted"


def test_the_key_that_the_scan_holds_is_enough_however_the_scanner_types(desk: Desk) -> None:
    for scan in (QR.replace("|", "~"), f"]Q1{QR}", QR.replace("ễ", "?"), "001099000001||A|01/01/1999|Nam||01/06/2023"):
        ending = desk(*READ, "--profile", "hospital-check-in", stdin=scan)
        assert (ending.code, ending.holder[1]) == (0, "Họ và tên             Nguyễn Văn A  [DG13]")


def test_a_chip_without_pace_is_opened_by_the_key_that_the_law_gives(desk: Desk) -> None:
    ending = desk("read", "--reader", "sim:pace-removed", "--key-stdin", stdin=QR)
    assert ending.code == 1  # opened, and rejected: the chip signs a PACE that it does not offer
    assert "Basic Access Control" in ending.out


def test_keys_are_tried_as_often_as_allowed(desk: Desk) -> None:
    other = QR.replace("001099000001", "001099000009")
    for tries in ("1", "3"):
        ending = desk(*READ, "--tries", tries, stdin=other)
        assert ending.code == 5
        assert "wrong-access-key" in ending.err
    assert ending.err.count("[2/7]") == 2  # the card access number, and the one key of the zone
    assert desk(*READ, "--tries", "0", stdin=QR).code == 2
    assert desk(*READ, "--tries", "7", stdin=QR).code == 2


# Nothing else, anywhere


def secrets_of(person: Person) -> dict[str, set[str]]:
    """How each attribute could be written; the day of issue is also that of the signature, so only as a claim."""
    zone = person.mrz
    return {
        "personal_number": {person.personal_number.digits},
        "mrz_name": {zone[60:].rstrip("<"), "NGUYEN VAN A"},
        "birth_date": {"01/01/1999", "1999-01-01", "990101"},
        "nationality": {person.nationality},
        "ethnicity": {person.ethnicity},
        "religion": {person.religion},
        "place_of_origin": {person.origin},
        "residence": {person.residence},
        "identifying_marks": {person.marks},
        "issue_date": {"01/06/2023"},
        "expiry_date": {"01/01/2039", "2039-01-01", "390101"},
        "father": {person.father or ""},
        "mother": {person.mother or ""},
        "spouse": {person.spouse or ""},
        "old_number": {person.old_number or ""},
    }


@cache
def portrait_of_the_card() -> bytes:
    """What a reading without a profile fetches."""
    card = build_card("genuine", person=marked_person())
    evidence = readings.read(card.transport(), card.access_key)
    return parse_dg2(evidence.content(FileId.DG2) or b"").images[0].image


@each_card
def test_a_service_gets_its_groups_and_claims_and_nothing_else_appears_anywhere(
    desk: Desk, tmp_path: Path, profile: Profile, card: CardUse
) -> None:
    person = marked_person()
    saved, trace = tmp_path / "reading.evidence", tmp_path / "reading.trace"
    service = ("--profile", profile.name, "--role", card.role)
    text = desk(*READ, *service, "--save", str(saved), "--trace", str(trace), stdin=QR, person=person)
    document = desk(*READ, *service, "--json", stdin=QR, person=person)
    assert (text.code, document.code) == (0, 0)

    evidence = decode_evidence(saved.read_bytes())
    fetched = {group for group in DATA_GROUPS if evidence.content(group) is not None}
    assert fetched == set(card.groups) | KEYS
    if FileId.DG2 not in card.groups:
        assert portrait_of_the_card() not in saved.read_bytes()

    told = document.document["holder"]
    assert set(told) == set(card.claims)
    labels = [VIETNAMESE.text("field", claim.replace("_", "-")) for claim in told]
    assert [line.split("  ")[0] for line in text.holder] == sorted(labels, key=labels.index)
    everything = text.out + text.err + document.out + document.err + trace.read_text(encoding="utf-8")
    assert (person.chip_extra_id or "") not in everything
    for claim, forms in secrets_of(person).items():
        if claim not in card.claims:
            assert not [form for form in forms if form and form in everything], claim


@each_card
def test_the_evidence_of_a_service_is_judged_again_for_it_without_the_card(
    desk: Desk, tmp_path: Path, profile: Profile, card: CardUse
) -> None:
    saved, anchors = tmp_path / "reading.evidence", tmp_path / "trust"
    anchors.mkdir()
    for number, certificate in enumerate(build_card("genuine").trust_anchors):
        (anchors / f"{number}.cer").write_bytes(certificate)
    service = ("--profile", profile.name, "--role", card.role)
    live = desk(*READ, *service, "--json", "--save", str(saved), stdin=QR)
    again = desk("verify", str(saved), "--trust", str(anchors), *service, "--json")
    assert again.code == live.code == 0
    assert again.document["holder"] == live.document["holder"]
    assert again.document["release"] == live.document["release"]
    assert (again.document["release"]["profile"], again.document["release"]["role"]) == (profile.name, card.role)


# Twenty citizens


def expected_holder(citizen: Citizen) -> dict[str, str | None]:
    surname, _, given = citizen.full_name.partition(" ")
    values: dict[str, str | None] = {
        "personal_number": citizen.personal_number,
        "document_number": citizen.personal_number[3:],
        "full_name": citizen.full_name,
        "birth_date": citizen.birth_date.isoformat(),
        "sex": citizen.sex,
        "nationality": citizen.nationality,
        "ethnicity": citizen.ethnicity,
        "religion": citizen.religion,
        "place_of_origin": citizen.origin,
        "residence": citizen.residence,
        "identifying_marks": citizen.marks,
        "issue_date": citizen.issue_date.isoformat(),
        "father": citizen.father,
        "mother": citizen.mother,
        "spouse": citizen.spouse,
        "old_number": citizen.old_number,
    }
    assert surname
    assert given
    return {name: value for name, value in values.items() if value is not None}


@each_citizen
def test_a_citizen_is_read_back_without_loss_from_the_qr_code_alone(desk: Desk, citizen: Citizen) -> None:
    ending = desk(*READ, "--json", stdin=citizen.qr, person=citizen.key)
    assert ending.code == 0
    holder: dict[str, Any] = ending.document["holder"]
    found = {name: one["value"] for name, one in holder.items()}
    expiry = None if citizen.expiry_date is None else citizen.expiry_date.isoformat()
    assert found.pop("expiry_date") == expiry
    assert found.pop("mrz_name").isascii()
    assert found.pop("portrait")["format"] == "jpeg"
    assert found == expected_holder(citizen)
    assert all(one["vouched"] for one in holder.values())
    unusual = [one for one in ending.document["checks"] if one["reason"] in ("implausible", "names-unclear")]
    assert unusual == []


@each_citizen
def test_a_citizen_stands_in_the_text_letter_by_letter(desk: Desk, citizen: Citizen) -> None:
    ending = desk(*READ, stdin=citizen.qr, person=citizen.key)
    values = {line.split("  [")[0].split("  ", 1)[1].strip() for line in ending.holder}
    expected = expected_holder(citizen)
    dates = {f"{citizen.birth_date:%d/%m/%Y}", f"{citizen.issue_date:%d/%m/%Y}"}
    expiry = "không thời hạn" if citizen.expiry_date is None else f"{citizen.expiry_date:%d/%m/%Y}"
    texts = {value for name, value in expected.items() if name not in ("birth_date", "issue_date", "sex")}
    assert texts | dates | {expiry, citizen.word_for_sex} <= values


# Wrong cards and wrong codes


def test_an_assembled_card_is_rejected_and_shows_nobody(desk: Desk) -> None:
    ending = desk("--lang", "vi", "read", "--reader", "sim:assembled-identity", "--key-stdin", stdin=QR)
    assert ending.code == 1
    lines = ending.out.splitlines()
    assert lines[0] == "TỪ CHỐI"
    assert "  ! Thông tin trong nước khớp với vùng MRZ: Số định danh cá nhân: hai bên khác nhau" in lines
    assert ending.holder == []
    assert "Nguyễn" not in ending.out


def test_an_unusual_number_is_told_with_its_province_where_the_number_is_shown(desk: Desk) -> None:
    person = replace(HOLDER, personal_number=parse_personal_number("001199000001"))  # a number of a woman
    ending = desk(*READ, "--profile", "hospital-check-in", stdin=qr_of(person), person=person)
    assert ending.code == 0
    warning = "  ? Thông tin hợp lý: giới tính trong số định danh: khác thường, hãy xem lại thẻ"
    assert f"{warning} (khai sinh tại Hà Nội)" in ending.out.splitlines()


BANK = "00020101021138540010A00000072701240006970400011000110022330208QRIBFTTA53037045802VN6304ABCD"


@pytest.mark.parametrize(
    ("scan", "told"),
    [
        (BANK, "Mã QR: đây là mã thanh toán của ngân hàng, không phải mã trên thẻ"),
        ("https://example.invalid/x", "Mã QR: đây là đường dẫn, không phải mã trên thẻ"),
        ("chữ|gì|đó", "Mã QR: đây không phải mã QR trên thẻ căn cước"),
        (QR[:35], "Mã QR, cột 36, họ và tên: mã bị thiếu phần cuối, hãy quét lại"),
        ("0010\x0099000001\x01", "Mã QR, cột 5: không phải là văn bản"),
        (QR.replace("001099000001", "00109900001"), "Mã QR, cột 1, số định danh cá nhân: phải là 12 chữ số"),
        (QR.replace("001099000001", "00109900000O"), "Mã QR, cột 12, số định danh cá nhân: phải là 12 chữ số"),
        (QR.replace("01011999", "31021999"), "Mã QR, cột 37, ngày sinh: phải là ngày tháng năm (ddMMyyyy)"),
        (QR.replace("Nam", "Khác"), "Mã QR, cột 46, giới tính: phải là Nam hoặc Nữ"),
        ("", "Khóa mở thẻ: chưa nhập gì"),
        ("00109900001", "Khóa mở thẻ: phải là 6 chữ số (CAN) hoặc 12 chữ số (số định danh cá nhân)"),
        ("099000001 991301 390101", "Khóa mở thẻ, ngày sinh: không có tháng này"),
        (
            f"{HOLDER.mrz[:30]}\n{HOLDER.mrz[30:60].replace('9901018', '9901028')}\n{HOLDER.mrz[60:]}",
            "Vùng MRZ, dòng 2, cột 7, ngày sinh: số kiểm tra không khớp, hãy so lại với thẻ",
        ),
    ],
)
def test_a_wrong_scan_is_named_in_vietnamese_with_field_and_column_and_not_repeated(
    desk: Desk, scan: str, told: str
) -> None:
    ending = desk(*READ, "--profile", "hospital-check-in", stdin=scan)
    assert ending.code == 2
    assert ending.err.splitlines()[0] == f"error: {told} [access-key-invalid]"
    assert ending.out == ""
    assert not [piece for piece in scan.split("|") if len(piece) > 4 and piece in ending.err]


@pytest.mark.parametrize("scan", [QR[:35], QR.replace("01011999", "31021999"), BANK])
def test_a_wrong_scan_is_named_in_english_too(desk: Desk, scan: str) -> None:
    ending = desk("read", "--reader", "sim:genuine", "--key-stdin", "--json", stdin=scan)
    assert ending.code == 2
    assert ending.document["code"] == "access-key-invalid"
    assert ending.document["message"].startswith("QR code")


# Pictures of the code


def picture(text: str, path: Path) -> str:
    barcode = zxingcpp.create_barcode(text.encode(), zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    Image.fromarray(barcode.to_image(scale=4, add_quiet_zones=True)).convert("L").save(path)
    return str(path)


def test_a_picture_of_the_code_opens_the_card(desk: Desk, tmp_path: Path) -> None:
    taken = picture(QR.strip(), tmp_path / "code.png")
    command = ("--lang", "vi", "read", "--reader", "sim:genuine", "--qr-picture", taken)
    ending = desk(*command, "--profile", "hospital-check-in")
    assert (ending.code, len(ending.holder)) == (0, 4)
    assert desk(*command, "--key-stdin", stdin=QR).code == 2


def test_a_wrong_picture_is_told_so(desk: Desk, tmp_path: Path) -> None:
    command = ("--lang", "vi", "read", "--reader", "sim:genuine", "--qr-picture")
    blank = io.BytesIO()
    Image.new("L", (200, 200), 200).save(blank, "PNG")
    for content, told in (
        (blank.getvalue(), "Mã QR: không thấy mã QR trong ảnh, hãy chụp gần và rõ hơn"),
        (b"no picture", "Mã QR: không mở được ảnh"),
        (b"", "Mã QR: không mở được ảnh"),
    ):
        (tmp_path / "picture").write_bytes(content)
        ending = desk(*command, str(tmp_path / "picture"))
        assert (ending.code, ending.err.splitlines()[0]) == (2, f"error: {told} [access-key-invalid]")
    other = picture(BANK, tmp_path / "bank.png")
    assert "mã thanh toán của ngân hàng" in desk(*command, other).err
    assert desk(*command, str(tmp_path / "absent.png")).code == 7


# The profiles


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_thirteen_services_stand_in_one_table(desk: Desk, language: str) -> None:
    ending = desk("--lang", language, "profiles")
    assert ending.code == 0
    names = [line.split(":")[0] for line in ending.out.splitlines() if not line.startswith(" ")]
    assert names == sorted(shipped_profiles())
    assert len(names) == 13
    for profile, card in CASES:
        assert profile.title.text(Language(language)) in ending.out
        assert f"  {card.role} [{' '.join(group.label for group in card.groups)}]: " in ending.out


@pytest.mark.parametrize("name", sorted(shipped_profiles()))
def test_a_service_is_shown_with_its_law_and_what_it_keeps(desk: Desk, name: str) -> None:
    ending = desk("--lang", "vi", "profiles", name)
    assert ending.code == 0
    for word in ("Mục đích: ", "Căn cứ pháp lý: ", "Lưu giữ: ", "Cung cấp: ", "Khuôn mặt: "):
        assert word in ending.out


def test_a_site_adds_its_own_service_beside_the_shipped(desk: Desk, tmp_path: Path) -> None:
    shipped = resources.files("chipid.profiles").joinpath("first-tax-registration.toml")
    own = shipped.read_text(encoding="utf-8").replace('name = "first-tax-registration"', 'name = "our-desk"')
    (tmp_path / "our-desk.toml").write_text(own, encoding="utf-8")
    assert "our-desk: " in desk("profiles", "--folder", str(tmp_path)).out
    ending = desk(*READ, "--profile", "our-desk", "--profiles", str(tmp_path), stdin=QR)
    assert (ending.code, len(ending.holder)) == (0, 3)


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--profile", "no-such-service"), 7, "there is no such profile"),
        (("--profile", "hospital-check-in", "--role", "visitor"), 7, "no such role"),
        (("--role", "patient"), 2, "--role and --profiles go with --profile"),
        (("--profile", "hospital-check-in", "--groups", "DG2"), 2, "--groups and --profile exclude each other"),
        (("--profile", "hospital-check-in", "--profiles", "/nowhere"), 7, "is not a folder"),
        (("--policy", "/nowhere.toml"), 7, "nowhere.toml"),
    ],
)
def test_a_wrong_service_is_told_before_the_card_is_asked(
    desk: Desk, options: tuple[str, ...], code: int, told: str
) -> None:
    ending = desk(*READ, *options, stdin=QR)
    assert ending.code == code
    assert told in ending.err
    assert "[1/7]" not in ending.err


@pytest.mark.parametrize("policy", ["default", "strict", "offline-counter"])
def test_a_policy_may_be_chosen_for_a_service(desk: Desk, policy: str) -> None:
    ending = desk(*READ, "--profile", "hospital-check-in", "--policy", policy, "--json", stdin=QR)
    assert (ending.code, ending.document["policy"]) == (0, policy)


def test_notes_are_told_in_vietnamese_too(desk: Desk, tmp_path: Path) -> None:
    ending = desk(*READ, "--profile", "hospital-check-in", "--portrait", str(tmp_path / "face.jpg"), stdin=QR)
    assert "lưu ý: thẻ mô phỏng; lần đọc này tin cơ quan cấp của chính thẻ" in ending.err.splitlines()
    assert "lưu ý: không có ảnh chân dung để ghi" in ending.err.splitlines()
    assert not (tmp_path / "face.jpg").exists()
