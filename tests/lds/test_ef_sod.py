import hashlib

import pytest

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.asn1 import der, oids
from chipid.lds.ef_sod import MAX_BYTES, build_sod, parse_sod
from chipid.lds.lds_security_object import build_lds_security_object
from tests.support.hostile import assert_survives
from tests.support.vectors import VECTORS

FOLDER = VECTORS / "bsi-tr03105-5"
BSI = (FOLDER / "EF_SOD.bin").read_bytes()


def with_content(content_type: str, content: bytes) -> bytes:
    """The reference file with another content; its signature is wrong then, which parsing does not look at."""
    content_info = tlv.parse_one(tlv.parse_one(BSI).value)
    oid, explicit = content_info.children()
    version, digests, _, *rest = tlv.parse_one(explicit.value).children()
    encapsulated = der.encode_sequence(der.encode_oid(content_type), tlv.encode(0xA0, der.encode_octet_string(content)))
    parts = (version.raw, digests.raw, encapsulated, *(one.raw for one in rest))
    return build_sod(der.encode_sequence(oid.raw, tlv.encode(0xA0, der.encode_sequence(*parts))))


def test_the_bsi_reference_file_lists_the_hashes_of_the_reference_files() -> None:
    sod = parse_sod(BSI)
    assert (sod.hash_algorithm, sod.lds_version) == ("sha256", None)
    assert sod.data_group_hashes == {
        number: hashlib.sha256((FOLDER / f"Datagroup{number}.bin").read_bytes()).digest() for number in (1, 2, 3, 4, 14)
    }
    assert sod.signed_data.content_type == oids.ICAO_LDS_SECURITY_OBJECT
    assert len(sod.signed_data.certificates) == 1
    assert sod.raw == BSI
    assert build_sod(tlv.parse_one(BSI).value) == BSI


def test_version_one_tells_the_version_of_the_data_structure() -> None:
    content = build_lds_security_object("sha512", {1: bytes(64), 13: bytes(64)}, version=1)
    sod = parse_sod(with_content(oids.ICAO_LDS_SECURITY_OBJECT, content))
    assert (sod.security_object.version, sod.lds_version, sod.hash_algorithm) == (1, "1.8", "sha512")
    assert list(sod.data_group_hashes) == [1, 13]


def test_the_content_types_of_belgian_french_and_old_dutch_documents_are_accepted_and_no_other() -> None:
    """What JMRTD accepts too (SODFile), and gmrtd since its pull request 425, the first seen in live documents."""
    content = build_lds_security_object("sha256", {1: bytes(32)})
    for old in (oids.OLD_LDS_SECURITY_OBJECT, oids.SDU_LDS_SECURITY_OBJECT):
        sod = parse_sod(with_content(old, content))
        assert (sod.data_group_hashes, sod.deviations) == ({1: bytes(32)}, ("lds-content-type",))
    assert parse_sod(with_content(oids.ICAO_LDS_SECURITY_OBJECT, content)).deviations == ()
    for other in (oids.ID_SECURITY_OBJECT, oids.ICAO_CSCA_MASTER_LIST, oids.PKCS7_DATA):
        with pytest.raises(MalformedDataError):
            parse_sod(with_content(other, content))


@pytest.mark.parametrize("raw", [b"", BSI + b"\x00", tlv.encode(0x77), tlv.encode(0x75, BSI[4:]), BSI[4:]])
def test_another_file_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_sod(raw)


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_sod, BSI, step=3)


def test_a_file_longer_than_any_chip_gives_is_refused_by_its_length() -> None:
    with pytest.raises(MalformedDataError, match="bytes"):
        parse_sod(tlv.encode(0x77, bytes(MAX_BYTES)))
