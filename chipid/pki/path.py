"""The way from a certificate to the CSCA that vouches for it (ICAO Doc 9303-11 §5.1, -12 §7.1.2; RFC 5280 §6.1).

Real certificates name their issuers badly: key identifiers are missing or shared, names are reused over many keys and
written in many ways. So identifiers and names only order the search, and the signature decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum, StrEnum
from typing import Final

from apdu.errors import ToolkitError
from chipid.errors import SignatureError, UnsupportedError
from chipid.pki.certificate import Certificate, verify_issued_by
from chipid.pki.extensions import KeyUsage

MAX_LINKS: Final = 4
MAX_TRIES: Final = 64  # signatures; each takes 0.1 to 3 ms


class IssuerMatch(IntEnum):
    """Why a certificate could be the issuer, the best reason first."""

    KEY_IDENTIFIER = 1
    NAME = 2
    COUNTRY = 3


class PathReason(StrEnum):
    """Why no issuer was found."""

    NO_ANCHORS = "no-anchors"
    NO_COUNTRY = "no-country"
    NO_KEY = "no-key"


class IssuerUnknownError(UnsupportedError):
    """No key that is trusted has issued the certificate, which makes it unchecked, not wrong; ``reason`` says more."""

    code = "issuer-unknown"
    hint = "The trust store lacks the certificate of the issuing state: bring it up to date."

    def __init__(self, reason: PathReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def match_issuer(certificate: Certificate, candidate: Certificate) -> IssuerMatch | None:
    """The best reason to think that ``candidate`` issued ``certificate``, None if there is none at all."""
    if certificate.aki is not None and certificate.aki == candidate.ski:
        return IssuerMatch.KEY_IDENTIFIER
    if certificate.issuer_name.matches(candidate.subject_name):
        return IssuerMatch.NAME
    country = certificate.issuer_name.country or certificate.country
    return IssuerMatch.COUNTRY if country and country == candidate.country else None


def candidate_issuers(certificate: Certificate, anchors: Iterable[Certificate]) -> tuple[Certificate, ...]:
    """The anchors that could have issued ``certificate``: key identifier first, then name, then country."""
    matches = ((match_issuer(certificate, anchor), anchor) for anchor in anchors)
    ranked = [(rank, anchor) for rank, anchor in matches if rank is not None]
    return tuple(anchor for _, anchor in sorted(ranked, key=lambda entry: entry[0]))


def find_issuer(certificate: Certificate, anchors: Sequence[Certificate]) -> Certificate:
    """The anchor whose key signed ``certificate``.

    Raises :class:`SignatureError` if no key fits although the certificate names one of them by identifier and name,
    which makes it a forgery, and :class:`IssuerUnknownError` if its issuer is not among the anchors.
    """
    if not anchors:
        raise IssuerUnknownError(PathReason.NO_ANCHORS, "there are no trust anchors")
    candidates = candidate_issuers(certificate, anchors)
    if not candidates:
        raise IssuerUnknownError(PathReason.NO_COUNTRY, "there is no trust anchor of the issuing state")
    wrong: SignatureError | None = None
    tried: dict[bytes, SignatureError | None] = {}
    for anchor in candidates:
        if anchor.spki not in tried:
            try:
                verify_issued_by(certificate, anchor)
            except SignatureError as error:
                tried[anchor.spki] = error
            except ToolkitError:
                tried[anchor.spki] = None  # a key that cannot be used has not signed anything for us
            else:
                return best_bearer(certificate, [one for one in candidates if one.key_identity == anchor.key_identity])
        if certificate.names_issuer(anchor):
            wrong = tried[anchor.spki] or wrong
    if wrong is not None:
        raise SignatureError("the issuer that the certificate names did not sign it") from wrong
    raise IssuerUnknownError(PathReason.NO_KEY, "no key of the issuing state's trust anchors signed the certificate")


def best_bearer(certificate: Certificate, bearers: Sequence[Certificate]) -> Certificate:
    """Of several certificates of the key that signed ``certificate``, the one that fits the day, else the first.

    A key may be certified anew, and then each of its certificates has a time of its own (Doc 9303-12 §7.1.1).
    """

    def misses(one: Certificate) -> tuple[bool, bool]:
        day, period = certificate.not_before, one.private_key_usage_period
        return not one.is_valid_at(day), period is not None and not period.includes(day)

    return min(bearers, key=misses)


def build_path(
    certificate: Certificate, anchors: Sequence[Certificate], links: Sequence[Certificate] = ()
) -> tuple[Certificate, ...]:
    """The certificates from ``certificate`` up to an anchor, both included, over at most :data:`MAX_LINKS` links.

    A link is a CSCA's new key signed with its old one (Doc 9303-12 §3.3): it brings trust to the new key, and is
    believed only where it may sign certificates. Raises as :func:`find_issuer` does for ``certificate``.
    """
    try:
        return certificate, find_issuer(certificate, anchors)
    except ToolkitError:
        found = _path_over_links(certificate, anchors, [link for link in links if may_be_link(link)])
        if found is None:
            raise
        return found


def naming_deviations(certificate: Certificate, issuer: Certificate) -> tuple[str, ...]:
    """How ``certificate`` names ``issuer``, whose key signed it, otherwise than RFC 5280 §4.1.2.4 and §4.2.1.1 want.

    The same name in other string types or letters is the same issuer, as is one that another key identifier names.
    """
    found = []
    if None not in (certificate.aki, issuer.ski) and certificate.aki != issuer.ski:
        found.append("aki-wrong")
    same_bytes = certificate.issuer_name.raw == issuer.subject_name.raw
    if not same_bytes and certificate.issuer_name.matches(issuer.subject_name):
        found.append("issuer-name-encoding")
    return tuple(found)


def is_self_signed(certificate: Certificate) -> bool:
    """True if the certificate's own key signed it. Names tell nothing: links often have one name on both sides."""
    try:
        verify_issued_by(certificate, certificate)
    except ToolkitError:
        return False
    return True


def _path_over_links(
    certificate: Certificate, anchors: Sequence[Certificate], links: Sequence[Certificate]
) -> tuple[Certificate, ...] | None:
    """The shortest path from ``certificate``, which no anchor has issued, over links to an anchor.

    One key alone has signed a certificate, so each is asked for once, the best reason first, and no key is reached
    twice. At most :data:`MAX_TRIES` signatures are verified: links may come with a list that nobody vouches for yet.
    """
    tries = iter(range(MAX_TRIES))
    reached = {certificate.key_identity}
    paths: list[tuple[Certificate, ...]] = [(certificate,)]
    for length in range(MAX_LINKS + 1):
        longer: list[tuple[Certificate, ...]] = []
        for path in paths:
            known = (*anchors, *links) if length else links
            issuers = [one for one in candidate_issuers(path[-1], known) if one.key_identity not in reached]
            bearers = _bearers_of_the_key(path[-1], issuers, tries)
            own = [one for one in bearers if one in anchors]
            if own:
                return (*path, best_bearer(path[-1], own))
            reached.update(one.key_identity for one in bearers)
            longer += [(*path, link) for link in bearers]
        paths = longer
    return None


def _bearers_of_the_key(
    certificate: Certificate, candidates: Iterable[Certificate], tries: Iterator[int]
) -> list[Certificate]:
    """The candidates that bear the key which signed ``certificate``; none once there are no more ``tries``."""
    by_key: dict[bytes, list[Certificate]] = {}
    for one in candidates:
        by_key.setdefault(one.key_identity, []).append(one)
    for bearers in by_key.values():
        if next(tries, None) is None:
            break
        if _is_issued_by(certificate, bearers[0]):
            return bearers
    return []


def _is_issued_by(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        verify_issued_by(certificate, issuer)
    except ToolkitError:
        return False
    return True


def may_be_link(certificate: Certificate) -> bool:
    """True if a certificate that only its signature speaks for may carry trust (RFC 5280 §6.1.4 (k), (n) and (o)).

    Without tolerance: a link is a certificate of today, and Doc 9303-12 Table 6 says what it must look like.
    """
    constraints, usage = certificate.basic_constraints, certificate.key_usage
    marked = constraints is not None and constraints.is_issuer and usage is not None and KeyUsage.KEY_CERT_SIGN in usage
    return marked and not certificate.unread_extensions
