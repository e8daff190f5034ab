"""Basic Access Control: Doc 9303-11 appendix D.3, then a card written from §4.3, then hostile answers."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication
from apdu.command import CommandAPDU
from apdu.errors import StatusError, ToolkitError
from apdu.response import ResponseAPDU
from apdu.status import StatusWord
from chipid.errors import AccessKeyError, ProtocolError, WrongAccessKeyError
from chipid.mrz.access_key import AccessKey
from chipid.protocols import bac
from tests.support.hostile import mutations
from tests.support.script_card import Exchange, ListedEntropy, drive, no_entropy, run
from tests.support.vectors import example

VECTOR = example("9303-11_D3_bac")
ACCESS_KEY = AccessKey.from_mrz_fields("L898902C", "690806", "940623")
FIRST: Exchange = (VECTOR["apdus"][0]["C"], VECTOR["apdus"][0]["R"])
SECOND: Exchange = (VECTOR["apdus"][1]["C"], VECTOR["apdus"][1]["R"])
CIPHER = BlockCipher(CipherSuite.TDES, bytes.fromhex(VECTOR["KEnc"]))
MAC = MessageAuthentication(CipherSuite.TDES, bytes.fromhex(VECTOR["KMAC"]))


def _entropy() -> ListedEntropy:
    return ListedEntropy(VECTOR["RND_IFD"], VECTOR["K_IFD"])


def _answer(r: str | bytes) -> bytes:
    """What a chip sends that holds the keys and wants to say ``r``."""
    e_ic = CIPHER.encrypt(bytes.fromhex(r) if isinstance(r, str) else r)
    return e_ic + MAC.compute(e_ic) + b"\x90\x00"


def test_the_worked_example_is_reproduced_to_the_byte() -> None:
    entropy = _entropy()
    keys = run(bac.authenticate(ACCESS_KEY, entropy), FIRST, SECOND)
    assert entropy.is_used_up
    assert keys.suite is CipherSuite.TDES
    assert keys.ks_enc.hex().upper() == VECTOR["KSEnc"]
    assert keys.ks_mac.hex().upper() == VECTOR["KSMAC"]
    assert f"{keys.ssc:016X}" == VECTOR["SSC"]


def test_the_hand_made_answer_is_that_of_the_worked_example() -> None:
    assert _answer(VECTOR["R"]).hex().upper() == VECTOR["apdus"][1]["R"]


@pytest.mark.parametrize("sw", ["6300", "63C0", "63CF", "6982", "6985", "6988", "6A80"])
def test_a_refusal_of_the_cryptogram_means_a_wrong_access_key(sw: str) -> None:
    with pytest.raises(WrongAccessKeyError):
        run(bac.authenticate(ACCESS_KEY, _entropy()), FIRST, (SECOND[0], sw))


@pytest.mark.parametrize("sw", [0x6700, 0x6A81, 0x6A86, 0x6D00, 0x6E00, 0x6F00, 0x6282])
def test_another_refusal_of_the_cryptogram_is_a_status_error(sw: int) -> None:
    with pytest.raises(StatusError) as caught:
        run(bac.authenticate(ACCESS_KEY, _entropy()), FIRST, (SECOND[0], f"{sw:04X}"))
    assert caught.value.sw == sw


@pytest.mark.parametrize("sw", [0x6300, 0x6982, 0x6985, 0x6A88, 0x6D00])
def test_a_refused_challenge_is_a_status_error_and_never_a_wrong_key(sw: int) -> None:
    with pytest.raises(StatusError) as caught:
        run(bac.authenticate(ACCESS_KEY, no_entropy), (FIRST[0], f"{sw:04X}"))
    assert caught.value.sw == sw


@pytest.mark.parametrize("length", [0, 4, 7, 9, 16])
def test_a_challenge_of_another_length_is_a_protocol_error(length: int) -> None:
    with pytest.raises(ProtocolError):
        run(bac.authenticate(ACCESS_KEY, no_entropy), (FIRST[0], bytes(length) + b"\x90\x00"))


@pytest.mark.parametrize("length", [0, 8, 32, 39, 41, 48])
def test_an_answer_of_another_length_is_a_protocol_error(length: int) -> None:
    answer = (bytes.fromhex(VECTOR["apdus"][1]["R"][:80]) * 2)[:length] + b"\x90\x00"
    with pytest.raises(ProtocolError):
        run(bac.authenticate(ACCESS_KEY, _entropy()), FIRST, (SECOND[0], answer))


def test_every_changed_bit_of_the_answer_is_a_protocol_error() -> None:
    answer = bytes.fromhex(VECTOR["apdus"][1]["R"])[:-2]
    for changed in mutations(answer):
        with pytest.raises(ProtocolError):
            run(bac.authenticate(ACCESS_KEY, _entropy()), FIRST, (SECOND[0], changed + b"\x90\x00"))


@pytest.mark.parametrize(
    "r",
    [
        VECTOR["RND_IC"] + "0000000000000000" + VECTOR["K_IC"],
        "0000000000000000" + VECTOR["RND_IFD"] + VECTOR["K_IC"],
        VECTOR["RND_IFD"] + VECTOR["RND_IC"] + VECTOR["K_IC"],
        VECTOR["RND_IC"] + VECTOR["RND_IFD"][:-2] + "27" + VECTOR["K_IC"],
        VECTOR["RND_IC"][:-2] + "13" + VECTOR["RND_IFD"] + VECTOR["K_IC"],
    ],
    ids=["no RND.IFD", "no RND.IC", "swapped", "RND.IFD of another run", "RND.IC of another run"],
)
def test_an_authentic_answer_to_another_challenge_is_a_protocol_error(r: str) -> None:
    with pytest.raises(ProtocolError):
        run(bac.authenticate(ACCESS_KEY, _entropy()), FIRST, (SECOND[0], _answer(r)))


def test_our_own_cryptogram_sent_back_is_a_protocol_error() -> None:
    reflected = bytes.fromhex(VECTOR["E_IFD"] + VECTOR["M_IFD"] + "9000")
    with pytest.raises(ProtocolError):
        run(bac.authenticate(ACCESS_KEY, _entropy()), FIRST, (SECOND[0], reflected))


def test_a_card_access_number_is_refused_before_any_command() -> None:
    with pytest.raises(AccessKeyError):
        run(bac.authenticate(AccessKey.from_can("123456"), no_entropy))


@pytest.mark.parametrize(("sw", "expected"), [(0x6A88, True), (0x6D00, True), (0x6300, False), (0x6982, False)])
def test_only_some_refusals_mean_that_the_chip_has_no_basic_access_control(sw: int, expected: bool) -> None:
    assert bac.is_unsupported(StatusError("GET CHALLENGE", sw, StatusWord(sw).meaning)) is expected


def test_neither_errors_nor_results_show_a_key() -> None:
    keys = run(bac.authenticate(ACCESS_KEY, _entropy()), FIRST, SECOND)
    with pytest.raises(ToolkitError) as caught:
        run(bac.authenticate(ACCESS_KEY, _entropy()), FIRST, (SECOND[0], _answer(bytes(32))))
    for shown in (repr(keys), str(caught.value)):
        for secret in (keys.ks_enc, keys.ks_mac, ACCESS_KEY.secret, bytes.fromhex(VECTOR["K_IFD"])):
            assert secret.hex() not in shown.lower()
            assert repr(secret)[2:-1] not in shown


bytes_8, bytes_16 = st.binary(min_size=8, max_size=8), st.binary(min_size=16, max_size=16)


@settings(max_examples=40, deadline=None)
@given(bytes_8, bytes_8, bytes_16, bytes_16)
def test_a_chip_written_from_the_standard_agrees_on_the_keys(
    rnd_ic: bytes, rnd_ifd: bytes, k_ic: bytes, k_ifd: bytes
) -> None:
    def chip(command: CommandAPDU) -> ResponseAPDU:
        if command.ins == 0x84:
            assert command.ne == 8
            return ResponseAPDU(data=rnd_ic)
        assert (command.header, command.ne, len(command.data)) == (bytes.fromhex("00820000"), 40, 40)
        assert MAC.compute(command.data[:32]) == command.data[32:]
        assert CIPHER.decrypt(command.data[:32]) == rnd_ifd + rnd_ic + k_ifd
        return ResponseAPDU.decode(_answer(rnd_ic + rnd_ifd + k_ic))

    keys = drive(bac.authenticate(ACCESS_KEY, ListedEntropy(rnd_ifd, k_ifd)), chip)
    seed = bytes(a ^ b for a, b in zip(k_ic, k_ifd, strict=True))
    for counter, key in ((1, keys.ks_enc), (2, keys.ks_mac)):
        digest = hashlib.sha1(seed + bytes((0, 0, 0, counter))).digest()[:16]
        assert bytes(byte >> 1 for byte in key) == bytes(byte >> 1 for byte in digest)
        assert all(byte.bit_count() % 2 for byte in key)
    assert keys.ssc == int.from_bytes(rnd_ic[-4:] + rnd_ifd[-4:], "big")
