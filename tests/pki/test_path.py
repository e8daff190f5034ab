"""From a certificate to the CSCA, over links, with names and identifiers that mislead."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.errors import SignatureError
from chipid.pki import path
from chipid.pki.certificate import Certificate, parse_certificate, verify_issued_by
from chipid.pki.path import (
    MAX_TRIES,
    IssuerMatch,
    IssuerUnknownError,
    PathReason,
    build_path,
    candidate_issuers,
    find_issuer,
    is_self_signed,
    match_issuer,
    naming_deviations,
)
from tests.pki.builders import (
    Signer,
    build_certificate,
    extension,
    issuing_rights,
    key_identifiers,
    name_der,
    published_certificates,
)

OLD, NEW, NEWEST = Signer(11), Signer(12), Signer(13)  # three keys of one CSCA, which keeps its name
FOREIGN = Signer(14, "Foreign CSCA", "XO")
DOCUMENT_SIGNER = Signer(22, "Example DS")


def _certificate(subject: Signer, issuing: Signer, /, **changes: Any) -> Certificate:
    return parse_certificate(build_certificate(subject, issuing, **changes))


OLD_ROOT, NEW_ROOT, NEWEST_ROOT = (_certificate(one, one) for one in (OLD, NEW, NEWEST))
LINK, NEWEST_LINK = _certificate(NEW, OLD), _certificate(NEWEST, NEW)
FOREIGN_ROOT = _certificate(FOREIGN, FOREIGN)


def _without_identifiers(subject: Signer, issuing: Signer, /, **changes: Any) -> Certificate:
    return parse_certificate(build_certificate(subject, issuing, extensions=issuing_rights(), **changes))


def test_a_self_signed_certificate_is_known_by_its_key_and_not_by_its_name() -> None:
    assert is_self_signed(OLD_ROOT)
    assert LINK.subject_name.matches(LINK.issuer_name)
    assert not is_self_signed(LINK)
    for raw in published_certificates().values():
        assert is_self_signed(parse_certificate(raw))
    unusable = encode_algorithm_identifier("1.2.3.4")
    assert not is_self_signed(_certificate(OLD, OLD, algorithm=unusable))


def test_candidates_come_by_key_identifier_then_name_then_country() -> None:
    signer = _certificate(DOCUMENT_SIGNER, NEW)
    sister = Signer(15, "Sister CSCA")
    sister_root = _certificate(sister, sister)
    anchors = [FOREIGN_ROOT, sister_root, OLD_ROOT, NEW_ROOT]
    assert candidate_issuers(signer, anchors) == (NEW_ROOT, OLD_ROOT, sister_root)
    assert [match_issuer(signer, anchor) for anchor in anchors] == [
        None,
        IssuerMatch.COUNTRY,
        IssuerMatch.NAME,
        IssuerMatch.KEY_IDENTIFIER,
    ]


def test_the_issuer_is_the_one_whose_key_signed() -> None:
    assert find_issuer(_certificate(DOCUMENT_SIGNER, NEW), [OLD_ROOT, NEW_ROOT]) == NEW_ROOT
    assert find_issuer(_without_identifiers(DOCUMENT_SIGNER, NEW), [OLD_ROOT, NEW_ROOT]) == NEW_ROOT


def test_an_issuer_that_is_misnamed_is_found_by_its_country() -> None:
    signer = _without_identifiers(DOCUMENT_SIGNER, NEW, issuer=name_der("Misnamed"))
    assert find_issuer(signer, [OLD_ROOT, NEW_ROOT]) == NEW_ROOT


def test_a_key_identifier_that_points_to_another_key_does_not_mislead() -> None:
    signer = parse_certificate(
        build_certificate(DOCUMENT_SIGNER, NEW, extensions=key_identifiers(DOCUMENT_SIGNER, OLD))
    )
    assert find_issuer(signer, [OLD_ROOT, NEW_ROOT]) == NEW_ROOT


def test_an_unknown_issuer_is_unchecked_and_says_why() -> None:
    signer = _certificate(DOCUMENT_SIGNER, NEW)
    for anchors, reason in (
        ([], PathReason.NO_ANCHORS),
        ([FOREIGN_ROOT], PathReason.NO_COUNTRY),
        ([OLD_ROOT], PathReason.NO_KEY),
    ):
        with pytest.raises(IssuerUnknownError) as raised:
            find_issuer(signer, anchors)
        assert raised.value.reason is reason


def test_a_certificate_that_names_a_key_which_did_not_sign_it_is_a_forgery() -> None:
    forged = parse_certificate(build_certificate(DOCUMENT_SIGNER, NEW, sign=Signer(66).sign))
    with pytest.raises(SignatureError):
        find_issuer(forged, [OLD_ROOT, NEW_ROOT])
    with pytest.raises(IssuerUnknownError):
        find_issuer(replace(forged, aki=None), [OLD_ROOT, NEW_ROOT])


def test_an_anchor_with_a_key_that_cannot_be_used_is_passed_over() -> None:
    unknown_key = der.encode_sequence(encode_algorithm_identifier("1.2.3.4"), der.encode_bit_string(b"k"))
    unusable = _certificate(NEW, NEW, spki=unknown_key)
    assert find_issuer(_certificate(DOCUMENT_SIGNER, NEW), [unusable, NEW_ROOT]) == NEW_ROOT


def test_a_path_ends_at_the_anchor_and_may_lead_over_links() -> None:
    signer = _certificate(DOCUMENT_SIGNER, NEWEST)
    assert build_path(signer, [NEWEST_ROOT]) == (signer, NEWEST_ROOT)
    assert build_path(signer, [NEW_ROOT], [NEWEST_LINK]) == (signer, NEWEST_LINK, NEW_ROOT)
    assert build_path(signer, [OLD_ROOT], [NEWEST_LINK, LINK]) == (signer, NEWEST_LINK, LINK, OLD_ROOT)


def test_a_path_without_its_link_raises_what_the_search_for_the_issuer_raised() -> None:
    signer = _certificate(DOCUMENT_SIGNER, NEWEST)
    with pytest.raises(IssuerUnknownError):
        build_path(signer, [OLD_ROOT], [NEWEST_LINK])
    with pytest.raises(IssuerUnknownError):
        build_path(signer, [FOREIGN_ROOT], [NEWEST_LINK, LINK])


def test_links_that_lead_in_a_circle_end() -> None:
    there, back = _certificate(NEW, OLD), _certificate(OLD, NEW)
    signer = _certificate(DOCUMENT_SIGNER, OLD)
    with pytest.raises(IssuerUnknownError):
        build_path(signer, [NEWEST_ROOT], [there, back])


def test_a_key_with_several_links_leads_over_the_one_that_ends_at_an_anchor() -> None:
    signer = _certificate(DOCUMENT_SIGNER, NEW)
    from_nowhere = _certificate(NEW, Signer(91))
    assert build_path(signer, [OLD_ROOT], [from_nowhere, LINK]) == (signer, LINK, OLD_ROOT)


def test_a_path_has_four_links_at_most() -> None:
    keys = [Signer(100 + number) for number in range(7)]
    root = _certificate(keys[0], keys[0])
    links = [_certificate(new, old) for old, new in pairwise(keys)]
    assert len(build_path(_certificate(DOCUMENT_SIGNER, keys[4]), [root], links)) == 6
    with pytest.raises(IssuerUnknownError):
        build_path(_certificate(DOCUMENT_SIGNER, keys[5]), [root], links)


def test_links_of_keys_that_issue_each_other_over_and_over_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    verified = []

    def count(certificate: Certificate, issuer: Certificate) -> None:
        verified.append((certificate.raw, issuer.spki))
        verify_issued_by(certificate, issuer)

    monkeypatch.setattr(path, "verify_issued_by", count)
    anchors = [_certificate(one, one) for one in map(Signer, range(200, 250))]
    links = [
        _certificate(*pair, serial=der.encode_integer(number))
        for number in range(8)
        for pair in ((NEW, OLD), (OLD, NEW))
    ]
    with pytest.raises(IssuerUnknownError):
        build_path(_certificate(DOCUMENT_SIGNER, NEW), anchors, links)
    assert len(verified) <= len(anchors) + MAX_TRIES
    assert len(set(verified)) == len(verified)


def test_each_key_is_tried_once_however_many_anchors_bear_it(monkeypatch: pytest.MonkeyPatch) -> None:
    verified = []

    def count(certificate: Certificate, issuer: Certificate) -> None:
        verified.append(issuer)
        verify_issued_by(certificate, issuer)

    monkeypatch.setattr(path, "verify_issued_by", count)
    anchors = [_certificate(OLD, OLD, serial=der.encode_integer(number)) for number in range(1, 9)]
    with pytest.raises(IssuerUnknownError):
        find_issuer(_certificate(DOCUMENT_SIGNER, NEW), anchors)
    assert len(verified) == 1
    forged = parse_certificate(build_certificate(DOCUMENT_SIGNER, OLD, sign=NEW.sign))
    nameless = replace(anchors[0], ski=None)  # of the same key, but not the one that is named
    for order in ((nameless, anchors[1]), (anchors[1], nameless)):
        with pytest.raises(SignatureError):
            find_issuer(forged, order)


@pytest.mark.parametrize(
    "extensions",
    [
        key_identifiers(NEW, OLD),
        [*key_identifiers(NEW, OLD), issuing_rights()[0]],
        [*key_identifiers(NEW, OLD), issuing_rights()[1]],
        [*key_identifiers(NEW, OLD), *issuing_rights(), extension(oids.NAME_CONSTRAINTS, b"", critical=True)],
    ],
    ids=["neither", "without BasicConstraints", "without KeyUsage", "with a critical extension that is not known"],
)
def test_a_certificate_that_may_not_issue_is_no_link(extensions: list[bytes]) -> None:
    """Otherwise every Document Signer of the state could make Document Signers."""
    no_link = parse_certificate(build_certificate(NEW, OLD, extensions=extensions))
    with pytest.raises(IssuerUnknownError):
        build_path(_certificate(DOCUMENT_SIGNER, NEW), [OLD_ROOT], [no_link])


def test_a_document_signer_is_no_link() -> None:
    usage = der.encode_sequence(der.encode_oid(oids.KEY_USAGE), der.encode_octet_string(bytes.fromhex("03020780")))
    rights = [*key_identifiers(NEW, OLD), usage, issuing_rights()[1]]
    no_link = parse_certificate(build_certificate(NEW, OLD, extensions=rights))
    with pytest.raises(IssuerUnknownError):
        build_path(_certificate(DOCUMENT_SIGNER, NEW), [OLD_ROOT], [no_link])


WRONG_AKI = extension(oids.AUTHORITY_KEY_IDENTIFIER, der.encode_sequence(tlv.encode(0x80, b"x" * 20)))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ()),
        ({"extensions": []}, ()),
        ({"extensions": [WRONG_AKI]}, ("aki-wrong",)),
        ({"issuer": name_der("Example CSCA", text_tag=der.PRINTABLE_STRING)}, ("issuer-name-encoding",)),
        ({"issuer": name_der("EXAMPLE  csca")}, ("issuer-name-encoding",)),
        ({"issuer": name_der("Another CSCA")}, ()),
    ],
    ids=["right", "no identifier", "another identifier", "another string type", "other letters", "another name"],
)
def test_how_an_issuer_is_named_otherwise_is_told(changes: dict[str, Any], expected: tuple[str, ...]) -> None:
    issuer = _certificate(NEW, NEW)
    certificate = _certificate(DOCUMENT_SIGNER, NEW, **changes)
    assert find_issuer(certificate, [issuer]) is issuer  # its key decides
    assert naming_deviations(certificate, issuer) == expected
