"""Terminal Authentication: its commands to the byte, what is signed, and chips that refuse."""

from __future__ import annotations

import pytest

from apdu import tlv
from apdu.command import CommandAPDU
from apdu.errors import StatusError
from chipid.asn1 import oids
from chipid.crypto.signatures import verify_signature
from chipid.errors import AccessKeyError, ProtocolError, TerminalKeyError
from chipid.mrz.access_key import AccessKey
from chipid.pki.chat import CHAT, InspectionRight, Role, inspection_chat
from chipid.pki.cv_certificate import parse_cv_certificate
from chipid.protocols import terminal_authentication
from chipid.protocols.terminal_key import FileTerminalKey, load_terminal_key
from tests.pki.cv_builders import Authority
from tests.protocols.test_terminal_key import key_file
from tests.support.script_card import Exchange, run

CVCA, NEW_CVCA = (Authority(f"UTCVCA0000{n}", Role.CVCA, number=n) for n in (1, 2))
DV = Authority("UTDV00001", Role.DV_DOMESTIC, number=3)
FINGER = (InspectionRight.READ_DG3,)
TERMINAL = Authority("UTIS00001", Role.TERMINAL, number=4, rights=FINGER)
LINK, DV_RAW, IS_RAW = CVCA.issue(NEW_CVCA), NEW_CVCA.issue(DV), DV.issue(TERMINAL)
KEY = load_terminal_key(key_file(TERMINAL), [DV_RAW, LINK, IS_RAW])
ID_IC, COMPRESSED = b"L898902C<3", bytes(range(32))
R_IC = bytes.fromhex("0123456789ABCDEF")


def _authenticate(
    *exchanges: Exchange, key: FileTerminalKey = KEY, trust_points: tuple[str, ...] = ("UTCVCA00002",)
) -> terminal_authentication.TerminalAuthenticationResult:
    script = terminal_authentication.authenticate(
        key, trust_points=trust_points, id_ic=ID_IC, compressed_terminal_key=COMPRESSED
    )
    return run(script, *exchanges)


def _command(header: str, data: bytes) -> bytes:
    return CommandAPDU.decode(bytes.fromhex(header)).header + _length(data) + data


def _length(data: bytes) -> bytes:
    return bytes((len(data),)) if len(data) < 256 else b"\x00" + len(data).to_bytes(2, "big")


def _certificate(raw: bytes, authority: str) -> tuple[Exchange, Exchange]:
    value = tlv.parse_one(raw, 0x7F21).value
    return (
        (_command("002281B6", b"\x83" + bytes((len(authority),)) + authority.encode()), "9000"),
        (_command("002A00BE", value), "9000"),
    )


def _signs(*, challenge: bytes = R_IC, terminal: Authority = TERMINAL) -> Exchange:
    def is_signature(command: CommandAPDU) -> bool:
        assert (command.header, command.ne) == (bytes.fromhex("00820000"), 0)
        message = ID_IC + challenge + COMPRESSED
        verify_signature(terminal.public.key, terminal.public.algorithm, message, command.data)
        return True

    return is_signature, "9000"


CHAIN = (*_certificate(DV_RAW, "UTCVCA00002"), *_certificate(IS_RAW, "UTDV00001"))
SET_AT: Exchange = ("002281A4 0B 8309" + b"UTIS00001".hex(), "9000")
CHALLENGE: Exchange = ("0084000008", R_IC + b"\x90\x00")


def test_the_chain_the_challenge_and_the_signature_follow_one_another() -> None:
    result = _authenticate(*CHAIN, SET_AT, CHALLENGE, _signs())
    assert result.certificates == (DV_RAW, IS_RAW)
    assert result.rights == inspection_chat(Role.TERMINAL, FINGER)
    assert result.challenge == R_IC


def test_a_chip_with_an_older_trust_point_is_given_the_link_first() -> None:
    link = _certificate(LINK, "UTCVCA00001")
    result = _authenticate(*link, *CHAIN, SET_AT, CHALLENGE, _signs(), trust_points=("UTCVCA00001",))
    assert result.certificates == (LINK, DV_RAW, IS_RAW)


@pytest.mark.parametrize("oid", [oids.ID_TA_RSA_PSS_SHA_256, oids.ID_TA_RSA_V1_5_SHA_256])
def test_long_certificates_go_out_whole_and_the_session_cuts_them(oid: str) -> None:
    dv = Authority("UTDV00001", Role.DV_DOMESTIC, number=3, oid=oid)
    terminal = Authority("UTIS00001", Role.TERMINAL, number=4, oid=oid)
    dv_raw, is_raw = NEW_CVCA.issue(dv), dv.issue(terminal)
    key = load_terminal_key(key_file(terminal), [dv_raw, is_raw])
    chain = (*_certificate(dv_raw, "UTCVCA00002"), *_certificate(is_raw, "UTDV00001"))
    assert len(is_raw) > 255
    _authenticate(*chain, SET_AT, CHALLENGE, _signs(terminal=terminal), key=key)


def test_nothing_is_sent_if_no_chain_leads_to_the_chip() -> None:
    for trust_points in ((), ("UTCVCA00009",)):
        with pytest.raises(TerminalKeyError):
            _authenticate(trust_points=trust_points)


def test_nothing_is_sent_if_the_chain_mixes_kinds_of_terminals() -> None:
    dv = Authority("UTDV00001", Role.DV_DOMESTIC, number=3)
    dv.chat = CHAT(oid=oids.ID_ST, rights=b"\x83")
    key = load_terminal_key(key_file(TERMINAL), [NEW_CVCA.issue(dv), IS_RAW])
    with pytest.raises(TerminalKeyError):
        _authenticate(key=key)


@pytest.mark.parametrize("step", range(7))
@pytest.mark.parametrize("sw", [0x6300, 0x6982, 0x6985, 0x6A80, 0x6A88])
def test_a_refusal_of_any_step_is_a_status_error(step: int, sw: int) -> None:
    exchanges = [*CHAIN, SET_AT, CHALLENGE, _signs()][: step + 1]
    exchanges[step] = (exchanges[step][0], f"{sw:04X}")
    with pytest.raises(StatusError) as caught:
        _authenticate(*exchanges)
    assert caught.value.sw == sw


@pytest.mark.parametrize("length", [0, 7, 9])
def test_a_challenge_of_a_wrong_length_breaks_the_protocol(length: int) -> None:
    with pytest.raises(ProtocolError):
        _authenticate(*CHAIN, SET_AT, (CHALLENGE[0], bytes(length) + b"\x90\x00"))


@pytest.mark.parametrize(
    ("number", "identifier"), [("L898902C", b"L898902C<3"), ("D23145890734", b"D231458907349"), ("1", b"1<<<<<<<<7")]
)
def test_after_bac_the_chip_is_known_by_its_number_with_the_check_digit(number: str, identifier: bytes) -> None:
    access_key = AccessKey.from_mrz_fields(number, "690806", "940623")
    assert terminal_authentication.document_number_identifier(access_key) == identifier
    with pytest.raises(AccessKeyError):
        terminal_authentication.document_number_identifier(AccessKey.from_can("123456"))


def test_the_result_shows_no_challenge() -> None:
    result = _authenticate(*CHAIN, SET_AT, CHALLENGE, _signs())
    assert repr(R_IC) not in repr(result)
    assert parse_cv_certificate(result.certificates[-1]).holder_reference == "UTIS00001"
