from __future__ import annotations

from collections import Counter

import pytest

from chipid.pki.certificate import Certificate, parse_certificate, verify_issued_by
from chipid.trust import lineage
from chipid.trust.lineage import MAX_KEYS, MAX_TRIES, classify, count_lineages
from chipid.trust.records import Lineage
from tests.support import issuing
from tests.support.issuing import Form, Issued

OLD, NEW, OTHER = issuing.csca("VN", "1"), issuing.csca("VN", "2"), issuing.csca("FR")


def lineages(*certificates: Issued, known: tuple[Issued, ...] = ()) -> list[tuple[Lineage, str | None, bool]]:
    classified = classify(
        [parse_certificate(one.raw) for one in certificates], [parse_certificate(one.raw) for one in known]
    )
    return [(one.lineage, None if one.parent is None else one.parent.fingerprint, one.forged) for one in classified]


def test_self_signed_is_decided_by_the_key_and_not_by_the_name() -> None:
    link = issuing.link(NEW, OLD)
    assert parse_certificate(link.raw).subject == parse_certificate(link.raw).issuer
    assert lineages(OLD, link) == [
        (Lineage.SELF_SIGNED, None, False),
        (Lineage.PARENT_BY_KEY_IDENTIFIER, OLD.fingerprint, False),
    ]
    renamed = issuing.issue(issuing.name("VN", "A"), OLD.key, issuer=issuing.name("VN", "B"))
    assert lineages(renamed) == [(Lineage.SELF_SIGNED, None, False)]


def test_a_parent_without_its_key_identifier_is_found_by_trying() -> None:
    for aki in (None, b"wrong"):
        link = issuing.link(NEW, OLD, Form(aki=aki))
        assert lineages(OTHER, OLD, link)[2] == (Lineage.PARENT_BY_TRYING, OLD.fingerprint, False)


def test_a_parent_may_be_known_from_elsewhere_or_absent() -> None:
    link = issuing.link(NEW, OLD)
    assert lineages(link, known=(OLD,)) == [(Lineage.PARENT_BY_KEY_IDENTIFIER, OLD.fingerprint, False)]
    assert lineages(link, OTHER)[0] == (Lineage.PARENT_ABSENT, None, False)


def test_what_the_named_key_did_not_sign_is_forged() -> None:
    link = bytearray(issuing.link(NEW, OLD).raw)
    link[-1] ^= 1
    broken = Issued(raw=bytes(link), key=NEW.key, subject=NEW.subject, serial=0)
    assert lineages(broken, OLD)[0] == (Lineage.PARENT_ABSENT, None, True)
    root = bytearray(OLD.raw)
    root[-1] ^= 1
    broken = Issued(raw=bytes(root), key=OLD.key, subject=OLD.subject, serial=0)
    assert lineages(broken) == [(Lineage.PARENT_ABSENT, None, True)]


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    """What certificate was verified with which key, the own ones left away."""
    found: list[tuple[bytes, bytes]] = []

    def note(certificate: Certificate, issuer: Certificate) -> None:
        found.append((certificate.raw, issuer.spki))
        verify_issued_by(certificate, issuer)

    monkeypatch.setattr(lineage, "verify_issued_by", note)
    return found


def issued(number: int, key: str, *, ski: bytes = b"\x55" * 20) -> Issued:
    """A certificate that nobody here has signed, with identifiers that it shares with many."""
    form = Form(ski=ski, aki=b"\x55" * 20, serial=number + 1)
    stranger = issuing.csca("XX", "stranger")
    return issuing.issue(issuing.name("VN", f"CSCA {number}"), issuing.ec_key(key), form, by=stranger)


def test_a_key_is_tried_once_for_a_certificate_however_many_bear_it(verified: list[tuple[bytes, bytes]]) -> None:
    certificates = [issued(number, "one" if number % 2 else "two") for number in range(20)]
    assert {found[0] for found in lineages(*certificates)} == {Lineage.PARENT_ABSENT}
    assert len(verified) == len(set(verified)) == 40


def test_a_list_of_keys_that_share_an_identifier_is_tried_within_a_bound(verified: list[tuple[bytes, bytes]]) -> None:
    certificates = [issued(number, f"shared {number}") for number in range(60)]
    parsed = [parse_certificate(one.raw) for one in certificates]
    known = [parse_certificate(issuing.csca("VN", f"other {number}").raw) for number in range(50)]
    classify(parsed, known)
    assert len(verified) == MAX_TRIES + 4 * len(parsed)
    assert max(Counter(raw for raw, _ in verified).values()) <= 2 * MAX_KEYS


def test_an_honest_link_among_many_is_found_by_its_name(verified: list[tuple[bytes, bytes]]) -> None:
    others = [issued(number, f"shared {number}", ski=bytes([number]) * 20) for number in range(80)]
    link = issuing.link(NEW, OLD, Form(aki=None))
    assert lineages(link, OLD, *others)[0] == (Lineage.PARENT_BY_TRYING, OLD.fingerprint, False)
    assert sum(raw == link.raw for raw, _ in verified) <= 2


def test_every_lineage_is_counted_even_if_there_is_none() -> None:
    classified = classify([parse_certificate(OLD.raw)])
    assert count_lineages(classified) == {
        Lineage.SELF_SIGNED: 1,
        Lineage.PARENT_BY_KEY_IDENTIFIER: 0,
        Lineage.PARENT_BY_TRYING: 0,
        Lineage.PARENT_ABSENT: 0,
    }
