"""Chip Authentication: the layout of its commands, the choice of a key, refusals, and keys computed another way."""

from __future__ import annotations

import hashlib
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from apdu import tlv
from apdu.ciphers import CipherSuite
from apdu.command import CommandAPDU
from apdu.errors import MalformedDataError, StatusError
from apdu.response import ResponseAPDU
from chipid.asn1 import oids
from chipid.crypto import points
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve
from chipid.crypto.kdf import adjust_parity
from chipid.crypto.keys import DHPublicKey, ECPublicKey, PublicKey, RSAPublicKey, encode_public_key
from chipid.errors import UnsupportedError
from chipid.lds.dg14 import parse_dg14
from chipid.lds.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfo,
    SecurityInfos,
)
from chipid.protocols import chip_authentication
from chipid.protocols.chip_authentication import ChipAuthenticationChoice
from tests.support.script_card import ListedEntropy, drive, no_entropy, run
from tests.support.vectors import VECTORS

P256 = CURVES["secp256r1"]
CHIP_PRIVATE = 0x1CAFE0123456789
TERMINAL_PRIVATE = 0x7E41A1
DRAWN = TERMINAL_PRIVATE.to_bytes(32, "big")

OIDS = {
    CipherSuite.TDES: oids.ID_CA_ECDH_3DES_CBC_CBC,
    CipherSuite.AES_128: oids.ID_CA_ECDH_AES_CBC_CMAC_128,
    CipherSuite.AES_192: oids.ID_CA_ECDH_AES_CBC_CMAC_192,
    CipherSuite.AES_256: oids.ID_CA_ECDH_AES_CBC_CMAC_256,
}
AES = [CipherSuite.AES_128, CipherSuite.AES_192, CipherSuite.AES_256]
OPENSSL = {"secp256r1": ec.SECP256R1(), "brainpoolP384r1": ec.BrainpoolP384R1(), "secp521r1": ec.SECP521R1()}


def _public(curve: Curve, private: int) -> bytes:
    """An uncompressed point as the package cryptography makes it."""
    numbers = ec.derive_private_key(private, OPENSSL[curve.name]).public_key().public_numbers()
    return b"\x04" + numbers.x.to_bytes(curve.byte_length, "big") + numbers.y.to_bytes(curve.byte_length, "big")


def _key(
    key_id: int | None = None, curve: Curve = P256, private: int = CHIP_PRIVATE
) -> ChipAuthenticationPublicKeyInfo:
    point = points.decode_point(curve, _public(curve, private))
    spki = encode_public_key(ECPublicKey(curve=curve, point=point, explicit=True))
    return ChipAuthenticationPublicKeyInfo(oid=oids.ID_PK_ECDH, spki=spki, key_id=key_id)


def _other_key(key: PublicKey, oid: str = oids.ID_PK_DH) -> ChipAuthenticationPublicKeyInfo:
    return ChipAuthenticationPublicKeyInfo(oid=oid, spki=encode_public_key(key))


GROUP = DH_GROUPS["modp2048-256"]
DH_KEY = _other_key(DHPublicKey(group=GROUP, y=pow(GROUP.g, CHIP_PRIVATE, GROUP.p)))
DH_OIDS = {
    CipherSuite.TDES: oids.ID_CA_DH_3DES_CBC_CBC,
    CipherSuite.AES_128: oids.ID_CA_DH_AES_CBC_CMAC_128,
    CipherSuite.AES_192: oids.ID_CA_DH_AES_CBC_CMAC_192,
    CipherSuite.AES_256: oids.ID_CA_DH_AES_CBC_CMAC_256,
}


def _choice(suite: CipherSuite, key: ChipAuthenticationPublicKeyInfo) -> ChipAuthenticationChoice:
    return ChipAuthenticationChoice(oid=OIDS[suite], suite=suite, key=key)


def _infos(*infos: SecurityInfo) -> SecurityInfos:
    return SecurityInfos(raw=b"", entries=(), infos=infos)


def _info(suite: CipherSuite, key_id: int | None = None, *, version: int = 1) -> ChipAuthenticationInfo:
    return ChipAuthenticationInfo(oid=OIDS[suite], version=version, key_id=key_id)


def _expected_keys(suite: CipherSuite, curve: Curve, terminal: int, chip: int) -> tuple[bytes, bytes]:
    peer = ec.derive_private_key(chip, OPENSSL[curve.name]).public_key()
    return _derived(suite, ec.derive_private_key(terminal, OPENSSL[curve.name]).exchange(ec.ECDH(), peer))


def _derived(suite: CipherSuite, secret: bytes) -> tuple[bytes, bytes]:
    name = "sha1" if suite in (CipherSuite.TDES, CipherSuite.AES_128) else "sha256"
    length = {CipherSuite.AES_192: 24, CipherSuite.AES_256: 32}.get(suite, 16)
    enc, mac = (hashlib.new(name, secret + bytes((0, 0, 0, counter))).digest()[:length] for counter in (1, 2))
    return (adjust_parity(enc), adjust_parity(mac)) if suite is CipherSuite.TDES else (enc, mac)


KEY_IDS = [
    (None, ""),
    (0, "840100"),
    (1, "840101"),
    (0x7F, "84017F"),
    (0x80, "840180"),
    (0xFF, "8401FF"),
    (0x0100, "84020100"),
    (0xA1B2C3, "8403A1B2C3"),
    (2**64 - 1, "8408FFFFFFFFFFFFFFFF"),
]


@pytest.mark.parametrize(("key_id", "reference"), KEY_IDS)
def test_with_3des_one_command_carries_the_public_key_and_then_the_key_reference(
    key_id: int | None, reference: str
) -> None:
    pk_ifd = _public(P256, TERMINAL_PRIVATE).hex()
    length = 2 + 65 + len(reference) // 2
    command = f"002241A6 {length:02X} 9141 {pk_ifd} {reference}"
    script = chip_authentication.authenticate(_choice(CipherSuite.TDES, _key(key_id)), ListedEntropy(DRAWN))
    result = run(script, (command, "9000"))
    assert result.terminal_public_key.hex() == pk_ifd
    assert result.keys.suite is CipherSuite.TDES


@pytest.mark.parametrize("suite", AES)
@pytest.mark.parametrize(("key_id", "reference"), KEY_IDS)
def test_with_aes_the_protocol_is_set_first_and_the_public_key_follows(
    suite: CipherSuite, key_id: int | None, reference: str
) -> None:
    number = {CipherSuite.AES_128: "02", CipherSuite.AES_192: "03", CipherSuite.AES_256: "04"}[suite]
    pk_ifd = _public(P256, TERMINAL_PRIVATE).hex()
    template = f"002241A4 {12 + len(reference) // 2:02X} 800A04007F000702020302{number} {reference}"
    script = chip_authentication.authenticate(_choice(suite, _key(key_id)), ListedEntropy(DRAWN))
    result = run(script, (template, "9000"), (f"00860000 45 7C43 8041 {pk_ifd} 00", "7C009000"))
    assert result.terminal_public_key.hex() == pk_ifd


@pytest.mark.parametrize("suite", CipherSuite)
@pytest.mark.parametrize("name", OPENSSL)
def test_the_keys_are_those_of_an_independent_computation(suite: CipherSuite, name: str) -> None:
    curve = CURVES[name]
    drawn = TERMINAL_PRIVATE.to_bytes(curve.order_length, "big")
    script = chip_authentication.authenticate(_choice(suite, _key(None, curve)), ListedEntropy(drawn))
    result = drive(script, lambda _: ResponseAPDU())
    keys = result.keys
    assert (keys.ks_enc, keys.ks_mac) == _expected_keys(suite, curve, TERMINAL_PRIVATE, CHIP_PRIVATE)
    assert (keys.suite, keys.ssc) == (suite, 0)
    assert result.terminal_public_key == _public(curve, TERMINAL_PRIVATE)


def _private_with_leading_zero() -> int:
    """A terminal's private key whose shared secret with the chip begins with a zero byte: one in 256."""
    chip = ec.derive_private_key(CHIP_PRIVATE, OPENSSL["secp256r1"]).public_key()
    random = Random("leading zero")
    while True:
        private = random.randrange(1, P256.n)
        if ec.derive_private_key(private, OPENSSL["secp256r1"]).exchange(ec.ECDH(), chip)[0] == 0:
            return private


def test_a_leading_zero_of_the_shared_secret_is_kept() -> None:
    private = _private_with_leading_zero()
    choice = _choice(CipherSuite.AES_128, _key())
    script = chip_authentication.authenticate(choice, ListedEntropy(private.to_bytes(32, "big")))
    keys = drive(script, lambda _: ResponseAPDU()).keys
    assert (keys.ks_enc, keys.ks_mac) == _expected_keys(CipherSuite.AES_128, P256, private, CHIP_PRIVATE)


def test_every_run_draws_a_new_key() -> None:
    choice, random = _choice(CipherSuite.AES_256, _key()), Random("new keys")
    results = [
        drive(chip_authentication.authenticate(choice, random.randbytes), lambda _: ResponseAPDU()) for _ in range(5)
    ]
    assert len({result.terminal_public_key for result in results}) == 5
    assert len({result.keys.ks_enc for result in results}) == 5


@pytest.mark.parametrize("sw", [0x6300, 0x6283, 0x6982, 0x6A80, 0x6A88, 0x6D00])
def test_a_refusal_of_any_command_is_a_status_error(sw: int) -> None:
    refused = f"{sw:04X}"
    for suite, answers in (
        (CipherSuite.TDES, (refused, refused) if sw in (0x6A80, 0x6D00) else (refused,)),
        (CipherSuite.AES_128, (refused,)),
        (CipherSuite.AES_128, ("9000", refused)),
    ):
        script = chip_authentication.authenticate(_choice(suite, _key(1)), ListedEntropy(DRAWN))
        with pytest.raises(StatusError) as caught:
            run(script, *((_any_command, answer) for answer in answers))
        assert caught.value.sw == sw


@pytest.mark.parametrize("sw", ["6A80", "6A81", "6A86", "6D00"])
def test_a_chip_that_does_not_know_the_command_of_3des_is_asked_in_the_newer_way(sw: str) -> None:
    pk_ifd = _public(P256, TERMINAL_PRIVATE).hex()
    script = chip_authentication.authenticate(_choice(CipherSuite.TDES, _key(1)), ListedEntropy(DRAWN))
    result = run(
        script,
        (f"002241A6 46 9141 {pk_ifd} 840101", sw),
        ("002241A4 0F 800A04007F00070202030201 840101", "9000"),
        (f"00860000 45 7C43 8041 {pk_ifd} 00", "7C009000"),
    )
    assert result.quirks == (chip_authentication.QUIRK_KAT_REFUSED,)
    assert result.keys.suite is CipherSuite.TDES


@pytest.mark.parametrize("suite", CipherSuite)
def test_keys_over_a_group_agree_with_numbers_as_long_as_its_prime(suite: CipherSuite) -> None:
    exponent = 0x7E41A1
    pk_ifd = pow(GROUP.g, exponent, GROUP.p).to_bytes(256, "big")
    secret = pow(pow(GROUP.g, CHIP_PRIVATE, GROUP.p), exponent, GROUP.p).to_bytes(256, "big")
    choice = ChipAuthenticationChoice(oid=DH_OIDS[suite], suite=suite, key=DH_KEY)
    sent: list[CommandAPDU] = []

    def card(command: CommandAPDU) -> ResponseAPDU:
        sent.append(command)
        return ResponseAPDU()

    result = drive(chip_authentication.authenticate(choice, ListedEntropy(exponent.to_bytes(32, "big"))), card)
    assert (result.keys.ks_enc, result.keys.ks_mac) == _derived(suite, secret)
    assert result.terminal_public_key == pk_ifd
    assert result.compressed_terminal_key == hashlib.sha1(pk_ifd).digest()
    tag = 0x91 if suite is CipherSuite.TDES else 0x80
    assert tlv.encode(tag, pk_ifd) in sent[-1].data


def test_leading_zeros_of_numbers_of_a_group_are_kept() -> None:
    random = Random("leading zeros of a group")
    group = DH_GROUPS["modp1024-160"]
    chip = random.randrange(1, 2**150)
    key = _other_key(DHPublicKey(group=group, y=pow(group.g, chip, group.p)))
    choice = ChipAuthenticationChoice(oid=DH_OIDS[CipherSuite.AES_128], suite=CipherSuite.AES_128, key=key)
    while True:
        exponent = random.randrange(1, 2**150)
        secret = pow(group.g, exponent * chip, group.p).to_bytes(128, "big")
        if secret[0] == 0:
            break
    script = chip_authentication.authenticate(choice, ListedEntropy(exponent.to_bytes(20, "big")))
    keys = drive(script, lambda _: ResponseAPDU()).keys
    assert (keys.ks_enc, keys.ks_mac) == _derived(CipherSuite.AES_128, secret)


def test_the_compressed_key_on_a_curve_is_its_x_coordinate() -> None:
    script = chip_authentication.authenticate(_choice(CipherSuite.AES_128, _key()), ListedEntropy(DRAWN))
    result = drive(script, lambda _: ResponseAPDU())
    assert result.compressed_terminal_key == _public(P256, TERMINAL_PRIVATE)[1:33]
    assert result.quirks == ()


def _any_command(command: CommandAPDU) -> bool:
    return True


UNUSABLE = {
    "RSA": (_other_key(RSAPublicKey(n=(1 << 2047) + 1, e=65537)), UnsupportedError),
    "no key": (ChipAuthenticationPublicKeyInfo(oid=oids.ID_PK_ECDH, spki=bytes.fromhex("3000")), MalformedDataError),
    "cut": (ChipAuthenticationPublicKeyInfo(oid=oids.ID_PK_ECDH, spki=_key().spki[:-1]), MalformedDataError),
    "off the curve": (
        ChipAuthenticationPublicKeyInfo(oid=oids.ID_PK_ECDH, spki=_key().spki[:-1] + b"\x00"),
        MalformedDataError,
    ),
}


@pytest.mark.parametrize(("key", "error"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_key_is_refused_before_any_command(
    key: ChipAuthenticationPublicKeyInfo, error: type[Exception]
) -> None:
    for suite in CipherSuite:
        with pytest.raises(error):
            run(chip_authentication.authenticate(_choice(suite, key), no_entropy))


def test_the_reference_data_set_offers_one_way() -> None:
    dg14 = parse_dg14((VECTORS / "bsi-tr03105-5" / "Datagroup14.bin").read_bytes())
    (choice,) = chip_authentication.choose(dg14.security_infos)
    assert choice.key in dg14.security_infos.chip_authentication_keys
    assert choice.oid in {info.oid for info in dg14.security_infos.chip_authentication}


def test_the_strongest_suite_comes_first_and_equals_keep_their_order() -> None:
    first, second = _key(1), _key(2, private=77)
    infos = _infos(
        _info(CipherSuite.TDES, 1),
        _info(CipherSuite.AES_128, 1),
        first,
        second,
        _info(CipherSuite.AES_128, 2),
        _info(CipherSuite.AES_256, 2),
    )
    found = [(choice.suite, choice.key) for choice in chip_authentication.choose(infos)]
    assert found == [
        (CipherSuite.AES_256, second),
        (CipherSuite.AES_128, first),
        (CipherSuite.AES_128, second),
        (CipherSuite.TDES, first),
    ]


def test_an_info_and_a_key_without_identifier_belong_together() -> None:
    assert chip_authentication.choose(_infos(_key(), _info(CipherSuite.AES_192))) == (
        _choice(CipherSuite.AES_192, _key()),
    )


@pytest.mark.parametrize(("of_key", "of_info"), [(1, 2), (0, 1)])
def test_an_info_and_a_key_of_another_identifier_do_not_belong_together(of_key: int, of_info: int) -> None:
    assert chip_authentication.choose(_infos(_key(of_key), _info(CipherSuite.AES_128, of_info))) == ()


@pytest.mark.parametrize(("of_key", "of_info"), [(1, None), (None, 1), (0, None), (None, 0)])
def test_an_info_and_the_only_key_belong_together_where_one_of_them_names_no_key(
    of_key: int | None, of_info: int | None
) -> None:
    infos = _infos(_key(of_key), DH_KEY, _info(CipherSuite.AES_128, of_info))
    (choice,) = chip_authentication.choose(infos)
    assert (choice.key, choice.names_key) == (_key(of_key), False)
    assert choice.quirks == ("chip-authentication-key-id-missing",)
    # The chip has but this key, which nobody names.
    script = chip_authentication.authenticate(choice, ListedEntropy(DRAWN))
    public = _public(P256, TERMINAL_PRIVATE).hex()
    template = "002241A4 0C 800A04007F00070202030202"
    result = run(script, (template, "9000"), (f"00860000 45 7C43 8041 {public} 00", "7C009000"))
    assert result.quirks == ("chip-authentication-key-id-missing",)


def test_of_several_keys_none_is_guessed() -> None:
    keys = (_key(1), _key(2, private=CHIP_PRIVATE + 1))
    assert chip_authentication.choose(_infos(*keys, _info(CipherSuite.AES_128))) == ()
    assert chip_authentication.choose(_infos(*keys, _info(CipherSuite.AES_128, 3))) == ()
    (choice,) = chip_authentication.choose(_infos(*keys, _info(CipherSuite.AES_128, 2)))
    assert (choice.key, choice.quirks) == (keys[1], ())


def test_of_equal_suites_a_curve_comes_before_a_group() -> None:
    dh_info = ChipAuthenticationInfo(oid=oids.ID_CA_DH_AES_CBC_CMAC_128)
    choices = chip_authentication.choose(_infos(dh_info, DH_KEY, _key(), _info(CipherSuite.AES_128)))
    assert [choice.key for choice in choices] == [_key(), DH_KEY]


def test_an_info_goes_only_with_a_key_of_its_kind_of_agreement() -> None:
    dh_info = ChipAuthenticationInfo(oid=oids.ID_CA_DH_AES_CBC_CMAC_256)
    assert chip_authentication.choose(_infos(_key(), dh_info)) == ()
    (choice,) = chip_authentication.choose(_infos(DH_KEY, dh_info, _info(CipherSuite.AES_128)))
    assert (choice.oid, choice.key) == (oids.ID_CA_DH_AES_CBC_CMAC_256, DH_KEY)


@pytest.mark.parametrize("version", [0, 2, 3])
def test_an_info_of_another_version_is_passed_over(version: int) -> None:
    other = _info(CipherSuite.AES_256, version=version)
    assert chip_authentication.choose(_infos(_key(), other)) == ()
    assert chip_authentication.choose(_infos(_key(), other, _info(CipherSuite.TDES))) == (
        _choice(CipherSuite.TDES, _key()),
    )


def test_keys_without_any_info_are_used_with_3des() -> None:
    choices = chip_authentication.choose(_infos(_key(1), DH_KEY, _key(2)))
    assert [(choice.oid, choice.suite, choice.key) for choice in choices] == [
        (oids.ID_CA_ECDH_3DES_CBC_CBC, CipherSuite.TDES, _key(1)),
        (oids.ID_CA_ECDH_3DES_CBC_CBC, CipherSuite.TDES, _key(2)),
        (oids.ID_CA_DH_3DES_CBC_CBC, CipherSuite.TDES, DH_KEY),
    ]
    assert {choice.quirks for choice in choices} == {("chip-authentication-inferred",)}


def test_infos_without_keys_offer_nothing() -> None:
    assert chip_authentication.choose(_infos(_info(CipherSuite.AES_128))) == ()
    assert chip_authentication.choose(_infos()) == ()


def test_the_result_shows_no_key() -> None:
    script = chip_authentication.authenticate(_choice(CipherSuite.AES_128, _key()), ListedEntropy(DRAWN))
    result = drive(script, lambda _: ResponseAPDU())
    assert "keys" not in repr(result)
    assert tlv.encode(0x80, result.keys.ks_enc).hex() not in repr(result)
