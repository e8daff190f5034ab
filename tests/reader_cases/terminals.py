"""Inspection systems, those who certify them, and the documents that let them in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from itertools import pairwise

from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES
from chipid.inspection.plan import EVERYTHING
from chipid.pki.chat import InspectionRight, Role
from chipid.pki.cv_public_key import TerminalPublicKey
from chipid.protocols.terminal_key import FileTerminalKey, load_terminal_key
from simulator.card_os import CardOS
from simulator.chip import TerminalAuthentication
from simulator.personalisation.protocol_plans import ChipAuthenticationPlan
from simulator.pki.certificates import Period
from simulator.pki.cv_issuer import ALL_RIGHTS, CVHolder, CVKey, CVRequest, certify, link, trust_point
from simulator.pki.signing import KeyKind, PrivateKey, encode_private_key, generate_key
from simulator.randomness import SeededEntropy
from tests.reader_cases.bent import BentCard
from tests.reader_cases.case import Outcome
from tests.reader_cases.documents import Document, Groups, issue, mrz_key, on_fast_curve, profile
from tests.reader_cases.inspection import STRICT_WITH_BAC, inspect

P256 = CURVES["secp256r1"]
CURVE = KeyKind(curve=P256)
VALIDITY = Period(first=date(2020, 1, 1), last=date(2049, 12, 31))
LOCKED = ("DG3", "DG4")
OPEN_ERROR = "terminal-authentication/terminal-not-proven"


@cache
def _private(kind: KeyKind, name: str) -> PrivateKey:
    """A key for each kind and name: making one of RSA takes a while."""
    return generate_key(kind, SeededEntropy(f"terminal key {kind} {name}".encode()))


def _key(kind: KeyKind, oid: str, name: str) -> CVKey:
    private = _private(kind, name)
    public = private.public
    return CVKey(private=private, public=TerminalPublicKey(oid=oid, key=public))


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A CVCA, a document verifier and an inspection system; ``links`` lead from older keys of the CVCA to this one."""

    cvca: CVHolder
    verifier: CVHolder
    terminal: CVHolder
    links: tuple[CVHolder, ...] = field(default=())

    def key(self, *certificates: CVHolder | bytes) -> FileTerminalKey:
        """The terminal's key with these certificates above it; with those of the chain if there are none."""
        above = certificates or (self.verifier, *self.links)
        return self.key_with(self.terminal.certificate.raw, *above)

    def key_with(self, own: bytes, *above: CVHolder | bytes) -> FileTerminalKey:
        """The terminal's key with another certificate of its own."""
        raw = [one if isinstance(one, bytes) else one.certificate.raw for one in above]
        return load_terminal_key(encode_private_key(self.terminal.key.private), [own, *raw])


def chain(
    kind: KeyKind = CURVE,
    oid: str = oids.ID_TA_ECDSA_SHA_256,
    *,
    rights: Collection[InspectionRight] = ALL_RIGHTS,
    verifier_validity: Period = VALIDITY,
    terminal_validity: Period = VALIDITY,
    number: int = 1,
) -> Chain:
    """A chain whose keys are of one kind; ``number`` is that of the CVCA's key."""
    reference = f"UTCVCA{number:05}"
    entropy = SeededEntropy(b"certificates of a reader case")

    def request(name: str, role: Role, validity: Period, rights: Collection[InspectionRight] = ALL_RIGHTS) -> CVRequest:
        return CVRequest(reference=name, role=role, validity=validity, rights=rights)

    root_key = _key(kind, oid, reference)
    # A later key of the CVCA has a later certificate.
    root_validity = Period(first=date(2020, 1, number), last=VALIDITY.last)
    cvca = certify(root_key, reference, root_key, request(reference, Role.CVCA, root_validity), entropy)
    verifier = certify(
        root_key, reference, _key(kind, oid, "DV"), request("UTDV00001", Role.DV_DOMESTIC, verifier_validity), entropy
    )
    terminal = certify(
        verifier.key,
        verifier.reference,
        _key(kind, oid, "IS"),
        request("UTIS00001", Role.TERMINAL, terminal_validity, rights),
        entropy,
    )
    return Chain(cvca=cvca, verifier=verifier, terminal=terminal)


def linked(*older: Chain, newest: Chain) -> Chain:
    """The newest chain with links from each older key of the CVCA to the next."""
    roots = [one.cvca for one in (*older, newest)]
    entropy = SeededEntropy(b"links of a reader case")
    links = tuple(link(old, new, entropy) for old, new in pairwise(roots))
    return replace(newest, links=links)


def eac_document(
    *trusted: Chain,
    groups: tuple[int, ...] = (1, 2, 3, 4, 13, 14),
    change: Callable[[Groups], Groups] | None = None,
    plan: ChipAuthenticationPlan | None = None,
    bac: bool = False,
) -> Document:
    """A document with fingers and irises whose chip trusts the CVCA of these chains, the newest first."""
    product = replace(on_fast_curve(profile("eac")), data_groups=groups)
    if bac:
        product = replace(product, pace=())
    if plan is not None:
        product = replace(product, chip_authentication=(plan,))
    return trusting(issue(product, groups=change), *trusted)


def trusting(document: Document, *trusted: Chain) -> Document:
    """The document with a chip that trusts the CVCA of these chains, and says so at the end of PACE."""
    configuration = TerminalAuthentication(
        trust_points=tuple(trust_point(one.cvca) for one in trusted),
        personalised_on=date(2024, 6, 1),
        references_unasked=True,
    )
    return document.with_chip(terminal_authentication=configuration)


def present(card: Document | CardOS, key: FileTerminalKey, *, bac: bool = False) -> Outcome:
    """An inspection with a terminal's key."""
    plan = replace(EVERYTHING, terminal_key=key)
    if bac:
        return inspect(card, mrz_key(), policy=STRICT_WITH_BAC, plan=plan)
    return inspect(card, plan=plan)


def let_in(outcome: Outcome, groups: Iterable[str] = LOCKED) -> Outcome:
    """The outcome, once it is sure that these of the locked groups were read and no others."""
    assert outcome.evidence is not None
    read = {one.file.label for one in outcome.evidence.files if outcome.evidence.content(one.file) is not None}
    assert read & set(LOCKED) == set(groups), outcome
    return outcome


def kept_out(outcome: Outcome) -> Outcome:
    """The outcome, once it is sure that no locked group was read."""
    return let_in(outcome, ())


def presented(card: BentCard) -> int:
    """How many certificates a chip was shown."""
    return sum(one.ins == 0x2A and not one.is_chained for one in card.heard)
