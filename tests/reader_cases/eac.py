"""Documents with fingerprints and irises, and the terminal that may read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from chipid.inspection.plan import EVERYTHING, ReadingPlan
from chipid.lds.dg3 import build_dg3
from chipid.lds.dg4 import build_dg4
from chipid.lds.files import FileId
from chipid.lds.finger_record import WSQ, FingerImage
from chipid.lds.iris_record import MONO_RAW, IrisImage
from chipid.pki.cv_certificate import CVCertificate
from simulator.pki.cv_issuer import CVHolder
from simulator.randomness import SeededEntropy
from tests.reader_cases.case import Outcome
from tests.reader_cases.documents import Document, Groups, issue, mrz_key, profile
from tests.reader_cases.inspection import inspect

# What no finger and no eye looks like: rows of grey.
_SIZE = (16, 8)
_PICTURE = bytes(range(128))


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """The inspection system that a document trusts, with every right."""

    certificate: CVCertificate
    certificates: Sequence[CVCertificate]
    holder: CVHolder = field(repr=False)

    def sign(self, data: bytes) -> bytes:
        return self.holder.key.sign(data, SeededEntropy(b"terminal of a reader case"))


def fingers(*, count: int = 2, compression: int = WSQ) -> bytes:
    """DG3 with as many fingers, index fingers first."""
    return build_dg3([finger(position, compression) for position in (7, 2, 8)[:count]])


def finger(position: int, compression: int = WSQ) -> FingerImage:
    width, height = _SIZE
    return FingerImage(image=_PICTURE, width=width, height=height, position=position, compression=compression)


def irises(*, image_format: int = MONO_RAW) -> bytes:
    """DG4 with both eyes."""
    width, height = _SIZE
    eyes = (IrisImage(image=_PICTURE, width=width, height=height, eye=eye, image_format=image_format) for eye in (1, 2))
    return build_dg4(list(eyes))


@cache
def _usual() -> Groups:
    return {3: fingers(), 4: irises()}


def issue_eac(changes: Groups) -> Document:
    """A document with two fingers and two irises, and data groups changed before they are signed."""
    return issue(profile("eac"), groups=lambda groups: {**groups, **_usual(), **changes})


def plan_of(document: Document) -> ReadingPlan:
    """Read everything, with the terminal that the document trusts."""
    pki = document.keys.terminals
    assert pki is not None
    terminal = Terminal(
        certificate=pki.terminal.certificate, certificates=[pki.verifier.certificate], holder=pki.terminal
    )
    return replace(EVERYTHING, terminal_key=terminal)


def inspect_eac(document: Document) -> Outcome:
    """Inspect such a document with that terminal, to which both locked groups must open."""
    outcome = inspect(document, mrz_key(), plan=plan_of(document))
    evidence = outcome.evidence
    assert evidence is not None
    assert all(evidence.record(file) is not None for file in (FileId.DG3, FileId.DG4))
    return outcome


def inspect_biometrics(number: int, content: bytes) -> Outcome:
    """Inspect a document with this DG3 or DG4."""
    return inspect_eac(issue_eac({number: content}))
