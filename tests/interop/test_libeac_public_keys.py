"""Public keys that nobody should compute with, before our terminal, our card and libeac (Doc 9303-11 §9.6)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from apdu.errors import ToolkitError
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup
from chipid.crypto.points import KeyPair, encode_point
from chipid.protocols.key_agreement import standard_generator
from simulator.protocols.key_agreement import domain_of
from simulator.randomness import SeededEntropy
from tests.interop.libeac import LibEAC, RefusedError

Domain = Curve | DHGroup

P256, GROUP = CURVES["secp256r1"], DH_GROUPS["modp2048-256"]
GOOD = encode_point(P256, KeyPair(P256, 5).public)
OUTSIDE = next(y for y in count(2) if pow(y, GROUP.q or 0, GROUP.p) != 1)


OIDS = {"ECDH": oids.ID_CA_ECDH_AES_CBC_CMAC_128, "DH": oids.ID_CA_DH_AES_CBC_CMAC_128}


def number(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


# Whether we compute with the key, and whether libeac does.
KEYS: dict[str, tuple[Domain, bytes, bool, bool]] = {
    "point": (P256, GOOD, True, True),
    "generator": (P256, encode_point(P256, P256.generator), True, True),
    "point beside the curve": (P256, GOOD[:-1] + bytes((GOOD[-1] ^ 1,)), False, False),
    "infinity": (P256, b"\x00", False, True),
    "zeros": (P256, b"\x04" + bytes(64), False, False),
    "x beyond p": (P256, b"\x04" + (P256.p + P256.x).to_bytes(33, "big")[-32:] + GOOD[33:], False, False),
    "cut point": (P256, GOOD[:-1], False, False),
    "long point": (P256, GOOD + b"\x00", False, False),
    "no point": (P256, b"", False, False),
    # Doc 9303-11 §9.4.1 wants points uncompressed; OpenSSL reads them all.
    "compressed point": (P256, bytes((2 | GOOD[-1] & 1,)) + GOOD[1:33], False, True),
    "hybrid point": (P256, bytes((6 | GOOD[-1] & 1,)) + GOOD[1:], False, True),
    "number": (GROUP, number(pow(GROUP.g, 5, GROUP.p)), True, True),
    "number longer than p": (GROUP, b"\x00" + number(pow(GROUP.g, 5, GROUP.p)), False, True),
    "zero": (GROUP, number(0), False, False),
    "one": (GROUP, number(1), False, False),
    "p - 1": (GROUP, number(GROUP.p - 1), False, False),
    "p": (GROUP, number(GROUP.p), False, False),
    # The secret is refused if it is 0, 1 or p - 1; RFC 2631 §2.1.5 wants the key itself looked at.
    "p + g": (GROUP, number(GROUP.p + GROUP.g), False, True),
    "number outside the subgroup": (GROUP, number(OUTSIDE), False, True),
}


@pytest.mark.parametrize("name", KEYS)
def test_public_keys_are_judged_as_documented(libeac: LibEAC, name: str) -> None:
    domain, public, ours, theirs = KEYS[name]
    assert _accepts(lambda: standard_generator(domain).draw(SeededEntropy(b"terminal")).shared_secret(public)) is ours
    assert _accepts(lambda: domain_of(domain).draw_key(SeededEntropy(b"card")).agree(public)) is ours
    context = libeac.context()
    agreement = "ECDH" if isinstance(domain, Curve) else "DH"
    context.init_chip_authentication(OIDS[agreement], domain.parameter_id)
    context.chip_key_for_terminal()
    assert _accepts(lambda: context.agree_with_chip(public)) is theirs


def _accepts(agree: Callable[[], object]) -> bool:
    try:
        agree()
    except (ToolkitError, RefusedError):
        return False
    return True
