"""Check 19: the Chip Authentication Mapping of PACE (ICAO Doc 9303-11 §4.4.3.5.2).

It proves the chip if PK_Map,IC = CA_IC · PK_IC for the key PK_IC of an EF.CardSecurity that Passive Authentication
vouches for, by the same steps as for EF.SOD.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from apdu.errors import MalformedDataError, ToolkitError
from chipid.crypto import points
from chipid.crypto.chip_authentication_mapping import verify_chip_authentication_data
from chipid.crypto.keys import ECPublicKey, describe_key
from chipid.crypto.signatures import parse_signature_algorithm
from chipid.errors import SignatureError, UnsupportedError
from chipid.evidence.evidence import Evidence, MappingRecord
from chipid.lds.card_access import parse_card_access
from chipid.lds.ef_card_security import CardSecurity, parse_card_security
from chipid.lds.files import FileId
from chipid.lds.protocols import PACEMapping
from chipid.lds.security_infos import PACEDomainParameterInfo, PACEInfo
from chipid.trust.store import TrustStore
from chipid.verification.passive_authentication import check_validity
from chipid.verification.policy import Policy
from chipid.verification.report import Check, CheckResult, Facts, Reason, Result
from chipid.verification.signer_chain import check_chain
from chipid.verification.signer_checks import Signing, check_signer
from chipid.verification.sod_signature import check_signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is known of the document that Passive Authentication compares signers with; None for what is not."""

    issuing_state: str | None
    issued_on: date | None
    code: str | None


def check_mapping(
    evidence: Evidence, trust: TrustStore, policy: Policy, *, document: Document, now: datetime
) -> CheckResult:
    """Make check 19; it does not apply where PACE did not run with this mapping."""

    def result(outcome: Result, reason: Reason, facts: Facts = ()) -> CheckResult:
        return CheckResult(Check.CHIP_AUTHENTICATION_MAPPING, outcome, reason, FileId.CARD_SECURITY.label, facts)

    record = evidence.chip_authentication_mapping
    if record is None:
        return result(Result.NOT_APPLICABLE, Reason.NOT_REQUESTED if _is_offered(evidence) else Reason.NOT_OFFERED)
    content = evidence.content(FileId.CARD_SECURITY)
    if content is None:
        return result(Result.INDETERMINATE, Reason.FILE_UNREADABLE)
    try:
        file = parse_card_security(content)
        key = _static_key(file, evidence.access.parameter_id)
        _verify(record, key)
        agrees = _agrees_with_card_access(file, evidence)
    except SignatureError:
        return result(Result.FAILED, Reason.CHIP_PROOF_FAILED)
    except UnsupportedError as error:
        return result(Result.INDETERMINATE, Reason.UNSUPPORTED, (("problem", error.message),))
    except ToolkitError:
        return result(Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)
    outcome, reason = _vouch(file, trust, policy, document=document, now=now)
    if outcome is Result.PASSED and not agrees:
        outcome, reason = Result.FAILED, Reason.SECURITY_INFOS_DIFFER
    return result(outcome, reason, (("key", describe_key(key)),) if outcome is not Result.FAILED else ())


def _static_key(file: CardSecurity, parameter_id: int | None) -> ECPublicKey:
    """PK_IC: the key whose identifier is that of PACE's domain parameters (§9.2.6), or the only one there is.

    Raises :class:`MalformedDataError` if there is none, :class:`UnsupportedError` if it cannot be read.
    """
    infos = file.security_infos.chip_authentication_keys
    named = [info for info in infos if info.key_id == parameter_id] or list(infos if len(infos) == 1 else ())
    if len(named) != 1:
        raise MalformedDataError("EF.CardSecurity holds no key for the mapping")
    key = named[0].public_key
    if not isinstance(key, ECPublicKey):
        raise UnsupportedError("the Chip Authentication Mapping exists over curves only")
    return key


def _verify(record: MappingRecord, key: ECPublicKey) -> None:
    try:
        pk_map_ic = points.decode_point(key.curve, record.mapping_public_key)
    except MalformedDataError as error:
        raise SignatureError("the chip's mapping key lies on another curve than its static key") from error
    verify_chip_authentication_data(key.curve, record.chip_authentication_data, pk_ic=key.point, pk_map_ic=pk_map_ic)


def _agrees_with_card_access(file: CardSecurity, evidence: Evidence) -> bool:
    """EF.CardAccess is unsigned: whatever PACE it offers must be in the signed file, which may hold more (§9.2.11)."""
    return set(_offered(evidence)) <= set(file.security_infos.pace_offer)


def _is_offered(evidence: Evidence) -> bool:
    try:
        infos = (info for info in _offered(evidence) if isinstance(info, PACEInfo))
        return any(info.protocol.mapping is PACEMapping.CHIP_AUTHENTICATION for info in infos)
    except ToolkitError:
        return False


def _offered(evidence: Evidence) -> tuple[PACEInfo | PACEDomainParameterInfo, ...]:
    content = evidence.content(FileId.CARD_ACCESS)
    return () if content is None else parse_card_access(content).security_infos.pace_offer


def _vouch(
    file: CardSecurity, trust: TrustStore, policy: Policy, *, document: Document, now: datetime
) -> tuple[Result, Reason]:
    """Signature, chain and validity passed, and nothing discredits the signer: as of EF.SOD (checks 2 to 8).

    A wrong signature fails; anything else that is missing leaves the key without a voucher.
    """
    signed = file.signed_data
    signature, signer = check_signature(signed, FileId.CARD_SECURITY, trust)
    if signature.result is Result.FAILED:
        return Result.FAILED, signature.reason
    chain = check_chain(signer, trust, document.issuing_state)
    time = signed.signer.signing_time
    validity = check_validity(signer, chain, signing_time=time, issued_on=document.issued_on, now=now)
    signing = Signing.of(None, signer, chain, time)
    discredits = check_signer(signing, trust, policy, document_code=document.code, now=now)
    vouched = (
        all(one.passed for one in (signature, chain.result, validity))
        and not any(one.result is Result.FAILED for one in discredits)
        and _hashes_are_strong(file, policy, time or now)
    )
    return (Result.PASSED, Reason.VERIFIED) if vouched else (Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)


def _hashes_are_strong(file: CardSecurity, policy: Policy, time: datetime) -> bool:
    """The hash functions of content and signature satisfy the policy's rule for the day of signing."""
    rule = policy.algorithm_rule(time.date())
    info = file.signed_data.signer
    try:
        algorithm = parse_signature_algorithm(info.signature_algorithm.raw, digest=info.hash_name)
    except ToolkitError:
        return False
    return rule is not None and {algorithm.hash_name, info.hash_name} <= rule.hashes
