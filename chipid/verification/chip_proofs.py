"""Is it the chip that the state personalised? Chip and Active Authentication, judged (ICAO Doc 9303-11 §6).

A proof counts only for a key that Passive Authentication vouches for: anybody can prove a key of his own.
"""

from __future__ import annotations

from typing import NamedTuple

from apdu.errors import MalformedDataError
from chipid.asn1 import oids
from chipid.crypto.iso9796 import verify_recoverable_signature
from chipid.crypto.keys import ECPublicKey, PublicKey, RSAPublicKey, describe_key
from chipid.crypto.signatures import SignatureAlgorithm, SignatureScheme, signature_algorithm_by_oid, verify_signature
from chipid.errors import SignatureError, UnsupportedError
from chipid.evidence.evidence import AccessProtocol, ActiveAuthenticationRecord, Evidence, ProofOutcome
from chipid.evidence.nonce import is_bound_to
from chipid.lds.dg15 import parse_dg15
from chipid.lds.files import FileId
from chipid.lds.security_infos import SecurityInfos
from chipid.verification.report import Check, CheckResult, Facts, Reason, Result, status_fact

# Without ActiveAuthenticationInfo the hash is not told: the usual ones are tried (early documents).
_HASHES_TO_TRY = ("sha256", "sha1", "sha224", "sha384", "sha512")


class _Outcome(NamedTuple):
    result: Result
    reason: Reason
    facts: Facts = ()


def check_chip_proofs(
    evidence: Evidence,
    infos: SecurityInfos | None,
    vouched: frozenset[str],
    signed_groups: frozenset[int],
    *,
    nonce: bytes | None = None,
) -> tuple[CheckResult, ...]:
    """Make checks 13 and 14.

    ``infos`` are those of DG14, ``vouched`` the groups that Passive Authentication vouches for, by their labels,
    ``signed_groups`` the numbers of those that the SOD lists.
    With a ``nonce``, only a signature over the challenge made from it passes: an old one proves nothing about now.
    """
    chip = _judge_chip_authentication(evidence, infos, vouched, signed_groups)
    active = _judge_active_authentication(evidence, infos, vouched, signed_groups)
    if nonce is not None and evidence.active_authentication is not None and not is_bound_to(evidence, nonce):
        active = _Outcome(Result.FAILED, Reason.CHALLENGE_NOT_BOUND)
    return (
        CheckResult(
            check=Check.CHIP_AUTHENTICATION,
            result=chip.result,
            reason=chip.reason,
            subject=FileId.DG14.label,
            facts=chip.facts,
        ),
        CheckResult(
            check=Check.ACTIVE_AUTHENTICATION,
            result=active.result,
            reason=active.reason,
            subject=FileId.DG15.label,
            facts=active.facts,
        ),
    )


def _judge_chip_authentication(
    evidence: Evidence, infos: SecurityInfos | None, vouched: frozenset[str], signed_groups: frozenset[int]
) -> _Outcome:
    record = evidence.chip_authentication
    if record is None:
        offered = infos is not None and bool(infos.chip_authentication_keys)
        return _not_run(FileId.DG14, evidence, signed_groups, offered=offered)
    if record.outcome is ProofOutcome.FAILED:
        return _Outcome(Result.FAILED, Reason.CHIP_PROOF_FAILED)
    if record.outcome is ProofOutcome.ABORTED:
        return _Outcome(Result.INDETERMINATE, Reason.CHIP_PROOF_ABORTED, status_fact(record.sw))
    keys = () if infos is None else infos.chip_authentication_keys
    if record.public_key not in {key.spki for key in keys} or FileId.DG14.label not in vouched:
        return _Outcome(Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)
    return _Outcome(Result.PASSED, Reason.VERIFIED, (("protocol", oids.name_of(record.protocol)),))


def _judge_active_authentication(
    evidence: Evidence, infos: SecurityInfos | None, vouched: frozenset[str], signed_groups: frozenset[int]
) -> _Outcome:
    record = evidence.active_authentication
    content = evidence.content(FileId.DG15)
    if record is None:
        return _not_run(FileId.DG15, evidence, signed_groups, offered=content is not None)
    if record.outcome is not ProofOutcome.COMPLETED:
        return _Outcome(Result.INDETERMINATE, Reason.CHIP_PROOF_ABORTED, status_fact(record.sw))
    key = _load_key(content)
    if isinstance(key, _Outcome):
        return key
    try:
        facts = _verify_active_authentication(key, record, infos)
    except SignatureError:
        return _Outcome(Result.FAILED, Reason.CHIP_PROOF_FAILED)
    except UnsupportedError as error:
        return _Outcome(Result.INDETERMINATE, Reason.UNSUPPORTED, (("problem", error.message),))
    except MalformedDataError:
        # Chips cut the answer short or leave it empty: that proves nothing, in either direction.
        return _Outcome(Result.INDETERMINATE, Reason.ANSWER_LENGTH_WRONG, (("bytes", len(record.response)),))
    if FileId.DG15.label not in vouched:
        return _Outcome(Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED, facts)
    return _Outcome(Result.PASSED, Reason.VERIFIED, facts)


def _load_key(dg15: bytes | None) -> PublicKey | _Outcome:
    """The key of Active Authentication, which ran, or how the check ends without one."""
    if dg15 is None:
        return _Outcome(Result.INDETERMINATE, Reason.KEY_NOT_VOUCHED)
    try:
        return parse_dg15(dg15).public_key
    except UnsupportedError as error:
        return _Outcome(Result.INDETERMINATE, Reason.UNSUPPORTED, (("problem", error.message),))
    except MalformedDataError:
        return _Outcome(Result.INDETERMINATE, Reason.GROUP_MALFORMED)


def _not_run(file: FileId, evidence: Evidence, signed_groups: frozenset[int], *, offered: bool) -> _Outcome:
    """Why there is no proof: the chip has none, nobody asked for it, or it should be there and is not."""
    if not offered and file.dg_number not in signed_groups:
        return _Outcome(Result.NOT_APPLICABLE, Reason.NOT_OFFERED)
    record = evidence.record(file)
    if record is None or evidence.access.protocol is AccessProtocol.UNKNOWN:
        return _Outcome(Result.NOT_APPLICABLE, Reason.NOT_REQUESTED)
    if not offered and evidence.content(file) is not None:
        return _Outcome(Result.NOT_APPLICABLE, Reason.NOT_OFFERED)  # DG14 may hold other protocols only
    return _Outcome(Result.INDETERMINATE, Reason.CHIP_PROOF_MISSING)


def _verify_active_authentication(
    key: PublicKey, record: ActiveAuthenticationRecord, infos: SecurityInfos | None
) -> Facts:
    """Verify the chip's signature over the recorded challenge (§6.1.2); returns with what it was verified."""
    if isinstance(key, RSAPublicKey):
        hash_name = verify_recoverable_signature(key, record.response, record.challenge)
        return ("key", describe_key(key)), ("hash", hash_name)
    if not isinstance(key, ECPublicKey):
        raise UnsupportedError("Active Authentication knows RSA and ECDSA keys only")
    scheme = SignatureScheme.ECDSA_PLAIN
    if len(record.response) != 2 * key.curve.order_length:
        # QUIRK active-authentication-der: some chips answer in DER instead of plain r and s.
        if record.response[:1] != b"\x30":
            raise MalformedDataError("the signature is neither plain nor DER")
        scheme = SignatureScheme.ECDSA
    for hash_name in _hashes(infos):
        algorithm = SignatureAlgorithm(scheme=scheme, hash_name=hash_name)
        try:
            verify_signature(key, algorithm, record.challenge, record.response)
        except SignatureError:
            continue
        return ("algorithm", scheme.value), ("key", describe_key(key)), ("hash", hash_name)
    raise SignatureError("the chip's signature over the challenge is wrong")


def _hashes(infos: SecurityInfos | None) -> tuple[str, ...]:
    """The hash functions that DG14 names; whether it calls the signature plain or not is no matter, chips do either."""
    algorithms = () if infos is None else tuple(info.signature_algorithm for info in infos.active_authentication)
    if not algorithms:
        return _HASHES_TO_TRY
    known = [algorithm for oid in algorithms if (algorithm := _ecdsa(oid)) is not None]
    if not known:
        raise UnsupportedError("DG14 names an unknown signature algorithm for Active Authentication")
    return tuple(dict.fromkeys(algorithm.hash_name for algorithm in known))


def _ecdsa(oid: str) -> SignatureAlgorithm | None:
    try:
        algorithm = signature_algorithm_by_oid(oid)
    except UnsupportedError:
        return None
    return algorithm if algorithm.scheme in (SignatureScheme.ECDSA, SignatureScheme.ECDSA_PLAIN) else None
