"""The same SODs, certificates, lists and CRLs before pymrtd; docs/differences.md explains where it says otherwise.

pymrtd needs an older ``cryptography`` than ours, so it runs in an environment of its own: the interpreter that
CHIPID_PYMRTD names, else one that is made here with pip.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from chipid.lds.files import FileId
from chipid.pki.certificate import parse_certificate, verify_issued_by
from chipid.trust.draft import Delivery
from chipid.trust.imports import import_master_list
from chipid.trust.records import Lineage
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.trust import german_list, test_wrongly_accepted
from tests.verification import forge
from tests.verification.test_reference_data import reference
from tests.verification.test_sod_forms import FORMS

pytestmark = pytest.mark.long

SCRIPT = Path(__file__).with_name("pymrtd_opinions.py")
REQUIREMENT = "pymrtd>=0.6.5,<0.7"
VERIFIED, WRONG = "verified", "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something signed, ``signer`` where its key does not come along, what we say, and what pymrtd says otherwise."""

    kind: str
    name: str
    data: bytes
    signer: bytes | None = None
    ours: str = VERIFIED
    theirs: str | None = None


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python that has pymrtd; the tests are skipped where there is none to be had."""
    named = os.environ.get("CHIPID_PYMRTD")
    if named is not None:
        return named
    folder = tmp_path_factory.mktemp("pymrtd")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True)
    python = str(folder / "bin" / "python")
    answer = subprocess.run(
        [python, "-m", "pip", "install", "-q", REQUIREMENT], check=False, capture_output=True, text=True, timeout=300
    )
    if answer.returncode != 0:
        pytest.skip(f"{REQUIREMENT} cannot be installed: {(answer.stderr.strip().splitlines() or ['?'])[-1]}")
    return python


def ask(interpreter: str, cases: list[Case]) -> dict[str, str]:
    question = [
        {
            "kind": one.kind,
            "name": one.name,
            "data": one.data.hex(),
            "signer": None if one.signer is None else one.signer.hex(),
        }
        for one in cases
    ]
    answer = subprocess.run(
        [interpreter, SCRIPT], input=json.dumps(question), check=True, capture_output=True, text=True, timeout=300
    )
    opinions: dict[str, str] = json.loads(answer.stdout)
    return opinions


def assert_as_documented(interpreter: str, cases: list[Case]) -> None:
    opinions = ask(interpreter, cases)
    for one in cases:
        assert opinions[one.name].startswith(one.ours if one.theirs is None else one.theirs), (one.name, opinions)


# By the name of the form in tests/verification/test_sod_forms.py.
SOD_DIFFERENCES = {"plain ECDSA": "SODError: Insufficient data", "no signed attributes": "SODError: Signed content"}


def test_security_objects(interpreter: str) -> None:
    cases = [
        Case(kind="sod", name=form.name, data=form.sod(), signer=form.stored, theirs=SOD_DIFFERENCES.get(form.name))
        for form in FORMS
    ]
    published = reference().content(FileId.SOD) or b""
    cases += [
        Case(kind="sod", name="reference data", data=published),
        Case(kind="sod", name="reference data, flipped", data=forge.flipped(published, -1), ours=WRONG),
    ]
    assert_as_documented(interpreter, cases)


@german_list.needed
def test_the_german_list_and_every_signature_in_it(interpreter: str) -> None:
    data, csca = german_list.LIST.read_bytes(), german_list.CSCA.read_bytes()
    delivery = Delivery.of(data, file=german_list.LIST.name, approved_by="test", at=german_list.NOW)
    store, _ = import_master_list(TrustStore(anchors=()), data, delivery, pinned=[csca])
    parents = {one.fingerprint: one.certificate.raw for one in store.anchors}
    cases = [Case(kind="list", name="the list", data=data, signer=csca)] + [
        Case(
            kind="certificate",
            name=one.fingerprint,
            data=one.certificate.raw,
            signer=None if one.record.parent is None else parents[one.record.parent],
        )
        for one in store.anchors
        if one.record.lineage is not Lineage.PARENT_ABSENT
    ]
    assert len(cases) == 577
    assert_as_documented(interpreter, cases)


def test_revocation_lists(interpreter: str) -> None:
    csca, other = issuing.csca("VN"), issuing.csca("VN", "2")
    cases = [
        Case(kind="crl", name="one number", data=issuing.revoke(csca, [1]), signer=csca.raw),
        Case(kind="crl", name="no number", data=issuing.revoke(csca, []), signer=csca.raw),
        Case(kind="crl", name="another key", data=issuing.revoke(csca, [1]), signer=other.raw, ours=WRONG),
    ]
    assert_as_documented(interpreter, cases)


# By the integer that is changed: pymrtd computes on whatever curve the certificate describes.
CURVE_DIFFERENCES = {"p": "ValueError", "a": "ValueError", "b": "ValueError", "x": "ValueError", "h": VERIFIED}


def test_certificates_that_nobody_should_accept(interpreter: str) -> None:
    false, signer = test_wrongly_accepted.twin()
    csca = issuing.issue(issuing.name("VN", "RSA"), issuing.rsa_key("interop", 3))
    cases = [
        Case(kind="certificate", name="right", data=csca.raw),
        Case(kind="certificate", name="garbage", data=test_wrongly_accepted.resigned(csca.raw, csca.key), ours=WRONG),
        Case(kind="certificate", name="twin", data=signer.raw, signer=false.raw, ours=WRONG, theirs=VERIFIED),
    ]
    for integer, change in test_wrongly_accepted.CHANGES.items():
        changed = test_wrongly_accepted.with_curve(test_wrongly_accepted.VN, change(test_wrongly_accepted.P256))
        theirs = CURVE_DIFFERENCES.get(integer)
        cases.append(Case(kind="certificate", name=integer, data=changed.raw, ours=WRONG, theirs=theirs))
    for one in cases:
        assert our_opinion(one) == one.ours, one.name
    assert_as_documented(interpreter, cases)


def our_opinion(case: Case) -> str:
    """Anything but a verified signature is refused; a curve that is not known cannot be checked."""
    certificate = parse_certificate(case.data)
    issuer = certificate if case.signer is None else parse_certificate(case.signer)
    try:
        verify_issued_by(certificate, issuer)
    except Exception:  # noqa: BLE001 - which error it is is tested elsewhere
        return WRONG
    return VERIFIED
