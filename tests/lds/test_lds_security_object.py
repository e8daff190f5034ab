import hashlib
from dataclasses import replace

import pytest

from apdu import tlv
from apdu.errors import MalformedDataError, ToolkitError
from chipid.asn1 import der, oids
from chipid.errors import UnsupportedError
from chipid.lds.lds_security_object import build_lds_security_object, parse_lds_security_object
from tests.support.hostile import assert_survives
from tests.support.vectors import VECTORS

# The signed content of the BSI reference EF.SOD stands behind its first 45 bytes.
SOD = (VECTORS / "bsi-tr03105-5" / "EF_SOD.bin").read_bytes()
BSI = SOD[SOD.index(bytes.fromhex("3081D8020100")) :][:219]
GROUPS = (1, 2, 3, 14, 4)

SHA256 = der.encode_sequence(der.encode_oid(oids.SHA256))
HASH = bytes(32)


def entry(number: int, value: bytes = HASH) -> bytes:
    return der.encode_sequence(der.encode_integer(number), der.encode_octet_string(value))


def security_object(*entries: bytes, version: int = 0, algorithm: bytes = SHA256, rest: bytes = b"") -> bytes:
    return der.encode_sequence(der.encode_integer(version), algorithm, der.encode_sequence(*entries), rest)


def printable(text: str) -> bytes:
    return tlv.encode(der.PRINTABLE_STRING, text.encode())


def test_the_bsi_reference_object_lists_the_hashes_of_the_reference_files() -> None:
    found = parse_lds_security_object(BSI)
    assert (found.version, found.hash_algorithm, found.lds_version, found.unicode_version) == (0, "sha256", None, None)
    assert tuple(number for number, _ in found.hashes) == GROUPS
    for number, value in found.hashes:
        content = (VECTORS / "bsi-tr03105-5" / f"Datagroup{number}.bin").read_bytes()
        assert hashlib.sha256(content).digest() == value
    assert found.raw == BSI


@pytest.mark.parametrize("name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
def test_both_versions_round_trip_with_every_hash(name: str) -> None:
    hashes = {number: hashlib.new(name, bytes((number,))).digest() for number in (1, 2, 13, 14, 16)}
    for version, info in ((0, (None, None)), (1, ("1.8", "4.0.0"))):
        found = parse_lds_security_object(build_lds_security_object(name, hashes, version=version))
        assert (found.version, found.hash_algorithm, dict(found.hashes)) == (version, name, hashes)
        assert (found.lds_version, found.unicode_version) == info


def test_sixteen_groups_and_a_single_one_are_accepted() -> None:
    assert len(parse_lds_security_object(security_object(*map(entry, range(1, 17)))).hashes) == 16
    assert parse_lds_security_object(security_object(entry(1))).hashes == ((1, HASH),)


def test_null_parameters_of_the_hash_algorithm_are_accepted() -> None:
    algorithm = der.encode_sequence(der.encode_oid(oids.SHA256), der.encode_null())
    assert parse_lds_security_object(security_object(entry(1), algorithm=algorithm)).hash_algorithm == "sha256"


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        security_object(),
        security_object(*map(entry, range(1, 18))),
        security_object(entry(1), entry(2), entry(1)),
        security_object(entry(0)),
        security_object(entry(17)),
        security_object(entry(-1)),
        security_object(entry(1, bytes(31))),
        security_object(entry(1, bytes(20))),
        security_object(der.encode_sequence(der.encode_integer(1))),
        security_object(entry(1), version=2),
        security_object(entry(1), rest=der.encode_null()),
        security_object(entry(1), version=1, rest=der.encode_sequence(printable("0108"))),
        security_object(entry(1), version=1, rest=der.encode_sequence(printable("1.8"), printable("040000"))),
        security_object(entry(1), rest=der.encode_sequence() * 2),
        security_object(entry(1)) + b"\x00",
    ],
)
def test_anything_else_is_malformed(encoded: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_lds_security_object(encoded)


def test_an_unknown_hash_algorithm_is_unsupported() -> None:
    algorithm = der.encode_sequence(der.encode_oid(oids.MD5))
    with pytest.raises(UnsupportedError) as caught:
        parse_lds_security_object(security_object(entry(1, bytes(16)), algorithm=algorithm))
    assert isinstance(caught.value, ToolkitError)


def test_damaged_objects_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_lds_security_object, BSI)
    assert_survives(parse_lds_security_object, build_lds_security_object("sha1", {1: bytes(20)}, version=1))


def long_length(encoded: bytes) -> bytes:
    """The same object with a length field of two bytes, which BER allows."""
    return encoded[:1] + b"\x81" + encoded[1:]


@pytest.mark.parametrize(
    ("entries", "numbers"),
    [
        ((long_length(entry(1)), entry(2)), (1, 2)),
        ((der.encode_sequence(long_length(der.encode_integer(1)), der.encode_octet_string(HASH)), entry(2)), (1, 2)),
        (tuple(long_length(entry(number)) for number in range(1, 17)), tuple(range(1, 17))),
        ((*map(entry, range(1, 15)), long_length(entry(15))), tuple(range(1, 16))),
    ],
)
def test_entries_written_in_another_way_give_the_same_hashes(
    entries: tuple[bytes, ...], numbers: tuple[int, ...]
) -> None:
    found = parse_lds_security_object(security_object(*entries))
    assert found.hashes == tuple((number, HASH) for number in numbers)


def test_an_entry_in_usual_length_with_other_objects_in_it_is_malformed() -> None:
    for place, value in ((0, 0x31), (2, 0x04), (3, 0x02), (5, 0x02), (6, 0x1F)):
        damaged = bytearray(entry(1))
        damaged[place] = value
        with pytest.raises(MalformedDataError):
            parse_lds_security_object(security_object(entry(2), bytes(damaged)))


@pytest.mark.parametrize(
    ("version", "lds", "fits"),
    [(0, None, True), (1, "1.8", True), (1, "1.9", True), (0, "1.8", False), (1, "1.7", False), (1, None, False)],
)
def test_a_version_that_does_not_fit_its_info_is_named(version: int, lds: str | None, fits: bool) -> None:
    found = replace(parse_lds_security_object(BSI), version=version, lds_version=lds)
    assert found.deviations == (() if fits else ("lds-object-version",))
