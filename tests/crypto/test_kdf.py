"""Key derivation against Doc 9303-11 appendix D and other published keys."""

from __future__ import annotations

from typing import Any

import pytest

from apdu.ciphers import CipherSuite
from chipid.crypto.kdf import KeyPurpose, adjust_parity, derive_key, derive_session_keys
from tests.support.vectors import example

SUITES = {
    "3DES": CipherSuite.TDES,
    "AES-128": CipherSuite.AES_128,
    "AES-192": CipherSuite.AES_192,
    "AES-256": CipherSuite.AES_256,
}


def test_the_keys_of_appendix_d1_are_derived() -> None:
    vector = example("9303-11_D1_kdf_3des")
    seed = bytes.fromhex(vector["inputs"]["Kseed"])
    assert derive_key(seed, KeyPurpose.ENCRYPTION, CipherSuite.TDES).hex().upper() == vector["enc"]["KEnc"]
    assert derive_key(seed, KeyPurpose.MAC, CipherSuite.TDES).hex().upper() == vector["mac"]["KMAC"]


@pytest.mark.parametrize(
    "case", [*example("kdf_pace_passwords_all_ciphers")["cases"], *example("extra_kdf_vectors")["cases"]]
)
def test_published_keys_of_all_suites_are_derived(case: dict[str, Any]) -> None:
    key = derive_key(bytes.fromhex(case["K"]), KeyPurpose(case["c"]), SUITES[case["alg"]])
    assert key.hex().upper() == case["out"]


def test_session_keys_carry_suite_and_counter() -> None:
    vector = example("9303-11_D3_bac")
    keys = derive_session_keys(bytes.fromhex(vector["Kseed_session"]), CipherSuite.TDES, ssc=int(vector["SSC"], 16))
    assert keys.ks_enc.hex().upper() == vector["KSEnc"]
    assert keys.ks_mac.hex().upper() == vector["KSMAC"]
    assert (keys.suite, keys.ssc) == (CipherSuite.TDES, 0x887022120C06C226)
    assert vector["KSEnc"].lower() not in repr(keys)


def test_adjusted_bytes_have_an_odd_number_of_ones_and_keep_seven_bits() -> None:
    for byte, adjusted in zip(range(256), adjust_parity(bytes(range(256))), strict=True):
        assert adjusted.bit_count() % 2 == 1
        assert adjusted & 0xFE == byte & 0xFE
