import io
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate

from chipid.asn1 import der, oids
from chipid.pki.certificate import parse_certificate
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.imports import (
    import_certificates,
    import_crl,
    import_deviation_list,
    import_ldif,
    import_master_list,
)
from chipid.trust.records import Basis, Lineage, ListKind, Role
from chipid.trust.removal import remove
from chipid.trust.revocation import CRLState
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.support.issuing import Form, Issued
from tests.support.ldif import attribute, entry
from tests.trust.support import EMPTY, approve, delivery, fingerprints

DE, VN, FR = issuing.csca("DE"), issuing.csca("VN"), issuing.csca("FR")
NEW_VN = issuing.csca("VN", "2")
LINK = issuing.link(NEW_VN, VN)
SIGNER = issuing.list_signer(DE, "DE")
DS = issuing.document_signer(VN, "VN")


def master_list(*certificates: Issued, signer: Issued = SIGNER) -> bytes:
    return issuing.sign_list(issuing.list_content([one.raw for one in certificates]), signer)


def refused_list(store: TrustStore, data: bytes, **options: object) -> Refusal:
    with pytest.raises(TrustRefusedError) as caught:
        import_master_list(store, data, delivery(), **options)  # type: ignore[arg-type]
    return caught.value.refusal


# Master lists


def test_a_list_under_a_csca_that_the_owner_approved_brings_its_certificates() -> None:
    store, report = import_master_list(approve(EMPTY, DE), master_list(DE, VN, NEW_VN, LINK), delivery("DE.ml"))
    assert fingerprints(store) == {DE.fingerprint, VN.fingerprint, NEW_VN.fingerprint, LINK.fingerprint}
    assert (len(report.certificates), report.known, report.refused) == (3, 1, ())
    roles = {one.fingerprint: one.record.role for one in store.anchors}
    assert roles[LINK.fingerprint] is Role.LINK
    assert roles[NEW_VN.fingerprint] is Role.CSCA
    germany = next(one for one in store.anchors if one.fingerprint == DE.fingerprint)
    assert [one.basis for one in germany.record.provenance] == [Basis.OWNER, Basis.LIST]


def test_a_csca_can_be_pinned_for_one_list_without_coming_in() -> None:
    store, report = import_master_list(EMPTY, master_list(VN), delivery(), pinned=[DE.raw])
    assert fingerprints(store) == {VN.fingerprint}
    assert report.lists[0].csca == DE.fingerprint


def test_only_a_csca_can_be_pinned() -> None:
    below = issuing.list_signer(SIGNER, "DE", "below")
    assert refused_list(EMPTY, master_list(VN, signer=below), pinned=[SIGNER.raw]) is Refusal.NOT_AN_ISSUER
    assert refused_list(EMPTY, master_list(VN), pinned=[b"damaged"]) is Refusal.MALFORMED


def test_a_signer_that_the_owner_accepts_needs_no_csca() -> None:
    store, report = import_master_list(EMPTY, master_list(VN), delivery(), accepted_signers=[SIGNER.fingerprint])
    assert fingerprints(store) == {VN.fingerprint}
    assert (report.lists[0].csca, report.lists[0].provenance[0].basis) == (None, Basis.OWNER)


def test_trust_in_a_list_signer_crosses_a_link_to_a_new_key() -> None:
    new = issuing.csca("DE", "2")
    crossing = issuing.link(new, DE)
    signer = issuing.list_signer(new, "DE", "new")
    content = issuing.list_content([VN.raw])
    with_link = issuing.sign_list(content, signer, embedded=[signer.raw, new.raw, crossing.raw])
    store, _ = import_master_list(approve(EMPTY, DE), with_link, delivery())
    assert fingerprints(store) == {DE.fingerprint, VN.fingerprint}
    without = issuing.sign_list(content, signer, embedded=[signer.raw, new.raw])
    assert refused_list(approve(EMPTY, DE), without) is Refusal.SIGNER_NOT_TRUSTED
    known, _ = import_certificates(approve(EMPTY, DE), [crossing.raw], delivery())
    assert import_master_list(known, without, delivery())[1].lists


def test_a_csca_that_only_a_list_brought_does_not_vouch_for_lists() -> None:
    store, _ = import_master_list(approve(EMPTY, DE), master_list(FR), delivery())
    french = master_list(VN, signer=issuing.list_signer(FR, "FR"))
    assert refused_list(store, french) is Refusal.SIGNER_NOT_TRUSTED
    assert import_master_list(approve(store, FR), french, delivery())[1].lists


def test_a_signer_must_have_been_valid_when_it_signed() -> None:
    content = issuing.list_content([VN.raw])
    late = issuing.list_signer(
        DE,
        "DE",
        "old",
        issuing.Form(
            key_usage=issuing.DIGITAL_SIGNATURE,
            is_issuer=None,
            extended_key_usage=oids.ICAO_CSCA_MASTER_LIST_SIGNING_KEY,
            not_after=issuing.NOW - timedelta(days=30),
        ),
    )
    store = approve(EMPTY, DE)
    assert refused_list(store, issuing.sign_list(content, late)) is Refusal.SIGNER_EXPIRED
    assert refused_list(store, issuing.sign_list(content, late, signing_time=None)) is Refusal.SIGNER_EXPIRED
    in_time = issuing.sign_list(content, late, signing_time=issuing.NOW - timedelta(days=60))
    assert import_master_list(store, in_time, delivery())[1].lists


def test_a_list_from_the_future_is_refused() -> None:
    data = issuing.sign_list(issuing.list_content([VN.raw]), SIGNER, signing_time=issuing.NOW + timedelta(days=3))
    assert refused_list(approve(EMPTY, DE), data) is Refusal.FROM_THE_FUTURE


def test_a_revoked_list_signer_is_refused() -> None:
    store, _ = import_crl(approve(EMPTY, DE), issuing.revoke(DE, [SIGNER.serial]), delivery())
    assert refused_list(store, master_list(VN)) is Refusal.SIGNER_REVOKED


def test_what_cannot_be_used_is_reported_and_the_rest_comes_in() -> None:
    not_csca = issuing.document_signer(VN, "VN")
    content = der.encode_sequence(
        der.encode_integer(0), der.encode_set(DE.raw, not_csca.raw, VN.raw, der.encode_sequence())
    )
    store, report = import_master_list(approve(EMPTY, DE), issuing.sign_list(content, SIGNER), delivery())
    assert fingerprints(store) >= {DE.fingerprint, VN.fingerprint}
    assert not_csca.fingerprint not in fingerprints(store)
    reasons = {one.fingerprint: one.refusal for one in report.refused}
    assert reasons[not_csca.fingerprint] is Refusal.NOT_AN_ISSUER
    assert Refusal.MALFORMED in reasons.values()


def test_a_certificate_that_names_a_key_that_did_not_sign_it_is_refused() -> None:
    forged = issuing.issue(
        NEW_VN.subject, issuing.ec_key("attacker"), issuing.Form(aki=VN.key.identifier), by=None, issuer=VN.subject
    )
    wrong = issuing.Issued(
        raw=bytes(forged.raw[:-1]) + bytes((forged.raw[-1] ^ 1,)), key=forged.key, subject=forged.subject, serial=1
    )
    _, report = import_master_list(approve(EMPTY, DE), master_list(VN, wrong), delivery())
    assert [one.refusal for one in report.refused] == [Refusal.SIGNATURE_WRONG]


def test_a_link_whose_parent_is_not_there_comes_in_and_says_so() -> None:
    store, report = import_master_list(approve(EMPTY, DE), master_list(LINK), delivery())
    assert report.lineages[Lineage.PARENT_ABSENT] == 1
    stored = next(one for one in store.anchors if one.fingerprint == LINK.fingerprint)
    assert (stored.record.lineage, stored.record.parent) == (Lineage.PARENT_ABSENT, None)
    later, _ = import_master_list(store, master_list(VN, LINK), delivery("later"))
    stored = next(one for one in later.anchors if one.fingerprint == LINK.fingerprint)
    assert (stored.record.lineage, stored.record.parent) == (Lineage.PARENT_BY_KEY_IDENTIFIER, VN.fingerprint)


def test_the_same_list_twice_changes_nothing() -> None:
    once, _ = import_master_list(approve(EMPTY, DE), master_list(DE, VN), delivery("DE.ml"))
    twice, report = import_master_list(once, master_list(DE, VN), delivery("DE.ml"))
    assert fingerprints(once) == fingerprints(twice)
    assert len(twice.lists) <= 2  # ECDSA signs anew each time
    assert report.certificates == ()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl")
def test_openssl_agrees_on_a_list_with_its_whole_chain(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.ml", tmp_path / "bad.ml"
    impostor = issuing.csca("DE", "impostor")
    good.write_bytes(master_list(DE, VN))
    bad.write_bytes(master_list(DE, VN, signer=issuing.list_signer(impostor, "DE", "impostor")))
    pinned = tmp_path / "csca.pem"
    pinned.write_bytes(load_der_x509_certificate(DE.raw).public_bytes(Encoding.PEM))
    at = str(int(issuing.NOW.timestamp()))
    for path, is_good in ((good, True), (bad, False)):
        command: list[str | Path] = [
            "openssl",
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            path,
            "-CAfile",
            pinned,
        ]
        done = subprocess.run(
            [*command, "-purpose", "any", "-attime", at, "-out", tmp_path / "out"], check=False, capture_output=True
        )
        assert (done.returncode == 0) is is_good, done.stderr
    assert import_master_list(EMPTY, good.read_bytes(), delivery(), pinned=[DE.raw])[1].lists
    assert refused_list(EMPTY, bad.read_bytes(), pinned=[DE.raw]) in (
        Refusal.SIGNER_NOT_OF_PINNED,
        Refusal.SIGNATURE_WRONG,
    )


# Single certificates


def test_nothing_is_trusted_that_nobody_approved() -> None:
    with pytest.raises(TrustRefusedError) as caught:
        import_certificates(EMPTY, [VN.raw], delivery())
    assert caught.value.refusal is Refusal.NOT_APPROVED
    assert VN.fingerprint in caught.value.message


def test_one_that_may_not_come_in_keeps_all_out() -> None:
    with pytest.raises(TrustRefusedError):
        import_certificates(EMPTY, [VN.raw, FR.raw], delivery(), approved=[VN.fingerprint])


def test_links_and_document_signers_come_in_if_a_key_of_the_store_signed_them() -> None:
    store, _ = import_certificates(approve(EMPTY, VN), [LINK.raw, DS.raw], delivery())
    assert [one.fingerprint for one in store.signers] == [DS.fingerprint]
    (signer,) = store.signers
    assert (signer.record.parent, signer.record.provenance[0].basis) == (VN.fingerprint, Basis.ISSUER)
    assert signer.record.provenance[0].voucher == VN.fingerprint
    under_new_key = issuing.document_signer(NEW_VN, "VN", "new")
    path = store.path(parse_certificate(under_new_key.raw))
    assert [one.fingerprint for one in path] == [LINK.fingerprint, VN.fingerprint]


@pytest.mark.parametrize("certificate", [LINK, DS])
def test_links_and_document_signers_of_unknown_keys_do_not(certificate: Issued) -> None:
    for store in (EMPTY, approve(EMPTY, DE), approve(EMPTY, issuing.csca("VN", "other"))):
        with pytest.raises(TrustRefusedError) as caught:
            import_certificates(store, [certificate.raw], delivery())
        assert caught.value.refusal is Refusal.ISSUER_UNKNOWN


def refused_link(store: TrustStore, link: Issued) -> Refusal:
    """Why a link is refused, alone and from a directory, which does not vouch for it either."""
    with pytest.raises(TrustRefusedError) as caught:
        import_certificates(store, [link.raw], delivery())
    text = entry(attribute("userCertificate;binary", link.raw))
    _, report = import_ldif(store, io.BytesIO(text.encode()), delivery())
    assert report.certificates == ()
    assert [one.refusal for one in report.refused] == [caught.value.refusal]
    return caught.value.refusal


LONG_AGO = Form(not_before=datetime(2005, 1, 1, tzinfo=UTC), not_after=datetime(2015, 1, 1, tzinfo=UTC))
ENDED = issuing.csca("VN", "ended", LONG_AGO)
LATE_LIST = issuing.sign_list(issuing.list_content([FR.raw]), issuing.list_signer(ENDED, "VN"))


def test_a_key_whose_certificate_has_expired_brings_neither_links_nor_lists() -> None:
    store = approve(EMPTY, ENDED)
    late = issuing.link(NEW_VN, ENDED)
    assert refused_link(store, late) is Refusal.SIGNER_EXPIRED
    assert refused_list(store, LATE_LIST) is Refusal.SIGNER_EXPIRED
    by_its_owner, _ = import_certificates(store, [late.raw], delivery(), approved=[late.fingerprint])
    assert len(by_its_owner.anchors) == 2


def test_a_csca_that_is_revoked_brings_neither_links_nor_lists() -> None:
    compromised = issuing.csca("VN", "compromised")
    store, _ = import_crl(approve(EMPTY, VN, compromised), issuing.revoke(VN, [compromised.serial]), delivery())
    assert refused_link(store, issuing.link(NEW_VN, compromised)) is Refusal.SIGNER_REVOKED
    data = issuing.sign_list(issuing.list_content([FR.raw]), issuing.list_signer(compromised, "VN"))
    assert refused_list(store, data) is Refusal.SIGNER_REVOKED
    assert refused_list(approve(EMPTY, VN), data) is Refusal.SIGNER_NOT_TRUSTED


def test_a_link_of_another_state_does_not_carry_trust() -> None:
    crossing = issuing.link(FR, VN)
    with pytest.raises(TrustRefusedError) as caught:
        import_certificates(approve(EMPTY, VN), [crossing.raw], delivery())
    assert caught.value.refusal is Refusal.ISSUER_UNKNOWN


def test_a_link_that_may_not_issue_carries_trust_only_if_the_owner_approves_it() -> None:
    form = issuing.Form(is_issuer=False)
    crossing = issuing.link(NEW_VN, VN, form)
    with pytest.raises(TrustRefusedError) as caught:
        import_certificates(approve(EMPTY, VN), [crossing.raw], delivery())
    assert caught.value.refusal is Refusal.NOT_AN_ISSUER
    store = approve(approve(EMPTY, VN), crossing)
    assert crossing.fingerprint in fingerprints(store)


@pytest.mark.parametrize("number", range(10, 16))
@pytest.mark.parametrize("first", [True, False])
def test_a_key_that_was_certified_anew_brings_links_and_lists(number: int, first: bool) -> None:
    key = issuing.ec_key("certified anew")
    old = issuing.issue(issuing.name("DE", "CSCA"), key, replace(LONG_AGO, serial=number))
    new = issuing.issue(issuing.name("DE", "CSCA"), key, Form(serial=2))
    store = approve(EMPTY, *((old, new) if first else (new, old)))
    link = issuing.issue(issuing.name("DE", "CSCA"), issuing.ec_key("next"), by=new)
    assert len(import_certificates(store, [link.raw], delivery())[0].anchors) == 3
    data = master_list(VN, signer=issuing.list_signer(new, "DE"))
    assert VN.fingerprint in fingerprints(import_master_list(store, data, delivery())[0])


def test_a_key_that_was_taken_out_signs_no_lists() -> None:
    store, _ = import_certificates(approve(EMPTY, DE), [SIGNER.raw], delivery())
    without, _ = remove(store, SIGNER.fingerprint, by="Trần Thị B", at=issuing.NOW)
    assert refused_list(without, master_list(VN)) is Refusal.DISTRUSTED
    accepted, _ = import_master_list(without, master_list(VN), delivery(), accepted_signers=[SIGNER.fingerprint])
    assert VN.fingerprint in fingerprints(accepted)


def test_an_approval_of_what_does_not_come_in_brings_no_key_back() -> None:
    """A document signer of a key that was taken out, below a CSCA that nobody knows, beside one that is approved."""
    store, _ = remove(approve(EMPTY, VN), VN.fingerprint, by="A", at=issuing.NOW)
    signer = issuing.issue(issuing.name("VN", "DS"), VN.key, issuing.DS, by=issuing.csca("VN", "unknown"))
    text = "".join(entry(attribute("userCertificate;binary", one.raw)) for one in (signer, DE)).encode()
    approved = [signer.fingerprint, DE.fingerprint]
    after, report = import_ldif(store, io.BytesIO(text), delivery(), approved=approved)
    assert [one.refusal for one in report.refused] == [Refusal.ISSUER_UNKNOWN]
    assert report.approved == {DE.fingerprint}
    assert after.distrusted == store.distrusted
    after, report = import_certificates(after, [VN.raw], delivery(), approved=[VN.fingerprint])
    assert report.approved == {VN.fingerprint}
    assert after.distrusted == ()


def test_an_rsa_key_that_was_taken_out_does_not_come_back_restricted_to_another_scheme() -> None:
    key = issuing.rsa_key("taken out")
    rsa = issuing.issue(issuing.name("FR", "CSCA"), key)
    bits = der.decode_bit_string(der.parse_sequence(key.spki)[1])
    for_pss = der.encode_sequence(der.encode_sequence(der.encode_oid(oids.RSASSA_PSS)), der.encode_bit_string(bits))
    restricted = issuing.issue(issuing.name("FR", "CSCA"), key, Form(spki=for_pss), by=VN)
    store, _ = remove(approve(EMPTY, DE, rsa), rsa.fingerprint, by="Trần Thị B", at=issuing.NOW)
    _, report = import_master_list(store, master_list(restricted), delivery())
    assert [one.refusal for one in report.refused] == [Refusal.DISTRUSTED]


# Revocation lists


def test_a_crl_of_a_csca_of_the_store_comes_in_and_a_newer_one_replaces_it() -> None:
    store, _ = import_crl(approve(EMPTY, VN), issuing.revoke(VN, []), delivery())
    certificate = parse_certificate(DS.raw)
    assert store.crl_status(certificate, issuing.NOW).state is CRLState.GOOD
    newer = issuing.revoke(VN, [DS.serial], this_update=issuing.NOW - timedelta(days=1), number=2)
    store, report = import_crl(store, newer, delivery("newer"))
    assert (len(store.crls), len(report.crls)) == (1, 1)
    assert store.crl_status(certificate, issuing.NOW).state is CRLState.REVOKED


def test_an_older_crl_does_not_bring_revoked_signers_back() -> None:
    store, _ = import_crl(approve(EMPTY, VN), issuing.revoke(VN, [DS.serial], number=5), delivery())
    for older in (
        issuing.revoke(VN, [], this_update=issuing.NOW - timedelta(days=20), number=4),
        issuing.revoke(VN, [], number=4),
    ):
        with pytest.raises(TrustRefusedError) as caught:
            import_crl(store, older, delivery())
        assert caught.value.refusal is Refusal.OLDER_THAN_STORED


def test_a_crl_of_another_key_or_state_is_refused() -> None:
    store = approve(approve(EMPTY, VN), FR)
    with pytest.raises(TrustRefusedError) as caught:
        import_crl(store, issuing.revoke(issuing.csca("VN", "other"), []), delivery())
    assert caught.value.refusal is Refusal.ISSUER_UNKNOWN
    with pytest.raises(TrustRefusedError) as caught:
        import_crl(store, issuing.revoke(FR, [], subject=VN.subject), delivery())
    assert caught.value.refusal is Refusal.ISSUER_UNKNOWN


def test_a_crl_whose_named_csca_did_not_sign_it_is_wrong() -> None:
    crl = bytearray(issuing.revoke(VN, [1]))
    crl[-1] ^= 1
    with pytest.raises(TrustRefusedError) as caught:
        import_crl(approve(EMPTY, VN), bytes(crl), delivery())
    assert caught.value.refusal is Refusal.SIGNATURE_WRONG


def test_a_crl_from_the_future_or_of_a_part_is_refused() -> None:
    store = approve(EMPTY, VN)
    cases = {
        Refusal.FROM_THE_FUTURE: issuing.revoke(VN, [], this_update=issuing.NOW + timedelta(days=5)),
        Refusal.UNSUPPORTED: issuing.revoke(VN, [], extra=[issuing.extension("2.5.29.28", b"\x30\x00")]),
        Refusal.MALFORMED: b"\x30\x00",
    }
    for refusal, data in cases.items():
        with pytest.raises(TrustRefusedError) as caught:
            import_crl(store, data, delivery())
        assert caught.value.refusal is refusal


# Deviation lists


def deviation_list(signer: Issued, signing_time: datetime = issuing.NOW - timedelta(days=4)) -> bytes:
    described = der.encode_sequence(der.encode_oid("2.23.136.1.1.7.1"))
    entry_of_list = der.encode_sequence(der.encode_sequence(), der.encode_set(described))
    content = der.encode_sequence(der.encode_integer(0), der.encode_set(entry_of_list))
    return issuing.sign_list(content, signer, content_type=oids.ICAO_DEVIATION_LIST, signing_time=signing_time)


def test_a_deviation_list_speaks_for_the_documents_of_its_own_state() -> None:
    store = approve(approve(EMPTY, VN), FR)
    data = deviation_list(issuing.list_signer(VN, "VN", "DL", issuing.DEVIATION_SIGNER))
    store, report = import_deviation_list(store, data, delivery())
    assert report.lists[0].kind is ListKind.DEVIATION_LIST
    stored = store.deviation_list("VN", issuing.NOW)
    assert stored is not None
    assert len(stored.deviation_list.concerning(parse_certificate(DS.raw))) == 1
    assert store.deviation_list("FR", issuing.NOW) is None


def test_the_newest_deviation_list_that_was_out_and_whose_signer_is_not_revoked_counts() -> None:
    store = approve(EMPTY, VN)
    signers = [issuing.list_signer(VN, "VN", label, issuing.DEVIATION_SIGNER) for label in ("old DL", "new DL")]
    days = (issuing.NOW - timedelta(days=20), issuing.NOW - timedelta(days=5))
    for signer, day in zip(signers, days, strict=True):
        store, _ = import_deviation_list(store, deviation_list(signer, day), delivery())

    def signer_of_list(at: datetime) -> str | None:
        found = store.deviation_list("VN", at)
        return None if found is None else found.record.signer

    assert signer_of_list(issuing.NOW) == signers[1].fingerprint
    assert signer_of_list(days[1] - timedelta(days=1)) == signers[0].fingerprint
    assert signer_of_list(days[0] - timedelta(days=1)) is None
    store, _ = import_crl(store, issuing.revoke(VN, [signers[1].serial]), delivery())
    assert signer_of_list(issuing.NOW) == signers[0].fingerprint


@pytest.mark.parametrize(
    ("signer", "refusal"),
    [
        (issuing.list_signer(VN, "VN"), Refusal.SIGNER_PROFILE),
        (issuing.document_signer(VN, "VN"), Refusal.SIGNER_PROFILE),
        (issuing.list_signer(FR, "VN", "DL", issuing.DEVIATION_SIGNER), Refusal.SIGNER_NOT_TRUSTED),
        (issuing.list_signer(FR, "FR", "DL", issuing.DEVIATION_SIGNER), Refusal.SIGNER_NOT_TRUSTED),
    ],
)
def test_a_deviation_list_of_another_signer_is_refused(signer: Issued, refusal: Refusal) -> None:
    with pytest.raises(TrustRefusedError) as caught:
        import_deviation_list(approve(EMPTY, VN), deviation_list(signer), delivery())
    assert caught.value.refusal is refusal


# The Public Key Directory


def test_a_directory_file_vouches_for_nothing_itself() -> None:
    unknown_ds = issuing.document_signer(FR, "FR")
    other_list = master_list(FR, signer=issuing.list_signer(FR, "FR"))
    text = "version: 1\n\n" + "".join(
        entry(attribute(name, value), dn=f"cn={number},c=VN")
        for number, (name, value) in enumerate(
            [
                ("certificateRevocationList;binary", issuing.revoke(VN, [5])),
                ("userCertificate;binary", DS.raw),
                ("userCertificate;binary", unknown_ds.raw),
                ("userCertificate;binary", b"\x30\x03\x02\x01\x00"),
                ("cACertificate;binary", issuing.csca("ZZ").raw),
                ("pkdMasterListContent", master_list(VN)),
                ("pkdMasterListContent", other_list),
            ]
        )
    )
    store, report = import_ldif(approve(EMPTY, DE), io.BytesIO(text.encode()), delivery("pkd.ldif"))
    assert fingerprints(store) == {DE.fingerprint, VN.fingerprint, DS.fingerprint}
    assert len(store.crls) == 1
    assert {one.subject: one.refusal for one in report.refused} == {
        "C=FR, O=Test, CN=DS 1": Refusal.ISSUER_UNKNOWN,
        "cn=3,c=VN": Refusal.MALFORMED,
        "C=ZZ, O=Test, CN=CSCA": Refusal.NOT_APPROVED,
        "cn=6,c=VN": Refusal.SIGNER_NOT_TRUSTED,
    }
    assert {one.file for one in store.signers[0].record.provenance} == {"pkd.ldif"}
