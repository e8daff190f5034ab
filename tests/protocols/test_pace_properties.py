"""PACE against a card written from the standard: every mapping, every domain, every suite."""

from __future__ import annotations

import hashlib
from itertools import product
from random import Random

import pytest

from apdu.ciphers import CipherSuite
from chipid.crypto import points
from chipid.crypto.chip_authentication_mapping import verify_chip_authentication_data
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup
from chipid.crypto.integrated_mapping import is_encodable, nonce_length
from chipid.crypto.kdf import adjust_parity
from chipid.lds.protocols import PACEMapping
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.protocols import pace
from tests.protocols.pace_card import STATIC_KEY, PACECard, derive, pace_choice
from tests.support.script_card import drive

LONG_ROUNDS = 200
LEADING_ZERO_ROUNDS = 900  # one shared secret in 256 begins with a zero byte

Domain = Curve | DHGroup
GM, IM, CAM = PACEMapping.GENERIC, PACEMapping.INTEGRATED, PACEMapping.CHIP_AUTHENTICATION


def _exists(mapping: PACEMapping, domain: Domain, suite: CipherSuite) -> bool:
    if isinstance(domain, DHGroup):
        return mapping is not CAM
    if mapping is IM:
        return is_encodable(domain)
    return mapping is GM or suite is not CipherSuite.TDES


DOMAINS: list[Domain] = [*CURVES.values(), *DH_GROUPS.values()]
VARIANTS = [variant for variant in product(PACEMapping, DOMAINS, CipherSuite) if _exists(*variant)]
IDS = [f"{mapping.value} {domain.name} {suite.name}" for mapping, domain, suite in VARIANTS]
Variant = tuple[PACEMapping, Domain, CipherSuite]


def _agree(
    variant: Variant,
    random: Random,
    *,
    s: bytes | None = None,
    card_scalars: tuple[int, int] | None = None,
    terminal_scalars: tuple[int, int] | None = None,
) -> bytes:
    """Run both sides with random numbers where none are given, compare the outcome, return the shared secret."""
    mapping, domain, suite = variant
    order = _order(domain)
    access_key, password = _password(random)
    if s is None:
        length = nonce_length(suite) if mapping is IM else suite.block_length * random.choice((1, 2))
        s = random.randbytes(length)
    scalars = card_scalars or (random.randrange(1, order), random.randrange(1, order))
    reference = access_key.kind.value
    card = PACECard(domain, suite, password=password, reference=reference, s=s, scalars=scalars, mapping=mapping)
    drawn = iter(terminal_scalars or ())

    def entropy(count: int) -> bytes:
        scalar = next(drawn, None)
        return random.randbytes(count) if scalar is None else scalar.to_bytes(count, "big")

    result = drive(pace.authenticate(pace_choice(domain, suite, mapping), access_key, entropy), card)
    keys = result.keys
    expected = (derive(card.k, 1, suite), derive(card.k, 2, suite))
    if suite is CipherSuite.TDES:
        expected = (adjust_parity(expected[0]), adjust_parity(expected[1]))
    assert (keys.ks_enc, keys.ks_mac) == expected
    assert (keys.suite, keys.ssc) == (suite, 0)
    assert (result.pk_ic, result.quirks) == (card.pk_ic, ())
    _check_proof(result, card, mapping, domain)
    return card.k


def _check_proof(result: pace.PACEResult, card: PACECard, mapping: PACEMapping, domain: Domain) -> None:
    assert (result.proof is not None) is (mapping is CAM)
    if result.proof is not None:
        assert isinstance(domain, Curve)
        assert result.proof.pk_map_ic == card.pk_map_ic
        pk_ic = points.multiply(domain, STATIC_KEY, domain.generator)
        pk_map_ic = points.decode_point(domain, card.pk_map_ic)
        verify_chip_authentication_data(domain, result.proof.ca_ic, pk_ic=pk_ic, pk_map_ic=pk_map_ic)


def _order(domain: Domain) -> int:
    order = domain.n if isinstance(domain, Curve) else domain.q
    assert order is not None
    return order


def _password(random: Random) -> tuple[AccessKey, bytes]:
    kind = random.choice(list(AccessKeyKind))
    if kind is AccessKeyKind.MRZ:
        access_key = AccessKey.from_mrz_fields(f"C{random.randrange(10**8):08}", "900101", "350101")
        return access_key, hashlib.sha1(access_key.secret).digest()
    make = {
        AccessKeyKind.CAN: AccessKey.from_can,
        AccessKeyKind.PIN: AccessKey.from_pin,
        AccessKeyKind.PUK: AccessKey.from_puk,
    }[kind]
    digits = f"{random.randrange(10**6):06}"
    return make(digits), digits.encode()


@pytest.mark.parametrize("variant", VARIANTS, ids=IDS)
def test_both_sides_agree_in_every_variant(variant: Variant) -> None:
    secret = _agree(variant, Random(str(VARIANTS.index(variant))))
    assert len(secret) == variant[1].byte_length


def _edges(domain: Domain, mapping: PACEMapping, suite: CipherSuite) -> list[dict[str, object]]:
    order = _order(domain)
    zero = bytes(nonce_length(suite))
    edges: list[dict[str, object]] = [
        {"s": zero},
        {"s": b"\xff" * len(zero)},
        {"card_scalars": (1, order - 1), "terminal_scalars": (2, 2)},  # the chip's mapping key is G
        {"card_scalars": (order - 1, 2), "terminal_scalars": (2, 3)},  # it is -G
        {"card_scalars": (2, 3), "terminal_scalars": (1, order - 2)},
        {"card_scalars": (2, 3), "terminal_scalars": (order - 1, 1)},
    ]
    if mapping is IM:  # the terminal draws one scalar only
        edges = edges[:2]
    elif order.bit_length() <= 8 * 32 and order.bit_length() > 8 * 24:
        edges.append({"s": order.to_bytes(32, "big")})  # s = 0 modulo the order
    return edges


EDGES = [
    (mapping, domain, suite)
    for mapping, domain, suite in VARIANTS
    if suite is (CipherSuite.AES_128 if mapping is GM else CipherSuite.AES_256)
]


@pytest.mark.parametrize("variant", EDGES, ids=lambda variant: f"{variant[0].value} {variant[1].name}")
def test_both_sides_agree_at_the_edges(variant: Variant) -> None:
    random = Random(variant[1].name)
    mapping, domain, suite = variant
    for edge in _edges(domain, mapping, suite):
        _agree(variant, random, **edge)  # type: ignore[arg-type]


@pytest.mark.long
@pytest.mark.parametrize("variant", VARIANTS, ids=IDS)
def test_both_sides_agree_for_many_random_numbers(variant: Variant) -> None:
    random = Random(f"many {VARIANTS.index(variant)}")
    for _ in range(LONG_ROUNDS):
        _agree(variant, random)


@pytest.mark.long
@pytest.mark.parametrize("domain", [CURVES["secp256r1"], DH_GROUPS["modp1024-160"]], ids=lambda domain: domain.name)
def test_both_sides_agree_on_secrets_with_leading_zeros(domain: Domain) -> None:
    random = Random("leading zeros")
    secrets = [_agree((GM, domain, CipherSuite.AES_128), random) for _ in range(LEADING_ZERO_ROUNDS)]
    assert any(secret[0] == 0 for secret in secrets)
