"""Read, authenticate and judge chip ID cards.

The public face. A desk in three calls::

    evidence = chipid.read_card(transport, key, plan, entropy=…, clock=…, now=…)
    report = chipid.judge(evidence, trust, policy, now)
    holder = chipid.Holder.from_report(report)

The names below are imported when they are first used (PEP 562): a program that needs one room does not pay for
the others. Submodules hold the rest; their docstrings name the law they follow.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apdu.errors import CardError, CardRemovedError, ToolkitError, TransportError
    from chipid.crypto.entropy import system_entropy
    from chipid.errors import AccessKeyError, ConfigurationError, NotAcceptedError, WrongAccessKeyError
    from chipid.evidence.codec import decode_evidence, encode_evidence, evidence_digest
    from chipid.evidence.evidence import Evidence
    from chipid.evidence.loose_files import evidence_of_files
    from chipid.identity.holder import Attribute, Holder, Sex
    from chipid.identity.key_input import parse_access_key
    from chipid.inspection.plan import EVERYTHING, BACUse, ReadingPlan
    from chipid.inspection.progress import Progress, ProgressEvent, Step
    from chipid.inspection.reading import read_card
    from chipid.lds.files import FileId
    from chipid.mrz.access_key import AccessKey
    from chipid.protocols.terminal_key import FileTerminalKey, TerminalKey, load_terminal_key
    from chipid.protocols.terminal_key_folder import read_terminal_key
    from chipid.trust.store import TrustStore
    from chipid.verification.engine import judge
    from chipid.verification.policy import Policy
    from chipid.verification.policy_file import DEFAULT_POLICY, load_policy, shipped_policy
    from chipid.verification.report import Check, CheckResult, Reason, Report, Result, Verdict

__all__ = [
    "DEFAULT_POLICY",
    "EVERYTHING",
    "AccessKey",
    "AccessKeyError",
    "Attribute",
    "BACUse",
    "CardError",
    "CardRemovedError",
    "Check",
    "CheckResult",
    "ConfigurationError",
    "Evidence",
    "FileId",
    "FileTerminalKey",
    "Holder",
    "NotAcceptedError",
    "Policy",
    "Progress",
    "ProgressEvent",
    "ReadingPlan",
    "Reason",
    "Report",
    "Result",
    "Sex",
    "Step",
    "TerminalKey",
    "ToolkitError",
    "TransportError",
    "TrustStore",
    "Verdict",
    "WrongAccessKeyError",
    "decode_evidence",
    "encode_evidence",
    "evidence_digest",
    "evidence_of_files",
    "judge",
    "load_policy",
    "load_terminal_key",
    "parse_access_key",
    "read_card",
    "read_terminal_key",
    "shipped_policy",
    "system_entropy",
]

_ORIGINS = {
    "AccessKey": "chipid.mrz.access_key",
    "AccessKeyError": "chipid.errors",
    "Attribute": "chipid.identity.holder",
    "BACUse": "chipid.inspection.plan",
    "CardError": "apdu.errors",
    "CardRemovedError": "apdu.errors",
    "Check": "chipid.verification.report",
    "CheckResult": "chipid.verification.report",
    "ConfigurationError": "chipid.errors",
    "DEFAULT_POLICY": "chipid.verification.policy_file",
    "EVERYTHING": "chipid.inspection.plan",
    "Evidence": "chipid.evidence.evidence",
    "FileId": "chipid.lds.files",
    "FileTerminalKey": "chipid.protocols.terminal_key",
    "Holder": "chipid.identity.holder",
    "NotAcceptedError": "chipid.errors",
    "Policy": "chipid.verification.policy",
    "Progress": "chipid.inspection.progress",
    "ProgressEvent": "chipid.inspection.progress",
    "ReadingPlan": "chipid.inspection.plan",
    "Reason": "chipid.verification.report",
    "Report": "chipid.verification.report",
    "Result": "chipid.verification.report",
    "Sex": "chipid.identity.holder",
    "Step": "chipid.inspection.progress",
    "TerminalKey": "chipid.protocols.terminal_key",
    "ToolkitError": "apdu.errors",
    "TransportError": "apdu.errors",
    "TrustStore": "chipid.trust.store",
    "Verdict": "chipid.verification.report",
    "WrongAccessKeyError": "chipid.errors",
    "decode_evidence": "chipid.evidence.codec",
    "encode_evidence": "chipid.evidence.codec",
    "evidence_digest": "chipid.evidence.codec",
    "evidence_of_files": "chipid.evidence.loose_files",
    "judge": "chipid.verification.engine",
    "load_policy": "chipid.verification.policy_file",
    "load_terminal_key": "chipid.protocols.terminal_key",
    "parse_access_key": "chipid.identity.key_input",
    "read_card": "chipid.inspection.reading",
    "read_terminal_key": "chipid.protocols.terminal_key_folder",
    "shipped_policy": "chipid.verification.policy_file",
    "system_entropy": "chipid.crypto.entropy",
}


def __getattr__(name: str) -> object:
    if name not in _ORIGINS:
        raise AttributeError(f"module 'chipid' has no attribute {name!r}")
    value: object = getattr(import_module(_ORIGINS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_ORIGINS})
