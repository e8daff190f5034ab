"""Object identifiers against the published table."""

from __future__ import annotations

from chipid.asn1 import der, oids
from tests.support.vectors import load


def _constants() -> dict[str, str]:
    return {name: oid for name, oid in vars(oids).items() if name.isupper() and isinstance(oid, str)}


def test_every_published_identifier_is_a_constant() -> None:
    assert {entry["oid"] for entry in load("oids")} <= set(_constants().values())


def test_no_identifier_is_written_twice() -> None:
    values = list(_constants().values())
    assert len(values) == len(set(values))


def test_every_published_identifier_encodes_to_its_published_bytes_and_back() -> None:
    for entry in load("oids"):
        value = bytes.fromhex(entry["der_value"])
        assert der.oid_value(entry["oid"]) == value
        assert der.decode_oid(value) == entry["oid"]


def test_names_follow_the_published_spelling_where_it_is_systematic() -> None:
    for entry in load("oids"):
        if entry["name"].startswith(("id-PACE", "id-CA", "id-PK", "id-TA")):
            assert oids.name_of(entry["oid"]).casefold() == entry["name"].casefold()
    assert oids.name_of(oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128) == "id-PACE-ECDH-GM-AES-CBC-CMAC-128"
    assert oids.name_of(oids.SHA256) == "SHA256"


def test_an_unknown_identifier_is_its_own_name() -> None:
    assert oids.name_of("1.2.3.4") == "1.2.3.4"
