from chipid.pki.certificate import parse_certificate
from chipid.trust.lineage import classify, count_lineages
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


def test_every_lineage_is_counted_even_if_there_is_none() -> None:
    classified = classify([parse_certificate(OLD.raw)])
    assert count_lineages(classified) == {
        Lineage.SELF_SIGNED: 1,
        Lineage.PARENT_BY_KEY_IDENTIFIER: 0,
        Lineage.PARENT_BY_TRYING: 0,
        Lineage.PARENT_ABSENT: 0,
    }
