import pytest

from apdu.errors import MalformedDataError
from chipid.lds.ef_dir import Application, build_ef_dir, parse_ef_dir
from chipid.lds.files import AID_EMRTD
from tests.support.hostile import assert_survives
from tests.support.vectors import example

EMRTD_ONLY = bytes.fromhex(example("LDS_mapping_examples")["EF_DIR_LDS1"])
EID = bytes.fromhex("E80704007F00070302")
TWO = build_ef_dir([AID_EMRTD, Application(aid=EID, label=b"eID")])


def test_the_example_of_the_standard_names_the_emrtd_application() -> None:
    found = parse_ef_dir(EMRTD_ONLY)
    assert (found.raw, found.aids) == (EMRTD_ONLY, (AID_EMRTD,))
    assert build_ef_dir([AID_EMRTD]) == EMRTD_ONLY


def test_several_applications_labels_bare_identifiers_and_padding_are_read() -> None:
    found = parse_ef_dir(TWO)
    assert found.applications == (Application(aid=AID_EMRTD), Application(aid=EID, label=b"eID"))
    assert parse_ef_dir(TWO + bytes(9)).applications == found.applications
    assert parse_ef_dir(EMRTD_ONLY[2:]).aids == (AID_EMRTD,)
    assert parse_ef_dir(b"").aids == ()


@pytest.mark.parametrize("text", ["6100", "61024F00", "61134F11" + "A0" * 17, "6F00", "61034F0101" + "00" + "61", "61"])
def test_anything_else_is_malformed(text: str) -> None:
    with pytest.raises(MalformedDataError):
        parse_ef_dir(bytes.fromhex(text))


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_ef_dir, TWO)
