"""Check 2: did the document signer sign this very content? (RFC 5652 §5.4; ICAO Doc 9303-10 §4.6.2, -11 §5.1)

Of EF.SOD and of EF.CardSecurity. Who the signer is, and whether he may sign, is for the checks after it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from apdu.errors import ToolkitError
from chipid.crypto.keys import describe_key
from chipid.crypto.signatures import SignatureAlgorithm, parse_signature_algorithm
from chipid.errors import SignatureError, UnsupportedError
from chipid.lds.files import FileId
from chipid.pki.certificate import Certificate, parse_certificate
from chipid.pki.cms import CMSReason, CMSSignatureError, SignedData, find_signer_certificate, verify_signed_data
from chipid.trust.store import TrustStore
from chipid.verification.report import Check, CheckResult, Facts, Reason, Result

MAX_CANDIDATES: Final = 16  # signers of the store that one file may mean

_Outcome = tuple[Result, Reason, Facts]


def check_signature(signed: SignedData, file: FileId, trust: TrustStore) -> tuple[CheckResult, Certificate | None]:
    """Make check 2 for ``file``; also returns the certificate of who signed it, None if it is not known.

    Where the certificate is in the trust store alone, several may bear the name or key identifier that the file
    gives: the one counts whose key made the signature, best one that was valid then. If none did, it is wrong.
    """

    def told(outcome: _Outcome) -> CheckResult:
        result, reason, facts = outcome
        return CheckResult(Check.SOD_SIGNATURE, result, reason, file.label, facts)

    signer, damage = _embedded(signed)
    if signer is not None:
        return told(_verify(signed, signer)), signer
    stored = [one.certificate for one in trust.signer_certificates(signed.signer.sid)[:MAX_CANDIDATES]]
    if stored:
        tried = [(_verify(signed, one), one) for one in stored]
        passed = [one for one in tried if one[0][0] is Result.PASSED]
        time = signed.signer.signing_time
        valid = (one for one in passed if time is None or one[1].is_valid_at(time))
        outcome, signer = next(valid, (passed or tried)[0])
        return told(outcome), signer
    if isinstance(damage, UnsupportedError):
        return told((Result.INDETERMINATE, Reason.UNSUPPORTED, _problem(damage))), None
    if damage is not None:
        return told((Result.FAILED, Reason.SOD_MALFORMED, _problem(damage))), None
    return told((Result.INDETERMINATE, Reason.SIGNER_NOT_FOUND, ())), None


def _embedded(signed: SignedData) -> tuple[Certificate | None, ToolkitError | None]:
    """The signer's certificate, if the file carries it; otherwise the store may (Doc 9303-10 §4.6.2).

    Certificates beside it are nobody's concern, damaged ones included; where the signer's is not found, the damage may
    be why, and comes with it.
    """
    readable: list[Certificate] = []
    damage: ToolkitError | None = None
    for raw in signed.certificates:
        try:
            readable.append(parse_certificate(raw))
        except ToolkitError as error:
            damage = damage or error
    return find_signer_certificate(signed, readable, only=damage is None), damage


def _verify(signed: SignedData, signer: Certificate) -> _Outcome:
    try:
        verify_signed_data(signed, signer)
    except CMSSignatureError as error:
        digest_wrong = error.reason is CMSReason.MESSAGE_DIGEST_MISMATCH
        return Result.FAILED, Reason.CONTENT_DIGEST_WRONG if digest_wrong else Reason.SIGNATURE_WRONG, _problem(error)
    except SignatureError as error:
        return Result.FAILED, Reason.SIGNATURE_WRONG, _problem(error)
    except UnsupportedError as error:
        return Result.INDETERMINATE, Reason.UNSUPPORTED, _problem(error)
    except ToolkitError as error:
        return Result.FAILED, Reason.SOD_MALFORMED, _problem(error)
    info = signed.signer
    algorithm = parse_signature_algorithm(info.signature_algorithm.raw, digest=info.hash_name)
    return Result.PASSED, Reason.VERIFIED, _how_signed(algorithm, signer)


def _problem(error: ToolkitError) -> Facts:
    return (("problem", error.message),)


@lru_cache(maxsize=1024)
def _how_signed(algorithm: SignatureAlgorithm, signer: Certificate) -> Facts:
    return (
        ("algorithm", algorithm.scheme.value),
        ("hash", algorithm.hash_name),
        ("key", describe_key(signer.public_key)),
        ("signer", signer.fingerprint),
    )
