"""Bringing things into a trust store. Each function takes a store and returns another one; writing is separate.

A file is believed for one of three reasons only: its owner approves it by its fingerprint, a list that is believed
holds it, or a key that is believed signed it. Anything else is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import BinaryIO, Final, TypeVar

from apdu.errors import ToolkitError
from chipid.asn1 import oids
from chipid.errors import UnsupportedError
from chipid.pki.certificate import Certificate, parse_certificate
from chipid.pki.crl import parse_crl
from chipid.pki.deviation_list import parse_deviation_list
from chipid.pki.ldif import PKDKind, PKDObject, read_pkd
from chipid.pki.master_list import MasterList, parse_master_list
from chipid.pki.path import is_self_signed, may_be_link
from chipid.pki.signed_list import SignedList
from chipid.trust.crl_import import bring_crl
from chipid.trust.description import describe_list, may_issue
from chipid.trust.draft import Delivery, Draft, ImportReport
from chipid.trust.errors import Refusal, TrustRefusedError, refused
from chipid.trust.lineage import Classified, classify, count_lineages, first_issuer
from chipid.trust.list_signer import ListSigner, verify_list_signer
from chipid.trust.records import Basis, Lineage, Provenance, Role
from chipid.trust.revocation import CRLState
from chipid.trust.series import check_not_older
from chipid.trust.store import TrustStore

T = TypeVar("T")
_KEY_UNUSABLE: Final = "key-unusable"


def import_master_list(
    store: TrustStore,
    data: bytes,
    delivery: Delivery,
    *,
    pinned: Sequence[bytes] = (),
    accepted_signers: Collection[str] = (),
    approved: Collection[str] = (),
) -> tuple[TrustStore, ImportReport]:
    """Import the certificates of a CSCA master list (Doc 9303-12 §8).

    Its signer must be issued by a CSCA that the owner approved, in the store or ``pinned`` (DER): a CSCA that only
    another list vouches for does not vouch for lists. Or its certificate is among ``accepted_signers`` by its
    fingerprint. A list that is older than one of its series is refused. Raises :class:`TrustRefusedError`; single
    certificates that cannot be used are reported, as are those whose key the owner has taken out of the store, unless
    they are among those ``approved`` now.
    """
    draft = Draft(store, delivery)
    _bring_master_list(draft, data, _parse_pinned(draft, pinned), accepted_signers, approved)
    return draft.finish()


def import_deviation_list(
    store: TrustStore, data: bytes, delivery: Delivery, *, accepted_signers: Collection[str] = ()
) -> tuple[TrustStore, ImportReport]:
    """Import a deviation list, signed under any CSCA of the store: a state speaks for its own documents only."""
    draft = Draft(store, delivery)
    parsed = _parse(parse_deviation_list, data)
    signer = _verify_signer(
        draft,
        parsed,
        oids.ICAO_DEVIATION_LIST_SIGNING_KEY,
        pinned=[one.certificate for one in store.anchors],
        links=(),
        accepted=accepted_signers,
    )
    record = describe_list(parsed, signer.certificate, csca=signer.csca, provenance=(_vouched(draft.delivery, signer),))
    check_not_older(record, store)
    draft.add_list(record, parsed.raw)
    return draft.finish()


def import_certificates(
    store: TrustStore, certificates: Iterable[bytes], delivery: Delivery, *, approved: Collection[str] = ()
) -> tuple[TrustStore, ImportReport]:
    """Import single certificates in DER.

    A CSCA comes in if the owner approves its fingerprint (SHA-256, hexadecimal); a link or document signer also if
    a key of the store, or of a CSCA among them, signed it. Raises :class:`TrustRefusedError` with the fingerprint for
    the first that may not come in, and nothing does.
    """
    draft = Draft(store, delivery)
    parsed = [_parse(parse_certificate, der) for der in certificates]
    # A link or document signer may stand before the CSCA that signed it.
    for certificate in sorted(parsed, key=lambda one: (not may_issue(one), may_issue(one) and not is_self_signed(one))):
        _bring_certificate(draft, certificate, approved)
    return draft.finish()


def import_crl(store: TrustStore, data: bytes, delivery: Delivery) -> tuple[TrustStore, ImportReport]:
    """Import a revocation list that a CSCA of the store signed; raises :class:`TrustRefusedError`."""
    draft = Draft(store, delivery)
    bring_crl(draft, _parse(parse_crl, data))
    return draft.finish()


def import_ldif(
    store: TrustStore,
    stream: BinaryIO,
    delivery: Delivery,
    *,
    pinned: Sequence[bytes] = (),
    accepted_signers: Collection[str] = (),
    approved: Collection[str] = (),
) -> tuple[TrustStore, ImportReport]:
    """Import a file of the ICAO Public Key Directory; ``stream`` must be seekable.

    The directory does not vouch for what is in it: every object needs its own reason, and those that have none are
    reported as refused. Lists come before certificates and these before CRLs, wherever they stand in the file.
    Raises :class:`MalformedDataError` if the file is no LDIF.
    """
    draft = Draft(store, delivery)
    known = _parse_pinned(draft, pinned)
    for wanted in (PKDKind.MASTER_LIST, PKDKind.CERTIFICATE, PKDKind.CRL):
        stream.seek(0)
        for found in read_pkd(stream):
            if found.kind is wanted:
                _bring_object(draft, found, known, accepted_signers, approved)
    return draft.finish()


def _bring_object(
    draft: Draft,
    found: PKDObject,
    pinned: Sequence[Certificate],
    accepted_signers: Collection[str],
    approved: Collection[str],
) -> None:
    try:
        match found.kind:
            case PKDKind.MASTER_LIST:
                _bring_master_list(draft, found.data, pinned, accepted_signers, approved)
            case PKDKind.CERTIFICATE:
                _bring_certificate(draft, _parse(parse_certificate, found.data), approved)
            case PKDKind.CRL:
                bring_crl(draft, _parse(parse_crl, found.data))
    except TrustRefusedError as error:
        # What is said of a master list may be about its signer.
        own = error.details if found.kind is not PKDKind.MASTER_LIST else {}
        draft.refuse(found.data, own.get("subject", found.dn), error.refusal, error.message)


def _bring_master_list(
    draft: Draft,
    data: bytes,
    pinned: Sequence[Certificate],
    accepted_signers: Collection[str],
    approved: Collection[str],
) -> None:
    # 1. The envelope, and who signed it. No certificate of the list is looked at before.
    parsed = _parse(parse_master_list, data)
    anchors = draft.store().anchors
    owned = [one.certificate for one in anchors if any(p.basis is Basis.OWNER for p in one.record.provenance)]
    links = [one.certificate for one in anchors if one.record.role is Role.LINK]
    signer = _verify_signer(
        draft,
        parsed,
        oids.ICAO_CSCA_MASTER_LIST_SIGNING_KEY,
        pinned=[*owned, *pinned],
        links=links,
        accepted=accepted_signers,
        is_pinned=bool(pinned),
    )
    # 2. It is not older than what the store has of the same series.
    record = describe_list(parsed, signer.certificate, csca=signer.csca, provenance=(_vouched(draft.delivery, signer),))
    check_not_older(record, draft.store())
    # 3. Every certificate, with every signature.
    certificates = _parse_list(draft, parsed, approved)
    classified = classify(certificates, [one.certificate for one in anchors])
    # 4. What can be used comes in.
    for one in classified:
        _bring_listed(draft, one, parsed.fingerprint, approved)
    for lineage, count in count_lineages(classified).items():
        draft.lineages[lineage] = draft.lineages.get(lineage, 0) + count
    draft.add_list(record, parsed.raw)


def _verify_signer(
    draft: Draft,
    parsed: SignedList,
    purpose: str,
    *,
    pinned: Sequence[Certificate],
    links: Sequence[Certificate],
    accepted: Collection[str],
    is_pinned: bool = False,
) -> ListSigner:
    signer = verify_list_signer(
        parsed.signed,
        purpose=purpose,
        pinned=pinned,
        links=links,
        accepted=accepted,
        is_distrusted=draft.is_distrusted,
        at=draft.delivery.at,
        is_pinned=is_pinned,
    )
    if signer.csca is None:
        draft.approved.add(signer.certificate.fingerprint)
    _check_not_revoked(draft, signer.certificate, *signer.issuers)
    return signer


def _check_not_revoked(draft: Draft, *certificates: Certificate) -> None:
    """Nobody whom a list of the store revokes brings anything new."""
    store = draft.store()
    for one in (bearer for each in certificates for bearer in store.bearers(each)):
        if store.crl_status(one, draft.delivery.at).state is CRLState.REVOKED:
            raise refused(Refusal.SIGNER_REVOKED, one, "is revoked and would vouch for what is new")


def _parse_pinned(draft: Draft, pinned: Sequence[bytes]) -> list[Certificate]:
    """The CSCAs that the owner names beside a list; another kind of certificate vouches for nothing."""
    certificates = [_parse(parse_certificate, der) for der in pinned]
    for one in certificates:
        if not may_issue(one):
            raise refused(Refusal.NOT_AN_ISSUER, one, "is not the certificate of a CSCA")
        draft.is_approved(one, ())
    return certificates


def _parse_list(draft: Draft, parsed: MasterList, approved: Collection[str]) -> list[Certificate]:
    """The certificates of a list, each once; a damaged or distrusted one is reported and left out."""
    found: dict[bytes, Certificate] = {}
    for der in parsed.certificates:
        subject = ""
        try:
            certificate = parse_certificate(der)
            subject = certificate.subject
            draft.is_approved(certificate, approved)
            found.setdefault(der, certificate)
        except ToolkitError as error:
            refusal = error.refusal if isinstance(error, TrustRefusedError) else Refusal.MALFORMED
            draft.refuse(der, subject, refusal, error.message)
    return list(found.values())


def _bring_listed(draft: Draft, found: Classified, voucher: str, approved: Collection[str]) -> None:
    certificate = found.certificate
    refusal: tuple[Refusal, str] | None = None
    if not may_issue(certificate):
        refusal = Refusal.NOT_AN_ISSUER, "the certificate is not that of a CSCA"
    elif _KEY_UNUSABLE in certificate.deviations:
        refusal = Refusal.KEY_UNUSABLE, "the key cannot be used, or is not on a curve that is known"
    elif found.forged:
        refusal = Refusal.SIGNATURE_WRONG, "the key that the certificate names did not sign it"
    if refusal is not None:
        draft.refuse(certificate.raw, certificate.subject, *refusal)
        return
    own_word = [draft.delivery.provenance(Basis.OWNER)] if certificate.fingerprint in approved else []
    draft.add_certificate(
        certificate,
        role=Role.CSCA if found.lineage is Lineage.SELF_SIGNED else Role.LINK,
        lineage=found.lineage,
        parent=found.parent,
        provenance=(*own_word, draft.delivery.provenance(Basis.LIST, voucher)),
    )


def _bring_certificate(draft: Draft, certificate: Certificate, approved: Collection[str]) -> None:
    if _KEY_UNUSABLE in certificate.deviations:
        raise refused(Refusal.KEY_UNUSABLE, certificate, "has a key that cannot be used")
    is_approved = draft.is_approved(certificate, approved)
    if not may_issue(certificate):
        _bring_issued(draft, certificate, Role.DOCUMENT_SIGNER)
    elif is_self_signed(certificate):
        if not is_approved:
            raise refused(Refusal.NOT_APPROVED, certificate, "has not been approved by its fingerprint")
        draft.add_certificate(
            certificate,
            role=Role.CSCA,
            lineage=Lineage.SELF_SIGNED,
            parent=None,
            provenance=(draft.delivery.provenance(Basis.OWNER),),
        )
    elif is_approved:
        _bring_approved_link(draft, certificate)
    else:
        if not may_be_link(certificate):
            raise refused(Refusal.NOT_AN_ISSUER, certificate, "may not issue certificates")
        _bring_issued(draft, certificate, Role.LINK)


def _bring_issued(draft: Draft, certificate: Certificate, role: Role) -> None:
    """A certificate that a key of the store signed, of the same state."""
    store = draft.store()
    own = [one.certificate for one in store.candidates(certificate) if one.record.country == certificate.country]
    parent = first_issuer(certificate, own)
    if parent is None:
        raise refused(Refusal.ISSUER_UNKNOWN, certificate, "is signed by no key of the store")
    if role is Role.LINK:  # it would be believed, and whoever came by an old key could make one for ever
        _check_not_revoked(draft, parent)
        if parent.not_after < certificate.not_before:
            raise refused(Refusal.SIGNER_EXPIRED, certificate, "is signed by a key whose certificate had expired")
    draft.add_certificate(
        certificate,
        role=role,
        lineage=_lineage(certificate, parent),
        parent=parent,
        provenance=(draft.delivery.provenance(Basis.ISSUER, parent.fingerprint),),
    )


def _bring_approved_link(draft: Draft, certificate: Certificate) -> None:
    parent = first_issuer(certificate, [one.certificate for one in draft.store().candidates(certificate)])
    draft.add_certificate(
        certificate,
        role=Role.LINK,
        lineage=_lineage(certificate, parent),
        parent=parent,
        provenance=(draft.delivery.provenance(Basis.OWNER),),
    )


def _lineage(certificate: Certificate, parent: Certificate | None) -> Lineage:
    if parent is None:
        return Lineage.PARENT_ABSENT
    is_named = certificate.aki is not None and certificate.aki == parent.ski
    return Lineage.PARENT_BY_KEY_IDENTIFIER if is_named else Lineage.PARENT_BY_TRYING


def _vouched(delivery: Delivery, signer: ListSigner) -> Provenance:
    if signer.csca is None:
        return delivery.provenance(Basis.OWNER)
    return delivery.provenance(Basis.ISSUER, signer.csca.fingerprint)


def _parse(parse: Callable[[bytes], T], data: bytes) -> T:
    """Parse what somebody handed in; whatever is wrong with it is a refusal."""
    try:
        return parse(data)
    except UnsupportedError as error:
        raise TrustRefusedError(Refusal.UNSUPPORTED, error.message) from error
    except ToolkitError as error:
        raise TrustRefusedError(Refusal.MALFORMED, error.message) from error
