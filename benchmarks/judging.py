"""What judging stored evidence costs beside the one signature that each SOD needs.

1. ``judge`` on one core, with signers of RSA-2048 and on brainpoolP256r1: Passive Authentication over DG1 and DG2
   alone, and all that a card gives, its own signature of Active Authentication included. Each evidence is that of
   another card under one signer, who has been seen before. Whatever is remembered of the documents themselves is
   forgotten before each round, and each is judged at a moment of its own: nothing may be gained from having met a
   document twice. The bound is a ratio to what OpenSSL alone takes for the signatures of the SODs, so that it holds on
   any machine: 4,000 and 1,200 a second where OpenSSL verifies 30,000 and 2,700 are ratios of 7.5 and 2.25. Beside it
   stand the figures with nothing remembered: every cache is emptied and the store is a new one, so that the
   certificates are decoded and the issuer's signature over the signer's is verified too.
2. Importing the German master list with every signature verified, and opening the store that it makes.
"""

from __future__ import annotations

import functools
import itertools
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from benchmarks.measure import forget_everything, median_seconds, report
from chipid import DEFAULT_POLICY, EVERYTHING, Evidence, FileId, TrustStore, judge, read_card
from chipid.crypto.keys import ECPublicKey, RSAPublicKey, encode_public_key
from chipid.crypto.signatures import SignatureScheme, parse_signature_algorithm
from chipid.evidence.codec import decode_evidence, encode_evidence
from chipid.lds.ef_sod import parse_sod
from chipid.pki.certificate import parse_certificate
from chipid.trust import directory
from chipid.trust.draft import Delivery
from chipid.trust.imports import import_master_list
from simulator.pytest_plugin import trust_in
from simulator.randomness import SeededEntropy
from simulator.scenarios import SimulatedCard, build_card

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
# Profile of the card, the key of its signer, the ratio that is aimed at.
SIGNERS = (("cccd-2021-rsa", "RSA-2048", 7.5), ("cccd-2021", "brainpoolP256r1", 2.25))
CARDS = 24
SEEN = 4  # of them, before the time is taken
ROUNDS = 15
CLOCK = time.process_time  # one core, whatever else the machine does
PASSIVE = frozenset({FileId.COM, FileId.SOD, FileId.DG1, FileId.DG2})
TRUST = Path(__file__).parents[2] / "shared" / "trust"
LIST, CSCA = TRUST / "DE_ML_2026-05-28.ml", TRUST / "DE_CSCA_04CD.cer"
IMPORT_SECONDS, OPEN_SECONDS = 5.0, 0.05


def read(card: SimulatedCard, number: int) -> Evidence:
    """The evidence of one reading, as it comes back from its file."""
    evidence = read_card(
        card.transport(),
        card.access_key,
        EVERYTHING,
        entropy=SeededEntropy(f"terminal {number}".encode()),
        clock=time.monotonic,
        now=lambda: NOW,
    )
    return decode_evidence(encode_evidence(evidence))


def read_cards(profile: str) -> tuple[list[Evidence], TrustStore]:
    """As many cards of one signer, each with keys of its own, and trust in their issuer."""
    first = build_card("genuine", profile=profile)
    cards = [
        build_card("genuine", profile=profile, issuer=first.issuer, entropy=SeededEntropy(f"card {number}".encode()))
        for number in range(CARDS)
    ]
    return [read(card, number) for number, card in enumerate(cards)], trust_in(first, source="simulator")


def passive_only(evidence: Evidence) -> Evidence:
    """What a reading of the zone and the portrait brings."""
    files = tuple(one for one in evidence.files if one.file in PASSIVE)
    return replace(evidence, files=files, chip_authentication=None, active_authentication=None)


def bare_verification(evidences: Sequence[Evidence]) -> Callable[[], object]:
    """The signatures of the SODs by OpenSSL alone, with everything prepared that can be."""
    prepared = [_prepare(evidence) for evidence in evidences]

    def run() -> None:
        for verify in prepared:
            verify()

    return run


def _prepare(evidence: Evidence) -> Callable[[], None]:
    signed = parse_sod(evidence.content(FileId.SOD) or b"").signed_data
    info = signed.signer
    assert info.attributes is not None
    message, signature = info.attributes.raw, info.signature
    algorithm = parse_signature_algorithm(info.signature_algorithm.raw, digest=info.hash_name)
    assert (algorithm.hash_name, algorithm.mgf_hash_name) in (("sha256", None), ("sha256", "sha256"))
    known = parse_certificate(signed.certificates[0]).public_key
    assert isinstance(known, RSAPublicKey | ECPublicKey)
    # Explicit curve parameters are what OpenSSL does not load here; the named curve is the same one.
    named = replace(known, explicit=False) if isinstance(known, ECPublicKey) else known
    key = load_der_public_key(encode_public_key(named))
    function = hashes.SHA256()
    if isinstance(key, rsa.RSAPublicKey):
        scheme: padding.AsymmetricPadding = padding.PKCS1v15()
        if algorithm.scheme is SignatureScheme.RSA_PSS:
            scheme = padding.PSS(mgf=padding.MGF1(function), salt_length=algorithm.salt_length or function.digest_size)
        return functools.partial(key.verify, signature, message, scheme, function)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return functools.partial(key.verify, signature, message, ec.ECDSA(function))


def judging() -> list[bool]:
    """1. Judgements a second, and what they cost in units of the signature."""
    held = []
    for profile, signer, bound in SIGNERS:
        evidences, trust = read_cards(profile)
        bare = bare_verification(evidences)
        for what, chosen, limit in (
            ("DG1 and DG2", [passive_only(one) for one in evidences], bound),
            ("all groups", evidences, math.inf),
        ):
            pairs = [
                (once(chosen[SEEN:], trust, seen=chosen[:SEEN]), median_seconds(bare, repeat=3, clock=CLOCK) / CARDS)
                for _ in range(ROUNDS)
            ]
            seconds, alone = map(min, zip(*pairs, strict=True))
            cold = min(once(chosen[:1], trust, seen=()) for _ in range(ROUNDS))
            print(f"      {signer}, {what}: judge {1 / seconds:,.0f}/s, OpenSSL's verify alone {1 / alone:,.0f}/s,")
            print(f"      judge with nothing remembered {1 / cold:,.0f}/s, {cold / alone:.3g} times the verify")
            ratio = statistics.median(one / other for one, other in pairs)
            held.append(report(f"judge {what}, {signer}", ratio, limit, "times OpenSSL's verify"))
    return held


def once(evidences: Sequence[Evidence], trust: TrustStore, *, seen: Sequence[Evidence]) -> float:
    """Seconds for one judgement, of documents that are met for the first time after those that are ``seen``."""
    forget_everything()
    trust = TrustStore.from_contents(trust.contents())
    moments = (NOW + timedelta(seconds=number) for number in itertools.count())
    for evidence in seen:
        judge(evidence, trust, DEFAULT_POLICY, next(moments))
    start = CLOCK()
    for evidence in evidences:
        judge(evidence, trust, DEFAULT_POLICY, next(moments))
    return (CLOCK() - start) / len(evidences)


def storing() -> list[bool]:
    """2. The German list into a store, and the store from disk."""
    if not LIST.exists():
        print(f"      {LIST.name} is not there")
        return []
    data = LIST.read_bytes()
    delivery = Delivery.of(data, file=LIST.name, approved_by="benchmark", at=datetime(2026, 6, 1, tzinfo=UTC))
    forget_everything()
    start = CLOCK()
    store, _ = import_master_list(TrustStore(anchors=()), data, delivery, pinned=[CSCA.read_bytes()])
    imported = CLOCK() - start
    with tempfile.TemporaryDirectory() as folder:
        directory.save(Path(folder), store.contents())
        opened = median_seconds(lambda: TrustStore.from_directory(Path(folder)), repeat=15, clock=CLOCK)
    return [
        report(f"import of {len(store.anchors)} certificates", imported, IMPORT_SECONDS, "s"),
        report("opening the store", opened, OPEN_SECONDS, "s"),
    ]


def main() -> int:
    return 0 if all([*judging(), *storing()]) else 1


if __name__ == "__main__":
    sys.exit(main())
