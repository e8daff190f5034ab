"""The conversation of Doc 9303-11 appendix G.1, exchange by exchange, for tests that change one answer of it."""

from __future__ import annotations

from apdu.ciphers import CipherSuite
from chipid.crypto.domain_parameters import CURVES
from chipid.mrz.access_key import AccessKey
from chipid.protocols import pace
from chipid.protocols.pace_choice import PACEChoice
from tests.protocols.pace_card import pace_choice
from tests.support.script_card import Exchange, ListedEntropy, run
from tests.support.vectors import example

VECTOR = example("9303-11_G1_pace_gm_ecdh_bp256_aes128")
CURVE = CURVES["brainpoolP256r1"]
CHOICE: PACEChoice = pace_choice(CURVE, CipherSuite.AES_128)
INFO = CHOICE.info
ACCESS_KEY = AccessKey.from_mrz_fields("T22000129", "640812", "101031")
EXCHANGES: tuple[Exchange, ...] = tuple((apdu["C"], apdu["R"]) for apdu in VECTOR["apdus"])
SET_AT, NONCE, MAPPING, AGREEMENT, TOKEN = range(5)

PK_MAP_IFD, PK_MAP_IC = (bytes.fromhex("04" + VECTOR["map"][name]) for name in ("PK_IFD", "PK_IC"))
PK_IFD, PK_IC = (bytes.fromhex("04" + VECTOR["ka"][name]) for name in ("PK_IFD", "PK_IC"))


def entropy() -> ListedEntropy:
    return ListedEntropy(VECTOR["map"]["SK_IFD"], VECTOR["ka"]["SK_IFD"])


def run_changed(step: int, answer: bytes | str, *more: Exchange) -> pace.PACEResult:
    """Run the example with another answer at ``step`` and then ``more`` instead of the rest."""
    script = pace.authenticate(CHOICE, ACCESS_KEY, entropy(), name_parameters=False)
    return run(script, *EXCHANGES[:step], (EXCHANGES[step][0], answer), *more)
