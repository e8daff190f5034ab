import pytest

from apdu.errors import MalformedDataError
from chipid.errors import UnsupportedError
from chipid.lds.ef_com import build_ef_com, parse_ef_com
from tests.support.hostile import assert_survives
from tests.support.vectors import VECTORS, example

EXAMPLES = example("LDS_mapping_examples")
BSI = (VECTORS / "bsi-tr03105-5" / "EF_COM.bin").read_bytes()


@pytest.mark.parametrize(
    ("raw", "version", "groups"),
    [
        (bytes.fromhex(EXAMPLES["EF_COM_LDS1.7_DG1_2_4_12"]), "1.7", (1, 2, 4, 12)),
        (bytes.fromhex(EXAMPLES["EF_COM_LDS15.99"]), "15.99", (1, 2, 4, 12)),
        (bytes.fromhex(EXAMPLES["EF_COM_9303_11_D4"]), "1.6", (1, 2)),
        (BSI, "1.7", (1, 2, 3, 4, 14)),
    ],
    ids=["A.1", "15.99", "9303-11 D.4", "BSI"],
)
def test_published_files_are_read_and_written_again(raw: bytes, version: str, groups: tuple[int, ...]) -> None:
    com = parse_ef_com(raw)
    assert (com.lds_version, com.unicode_version, com.data_groups) == (version, "4.0.0", groups)
    assert com.unknown_tags == b""
    assert com.raw == raw
    assert build_ef_com(groups, lds_version=version) == raw


def test_unknown_and_repeated_tags_are_tolerated() -> None:
    com = parse_ef_com(bytes.fromhex("60175F0104303130375F36063034303030305C056175616D42"))
    assert com.data_groups == (1, 2, 13)
    assert com.unknown_tags == b"\x42"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        BSI + b"\x00",
        bytes.fromhex("60145F0104303130415F36063034303030305C026175"),
        bytes.fromhex("60135F01033031375F36063034303030305C026175"),
        bytes.fromhex("60105F0104303130375F3606303430303030"),
    ],
)
def test_a_broken_file_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_ef_com(raw)


def test_no_file_is_written_for_a_data_group_that_does_not_exist() -> None:
    with pytest.raises(UnsupportedError):
        build_ef_com([17])


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_ef_com, BSI)


@pytest.mark.parametrize(
    ("lds", "unicode", "names"),
    [
        ("1.7", "4.0.0", ()),
        ("1.8", "4.0.0", ()),
        ("3.0", "4.0.0", ("com-lds-version",)),
        ("1.7", "5.0.0", ("com-unicode-version",)),
        ("1.9", "5.0.0", ("com-lds-version", "com-unicode-version")),
    ],
)
def test_versions_that_no_standard_has_are_named(lds: str, unicode: str, names: tuple[str, ...]) -> None:
    assert parse_ef_com(build_ef_com([1], lds_version=lds, unicode_version=unicode)).deviations == names
