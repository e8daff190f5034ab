"""Who signed a master list or deviation list, and whether that one may (ICAO Doc 9303-12 §7.1, §8, §9)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from apdu.errors import ToolkitError
from chipid.asn1.times import later
from chipid.errors import SignatureError, UnsupportedError
from chipid.pki.certificate import Certificate, parse_certificate
from chipid.pki.cms import CMSReason, CMSSignatureError, SignedData, find_signer_certificate, verify_signed_data
from chipid.pki.extensions import KeyUsage
from chipid.pki.path import IssuerUnknownError, build_path
from chipid.trust.errors import Refusal, TrustRefusedError, refused

CLOCK_TOLERANCE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSigner:
    """The signer's certificate, and those that trust in it comes over; none if the owner accepted the signer itself."""

    certificate: Certificate
    issuers: tuple[Certificate, ...] = ()  # from the signer's own to the CSCA that its owner pinned

    @property
    def csca(self) -> Certificate | None:
        """The CSCA that vouches for the signer, None if the owner does."""
        return self.issuers[-1] if self.issuers else None


def verify_list_signer(
    signed: SignedData,
    *,
    purpose: str,
    pinned: Sequence[Certificate],
    links: Sequence[Certificate],
    accepted: Collection[str],
    is_distrusted: Callable[[Certificate], bool],
    at: datetime,
    is_pinned: bool = False,
) -> ListSigner:
    """Verify the signature of a list and that its signer is one of a pinned CSCA, or accepted by its fingerprint.

    ``purpose`` is the extended key usage that the signer must have: a document signer of the same CSCA must not sign
    lists. ``links`` may carry trust from a pinned CSCA to its newer keys; so may those that come with the list,
    since their signatures are verified, but for keys that the owner has taken out of the store.
    ``is_pinned`` tells that the owner has named a CSCA for this very list. Raises :class:`TrustRefusedError`.
    """
    # 1. The signature, by a certificate that came along.
    embedded = _parse_embedded(signed)
    signer = _verify_signature(signed, embedded)
    # 2. It does not come from the future, where it would be newer than every list to come.
    if signed.signer.signing_time is not None and signed.signer.signing_time > later(at, CLOCK_TOLERANCE):
        day = f"{signed.signer.signing_time:%Y-%m-%d}"
        raise refused(Refusal.FROM_THE_FUTURE, signer, f"signed a list that is dated {day}")
    # 3. Accepted by its fingerprint: the owner has decided.
    if signer.fingerprint in accepted:
        return ListSigner(certificate=signer)
    if is_distrusted(signer):
        raise refused(Refusal.DISTRUSTED, signer, "signs with a key that the owner has taken out of the store")
    # 4. The certificate is one for signing such lists.
    _check_profile(signer, purpose)
    # 5. A pinned CSCA issued it, directly or over links.
    carried = [one for one in embedded if one is not signer and not is_distrusted(one)]
    issuers = _find_issuers(signer, pinned, [*links, *carried], is_pinned=is_pinned)
    # 6. It was valid when it signed.
    _check_validity(signed, signer, at)
    return ListSigner(certificate=signer, issuers=issuers)


def verify_list_signature(signed: SignedData) -> Certificate:
    """The certificate that came with a list and whose key signed it; raises :class:`TrustRefusedError`.

    Whether the signer may sign lists is not looked at.
    """
    return _verify_signature(signed, _parse_embedded(signed))


def _parse_embedded(signed: SignedData) -> list[Certificate]:
    try:
        return [parse_certificate(raw) for raw in signed.certificates]
    except ToolkitError as error:
        raise TrustRefusedError(Refusal.MALFORMED, f"a certificate beside the list: {error.message}") from error


def _verify_signature(signed: SignedData, embedded: Sequence[Certificate]) -> Certificate:
    """The certificate of the first signer; the further ones of a list say nothing."""
    signer = find_signer_certificate(signed, embedded)
    if signer is None:
        raise TrustRefusedError(Refusal.SIGNER_NOT_FOUND, "the certificate of the list's signer is not in the list")
    try:
        verify_signed_data(signed, signer)
    except CMSSignatureError as error:
        refusal = Refusal.SIGNER_NOT_FOUND if error.reason is CMSReason.SIGNER_NOT_FOUND else Refusal.SIGNATURE_WRONG
        raise TrustRefusedError(refusal, f"the signature of the list is wrong: {error.message}") from error
    except SignatureError as error:
        raise TrustRefusedError(
            Refusal.SIGNATURE_WRONG, f"the signature of the list is wrong: {error.message}"
        ) from error
    except ToolkitError as error:
        raise TrustRefusedError(
            Refusal.UNSUPPORTED, f"the signature of the list could not be checked: {error.message}"
        ) from error
    return signer


def _check_profile(signer: Certificate, purpose: str) -> None:
    """Doc 9303-12 Table 6: the extended key usage of list signers is mandatory, and they are no CSCAs."""
    if signer.extended_key_usage is None or purpose not in signer.extended_key_usage:
        raise refused(Refusal.SIGNER_PROFILE, signer, "is not for signing such lists")
    may_sign = signer.key_usage is None or KeyUsage.DIGITAL_SIGNATURE in signer.key_usage
    if signer.unread_extensions or not may_sign:
        raise refused(Refusal.SIGNER_PROFILE, signer, "is not for signing")


def _find_issuers(
    signer: Certificate, pinned: Sequence[Certificate], links: Sequence[Certificate], *, is_pinned: bool
) -> tuple[Certificate, ...]:
    country = signer.country
    own = [one for one in pinned if one.country == country]
    try:
        path = build_path(signer, own, [one for one in links if one.country == country])
    except IssuerUnknownError as error:
        if is_pinned:
            raise refused(Refusal.SIGNER_NOT_OF_PINNED, signer, "is not issued by the CSCA that is pinned") from error
        raise refused(Refusal.SIGNER_NOT_TRUSTED, signer, "is not issued by a CSCA that is approved") from error
    except UnsupportedError as error:
        raise refused(Refusal.UNSUPPORTED, signer, f"cannot be checked: {error.message}") from error
    except SignatureError as error:
        raise refused(Refusal.SIGNATURE_WRONG, signer, "names a CSCA that did not issue it") from error
    for below, above in pairwise(path):
        if above.not_after < below.not_before:
            raise refused(Refusal.SIGNER_EXPIRED, above, f"had expired when it certified {below.fingerprint}")
    return path[1:]


def _check_validity(signed: SignedData, signer: Certificate, at: datetime) -> None:
    signing_time = signed.signer.signing_time
    if not signer.is_valid_at(at if signing_time is None else signing_time):
        span = f"{signer.not_before:%Y-%m-%d} to {signer.not_after:%Y-%m-%d}"
        raise refused(Refusal.SIGNER_EXPIRED, signer, f"was valid from {span}, not when it signed")
