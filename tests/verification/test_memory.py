"""What is remembered of signers, files and stores: it saves time and changes no report."""

from __future__ import annotations

import functools
import gc
from datetime import timedelta
from itertools import product

import pytest

from chipid.asn1 import der
from chipid.evidence.evidence import Evidence
from chipid.lds.files import FileId
from chipid.pki.certificate import Certificate, parse_certificate
from chipid.trust import store
from chipid.trust.store import TrustStore
from chipid.verification.engine import judge
from chipid.verification.policy_file import shipped_policy
from chipid.verification.report import Report
from tests.scenarios import readings
from tests.verification import forge

MOMENTS = (readings.NOW, readings.NOW + timedelta(days=8000), readings.NOW - timedelta(days=4000))
POLICIES = ("default", "strict", "offline-counter")


def forget_everything() -> None:
    for found in gc.get_objects():
        if isinstance(found, functools._lru_cache_wrapper) and str(found.__module__).startswith("chipid"):
            found.cache_clear()


def evidences() -> list[Evidence]:
    """Genuine ones, and such as differ from them in what a memory could overlook."""
    genuine = forge.genuine()
    sod, zone = genuine.content(FileId.SOD) or b"", genuine.content(FileId.DG1) or b""
    changed = [forge.with_file(genuine, FileId.SOD, forge.flipped(sod, place)) for place in range(40, len(sod), 230)]
    return [
        genuine,
        *changed,
        forge.with_file(genuine, FileId.DG1, forge.flipped(zone, 20)),
        forge.without_file(genuine, FileId.DG1),
        forge.resigned(genuine),
        forge.resigned(genuine, hash_name="sha512"),
    ]


CONTENTS = [one.contents() for one in (readings.trust(), forge.trusting(forge.CSCA), TrustStore(anchors=()))]


def stores() -> list[TrustStore]:
    """The same stores, which remember nothing yet."""
    return [TrustStore.from_contents(one) for one in CONTENTS]


def all_reports(chosen: list[Evidence], trusted: list[TrustStore]) -> list[Report]:
    combinations = product(chosen, trusted, POLICIES, MOMENTS)
    return [judge(one, trust, shipped_policy(policy), now) for one, trust, policy, now in combinations]


def test_a_report_is_the_same_whatever_was_judged_before() -> None:
    chosen = evidences()
    alone = []
    for one in chosen:
        forget_everything()
        alone += all_reports([one], stores())
    trusted = stores()
    assert all_reports(chosen, trusted) == alone
    assert all_reports(chosen, trusted) == alone


def test_a_store_remembers_no_more_signers_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MAX_REMEMBERED", 2)
    memory: store._Memory[Certificate, bytes] = store._Memory()
    certificates = [
        parse_certificate(forge.signer_certificate(serial=der.encode_integer(number))) for number in range(1, 6)
    ]
    for one in certificates * 2:
        assert memory.about(one, lambda found: found.raw) == one.raw
        assert len(memory._answers) <= 2
