"""Check 3: does a CSCA that is trusted here stand behind the document signer? (ICAO Doc 9303-11 §5.1.1, -12 §7.1)"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from apdu.errors import ToolkitError
from chipid.asn1 import oids
from chipid.errors import SignatureError
from chipid.pki.certificate import Certificate
from chipid.pki.extensions import KeyUsage
from chipid.pki.path import IssuerUnknownError, PathReason
from chipid.trust.store import Anchor, TrustStore
from chipid.verification.report import Check, CheckResult, Facts, FactValue, Reason, Result, unread_fact
from chipid.verification.states import certificate_countries


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The result of check 3, and what was found of the chain; empty as far as there is none.

    ``path`` leads from the signer's issuer to where trust begins. ``links`` are those on it that are believed for
    their signature alone, each with the certificate above it. ``certified_late`` are the facts where one of these, or
    the signer, was certified by a key whose certificate was not valid then.
    """

    result: CheckResult
    path: tuple[Anchor, ...] = ()
    links: tuple[tuple[Certificate, Certificate], ...] = ()
    certified_late: Facts = ()


NO_CHAIN: Final = Chain(result=CheckResult(Check.SIGNER_CHAIN, Result.INDETERMINATE, Reason.SIGNER_NOT_FOUND))


def check_chain(signer: Certificate | None, trust: TrustStore, issuing_state: str | None) -> Chain:
    """3. Find the CSCA that issued the signer, over link certificates where its key has changed.

    A missing issuer is "could not check". Only an issuer that the signer names by key identifier and name,
    and whose key did not sign it, makes a forgery.
    """
    if signer is None:
        return NO_CHAIN
    return trust.conclude(("chain", signer, issuing_state), lambda _: _find_chain(signer, trust, issuing_state))


def _find_chain(signer: Certificate, trust: TrustStore, issuing_state: str | None) -> Chain:
    def result(outcome: Result, reason: Reason, *facts: tuple[str, FactValue]) -> CheckResult:
        return CheckResult(Check.SIGNER_CHAIN, outcome, reason, facts=facts)

    try:
        path = trust.path(signer)
    except SignatureError:
        wrong = result(Result.FAILED, Reason.SIGNER_SIGNATURE_WRONG, ("named-issuer", signer.issuer))
        return Chain(result=wrong)
    except IssuerUnknownError as error:
        return Chain(result=result(Result.INDETERMINATE, _UNKNOWN[error.reason], ("named-issuer", signer.issuer)))
    except ToolkitError as error:
        return Chain(result=result(Result.INDETERMINATE, Reason.UNSUPPORTED, ("problem", error.message)))
    steps = tuple(_steps(signer, path))
    unread = next((below.unread_extensions for below, _ in steps if below.unread_extensions), ())
    outcome, reason = _authority(signer, path[0].certificate, issuing_state, unread=bool(unread))
    links = (("links", len(path) - 1),) if len(path) > 1 else ()
    named = unread_fact(unread) if reason is Reason.SIGNER_EXTENSION_UNREAD else ()
    return Chain(
        result=result(outcome, reason, ("issuer", path[0].record.subject), *links, *named),
        path=path,
        links=steps[1:],
        certified_late=next((_late(*step) for step in steps if not step[1].is_valid_at(step[0].not_before)), ()),
    )


_UNKNOWN = {
    PathReason.NO_ANCHORS: Reason.TRUST_STORE_EMPTY,
    PathReason.NO_COUNTRY: Reason.ISSUER_COUNTRY_UNKNOWN,
    PathReason.NO_KEY: Reason.ISSUER_KEY_UNKNOWN,
}


def _authority(
    signer: Certificate, issuer: Certificate, issuing_state: str | None, *, unread: bool
) -> tuple[Result, Reason]:
    """May this signer sign this document (Doc 9303-11 §5.1.1, further checks 1 and 2)?

    A CSCA issues certificates for other purposes too, such as master lists; and whoever trusts many States must not
    let one of them make the documents of another. What can be read decides against the signer, and what cannot be
    read, in his certificate or in a link, keeps the question open (RFC 5280 §4.2).
    """
    usage, constraints = signer.key_usage, signer.basic_constraints
    has_types = signer.document_types is not None or oids.ICAO_DOCUMENT_TYPE_LIST in signer.damaged_extensions
    for_documents = has_types or signer.extended_key_usage is None
    may_sign = usage is None or KeyUsage.DIGITAL_SIGNATURE in usage
    may_issue = constraints is not None and constraints.is_issuer
    if not (for_documents and may_sign) or may_issue:
        return Result.FAILED, Reason.SIGNER_NOT_AUTHORISED
    countries = () if issuing_state is None else certificate_countries(issuing_state)
    if countries and issuer.country and issuer.country not in countries:
        return Result.FAILED, Reason.ISSUER_OF_ANOTHER_STATE
    if unread:
        return Result.INDETERMINATE, Reason.SIGNER_EXTENSION_UNREAD
    if issuing_state is not None and not (countries and issuer.country):
        return Result.INDETERMINATE, Reason.ISSUING_STATE_UNKNOWN
    return Result.PASSED, Reason.VERIFIED


def _steps(signer: Certificate, path: tuple[Anchor, ...]) -> Iterator[tuple[Certificate, Certificate]]:
    """Every certificate that is believed because of a signature alone, with the one whose key made that signature.

    The signer's is one, and so is a link that neither its owner nor a list speaks for: whoever has an old key could
    make such links for ever.
    """
    below = signer
    for above in path:
        yield below, above.certificate
        if above.record.is_vouched_directly:
            return
        below = above.certificate


def _late(below: Certificate, above: Certificate) -> Facts:
    return *valid_days(above), ("certified", below.not_before.date())


@lru_cache(maxsize=1024)
def valid_days(certificate: Certificate) -> Facts:
    """When a certificate is valid, as facts."""
    return ("valid-from", certificate.not_before.date()), ("valid-to", certificate.not_after.date())
