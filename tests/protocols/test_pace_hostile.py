"""PACE against chips that refuse, lie or do not know the password: appendix G.1 with one answer changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from apdu import tlv
from apdu.ciphers import CipherSuite, MessageAuthentication
from apdu.command import CommandAPDU
from apdu.errors import StatusError, TLVError, ToolkitError
from apdu.response import ResponseAPDU
from chipid.asn1 import der
from chipid.crypto import points
from chipid.crypto.kdf import derive_session_keys
from chipid.errors import ProtocolError, WrongAccessKeyError
from chipid.protocols import pace
from tests.protocols.pace_card import PACECard, pace_choice
from tests.protocols.pace_example import (
    ACCESS_KEY,
    AGREEMENT,
    CHOICE,
    CURVE,
    EXCHANGES,
    INFO,
    MAPPING,
    NONCE,
    PK_IC,
    PK_IFD,
    PK_MAP_IC,
    PK_MAP_IFD,
    TOKEN,
    VECTOR,
    entropy,
    run_changed,
)
from tests.support.hostile import mutations
from tests.support.script_card import Exchange, drive, run

OK = b"\x90\x00"
STEPS = (NONCE, MAPPING, AGREEMENT, TOKEN)
EXPECTED = {NONCE: 0x80, MAPPING: 0x82, AGREEMENT: 0x84, TOKEN: 0x86}
T_IC = bytes.fromhex(VECTOR["T_IC"])


def _template(*objects: bytes) -> bytes:
    return tlv.encode(0x7C, *objects) + OK


def _value(step: int) -> bytes:
    answer = EXCHANGES[step][1]
    assert isinstance(answer, str)
    return tlv.parse_one(bytes.fromhex(answer)[:-2], 0x7C).child(EXPECTED[step]).value


@pytest.mark.parametrize("sw", ["6300", "63C0", "63C2", "63CF", "6982", "6985", "6988", "6A80"])
def test_a_refusal_of_our_token_means_a_wrong_access_key(sw: str) -> None:
    with pytest.raises(WrongAccessKeyError):
        run_changed(TOKEN, sw)


@pytest.mark.parametrize("sw", [0x6283, 0x6700, 0x6983, 0x6A86, 0x6D00, 0x6F00])
def test_another_refusal_of_our_token_is_a_status_error(sw: int) -> None:
    with pytest.raises(StatusError) as caught:
        run_changed(TOKEN, f"{sw:04X}")
    assert caught.value.sw == sw


@pytest.mark.parametrize("step", [NONCE, MAPPING, AGREEMENT])
@pytest.mark.parametrize("sw", [0x6300, 0x63C1, 0x6982, 0x6985, 0x6988, 0x6A80, 0x6A88, 0x6F00])
def test_a_refusal_before_the_token_is_a_status_error_and_never_a_wrong_key(step: int, sw: int) -> None:
    with pytest.raises(StatusError) as caught:
        run_changed(step, f"{sw:04X}")
    assert caught.value.sw == sw


@pytest.mark.parametrize("length", [0, 1, 8, 15, 17, 24, 31, 72, 80])
def test_a_nonce_that_is_not_made_of_a_few_whole_blocks_is_a_protocol_error(length: int) -> None:
    with pytest.raises(ProtocolError):
        run_changed(NONCE, _template(tlv.encode(0x80, bytes(length))))


@pytest.mark.parametrize(
    ("suite", "length"),
    [(CipherSuite.TDES, 8), (CipherSuite.TDES, 24), (CipherSuite.AES_128, 32), (CipherSuite.AES_256, 64)],
)
def test_the_chip_may_choose_another_number_of_blocks_for_its_nonce(suite: CipherSuite, length: int) -> None:
    password = bytes.fromhex(VECTOR["password"]["K"])
    card = PACECard(CURVE, suite, password=password, reference=1, s=bytes(range(length)), scalars=(5, 7))
    assert drive(pace.authenticate(pace_choice(CURVE, suite), ACCESS_KEY, entropy()), card).pk_ic == card.pk_ic


NOT_POINTS = {
    "off the curve": PK_IC[:-1] + bytes((PK_IC[-1] ^ 1,)),
    "x = y = 0": b"\x04" + bytes(64),
    "x beyond the field": b"\x04" + b"\xff" * 32 + PK_IC[33:],
    "point of another curve": bytes.fromhex(
        "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"
        "4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"
    ),
    "infinity": b"\x00",
    "nothing": b"",
    "one byte short": PK_IC[:-1],
    "one byte long": PK_IC + b"\x00",
    "no leading 04": PK_IC[1:],
    "compressed": bytes((2 + PK_IC[-1] % 2,)) + PK_IC[1:33],
    "hybrid": bytes((6 + PK_IC[-1] % 2,)) + PK_IC[1:],
}


@pytest.mark.parametrize("step", [MAPPING, AGREEMENT])
@pytest.mark.parametrize("encoded", NOT_POINTS.values(), ids=NOT_POINTS)
def test_a_public_key_that_is_no_point_of_the_curve_is_a_protocol_error(step: int, encoded: bytes) -> None:
    with pytest.raises(ProtocolError):
        run_changed(step, _template(tlv.encode(EXPECTED[step], encoded)))


@pytest.mark.parametrize(("step", "own"), [(MAPPING, PK_MAP_IFD), (AGREEMENT, PK_IFD)])
def test_our_own_public_key_sent_back_is_a_protocol_error(step: int, own: bytes) -> None:
    with pytest.raises(ProtocolError):
        run_changed(step, _template(tlv.encode(EXPECTED[step], own)))


def _token(keys_secret: bytes, public_key: bytes) -> bytes:
    keys = derive_session_keys(keys_secret, CipherSuite.AES_128)
    data = tlv.encode(0x7F49, der.encode_oid(INFO.oid), tlv.encode(0x86, public_key))
    return MessageAuthentication(CipherSuite.AES_128, keys.ks_mac).compute(data)


@pytest.mark.parametrize("pk_ic", [PK_MAP_IFD, PK_MAP_IC], ids=["the terminal's", "the chip's"])
def test_a_mapping_key_is_allowed_as_ephemeral_key_of_the_chip(pk_ic: bytes) -> None:
    k = points.shared_secret(CURVE, int(VECTOR["ka"]["SK_IFD"], 16), points.decode_point(CURVE, pk_ic))
    command = bytes.fromhex("008600000C7C0A8508") + _token(k, pk_ic) + b"\x00"
    last: Exchange = (command, _template(tlv.encode(0x86, _token(k, PK_IFD))))
    result = run_changed(AGREEMENT, _template(tlv.encode(0x84, pk_ic)), last)
    assert result.pk_ic == pk_ic
    assert result.keys == derive_session_keys(k, CipherSuite.AES_128)


WRONG_TOKENS = {
    "one bit": bytes((T_IC[0] ^ 1,)) + T_IC[1:],
    "empty": b"",
    "cut": T_IC[:-1],
    "long": T_IC + b"\x00",
    "ours": bytes.fromhex(VECTOR["T_IFD"]),
    "zero": bytes(8),
}


@pytest.mark.parametrize("token", WRONG_TOKENS.values(), ids=WRONG_TOKENS)
def test_a_wrong_token_of_the_chip_is_a_protocol_error(token: bytes) -> None:
    with pytest.raises(ProtocolError):
        run_changed(TOKEN, _template(tlv.encode(0x86, token)))


@pytest.mark.parametrize("step", STEPS)
def test_a_missing_or_wrong_data_object_is_a_protocol_error(step: int) -> None:
    value = _value(step)
    for objects in (b"", tlv.encode(0x8E, value), tlv.encode(EXPECTED[step] ^ 1, value)):
        with pytest.raises(ProtocolError):
            run_changed(step, _template(objects))


@pytest.mark.parametrize("step", STEPS)
def test_an_extra_data_object_is_a_protocol_error(step: int) -> None:
    right = tlv.encode(EXPECTED[step], _value(step))
    for tag in (0x80, 0x82, 0x84, 0x86, 0x8A, 0x99):
        extra = tlv.encode(tag, b"invented")
        if tag != EXPECTED[step]:
            for template in (_template(right, extra), _template(extra, right)):
                with pytest.raises(ProtocolError):
                    run_changed(step, template)


@pytest.mark.parametrize("step", [NONCE, MAPPING, AGREEMENT])
def test_authority_references_have_no_place_before_the_token(step: int) -> None:
    right = tlv.encode(EXPECTED[step], _value(step))
    with pytest.raises(ProtocolError):
        run_changed(step, _template(right, tlv.encode(0x87, b"VNCVCAINVENTED")))


@pytest.mark.parametrize("tags", [(0x87,), (0x87, 0x88)])
def test_authority_references_may_stand_beside_the_token(tags: tuple[int, ...]) -> None:
    references = b"".join(tlv.encode(tag, b"VNCVCAINVENTED") for tag in tags)
    assert run_changed(TOKEN, _template(tlv.encode(0x86, T_IC), references)).keys.ssc == 0


@pytest.mark.parametrize("step", STEPS)
def test_an_answer_that_is_no_template_is_a_tlv_error(step: int) -> None:
    right = tlv.encode(EXPECTED[step], _value(step))
    malformed = (
        b"",
        right,
        tlv.encode(0x7D, right),
        tlv.encode(0x7C, right) + b"\x00",
        tlv.encode(0x7C, right, right),
        tlv.encode(0x7C, right)[:-1],
        tlv.encode(0x5C, right),
        b"\x7c\x80" + right + b"\x00\x00",
        tlv.encode(0x7C, right[:1], b"\x80", right[2:]),
    )
    for answer in malformed:
        with pytest.raises(TLVError):
            run_changed(step, answer + OK)


@pytest.mark.parametrize("step", STEPS)
def test_no_changed_byte_of_an_answer_leads_to_keys(step: int) -> None:
    answers = [bytes.fromhex(str(answer)) for _, answer in EXCHANGES]
    for changed in mutations(answers[step][:-2], step=5):
        script = pace.authenticate(CHOICE, ACCESS_KEY, entropy(), name_parameters=False)
        with pytest.raises(ToolkitError):
            drive(script, _playing(*answers[:step], changed + OK, *answers[step + 1 :]))


def _playing(*answers: bytes) -> Callable[[CommandAPDU], ResponseAPDU]:
    """A card that gives these answers whatever it is asked."""
    left = iter(answers)
    return lambda _: ResponseAPDU.decode(next(left))


def test_a_card_with_another_password_ends_in_a_wrong_token_of_ours() -> None:
    """The nonce comes out wrong, both sides go on, and the chip refuses: one try, one answer."""
    script = pace.authenticate(CHOICE, ACCESS_KEY, entropy(), name_parameters=False)
    wrong_nonce = _template(tlv.encode(0x80, bytes(16)))
    key_of_the_example = bytes.fromhex(VECTOR["ka"]["PK_IFD"])
    with pytest.raises(WrongAccessKeyError):
        run(
            script,
            EXCHANGES[0],
            (EXCHANGES[NONCE][0], wrong_nonce),
            EXCHANGES[MAPPING],
            (lambda command: command.ins == 0x86 and key_of_the_example not in command.data, EXCHANGES[AGREEMENT][1]),
            (lambda command: command.header == bytes.fromhex("00860000"), "6300"),
        )


def test_a_mapping_that_ends_at_infinity_is_a_protocol_error() -> None:
    """H = -sG: a chip that knows s can bring it about with a mapping key of its choice."""
    s = int(VECTOR["s"], 16)
    sk_map = int(VECTOR["map"]["SK_IFD"], 16)
    scalar = -s * pow(sk_map, -1, CURVE.n) % CURVE.n
    mapping_key = points.encode_point(CURVE, points.multiply(CURVE, scalar, CURVE.generator))
    with pytest.raises(ProtocolError):
        run_changed(MAPPING, _template(tlv.encode(0x82, mapping_key)))
