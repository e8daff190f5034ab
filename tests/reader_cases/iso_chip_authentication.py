"""ISO7816_D: Chip Authentication. The documents have no Active Authentication that could stand in for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from apdu import tlv
from apdu.command import CommandAPDU
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto import dh
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup
from chipid.crypto.keys import DHPublicKey, ECPublicKey, encode_public_key
from chipid.crypto.points import KeyPair, encode_point
from chipid.evidence.evidence import ProofOutcome
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.protocols import CHIP_AUTHENTICATION_PROTOCOLS, KeyAgreement
from chipid.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, SecurityInfo
from chipid.verification.report import Verdict
from simulator.calls import Outcome as CardOutcome
from simulator.personalisation.protocol_plans import ChipAuthenticationPlan
from tests.reader_cases.bent import (
    GENERAL_AUTHENTICATE,
    MANAGE_SECURITY_ENVIRONMENT,
    BentCard,
    bend,
    refuse,
)
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.documents import Document, Groups, issue, profile
from tests.reader_cases.inspection import inspect
from tests.reader_cases.wrong_keys import outside_subgroup, wrong_points

P256 = CURVES["secp256r1"]
MODP = DH_GROUPS["modp2048-256"]
AES_128 = oids.ID_CA_ECDH_AES_CBC_CMAC_128
FAILED = "chip-authentication/chip-proof-failed"
ABORTED = "chip-authentication/chip-proof-aborted"
MISSING = "chip-authentication/chip-proof-missing"
Change = Callable[[list[SecurityInfo]], list[SecurityInfo]]


def plan(domain: Curve | DHGroup, *protocols: str, key_id: int | None = None) -> ChipAuthenticationPlan:
    return ChipAuthenticationPlan(domain=domain, protocols=protocols, key_id=key_id, is_announced=True)


def document(*plans: ChipAuthenticationPlan, infos: Change | None = None, extended: bool = True) -> Document:
    """A document with these keys; ``infos`` changes DG14 before it is signed."""

    def changed(groups: Groups) -> Groups:
        return {**groups, 14: build_dg14((infos or list)(list(parse_dg14(groups[14]).security_infos.infos)))}

    product = profile(
        data_groups=(1, 2, 13, 14),
        active_authentication=None,
        chip_authentication=plans or (plan(P256, AES_128),),
        extended_length=extended,
    )
    return issue(product, groups=None if infos is None else changed)


def with_key(spki: bytes, *, oid: str | None = None) -> Change:
    """DG14 with another SubjectPublicKeyInfo, or with that key under another protocol."""

    def change(infos: list[SecurityInfo]) -> list[SecurityInfo]:
        return [
            replace(one, spki=spki, oid=oid or one.oid) if isinstance(one, ChipAuthenticationPublicKeyInfo) else one
            for one in infos
        ]

    return change


def of_agreement(agreement: KeyAgreement) -> tuple[str, ...]:
    return tuple(oid for oid, one in CHIP_AUTHENTICATION_PROTOCOLS.items() if one.agreement is agreement)


def sets_the_template(command: CommandAPDU) -> bool:
    """MSE:Set AT or Set KAT of Chip Authentication."""
    return command.ins == MANAGE_SECURITY_ENVIRONMENT and command.p1 == 0x41


def names_key(command: CommandAPDU, number: int) -> bool:
    """True if an MSE names the key of that number."""
    return any(one.tag == 0x84 and int.from_bytes(one.value, "big") == number for one in tlv.parse_all(command.data))


@reader_case("ISO7816_D_01", Demand.PASS)
def over_groups() -> Iterator[Outcome]:
    """Chip Authentication over every Diffie-Hellman group, and with every cipher suite"""
    for group in DH_GROUPS.values():
        yield inspect(document(plan(group, oids.ID_CA_DH_AES_CBC_CMAC_128)))
    for oid in of_agreement(KeyAgreement.DH):
        yield inspect(document(plan(MODP, oid)))


@reader_case("ISO7816_D_02", Demand.PASS)
def over_curves() -> Iterator[Outcome]:
    """Chip Authentication over every curve, and with every cipher suite"""
    for curve in CURVES.values():
        yield inspect(document(plan(curve, AES_128)))
    for oid in of_agreement(KeyAgreement.ECDH):
        yield inspect(document(plan(P256, oid)))


@reader_case("ISO7816_D_03", Demand.PASS)
def one_key_reference() -> Iterator[Outcome]:
    """DG14 with one key that has a reference"""
    for number in (0, 1, 0x7F, 0x80, 0x0102):
        card = bend(document(plan(P256, AES_128, key_id=number)))
        yield inspect(card)
        assert any(sets_the_template(one) and names_key(one, number) for one in card.heard)


@reader_case("ISO7816_D_04", Demand.PASS)
def two_key_references() -> Iterator[Outcome]:
    """DG14 with two keys that have references, on curves and groups"""
    yield inspect(document(plan(P256, AES_128, key_id=1), plan(CURVES["secp384r1"], AES_128, key_id=2)))
    yield inspect(document(plan(P256, AES_128, key_id=1), plan(MODP, oids.ID_CA_DH_AES_CBC_CMAC_256, key_id=2)))


@reader_case("ISO7816_D_05", Demand.PASS)
def three_key_references() -> Outcome:
    """DG14 with three keys that have references"""
    return inspect(
        document(
            plan(P256, oids.ID_CA_ECDH_3DES_CBC_CBC, key_id=1),
            plan(CURVES["brainpoolP256r1"], AES_128, key_id=2),
            plan(MODP, oids.ID_CA_DH_3DES_CBC_CBC, key_id=3),
        )
    )


@reader_case("ISO7816_D_06", Demand.FAIL, found=ABORTED)
def invalid_key_reference() -> Iterator[Outcome]:
    """DG14 names its key by a reference that the chip does not have"""
    for oid in (AES_128, oids.ID_CA_ECDH_3DES_CBC_CBC):
        one = document(plan(P256, oid, key_id=5))
        (key,) = one.chip.chip_authentication
        yield inspect(one.with_chip(chip_authentication=(replace(key, key_id=6),)))


def corrupted(plan_: ChipAuthenticationPlan, *spkis: bytes) -> Iterator[Outcome]:
    for spki in spkis:
        yield inspect(document(plan_, infos=with_key(spki)))


@reader_case(
    "ISO7816_D_07",
    Demand.FAIL,
    found=f"{FAILED} or {ABORTED}",
    note="The number of another key: the chip does not hold it. A number outside the group: no key at all.",
)
def corrupted_group_key() -> Iterator[Outcome]:
    """The Diffie-Hellman public key in DG14 is another one, 0, 1, p-1, p, out of the subgroup, or too long"""
    others = (dh.public_key(MODP, 5), 0, 1, MODP.p - 1, MODP.p, MODP.p + 4, outside_subgroup(MODP), 1 << 2056)
    spkis = [encode_public_key(DHPublicKey(group=MODP, y=y)) for y in others]
    yield from corrupted(plan(MODP, oids.ID_CA_DH_AES_CBC_CMAC_128), *spkis)


@reader_case(
    "ISO7816_D_08",
    Demand.FAIL,
    found=f"{FAILED} or {ABORTED}",
    note="Another point of the curve: the chip does not hold that key. Anything else: no key at all.",
)
def corrupted_curve_key() -> Iterator[Outcome]:
    """The point in DG14 is another one, off the curve, infinity, compressed, cut, or too long"""
    algorithm = der.parse_sequence(encode_public_key(_curve_key(1)))[0].raw
    right = encode_point(P256, KeyPair(P256, 7).public)
    for point in wrong_points(P256):
        yield from corrupted(plan(P256, AES_128), der.encode_sequence(algorithm, der.encode_bit_string(point)))
    yield from corrupted(plan(P256, AES_128), der.encode_sequence(algorithm, der.encode_bit_string(right)))


def _curve_key(private: int) -> ECPublicKey:
    return ECPublicKey(curve=P256, point=KeyPair(P256, private).public, explicit=True)


class KeepsOldKeys(BentCard):
    """The keys of before are alive after Chip Authentication, and no others."""

    def _renew_keys(self, outcome: CardOutcome) -> None:
        if self._channel is None:
            super()._renew_keys(outcome)


@reader_case("ISO7816_D_09", Demand.FAIL, found=FAILED)
def old_session_keys() -> Iterator[Outcome]:
    """The chip goes on with the old session keys after Chip Authentication"""
    for oid in (AES_128, oids.ID_CA_ECDH_3DES_CBC_CBC):
        yield inspect(KeepsOldKeys(document(plan(P256, oid)).chip))


@reader_case(
    "ISO7816_D_10",
    Demand.PASS,
    note="The reader draws a new key pair for every run: of PACE, of Chip Authentication, and of the next attempt.",
)
def ephemeral_keys() -> Outcome:
    """The chip breaks the first run of Chip Authentication off; the ephemeral keys of all runs are different"""
    two = document(plan(P256, AES_128, key_id=1), plan(P256, oids.ID_CA_ECDH_AES_CBC_CMAC_256, key_id=2))
    seen: list[bytes] = []

    def after(card: BentCard, command: CommandAPDU, outcome: CardOutcome) -> CardOutcome:
        if command.ins == GENERAL_AUTHENTICATE and command.data != b"\x7c\x00":
            seen.append(tlv.parse_one(command.data, 0x7C).children()[0].value)
        if command.ins == GENERAL_AUTHENTICATE and card.state.terminal.password is not None and len(seen) == 4:
            return refuse(0x6300, lambda _: True)(card, command, outcome)
        return outcome

    outcome = inspect(bend(two, after=after))
    keys = [one for one in seen if len(one) == 65]  # mapping, key agreement, and twice Chip Authentication
    assert len(keys) == len(set(keys)) == 4
    return outcome


@reader_case("ISO7816_D_11", Demand.FAIL, found=f"{ABORTED} or {MISSING}")
def invalid_group_key_specification() -> Iterator[Outcome]:
    """DG14 says of its Diffie-Hellman key that it is one of RSA, on a curve, of an unknown kind, or of a wrong group"""
    spki = encode_public_key(DHPublicKey(group=MODP, y=dh.public_key(MODP, 5)))
    yield from specified(plan(MODP, oids.ID_CA_DH_AES_CBC_CMAC_128), spki, other=oids.ID_PK_ECDH)
    even = replace(MODP, p=MODP.p + 1, name="even")
    no_order = replace(MODP, q=(MODP.q or 0) + 2, name="wrong order")
    for group in (even, no_order):
        wrong = encode_public_key(DHPublicKey(group=group, y=dh.public_key(MODP, 5)))
        yield inspect(document(plan(MODP, oids.ID_CA_DH_AES_CBC_CMAC_128), infos=with_key(wrong)))


@reader_case("ISO7816_D_12", Demand.FAIL, found=f"{ABORTED} or {MISSING}")
def invalid_curve_key_specification() -> Iterator[Outcome]:
    """DG14 says of its key on a curve that it is one of RSA, of a group, of an unknown kind, or on an altered curve"""
    yield from specified(plan(P256, AES_128), encode_public_key(_curve_key(5)), other=oids.ID_PK_DH)
    for name in ("p", "a", "b", "n", "h"):
        altered = replace(P256, **{name: getattr(P256, name) + 2})
        wrong = encode_public_key(replace(_curve_key(5), curve=altered))
        yield inspect(document(plan(P256, AES_128), infos=with_key(wrong)))


def specified(plan_: ChipAuthenticationPlan, spki: bytes, *, other: str) -> Iterator[Outcome]:
    """The same key under other identifiers: that of the algorithm, and that of the protocol."""
    algorithm, key = der.parse_sequence(spki)
    parameters = algorithm.children()[1].raw
    for oid in (oids.RSA_ENCRYPTION, "1.2.840.10045.2.99", other):
        named = der.encode_sequence(encode_algorithm_identifier(oid, parameters), key.raw)
        yield inspect(document(plan_, infos=with_key(named)))
    bare = der.encode_sequence(der.encode_sequence(algorithm.children()[0].raw), key.raw)
    yield inspect(document(plan_, infos=with_key(bare)))
    yield inspect(document(plan_, infos=with_key(spki, oid=other)))


@reader_case(
    "ISO7816_D_13",
    Demand.FAIL,
    found=MISSING,
    note="Where one of them has no reference and there is but one key, they belong together: the chip proves that key, "
    "and the reading names the quirk.",
)
def references_differ() -> Iterator[Outcome]:
    """The key in DG14 has another reference than the ChipAuthenticationInfo"""

    def referring(info: int | None, key: int | None) -> Change:
        def change(infos: list[SecurityInfo]) -> list[SecurityInfo]:
            changed: list[SecurityInfo] = []
            for one in infos:
                if isinstance(one, ChipAuthenticationInfo):
                    changed.append(replace(one, key_id=info))
                elif isinstance(one, ChipAuthenticationPublicKeyInfo):
                    changed.append(replace(one, key_id=key))
                else:
                    changed.append(one)
            return changed

        return change

    for info, key in ((1, 2), (2, 1), (0, 1)):
        yield inspect(document(infos=referring(info, key)))
    for alone in ((None, 1), (1, None)):
        outcome = inspect(document(infos=referring(*alone)))
        assert outcome.verdict is Verdict.ACCEPTED
        assert "chip-authentication-key-id-missing" in outcome.remarks


@reader_case("ISO7816_D_14", Demand.PASS)
def extended_length() -> Iterator[Outcome]:
    """The terminal's key is longer than a short command: extended length, or a chain where the chip has none"""
    for extended in (True, False):
        for oid in (oids.ID_CA_DH_AES_CBC_CMAC_128, oids.ID_CA_DH_3DES_CBC_CBC):
            card = bend(document(plan(MODP, oid), extended=extended))
            yield inspect(card)
            assert any(one.extended and one.ins in (0x86, 0x22) for one in card.heard) is extended


@reader_case(
    "ISO7816_D_15",
    Demand.PASS,
    note="Of a key that the chip refuses nothing is known; the reader goes on to the other key of DG14. Where there is "
    "no other, see D_06.",
)
def refused_key_reference() -> Iterator[Outcome]:
    """The chip refuses the reference of one of two keys, with various status words"""
    aes, tdes = oids.ID_CA_ECDH_AES_CBC_CMAC_256, oids.ID_CA_ECDH_3DES_CBC_CBC
    for sw in (0x6A88, 0x6A80, 0x6A86, 0x6982, 0x6985, 0x6984, 0x6300, 0x6F00):
        for first, second in ((aes, AES_128), (AES_128, tdes)):
            two = document(plan(P256, first, key_id=1), plan(P256, second, key_id=2))
            after = refuse(sw, lambda command: sets_the_template(command) and names_key(command, 1))
            outcome = inspect(bend(two, after=after))
            record = None if outcome.evidence is None else outcome.evidence.chip_authentication
            assert record is not None
            assert (record.outcome, record.key_id) == (ProofOutcome.COMPLETED, 2)
            yield outcome
