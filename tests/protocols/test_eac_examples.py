"""The worked examples of Extended Access Control: PACE with a PIN, Terminal and Chip Authentication.

They are of version 2. Its Terminal Authentication signs the same bytes as version 1, though over a key that Chip
Authentication uses afterwards; its Chip Authentication adds a nonce of the chip to the key derivation.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apdu import instructions, tlv
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel, SessionKeys, TerminalChannel
from chipid.asn1 import der
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.keys import DHPublicKey, ECPublicKey
from chipid.crypto.points import encode_point
from chipid.crypto.signatures import verify_signature
from chipid.errors import SignatureError
from chipid.lds.card_access import parse_card_access
from chipid.lds.ef_card_security import parse_card_security
from chipid.mrz.access_key import AccessKey
from chipid.pki.cms import verify_embedded_signer
from chipid.pki.cv_certificate import verify_cv_signature
from chipid.pki.cv_chain import trust_point_of, verify_chain
from chipid.pki.cv_public_key import TerminalPublicKey
from chipid.protocols import chip_authentication, pace, terminal_authentication
from chipid.protocols.key_agreement import compress_public_key, standard_generator
from chipid.protocols.pace_choice import choose
from chipid.protocols.terminal_key import FileTerminalKey, load_terminal_key
from tests.support.eac_examples import EXAMPLES, PASSWORD, SUITE, EACExample
from tests.support.script_card import ListedEntropy, run

by_example = pytest.mark.parametrize("example", EXAMPLES, ids=str)


def _pace(example: EACExample) -> pace.PACEResult:
    (choice,) = choose(parse_card_access(bytes.fromhex(example.printed["ef_card_access"])).security_infos)
    assert (choice.info.oid, choice.domain) == (example.printed["pace_oid"], example.domain)
    entropy = ListedEntropy(example.secret("pace", "map", "SK_IFD"), example.secret("pace", "ka", "SK_IFD"))
    script = pace.authenticate(choice, AccessKey.from_pin(PASSWORD), entropy, name_parameters=False)
    set_at = tlv.encode(0x80, der.oid_value(choice.info.oid)) + bytes.fromhex("830103")
    result = run(script, *example.pace_exchanges(set_at))
    assert entropy.is_used_up
    return result


@by_example
def test_pace_with_the_pin_reproduces_every_public_key_the_tokens_and_the_session_keys(example: EACExample) -> None:
    result = _pace(example)
    assert result.keys.suite is SUITE
    assert result.keys.ks_enc == example.value("pace", "KSEnc")
    assert result.keys.ks_mac == example.value("pace", "KSMAC")


@by_example
def test_the_mapped_generator_and_both_shared_secrets_are_the_printed_ones(example: EACExample) -> None:
    start = standard_generator(example.domain)
    mapping = start.draw(ListedEntropy(example.secret("pace", "map", "SK_IFD")))
    printed_h = example.value("pace", "map", "H")
    is_curve = isinstance(example.domain, Curve)
    shared = mapping.shared_secret(example.value("pace", "map", "PK_IC"))
    assert shared == (printed_h[1 : 1 + len(shared)] if is_curve else printed_h)
    mapped = mapping.map_generic(example.value("pace", "s"), example.value("pace", "map", "PK_IC"))
    # One times the generator is the generator.
    one = mapped.draw(ListedEntropy(b"\x01".rjust(len(example.secret("pace", "ka", "SK_IFD")), b"\x00")))
    assert one.public == example.value("pace", "map", "G_mapped")
    key = mapped.draw(ListedEntropy(example.secret("pace", "ka", "SK_IFD")))
    assert key.shared_secret(example.value("pace", "ka", "PK_IC")) == example.value("pace", "ka", "K")


@by_example
def test_the_first_protected_command_and_answer_are_the_printed_ones(example: EACExample) -> None:
    channel = TerminalChannel(_pace(example).keys)
    (printed,) = example.printed["secure_messaging"]
    command = channel.protect(instructions.set_dst(bytes.fromhex(printed["plain"])))
    cryptogram = tlv.find(tlv.parse_all(command.data), 0x87)
    assert cryptogram is not None
    assert cryptogram.value.hex().upper() == "01" + printed["cryptogram"]
    checksum = example.printed["checksum"]
    answer = ResponseAPDU.decode(bytes.fromhex(checksum["objects"] + "8E08" + checksum["checksum"] + "9000"))
    assert channel.unprotect(answer).sw == 0x9000


def test_the_commands_of_pace_are_those_that_another_program_prints() -> None:
    """All but MSE:Set AT, where the other terminal shows an authorization: ours has none for a PIN."""
    ecdh = EXAMPLES[0]
    printed = ecdh.printed["pace"]["conversation"]
    _, *exchanges = ecdh.pace_exchanges(b"")
    assert [command.hex().upper() for command, _ in exchanges] == printed["commands"][1:]
    # The last answer is not printed: a chip says there whose certificates it takes.
    assert [answer.hex().upper() for _, answer in exchanges[:-1]] == printed["answers"][1:]


@by_example
def test_terminal_authentication_is_protected_to_the_byte_as_other_programs_print_it(example: EACExample) -> None:
    plain = example.terminal_commands()
    ks_enc, ks_mac = example.value("pace", "KSEnc"), example.value("pace", "KSMAC")
    for exchange in example.printed["ta"]["conversation"]["exchanges"]:
        keys = SessionKeys(suite=SUITE, ks_enc=ks_enc, ks_mac=ks_mac, ssc=exchange["SSC"])
        command, step = bytes.fromhex(exchange["C"]), exchange["step"]
        terminal, card = TerminalChannel(keys), CardChannel(keys)
        assert terminal.protect(plain[step]).encode() == command
        arrived = card.unprotect(CommandAPDU.decode(command))
        assert (arrived.ins, arrived.p1, arrived.p2) == (plain[step].ins, plain[step].p1, plain[step].p2)
        assert arrived.data == plain[step].data
        recorded = bytes.fromhex(exchange["R"]) + b"\x90\x00"
        answer = terminal.unprotect(ResponseAPDU.decode(recorded))
        assert (answer.sw, answer.data) == (
            0x9000,
            example.value("ta", "r_PICC") if step == "get-challenge" else b"",
        )
        assert card.protect(answer, odd=False).encode() == recorded


def _terminal_public_key(example: EACExample) -> TerminalPublicKey:
    """The key of the last certificate, each signature before it verified."""
    key = trust_point_of(example.certificate("cvca")).key
    for name in ("dv", "terminal"):
        key = verify_cv_signature(example.certificate(name), key)
    return key


def _signed_message(example: EACExample) -> bytes:
    id_ic = compress_public_key(example.domain, example.value("pace", "ka", "PK_IC"))
    compressed = compress_public_key(example.domain, example.value("ca", "PK_PCD"))
    return id_ic + example.value("ta", "r_PICC") + compressed


@by_example
def test_the_terminals_certificates_verify_up_to_the_cvca_and_its_signature_over_the_message(
    example: EACExample,
) -> None:
    key = _terminal_public_key(example)
    signature = example.value("ta", "signature")
    verify_signature(key.key, key.algorithm, _signed_message(example), signature)
    for message in (_signed_message(example)[:-1], example.value("ta", "r_PICC"), _signed_message(example) + b"\x00"):
        with pytest.raises(SignatureError):
            verify_signature(key.key, key.algorithm, message, signature)


@by_example
def test_a_chip_may_not_take_the_chain_because_it_mixes_kinds_of_terminals(example: EACExample) -> None:
    """The CVCA of either example is one of inspection systems, and what it issued are authentication terminals."""
    chain = [example.certificate("dv"), example.certificate("terminal")]
    day = chain[-1].effective_date
    assert all(one.is_valid_on(day) for one in chain)
    with pytest.raises(SignatureError, match="role"):
        verify_chain(chain, trust_point_of(example.certificate("cvca")), on=day + timedelta(days=1))


def _terminal_key(example: EACExample) -> FileTerminalKey:
    printed = example.printed["ta"]["private_key"]
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    if isinstance(example.domain, Curve):
        private = ec.derive_private_key(int(printed, 16), ec.BrainpoolP512R1())
    else:
        p, q, e = int(printed["p"], 16), int(printed["q"], 16), 65537
        d = pow(e, -1, (p - 1) * (q - 1))
        iqmp = rsa.rsa_crt_iqmp(p, q)
        public = rsa.RSAPublicNumbers(e, p * q)
        private = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), iqmp, public).private_key()
    encoded = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return load_terminal_key(encoded, [example.value("ta", "terminal"), example.value("ta", "dv")])


@by_example
def test_terminal_authentication_presents_the_certificates_and_signs_the_printed_message(example: EACExample) -> None:
    key = _terminal_public_key(example)
    dv, terminal = example.certificate("dv"), example.certificate("terminal")

    def is_signed(command: CommandAPDU) -> bool:
        verify_signature(key.key, key.algorithm, _signed_message(example), command.data)
        # PKCS#1 v1.5 leaves nothing to chance; ECDSA does.
        return isinstance(example.domain, Curve) or command.data == example.value("ta", "signature")

    script = terminal_authentication.authenticate(
        _terminal_key(example),
        trust_points=[dv.authority_reference],
        id_ic=_pace(example).id_ic,
        compressed_terminal_key=compress_public_key(example.domain, example.value("ca", "PK_PCD")),
    )
    result = run(
        script,
        (instructions.set_dst(tlv.encode(0x83, dv.authority_reference.encode())).encode(), "9000"),
        (lambda command: command.data == dv.value, "9000"),
        (instructions.set_dst(tlv.encode(0x83, b"DETESTDVDE019")).encode(), "9000"),
        (lambda command: command.data == terminal.value, "9000"),
        (instructions.set_at_external_authentication(tlv.encode(0x83, b"DETESTATDE019")).encode(), "9000"),
        (lambda command: command.ins == 0x84, example.value("ta", "r_PICC") + b"\x90\x00"),
        (is_signed, "9000"),
    )
    assert result.rights.rights.hex() == "0000000110"


@by_example
def test_the_chips_signed_key_agrees_on_the_printed_secret(example: EACExample) -> None:
    file = parse_card_security(bytes.fromhex(example.printed["ef_card_security"]))
    verify_embedded_signer(file.signed_data)
    (info,) = file.security_infos.chip_authentication_keys
    key = info.public_key
    if isinstance(key, ECPublicKey):
        assert (key.curve, encode_point(key.curve, key.point)) == (example.domain, example.value("ca", "PK_PICC"))
    else:
        assert isinstance(key, DHPublicKey)
        assert (key.group, key.y) == (example.domain, int.from_bytes(example.value("ca", "PK_PICC"), "big"))
    # Version 2 is another protocol: nothing here may run it as if it were version 1.
    assert chip_authentication.choose(file.security_infos) == ()


def _keys_of_chip_authentication(example: EACExample) -> SessionKeys:
    return derive_session_keys(example.value("ca", "K") + example.value("ca", "r_PICC"), SUITE)


@by_example
def test_chip_authentication_agrees_on_the_printed_secret_keys_and_token(example: EACExample) -> None:
    # The DH key is printed as long as p, far above the order; its remainder has the same effect.
    key = standard_generator(example.domain).draw(ListedEntropy(example.secret("ca", "SK_PCD")))
    assert key.public == example.value("ca", "PK_PCD")
    assert key.shared_secret(example.value("ca", "PK_PICC")) == example.value("ca", "K")
    keys = _keys_of_chip_authentication(example)
    assert (keys.ks_enc, keys.ks_mac) == (example.value("ca", "KSEnc"), example.value("ca", "KSMAC"))
    token = example.token(keys.ks_mac, example.printed["ca_oid"], example.value("ca", "PK_PCD"))
    assert token == example.value("ca", "T_PICC")
