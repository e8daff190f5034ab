"""One JSON document for one judged reading: plain names and values, for programs."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, date, datetime
from enum import Enum

from chipid.evidence.evidence import UNDATED
from chipid.exports.biometrics import biometric_access
from chipid.identity.holder import Attribute, Holder
from chipid.identity.released import Release
from chipid.lds.face_record import FaceImage
from chipid.pki.certificate import Certificate
from chipid.trust.records import Provenance
from chipid.verification.recheck import proof_of
from chipid.verification.report import CheckResult, FactValue, KnownDeviation, Report
from chipid.verification.tr03135 import guideline_result

SCHEMA = "chipid.reading/1"

JSONValue = str | int | float | bool | None | dict[str, "JSONValue"] | list["JSONValue"]


def reading_document(report: Report, holder: Holder | None, released: Release | None = None) -> dict[str, JSONValue]:
    """The document of a reading: verdict, every check, where the trust comes from, and the holder if there is one.

    ``docs/report.schema.json`` describes it. ``proof`` tells what a later check of the evidence finds again. Where
    something was ``released`` to a service, its holder is the one that is shown, and the profile is named.
    """
    shown = holder if released is None else released.holder
    return {
        "schema": SCHEMA,
        "verdict": report.verdict.value,
        "grounds": [_result(check) for check in report.grounds],
        "policy": report.policy,
        "policy_sha256": report.demands.sha256 or None,
        "judged_at": _time(report.judged_at),
        "read_at": _time(report.evidence.finished_at) if report.evidence.finished_at > UNDATED else None,
        "reader": report.evidence.reader,
        "evidence_sha256": report.evidence_digest,
        "redacted": [file.label for file in report.evidence.redacted],
        "redacted_from_sha256": report.evidence.redacted_from or None,
        "nonce_demanded": report.nonce_demanded,
        "signing_time": None if report.signing_time is None else _time(report.signing_time),
        "signer": None if report.signer is None else _signer(report.signer),
        "path": [{"sha256": one.fingerprint, "subject": one.record.subject} for one in report.path],
        "anchor": _anchor(report),
        "trust_generation": report.trust_generation,
        "trust_as_of": None if report.trust_as_of is None else _time(report.trust_as_of),
        "checks": [_check(check) for check in report.checks],
        "deviations": list(report.deviations),
        "known_deviations": [_known(one) for one in report.known_deviations],
        "quirks": list(report.quirks),
        "biometrics": _biometrics(report),
        "release": None if released is None else _release(released),
        "holder": None if shown is None else _holder(shown),
    }


def _anchor(report: Report) -> dict[str, JSONValue] | None:
    if report.anchor is None:
        return None
    return {
        "sha256": report.anchor.fingerprint,
        "subject": report.anchor.subject,
        "country": report.anchor.country,
        "source": report.anchor.source,
        "provenance": [_provenance(one) for one in report.anchor.provenance],
    }


def _provenance(one: Provenance) -> dict[str, JSONValue]:
    return {
        "file": one.file,
        "file_sha256": one.file_sha256,
        "basis": one.basis.value,
        "voucher_sha256": one.voucher,
        "imported_at": _time(one.imported_at) if one.is_dated else None,
        "approved_by": one.approved_by or None,
    }


def _biometrics(report: Report) -> dict[str, JSONValue] | None:
    access = biometric_access(report.evidence)
    if access is None:
        return None
    return {
        "terminal": access.terminal,
        "may_read": [group.label for group in access.may_read],
        "read": [group.label for group in access.read],
        "problem": access.problem,
        "step": access.step,
        "status": None if access.sw is None else f"{access.sw:04X}",
    }


def _check(check: CheckResult) -> dict[str, JSONValue]:
    proof, guideline = proof_of(check), guideline_result(check)
    return {
        **_result(check),
        "facts": [{"name": name, "value": _fact(value)} for name, value in check.facts],
        "known_deviation": check.deviation or None,
        "proof": None if proof is None else proof.value,
        "tr_03135": None if guideline is None else {"section": guideline.section, "result": guideline.result},
    }


def _result(check: CheckResult) -> dict[str, JSONValue]:
    """Which check it was and how it ended, which is all that is told of a ground."""
    return {
        "number": check.check.number,
        "check": check.check.label,
        "subject": check.subject or None,
        "result": check.result.value,
        "reason": check.reason.value,
    }


def _fact(value: FactValue) -> JSONValue:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, date) else value


def _signer(signer: Certificate) -> dict[str, JSONValue]:
    return {
        "sha256": signer.fingerprint,
        "subject": signer.subject,
        "issuer": signer.issuer,
        "serial": f"{signer.serial:x}",
        "not_before": _time(signer.not_before),
        "not_after": _time(signer.not_after),
    }


def _known(known: KnownDeviation) -> dict[str, JSONValue]:
    return {
        "kind": known.kind,
        "oid": known.oid,
        "subject": known.subject or None,
        "text": known.text or None,
        "certain": known.certain,
        "list_sha256": known.list_fingerprint,
        "listed_at": None if known.listed_at is None else _time(known.listed_at),
    }


def _release(released: Release) -> dict[str, JSONValue]:
    return {
        "profile": released.profile,
        "role": released.role,
        "claims": list(released.claims),
        "missing": list(released.missing),
    }


def _holder(holder: Holder) -> dict[str, JSONValue]:
    """Every attribute with its value, the group it stands in, and whether that group is vouched for."""
    document: dict[str, JSONValue] = {}
    for field in fields(holder):
        attribute = getattr(holder, field.name)
        if not isinstance(attribute, Attribute):
            continue
        document[field.name] = {
            "value": _value(attribute.value),
            "group": attribute.group.label,
            "vouched": attribute.vouched,
        }
    return document


def _value(value: object) -> JSONValue:
    if isinstance(value, FaceImage):
        # The image itself is asked for by name (--portrait), never released on the way.
        return {"format": value.format.name.lower(), "bytes": len(value.image)}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return str(value.value)
    return None if value is None else str(value)


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
