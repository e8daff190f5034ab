import re

import pytest

from chipid.asn1 import oids
from chipid.errors import UnsupportedError
from chipid.lds.protocols import (
    CHIP_AUTHENTICATION_PROTOCOLS,
    PACE_PROTOCOLS,
    chip_authentication_protocol,
    pace_protocol,
)
from tests.support.vectors import load

PUBLISHED = load("oids")


def names_and_oids() -> list[tuple[str, str]]:
    text = repr(PUBLISHED)
    return sorted(set(re.findall(r"'(id-(?:PACE|CA)-[A-Z0-9-]+)'[^{}]*?'(0\.4\.0[0-9.]+)'", text)))


def test_every_published_pace_identifier_with_a_suite_is_in_the_table_under_its_meaning() -> None:
    seen = set()
    for name, oid in names_and_oids():
        match = re.fullmatch(r"id-PACE-(DH|ECDH)-(GM|IM|CAM)-(.+)", name)
        if match is None:
            continue
        found = pace_protocol(oid)
        assert (found.agreement.value, found.mapping.value, found.suite.label) == match.groups()
        seen.add(oid)
    assert seen == set(PACE_PROTOCOLS)


def test_every_published_chip_authentication_identifier_is_in_the_table_under_its_meaning() -> None:
    seen = set()
    for name, oid in names_and_oids():
        match = re.fullmatch(r"id-CA-(DH|ECDH)-(.+)", name)
        if match is None:
            continue
        found = chip_authentication_protocol(oid)
        assert (found.agreement.value, found.suite.label) == match.groups()
        seen.add(oid)
    assert seen == set(CHIP_AUTHENTICATION_PROTOCOLS)


def test_other_identifiers_are_unsupported() -> None:
    with pytest.raises(UnsupportedError):
        pace_protocol(oids.ID_PACE_ECDH_GM)
    with pytest.raises(UnsupportedError):
        chip_authentication_protocol(oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128)
