"""Cipher suites: published vectors of 3DES, AES, retail MAC and CMAC; padding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication, RetailMAC, pad, unpad, verify_mac
from apdu.errors import SecureMessagingError
from tests.support.vectors import example

SUITES = tuple(CipherSuite)

# NIST SP 800-38A §F.2 (first block of CBC) and SP 800-38B §D (CMAC of nothing and of one block).
NIST_IV = "000102030405060708090a0b0c0d0e0f"
NIST_BLOCK = "6bc1bee22e409f96e93d7e117393172a"
NIST = {
    CipherSuite.AES_128: (
        "2b7e151628aed2a6abf7158809cf4f3c",
        "7649abac8119b246cee98e9b12e9197d",
        "bb1d6929e9593728",
        "070a16b46b4d4144",
    ),
    CipherSuite.AES_192: (
        "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
        "4f021db243bc633d7178183a9fa071e8",
        "d17ddf46adaacde5",
        "9e99a7bf31e71090",
    ),
    CipherSuite.AES_256: (
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        "f58c4c04d6e5f1ba779eabfb5f7bfbd6",
        "028962f61b7bf89e",
        "28a7023f452e8f82",
    ),
}


def unhex(text: str) -> bytes:
    return bytes.fromhex(text)


def test_the_retail_mac_is_that_of_the_published_example() -> None:
    published = example("mac_alg3_misc")
    mac = RetailMAC(unhex(published["K"]))
    assert mac.compute(published["data_ascii"].encode("ascii")) == unhex(published["no_padding_mac"])


def test_basic_access_control_cryptograms_and_checksums_are_those_of_doc_9303() -> None:
    bac = example("9303-11_D3_bac")
    cipher = BlockCipher(CipherSuite.TDES, unhex(bac["KEnc"]))
    mac = MessageAuthentication(CipherSuite.TDES, unhex(bac["KMAC"]))
    for plain, cryptogram, checksum in (("S", "E_IFD", "M_IFD"), ("R", "E_IC", "M_IC")):
        assert cipher.encrypt(unhex(bac[plain])) == unhex(bac[cryptogram])
        assert cipher.decrypt(unhex(bac[cryptogram])) == unhex(bac[plain])
        assert mac.compute(unhex(bac[cryptogram])) == unhex(bac[checksum])


def test_3des_secure_messaging_checksums_are_those_of_doc_9303() -> None:
    published = example("9303-11_D4_sm_3des")
    mac = MessageAuthentication(CipherSuite.TDES, unhex(published["KSMAC"]))
    for step in published["steps"]:
        assert mac.compute_blocks(unhex(step["N"])) == unhex(step["CC"])
        assert mac.compute_blocks(unhex(step["K"])) == unhex(step["CC_rsp"])


def test_pace_authentication_tokens_are_those_of_doc_9303() -> None:
    pace = example("9303-11_G1_pace_gm_ecdh_bp256_aes128")
    mac = MessageAuthentication(CipherSuite.AES_128, unhex(pace["KSMAC"]))
    assert mac.compute(unhex(pace["T_IFD_input"])) == unhex(pace["T_IFD"])
    assert mac.compute(unhex(pace["T_IC_input"])) == unhex(pace["T_IC"])


@pytest.mark.parametrize("suite", NIST)
def test_aes_is_that_of_nist(suite: CipherSuite) -> None:
    key, encrypted, cmac_of_nothing, cmac_of_a_block = NIST[suite]
    cipher, mac = BlockCipher(suite, unhex(key)), MessageAuthentication(suite, unhex(key))
    assert cipher.encrypt(unhex(NIST_BLOCK), unhex(NIST_IV)) == unhex(encrypted)
    assert cipher.decrypt(unhex(encrypted), unhex(NIST_IV)) == unhex(NIST_BLOCK)
    assert mac.compute(b"") == unhex(cmac_of_nothing)
    assert mac.compute(unhex(NIST_BLOCK)) == mac.compute_blocks(unhex(NIST_BLOCK)) == unhex(cmac_of_a_block)


def test_the_suites_have_the_lengths_and_hashes_of_the_key_derivation() -> None:
    assert [(suite.key_length, suite.block_length, suite.kdf_hash) for suite in SUITES] == [
        (16, 8, "sha1"),
        (16, 16, "sha1"),
        (24, 16, "sha256"),
        (32, 16, "sha256"),
    ]


def test_the_suites_rank_by_strength() -> None:
    assert sorted(SUITES, key=lambda suite: suite.strength) == [
        CipherSuite.TDES,
        CipherSuite.AES_128,
        CipherSuite.AES_192,
        CipherSuite.AES_256,
    ]


@given(st.sampled_from(SUITES), st.data())
def test_decryption_undoes_encryption_with_and_without_an_iv(suite: CipherSuite, data: st.DataObject) -> None:
    cipher = BlockCipher(suite, data.draw(st.binary(min_size=suite.key_length, max_size=suite.key_length)))
    plain = pad(data.draw(st.binary(max_size=300)), suite.block_length)
    iv = data.draw(st.none() | st.binary(min_size=suite.block_length, max_size=suite.block_length))
    assert cipher.decrypt(cipher.encrypt(plain, iv), iv) == plain


@pytest.mark.parametrize("suite", SUITES)
def test_no_iv_is_the_zero_iv(suite: CipherSuite) -> None:
    cipher = BlockCipher(suite, bytes(range(suite.key_length)))
    blocks = bytes(3 * suite.block_length)
    assert cipher.encrypt(blocks) == cipher.encrypt(blocks, bytes(suite.block_length))
    assert cipher.encrypt_block(blocks[: suite.block_length]) == cipher.encrypt(blocks)[: suite.block_length]


@pytest.mark.parametrize("suite", SUITES)
def test_one_object_computes_the_same_checksum_again_and_again(suite: CipherSuite) -> None:
    key = bytes(range(suite.key_length))
    mac = MessageAuthentication(suite, key)
    messages = [bytes(16), bytes(64), bytes(16)]
    assert [mac.compute(one) for one in messages] == [
        MessageAuthentication(suite, key).compute(one) for one in messages
    ]
    assert len(mac.compute(b"")) == 8


@pytest.mark.parametrize("suite", SUITES)
def test_a_key_of_the_wrong_length_is_refused(suite: CipherSuite) -> None:
    for length in (0, suite.key_length - 1, suite.key_length + 1, 24 if suite is CipherSuite.TDES else 8):
        with pytest.raises(ValueError, match=suite.label):
            BlockCipher(suite, bytes(length))
        with pytest.raises(ValueError, match=suite.label):
            MessageAuthentication(suite, bytes(length))


@pytest.mark.parametrize("suite", SUITES)
def test_data_that_is_not_whole_blocks_is_refused(suite: CipherSuite) -> None:
    cipher = BlockCipher(suite, bytes(range(suite.key_length)))
    with pytest.raises(SecureMessagingError, match="whole blocks"):
        cipher.decrypt(bytes(suite.block_length + 1))
    with pytest.raises(SecureMessagingError, match="whole blocks"):
        cipher.encrypt(bytes(suite.block_length - 1))
    with pytest.raises(ValueError, match="a block has"):
        cipher.encrypt_block(bytes(2 * suite.block_length))


@pytest.mark.parametrize("length", [0, 8, 24])
def test_the_retail_mac_takes_a_key_of_two_des_keys_only(length: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        RetailMAC(bytes(length))


@pytest.mark.parametrize("blocks", [b"", bytes(7), bytes(9)])
def test_the_retail_mac_takes_whole_blocks_only(blocks: bytes) -> None:
    with pytest.raises(ValueError, match="whole blocks"):
        RetailMAC(bytes(range(16))).compute(blocks)


@given(st.binary(max_size=64), st.sampled_from([8, 16]))
def test_padding_fills_blocks_and_comes_off_again(data: bytes, block_length: int) -> None:
    padded = pad(data, block_length)
    assert len(padded) % block_length == 0
    assert 1 <= len(padded) - len(data) <= block_length
    assert unpad(padded) == data


@pytest.mark.parametrize("padded", [b"", bytes(16), b"\x01\x02\x03", b"\x80\x01", b"\x81" + bytes(7)])
def test_bytes_without_padding_are_refused(padded: bytes) -> None:
    with pytest.raises(SecureMessagingError, match="no padding"):
        unpad(padded)


def test_checksums_are_compared_whole() -> None:
    verify_mac(b"12345678", b"12345678", "answer")
    for received in (b"12345679", b"1234567", b"123456780", b""):
        with pytest.raises(SecureMessagingError, match="answer: the checksum is wrong"):
            verify_mac(b"12345678", received, "answer")
