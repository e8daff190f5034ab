"""A judged reading as lines of text, in the language of the person at the desk."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime

from apdu.errors import MalformedDataError
from chipid.evidence.evidence import UNDATED
from chipid.exports.biometrics import biometric_lines
from chipid.exports.facts import facts_text
from chipid.exports.terminal import printable
from chipid.exports.trust_text import provenance_text
from chipid.identity.holder import Attribute, Holder, Sex
from chipid.identity.released import Release
from chipid.lds.face_record import FaceImage
from chipid.messages.catalogue import Catalogue
from chipid.verification.recheck import Proof, proof_of
from chipid.verification.report import Check, CheckResult, KnownDeviation, Reason, Report, Result, Verdict
from chipid.vietnam.personal_number import parse_personal_number

MAX_WORDS = 200  # of a text in somebody's list
_MARKS = {Result.PASSED: "+", Result.FAILED: "!", Result.INDETERMINATE: "?", Result.NOT_APPLICABLE: "-"}

# What was checked, is no failure, and wants a look at the card.
_WARNINGS = frozenset({Reason.IMPLAUSIBLE, Reason.NAMES_UNCLEAR})

# A proof that the chip owes and did not give: another proof may stand for it, and the desk hears of it all the same.
_DOUBTS = frozenset({Reason.CHIP_PROOF_ABORTED, Reason.CHIP_PROOF_MISSING})

_CONSEQUENCES = frozenset({Reason.KEY_NOT_VOUCHED, Reason.NOT_VOUCHED, Reason.NOT_OFFERED})


def render_reading(report: Report, holder: Holder | None, texts: Catalogue, released: Release | None = None) -> str:
    """Verdict first, then the holder, then every check: what a teller needs comes first.

    Where something was ``released`` to a service, its holder is the one that is shown, and the profile is named.
    """
    shown = holder if released is None else released.holder
    lines = (
        *_verdict(report, shown, texts),
        *_holder(shown, texts),
        *_release(released, texts),
        *_checks(report, texts),
        *_remarks(report, texts),
    )
    return "\n".join(printable(line) for line in lines)


def _verdict(report: Report, holder: Holder | None, texts: Catalogue) -> Iterator[str]:
    yield f"{texts.text('verdict', report.verdict.value)}"
    yield texts.text("advice", _advice(report))
    told = [one for one in report.checks if one.result is Result.FAILED or one.reason in _WARNINGS | _DOUBTS]
    told += [one for one in _causes(report.grounds) if one not in told]
    for check in sorted(told, key=lambda one: one.check.number):
        reason = texts.text("reason", check.reason.value)
        yield f"  {_MARKS[check.result]} {_name(check, texts)}: {reason}{_registration(check, holder, texts)}"
    remedies = dict.fromkeys(one.reason.value for one in report.grounds)
    for code in filter(texts.codes("remedy").__contains__, remedies):
        yield f"  > {texts.text('word', 'to-do')}: {texts.text('remedy', code)}"
    for known in report.known_deviations:
        yield f"  * {texts.text('word', 'known-to-issuer')}: {_known(known, texts)}"


def _causes(grounds: tuple[CheckResult, ...]) -> tuple[CheckResult, ...]:
    """The grounds without those that only follow from others: where the signer is unknown, nothing is vouched for."""
    return tuple(one for one in grounds if one.reason not in _CONSEQUENCES) or grounds


def _advice(report: Report) -> str:
    """The code of the advice; a policy may reject for what is open, and then nothing has failed."""
    failed = any(one.result is Result.FAILED and one.check not in report.demands.tolerated for one in report.grounds)
    return "rejected-open" if report.verdict is Verdict.REJECTED and not failed else report.verdict.value


def _known(known: KnownDeviation, texts: Catalogue) -> str:
    told = texts.text("known-deviation", known.kind)
    subject = f" ({known.subject})" if known.subject else ""
    words = f", “{known.text[:MAX_WORDS]}”" if known.text else ""
    return f"{told}{subject}{words}{'' if known.certain else ', ' + texts.text('word', 'perhaps')}"


def _registration(check: CheckResult, holder: Holder | None, texts: Catalogue) -> str:
    """Where the birth was registered, for a warning about a personal number that is shown; it stands in the number."""
    if holder is None or holder.personal_number is None or not check.subject.startswith("number-"):
        return ""
    try:
        province = parse_personal_number(holder.personal_number.value).province
    except MalformedDataError:
        return ""
    return f" ({texts.text('word', 'registered-in').format(place=province or texts.text('word', 'abroad'))})"


def _holder(holder: Holder | None, texts: Catalogue) -> Iterator[str]:
    if holder is None:
        return
    yield ""
    heading = texts.text("word", "holder")
    if holder.verdict is not Verdict.ACCEPTED:
        heading += f" ({texts.text('word', 'unverified')})"
    yield heading
    rows = [
        (texts.text("field", field.name.replace("_", "-")), getattr(holder, field.name)) for field in fields(holder)
    ]
    shown = [(label, attribute) for label, attribute in rows if isinstance(attribute, Attribute)]
    width = max((_width(label) for label, _ in shown), default=0)
    for label, attribute in shown:
        mark = "" if attribute.vouched else f"  ({texts.text('word', 'unverified')})"
        yield f"  {_pad(label, width)}  {_value(attribute.value, texts)}  [{attribute.group.label}]{mark}"


def _release(released: Release | None, texts: Catalogue) -> Iterator[str]:
    if released is None:
        return
    yield ""
    yield f"{texts.text('word', 'released-to')}: {released.profile}, {released.role}"
    if released.missing:
        missing = ", ".join(texts.text("field", claim.replace("_", "-")) for claim in released.missing)
        yield f"{texts.text('word', 'not-released')}: {missing}"


def _checks(report: Report, texts: Catalogue) -> Iterator[str]:
    yield ""
    yield texts.text("word", "checks")
    names = [_name(check, texts) for check in report.checks]
    width = max((_width(name) for name in names), default=0)
    for check, name in zip(report.checks, names, strict=True):
        warns = check.reason in _WARNINGS
        outcome = texts.text("word", "warning") if warns else texts.text("result", check.result.value)
        reason = texts.text("reason", check.reason.value)
        line = f"  {_MARKS[check.result]} {check.check.number:>2} {_pad(name, width)}  {outcome}"
        facts = f" ({facts_text(check, texts)})" if check.facts else ""
        told = check.result is Result.PASSED and check.reason is Reason.VERIFIED
        known = f" [{texts.text('known-deviation', check.deviation)}]" if check.deviation else ""
        code = f" [{check.reason.value}]" if check.result in (Result.FAILED, Result.INDETERMINATE) else ""
        yield f"{line}{facts}" if told else f"{line}: {reason}{facts}{code}{known}"


def _remarks(report: Report, texts: Catalogue) -> Iterator[str]:
    """By which rules and for when it was judged, who vouches for the card, and what a later check can prove."""
    yield ""
    digest = f"SHA-256 {report.demands.sha256[:16]}…" if report.demands.sha256 else texts.text("word", "without-file")
    yield f"{texts.text('word', 'policy')}: {report.policy} [{digest}]"
    yield f"{texts.text('word', 'judged-for')}: {_moment(report.judged_at)}"
    if report.evidence.finished_at > UNDATED:
        yield f"{texts.text('word', 'read-at')}: {_moment(report.evidence.finished_at)}"
    if report.trust_as_of is not None:
        yield f"{texts.text('word', 'trust-as-of')}: {_moment(report.trust_as_of)}"
    if report.nonce_demanded:
        yield texts.text("word", "nonce-demanded")
    if report.evidence.redacted_from:
        gone = ", ".join(file.label for file in report.evidence.redacted)
        yield f"{texts.text('word', 'redacted')}: {gone}"
    if report.anchor is not None:
        anchor = report.anchor
        yield f"{texts.text('word', 'anchor')}: {anchor.subject} [{anchor.source}, SHA-256 {anchor.fingerprint[:16]}…]"
        for one in anchor.provenance:
            if one.is_dated:
                yield f"  {texts.text('trust', 'from')} {provenance_text(one, texts)}"
    yield from biometric_lines(report.evidence, texts)
    if report.quirks:
        yield f"{texts.text('word', 'quirks')}: {', '.join(report.quirks)}"
    if report.deviations:
        yield f"{texts.text('word', 'deviations')}: {', '.join(report.deviations)}"
    yield f"{texts.text('word', 'evidence')}: SHA-256 {report.evidence_digest[:16]}…"
    for proof in Proof:
        numbers = sorted({check.check.number for check in report.checks if proof_of(check) is proof})
        yield f"  {texts.text('word', proof.value)}: {' '.join(map(str, numbers)) or '-'}"


# Checks that are made for several files or fields, so that their subject tells them apart.
_REPEATED = frozenset({Check.GROUP_HASH, Check.GROUP_FORMAT, Check.DG13_AGAINST_DG1, Check.PLAUSIBILITY})


def _name(check: CheckResult, texts: Catalogue) -> str:
    name = texts.text("check", check.check.label)
    if check.check not in _REPEATED or not check.subject:
        return name
    kind = "subject" if check.subject in texts.codes("subject") else "field"
    return f"{name}: {texts.text(kind, check.subject)}"


def _value(value: object, texts: Catalogue) -> str:
    if value is None:
        return texts.text("word", "no-expiry")
    if isinstance(value, FaceImage):
        return texts.text("word", "image").format(format=value.format.name.replace("_", " "), size=len(value.image))
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, Sex):
        return texts.text("sex", value.value)
    return str(value)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(' ', 'minutes')} UTC"


def _width(text: str) -> int:
    return sum(not unicodedata.combining(character) for character in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
