"""LDS_B: DG1.

The documents are passports in the zone of two lines, which alone has optional data with a check digit of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from apdu import tlv
from chipid.lds.dg1 import TAG, build_dg1
from chipid.lds.files import FileId
from chipid.mrz.check_digits import check_digit
from chipid.mrz.mrz import MRZ, MRZFields, MRZFormat, build_td3, parse_mrz
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.damage import relengthened, retagged
from tests.reader_cases.documents import issue, profile
from tests.reader_cases.inspection import inspect
from tests.reader_cases.signing import Sealing, usual_issuer

PASSPORT = MRZFields(
    document_code="P",
    issuer="VNM",
    nationality="VNM",
    document_number="X00000000",
    birth_date="900102",
    expiry_date="330601",
    sex="M",
    primary_name="NGUYEN",
    secondary_name="VAN A",
    optional_data="00000000",
)
MALFORMED = "group-format/group-malformed"
REFUSED = "group-format/deviation-refused"
PAGE = "data-page-against-dg1/fields-differ"
OPTICAL = "The desk reads the data page and gives its zone to the judge; the evidence does not hold it."
WRONG_DIGIT = "mrz-check-digits/check-digit-wrong"


def inspect_dg1(content: bytes, *, printed: MRZ | None = None) -> Outcome:
    """Inspect a signed document of this DG1 and without DG13, which would be compared with it."""
    product = profile(data_groups=(1, 2, 14, 15))
    document = issue(product, groups=lambda groups: {**groups, 1: content})
    sod = Sealing().seal_groups(document.files.groups)
    return inspect(document.with_files({FileId.SOD: sod}), trust=usual_issuer().trust(), printed=printed)


def inspect_passport(**changes: str) -> Outcome:
    """Inspect a passport with other fields and the check digits that belong to them."""
    return inspect_dg1(build_dg1(build_td3(replace(PASSPORT, **changes))))


def inspect_page(**changes: str) -> Outcome:
    """Inspect a passport whose data page is read too, and whose chip says otherwise."""
    printed = parse_mrz(build_td3(PASSPORT))
    same = inspect_dg1(build_dg1(printed.text), printed=printed)
    assert same.is_pass
    return inspect_dg1(build_dg1(build_td3(replace(PASSPORT, **changes))), printed=printed)


def inspect_text(change: Callable[[str], str]) -> Outcome:
    """Inspect a passport whose finished zone is changed."""
    return inspect_dg1(build_dg1(change(build_td3(PASSPORT))))


def written(name: str, value: str) -> Callable[[str], str]:
    """Write over a field; the check digits stay as they are."""

    def change(text: str) -> str:
        first, last = MRZFormat.TD3.places[name]
        return text[: first - 1] + value.ljust(last - first + 1, "<") + text[last:]

    return change


def wrong_digit(name: str) -> Callable[[str], str]:
    """Exchange one check digit; where it enters the composite digit, that one fits it."""

    def change(text: str) -> str:
        digit = MRZFormat.TD3.cut(text, f"{name}_digit")
        text = written(f"{name}_digit", str((int(digit) + 1) % 10))(text)
        return text if name == "composite" else recomposed(text)

    return change


def recomposed(text: str) -> str:
    """The zone with the composite digit that fits the rest."""
    return text[:-1] + check_digit(MRZFormat.TD3.composite_text(text))


@reader_case("LDS_B_01", Demand.PASS)
def optional_data() -> Outcome:
    """Optional data in the zone."""
    return inspect_passport()


@reader_case("LDS_B_02", Demand.PASS)
def abbreviated_name() -> Outcome:
    """An abbreviated secondary identifier."""
    return inspect_passport(primary_name="NGUYEN DE LA PRIMERA DEMOSTRACION", secondary_name="V A")


@reader_case("LDS_B_03", Demand.PASS)
def no_secondary_name() -> Outcome:
    """No secondary identifier."""
    return inspect_passport(secondary_name="")


@reader_case("LDS_B_04", Demand.PASS)
def digit_of_nothing() -> Outcome:
    """No optional data, and 0 for their check digit."""
    empty = build_td3(replace(PASSPORT, optional_data=""))
    return inspect_dg1(build_dg1(recomposed(written("optional_data_digit", "0")(empty))))


@reader_case("LDS_B_05", Demand.FAIL, found="group-hash/group-malformed")
def another_tag() -> Outcome:
    """Tag 62 instead of 61."""
    return inspect_dg1(retagged(build_dg1(build_td3(PASSPORT)), 0x62))


@reader_case("LDS_B_06", Demand.FAIL, found=MALFORMED)
def length_too_small() -> Outcome:
    """Length of tag 61 too small."""
    return inspect_dg1(relengthened(build_dg1(build_td3(PASSPORT)), -1))


@reader_case("LDS_B_07", Demand.FAIL, found="group-hash/file-unreadable")
def length_too_big() -> Outcome:
    """Length of tag 61 too big."""
    return inspect_dg1(relengthened(build_dg1(build_td3(PASSPORT)), 1))


@reader_case("LDS_B_08", Demand.FAIL, found=REFUSED)
def unknown_document_type() -> Outcome:
    """A type of document that is not known."""
    return inspect_passport(document_code="X")


@reader_case("LDS_B_09", Demand.FAIL, found=REFUSED)
def issuing_state_syntax() -> Outcome:
    """A digit in the issuing State."""
    return inspect_passport(issuer="V1M")


@reader_case("LDS_B_10", Demand.FAIL, found=REFUSED)
def void_name() -> Outcome:
    """No name."""
    return inspect_text(written("names", ""))


@reader_case("LDS_B_11", Demand.FAIL, found=PAGE, note=OPTICAL)
def name_of_another() -> Outcome:
    """Another name than on the data page."""
    return inspect_page(secondary_name="VAN B")


@reader_case("LDS_B_12", Demand.FAIL, found=PAGE, note=OPTICAL)
def number_of_another() -> Outcome:
    """Another document number than on the data page."""
    return inspect_page(document_number="X00000001")


@reader_case("LDS_B_13", Demand.FAIL, found=WRONG_DIGIT)
def number_digit() -> Outcome:
    """A wrong check digit of the document number."""
    return inspect_text(wrong_digit("document_number"))


@reader_case("LDS_B_14", Demand.FAIL, found=REFUSED)
def nationality_syntax() -> Outcome:
    """A digit in the nationality."""
    return inspect_passport(nationality="V1M")


@reader_case("LDS_B_15", Demand.FAIL, found=REFUSED)
def birth_date_syntax() -> Outcome:
    """A letter in the date of birth."""
    return inspect_passport(birth_date="9O0102")


@reader_case("LDS_B_16", Demand.FAIL, found=REFUSED)
def birth_date_error() -> Outcome:
    """A date of birth that no calendar has."""
    return inspect_passport(birth_date="900230")


@reader_case("LDS_B_17", Demand.FAIL, found=WRONG_DIGIT)
def birth_date_digit() -> Outcome:
    """A wrong check digit of the date of birth."""
    return inspect_text(wrong_digit("birth_date"))


@reader_case("LDS_B_18", Demand.FAIL, found=REFUSED)
def sex() -> Outcome:
    """A sex that is not coded so."""
    return inspect_passport(sex="W")


@reader_case("LDS_B_19", Demand.FAIL, found="document-expiry/date-unreadable")
def expiry_date_syntax() -> Outcome:
    """A letter in the date of expiry."""
    return inspect_passport(expiry_date="33O601")


@reader_case("LDS_B_20", Demand.FAIL, found="document-expiry/date-unreadable")
def expiry_date_error() -> Outcome:
    """A date of expiry that no calendar has."""
    return inspect_passport(expiry_date="331301")


@reader_case("LDS_B_21", Demand.FAIL, found=WRONG_DIGIT)
def expiry_date_digit() -> Outcome:
    """A wrong check digit of the date of expiry."""
    return inspect_text(wrong_digit("expiry_date"))


@reader_case("LDS_B_22", Demand.FAIL, found=WRONG_DIGIT)
def optional_data_digit() -> Outcome:
    """A wrong check digit of the optional data."""
    return inspect_text(wrong_digit("optional_data"))


@reader_case("LDS_B_23", Demand.FAIL, found=WRONG_DIGIT)
def composite_digit() -> Outcome:
    """A wrong composite check digit."""
    return inspect_text(wrong_digit("composite"))


@reader_case("LDS_B_24", Demand.FAIL, found=MALFORMED)
def no_zone() -> Outcome:
    """No object of the zone."""
    return inspect_dg1(tlv.encode(TAG))


@reader_case("LDS_B_25", Demand.PASS)
def unknown_day() -> Outcome:
    """A date of birth without day."""
    return inspect_passport(birth_date="9001<<")


@reader_case("LDS_B_26", Demand.PASS)
def unknown_month() -> Outcome:
    """A date of birth without month."""
    return inspect_passport(birth_date="90<<02")


@reader_case("LDS_B_27", Demand.PASS)
def unknown_year() -> Outcome:
    """A date of birth without year."""
    return inspect_passport(birth_date="<<0102")


@reader_case("LDS_B_28", Demand.PASS)
def unknown_birth() -> Outcome:
    """No date of birth."""
    return inspect_passport(birth_date="<<<<<<")
