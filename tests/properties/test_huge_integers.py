"""An INTEGER of 2 KB anywhere: Python writes none of more than 4,300 digits in decimal, so nobody may try to."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from apdu import tlv
from apdu.errors import ToolkitError
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import DH_GROUPS
from chipid.crypto.keys import DHPublicKey, encode_public_key
from chipid.evidence.evidence import Evidence
from chipid.exports.flat_json import reading_document
from chipid.lds.ef_sod import parse_sod
from chipid.lds.files import FileId
from chipid.pki.certificate import parse_certificate
from chipid.pki.crl import parse_crl
from chipid.pki.deviation_list import parse_deviation_list
from chipid.pki.master_list import parse_master_list
from chipid.trust.store import TrustStore
from tests.pki.builders import published_certificates
from tests.scenarios import readings
from tests.support import issuing
from tests.support.hostile import with_huge_integers
from tests.verification import forge, listing, test_card_security

STANDARDIZED = der.encode_sequence(
    der.encode_sequence(der.encode_oid(oids.STANDARDIZED_DOMAIN_PARAMETERS), der.encode_integer(13)),
    der.encode_bit_string(b"\x04" + bytes(64)),
)
DH_KEY = encode_public_key(DHPublicKey(group=DH_GROUPS["modp1024-160"], y=4))
SIGNER = issuing.list_signer(issuing.csca("UT"), "UT")
NAMED_BY_SERIAL = tlv.encode(0xA1, forge.CSCA.name, der.encode_integer(7))

VALID: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    **{f"certificate {name}": (parse_certificate, data) for name, data in published_certificates().items()},
    "certificate, domain by number": (parse_certificate, forge.signer_certificate(spki=STANDARDIZED)),
    "certificate, DH": (parse_certificate, forge.signer_certificate(spki=DH_KEY)),
    "SOD": (parse_sod, forge.sign_hashes({1: bytes(32), 2: bytes(32)})),
    "CRL": (parse_crl, issuing.revoke(issuing.csca("UT"), [5, 6])),
    "master list": (parse_master_list, issuing.sign_list(issuing.list_content([SIGNER.raw]), SIGNER)),
    "deviation list": (
        parse_deviation_list,
        listing.deviation_list(
            listing.entry(listing.described(oids.ICAO_DEVIATION_MRZ, 1), documents=(NAMED_BY_SERIAL,))
        ),
    ),
}


@pytest.mark.parametrize("name", VALID)
def test_what_is_read_can_be_shown_and_the_rest_is_refused(name: str) -> None:
    parse, valid = VALID[name]
    repr(parse(valid))
    grown = list(with_huge_integers(valid))
    assert len(grown) > 1
    for data in grown:
        try:
            found = parse(data)
        except ToolkitError:
            continue
        repr(found)


CARDS: dict[str, Callable[[], tuple[Evidence, TrustStore]]] = {
    "genuine": lambda: (readings.evidence_of(), readings.trust()),
    "with EF.CardSecurity": lambda: (test_card_security.evidence(), readings.trust_of(test_card_security.card())),
}


@pytest.mark.parametrize("name", CARDS)
def test_a_card_with_one_is_judged_and_the_report_written(name: str) -> None:
    evidence, trust = CARDS[name]()
    for file, content in evidence.contents.items():
        for data in with_huge_integers(content) if file is not FileId.DG2 else ():
            report = readings.judged(forge.with_file(evidence, file, data), trust)
            json.dumps(reading_document(report, None))


@pytest.mark.parametrize("key", [STANDARDIZED, DH_KEY], ids=["domain by number", "DH"])
def test_such_a_key_beside_the_signer_changes_nothing(key: bytes) -> None:
    for spki in with_huge_integers(key):
        other = forge.signer_certificate(spki=spki, serial=der.encode_integer(9999))
        sealed = forge.resigned(forge.genuine(), certificates=[forge.signer_certificate(), other])
        assert (
            readings.judged(sealed, forge.trusting()).verdict
            is readings.judged(forge.resigned(forge.genuine()), forge.trusting()).verdict
        )
