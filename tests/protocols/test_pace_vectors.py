"""PACE to the byte: Doc 9303-11 appendices G.2 (DH), H.1 and H.2 (Integrated Mapping) and I.1 (CAM)."""

from __future__ import annotations

from typing import Any

import pytest

from apdu import tlv
from apdu.ciphers import CipherSuite
from chipid.asn1 import der, oids
from chipid.crypto import points
from chipid.crypto.chip_authentication_mapping import verify_chip_authentication_data
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS
from chipid.crypto.keys import ECPublicKey, load_public_key
from chipid.errors import ProtocolError
from chipid.lds.security_infos import PACEInfo, parse_security_infos
from chipid.mrz.access_key import AccessKey
from chipid.protocols import pace
from chipid.protocols.pace_choice import PACEChoice, choose
from tests.support.script_card import Exchange, ListedEntropy, run
from tests.support.vectors import example, load

G2 = example("9303-11_G2_pace_gm_dh_1024_160_aes128")
H1 = example("9303-11_H1_pace_im_ecdh_bp256_aes128")
H2 = load("pace_im_dh")
I1 = example("9303-11_I1_pace_cam_ecdh_bp256_aes128")
BP256 = CURVES["brainpoolP256r1"]
CAN = AccessKey.from_can("123456")


def _choice(pace_info: str) -> PACEChoice:
    (choice,) = choose(parse_security_infos(tlv.encode(der.SET, bytes.fromhex(pace_info))))
    return choice


def _exchanges(vector: dict[str, Any]) -> tuple[Exchange, ...]:
    """The printed conversation; some answers are printed without their status word."""
    return tuple((apdu["C"], apdu["R"].removesuffix("9000") + "9000") for apdu in vector["apdus"])


def _check(result: pace.PACEResult, vector: dict[str, str]) -> None:
    assert result.keys.suite is CipherSuite.AES_128
    assert result.keys.ks_enc.hex().upper() == vector["KSEnc"]
    assert result.keys.ks_mac.hex().upper() == vector["KSMAC"]
    assert result.keys.ssc == 0
    assert result.quirks == ()


def test_generic_mapping_over_a_group_reproduces_appendix_g2() -> None:
    source = ListedEntropy(G2["map"]["SK_IFD"], G2["ka"]["SK_IFD"])
    access_key = AccessKey.from_mrz_fields("T22000129", "640812", "101031")
    script = pace.authenticate(_choice(G2["PACEInfo"]), access_key, source, name_parameters=False)
    result = run(script, *_exchanges(G2))
    assert source.is_used_up
    _check(result, G2)
    assert result.domain == DH_GROUPS["modp1024-160"]
    assert result.pk_ic.hex().upper() == G2["ka"]["PK_IC"]
    assert result.authorities == (b"DETESTCVCA00003",)
    assert len(result.id_ic) == len(result.compressed_terminal_key) == 20


def _integrated(vector: dict[str, str], domain_id: int, prefix: str) -> tuple[Exchange, ...]:
    """The conversation that the values of appendix H make; the standard prints no commands there."""
    oid = der.oid_value(vector["oid"])
    pk_ifd, pk_ic = (bytes.fromhex(prefix + vector[name]) for name in ("PK_IFD", "PK_IC"))
    return (
        (_command("0022C1A4", tlv.encode(0x80, oid) + bytes.fromhex(f"8301028401{domain_id:02X}"), le=False), "9000"),
        _step("1086", b"", tlv.encode(0x80, bytes.fromhex(vector["z"]))),
        _step("1086", tlv.encode(0x81, bytes.fromhex(vector["t"])), tlv.encode(0x82)),
        _step("1086", tlv.encode(0x83, pk_ifd), tlv.encode(0x84, pk_ic)),
        _step("0086", *(tlv.encode(0x85 + i, bytes.fromhex(vector[name])) for i, name in enumerate(("T_IFD", "T_IC")))),
    )


def _command(header: str, data: bytes, *, le: bool = True) -> bytes:
    return bytes.fromhex(header) + bytes((len(data),)) + data + (b"\x00" if le else b"")


def _step(header: str, data: bytes, answer: bytes) -> Exchange:
    return _command(header + "0000", tlv.encode(0x7C, data)), tlv.encode(0x7C, answer) + b"\x90\x00"


def test_integrated_mapping_over_a_curve_reproduces_appendix_h1() -> None:
    choice = PACEChoice(info=PACEInfo(oid=H1["oid"], parameter_id=13), domain=BP256)
    source = ListedEntropy(H1["t"], H1["SK_IFD"])
    result = run(pace.authenticate(choice, CAN, source), *_integrated(H1, 13, "04"))
    assert source.is_used_up
    _check(result, H1)
    assert result.id_ic.hex().upper() == H1["PK_IC"][:64]
    assert result.compressed_terminal_key.hex().upper() == H1["PK_IFD"][:64]


def test_integrated_mapping_over_a_group_reproduces_appendix_h2() -> None:
    group = DH_GROUPS["modp1024-160"]
    choice = PACEChoice(info=PACEInfo(oid=H2["oid"], parameter_id=0), domain=group)
    assert group.q is not None
    # The printed key is longer than the order of the group; what counts is its remainder.
    exponent = (int(H2["SK_IFD"], 16) % group.q).to_bytes(20, "big")
    _check(run(pace.authenticate(choice, CAN, ListedEntropy(H2["t"], exponent)), *_integrated(H2, 0, "")), H2)


def test_the_chip_must_answer_integrated_mapping_without_data() -> None:
    choice = PACEChoice(info=PACEInfo(oid=H1["oid"], parameter_id=13), domain=BP256)
    exchanges = _integrated(H1, 13, "04")
    command = exchanges[2][0]
    script = pace.authenticate(choice, CAN, ListedEntropy(H1["t"], H1["SK_IFD"]))
    result = run(script, *exchanges[:2], (command, "7C009000"), *exchanges[3:])
    assert result.quirks == (pace.QUIRK_MAPPING_ANSWER_MISSING,)
    for answer in ("7C0382 01 00", "7C028000", "7C0482008000"):
        script = pace.authenticate(choice, CAN, ListedEntropy(H1["t"], H1["SK_IFD"]))
        with pytest.raises(ProtocolError):
            run(script, *exchanges[:2], (command, answer + "9000"))


@pytest.mark.parametrize("length", [16, 48, 64])
def test_a_nonce_of_another_length_does_not_suit_integrated_mapping(length: int) -> None:
    choice = PACEChoice(info=PACEInfo(oid=oids.ID_PACE_ECDH_IM_AES_CBC_CMAC_256, parameter_id=13), domain=BP256)
    nonce = tlv.encode(0x7C, tlv.encode(0x80, bytes(length))) + b"\x90\x00"
    with pytest.raises(ProtocolError):
        run(
            pace.authenticate(choice, CAN, ListedEntropy()),
            (lambda command: command.ins == 0x22, "9000"),
            (lambda command: command.ins == 0x86, nonce),
        )


I1_EXCHANGES = _exchanges(I1)


def _run_i1(*exchanges: Exchange) -> pace.PACEResult:
    access_key = AccessKey.from_mrz_fields("C11T002JM", "960812", "231031")
    source = ListedEntropy(I1["map"]["SK_IFD"], I1["ka"]["SK_IFD"])
    return run(pace.authenticate(_choice(I1["PACEInfo"]), access_key, source, name_parameters=False), *exchanges)


def test_chip_authentication_mapping_reproduces_appendix_i1() -> None:
    result = _run_i1(*I1_EXCHANGES)
    _check(result, I1)
    assert result.proof is not None
    assert result.proof.ca_ic.hex().upper() == I1["CA_IC"]
    assert result.proof.pk_map_ic.hex().upper() == "04" + I1["map"]["PK_IC"]
    info = parse_security_infos(tlv.encode(der.SET, bytes.fromhex(I1["ChipAuthenticationPublicKeyInfo"])))
    key = load_public_key(info.chip_authentication_keys[0].spki)
    assert isinstance(key, ECPublicKey)
    pk_map_ic = points.decode_point(BP256, result.proof.pk_map_ic)
    verify_chip_authentication_data(BP256, result.proof.ca_ic, pk_ic=key.point, pk_map_ic=pk_map_ic)
    assert "ca_ic" not in repr(result)


def test_a_chip_that_leaves_its_authentication_data_out_or_garbles_them_breaks_the_protocol() -> None:
    token = tlv.encode(0x86, bytes.fromhex(I1["T_IC"]))
    encrypted = bytes.fromhex(I1["A_IC"])
    for data in (
        b"",
        tlv.encode(0x8A),
        tlv.encode(0x8A, encrypted[:-1]),
        tlv.encode(0x8A, encrypted[:-16]),
        tlv.encode(0x8A, encrypted) + tlv.encode(0x8B),
    ):
        last = (I1_EXCHANGES[4][0], tlv.encode(0x7C, token, data) + b"\x90\x00")
        with pytest.raises(ProtocolError):
            _run_i1(*I1_EXCHANGES[:4], last)
