"""PACE against a card written from the standard, on every curve and with every suite."""

from __future__ import annotations

import hashlib
from random import Random

import pytest

from apdu.ciphers import CipherSuite
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.kdf import adjust_parity
from chipid.mrz.access_key import AccessKey
from chipid.protocols import pace
from tests.protocols.pace_card import PACECard, derive, pace_info
from tests.support.script_card import drive

LONG_ROUNDS = 40
LEADING_ZERO_ROUNDS = 900  # one shared secret in 256 begins with a zero byte


def _agree(curve: Curve, suite: CipherSuite, random: Random) -> bytes:
    """Run both sides with random numbers from ``random``, compare the outcome and return the shared secret."""
    if random.random() < 0.5:
        access_key, reference = AccessKey.from_can(f"{random.randrange(10**6):06}"), 2
        password = access_key.secret
    else:
        access_key, reference = AccessKey.from_mrz_fields(f"C{random.randrange(10**8):08}", "900101", "350101"), 1
        password = hashlib.sha1(access_key.secret).digest()
    s = random.randbytes(suite.block_length * random.choice((1, 2)))
    scalars = (random.randrange(1, curve.n), random.randrange(1, curve.n))
    card = PACECard(curve, suite, password=password, reference=reference, s=s, scalars=scalars)
    result = drive(pace.authenticate(pace_info(curve, suite), access_key, random.randbytes), card)
    keys = result.keys
    expected = (derive(card.k, 1, suite), derive(card.k, 2, suite))
    if suite is CipherSuite.TDES:
        expected = (adjust_parity(expected[0]), adjust_parity(expected[1]))
    assert (keys.ks_enc, keys.ks_mac) == expected
    assert (keys.suite, keys.ssc) == (suite, 0)
    assert result.pk_ic == card.pk_ic
    assert result.quirks == ()
    return card.k


@pytest.mark.parametrize("suite", CipherSuite)
@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_both_sides_agree_on_every_curve_with_every_suite(curve: Curve, suite: CipherSuite) -> None:
    assert len(_agree(curve, suite, Random(f"{curve.name} {suite.label}"))) == curve.byte_length


@pytest.mark.long
@pytest.mark.parametrize("suite", CipherSuite)
@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_both_sides_agree_for_many_random_numbers(curve: Curve, suite: CipherSuite) -> None:
    random = Random(f"many {curve.name} {suite.label}")
    for _ in range(LONG_ROUNDS):
        _agree(curve, suite, random)


@pytest.mark.long
def test_both_sides_agree_on_secrets_with_leading_zeros() -> None:
    random = Random("leading zeros")
    secrets = [_agree(CURVES["secp256r1"], CipherSuite.AES_128, random) for _ in range(LEADING_ZERO_ROUNDS)]
    assert any(secret[0] == 0 for secret in secrets)
