"""Read, authenticate and judge chip ID cards.

The public face. Ten lines make a desk::

    evidence = chipid.read_card(transport, key, plan, entropy=…, clock=…, now=…)
    report = chipid.judge(evidence, trust, policy, now)
    holder = chipid.Holder.from_report(report)

Submodules hold the rest; their docstrings name the law they follow.
"""

from apdu.errors import CardError, CardRemovedError, ToolkitError, TransportError
from chipid.crypto.entropy import system_entropy
from chipid.errors import AccessKeyError, ConfigurationError, NotAcceptedError, WrongAccessKeyError
from chipid.evidence.codec import decode_evidence, encode_evidence, evidence_digest
from chipid.evidence.evidence import Evidence
from chipid.identity.holder import Attribute, Holder, Sex
from chipid.identity.key_input import parse_access_key
from chipid.inspection.plan import EVERYTHING, BACUse, ReadingPlan
from chipid.inspection.progress import Progress, ProgressEvent, Step
from chipid.inspection.reading import read_card
from chipid.lds.files import FileId
from chipid.mrz.access_key import AccessKey
from chipid.trust.store import TrustStore
from chipid.verification.engine import judge
from chipid.verification.policy import DEFAULT as DEFAULT_POLICY
from chipid.verification.policy import Policy
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
    "ToolkitError",
    "TransportError",
    "TrustStore",
    "Verdict",
    "WrongAccessKeyError",
    "decode_evidence",
    "encode_evidence",
    "evidence_digest",
    "judge",
    "parse_access_key",
    "read_card",
    "system_entropy",
]
