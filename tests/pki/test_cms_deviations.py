"""What an envelope says of itself and is not so: named, and no reason not to verify it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.pki.cms import SignerIdentifier, parse_signed_data
from tests.pki.builders import reference_sod

MD5 = encode_algorithm_identifier("1.2.840.113549.2.5")
SHA256, SHA512 = (encode_algorithm_identifier(oid) for oid in (oids.SHA256, oids.SHA512))
SIGNED = parse_signed_data(reference_sod())


def test_the_reference_sod_is_as_it_should_be() -> None:
    assert SIGNED.deviations == ()


@pytest.mark.parametrize("version", [0, 1, 4])
def test_another_version_than_three_is_named(version: int) -> None:
    assert replace(SIGNED, version=version).deviations == ("cms-version",)


@pytest.mark.parametrize(
    "listed", [der.encode_set(), der.encode_set(SHA512), der.encode_set(MD5, SHA256), b"", b"\x31\x02\x05\x00"]
)
def test_a_list_without_the_algorithm_or_with_a_broken_one_is_named(listed: bytes) -> None:
    assert replace(SIGNED, digest_algorithms=listed).deviations == ("cms-digest-algorithms",)
    assert replace(SIGNED, digest_algorithms=der.encode_set(SHA256, SHA512)).deviations == ()


@pytest.mark.parametrize(
    ("by_key", "version", "fits"), [(False, 1, True), (False, 3, False), (True, 3, True), (True, 1, False)]
)
def test_the_version_of_a_signer_follows_how_it_is_named(by_key: bool, version: int, fits: bool) -> None:
    sid = SignerIdentifier(issuer=None, serial=None, ski=b"key") if by_key else SIGNED.signer.sid
    signer = replace(SIGNED.signer, version=version, sid=sid)
    assert replace(SIGNED, signers=(signer,)).deviations == (() if fits else ("signer-info-version",))


def test_a_signature_over_the_bare_content_is_named() -> None:
    signer = replace(SIGNED.signer, attributes=None)
    assert replace(SIGNED, signers=(signer,)).deviations == ("signed-attributes-missing",)
