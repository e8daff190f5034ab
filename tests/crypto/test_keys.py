"""Public keys: published ones, all forms, and keys made to deceive."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import MalformedDataError, ToolkitError
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto import dh, points
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup
from chipid.crypto.keys import (
    DHPublicKey,
    ECPublicKey,
    RSAPublicKey,
    encode_public_key,
    load_public_key,
    load_verification_key,
    parse_ec_parameters,
)
from chipid.crypto.points import openssl_curve
from chipid.errors import UnsupportedError
from tests.support.vectors import VECTORS

BP256 = CURVES["brainpoolP256r1"]


def _chip_authentication_key() -> bytes:
    """The SubjectPublicKeyInfo in DG14 of the reference data set."""
    infos = tlv.parse_one((VECTORS / "bsi-tr03105-5" / "Datagroup14.bin").read_bytes(), 0x6E)
    return infos.child(der.SET).children()[0].children()[1].raw


def _ec_spki(parameters: bytes, curve: Curve = BP256) -> bytes:
    algorithm = encode_algorithm_identifier(oids.EC_PUBLIC_KEY, parameters)
    return der.encode_sequence(algorithm, der.encode_bit_string(points.encode_point(curve, curve.generator)))


def _ec_parameters(**changes: bytes) -> bytes:
    """ECParameters of brainpoolP256r1 with single parts replaced by encoded ones."""
    curve, length = BP256, BP256.byte_length
    parts = {
        "version": der.encode_integer(1),
        "prime": der.encode_integer(curve.p),
        "a": curve.a.to_bytes(length, "big"),
        "b": curve.b.to_bytes(length, "big"),
        "seed": b"",
        "generator": points.encode_point(curve, curve.generator),
        "order": der.encode_integer(curve.n),
        "cofactor": der.encode_integer(1),
        **changes,
    }
    return der.encode_sequence(
        parts["version"],
        der.encode_sequence(der.encode_oid(oids.PRIME_FIELD), parts["prime"]),
        der.encode_sequence(der.encode_octet_string(parts["a"]), der.encode_octet_string(parts["b"]), parts["seed"]),
        der.encode_octet_string(parts["generator"]),
        parts["order"],
        parts["cofactor"],
    )


def test_the_explicit_brainpool_key_of_the_reference_data_set_loads_and_is_written_alike() -> None:
    spki = _chip_authentication_key()
    key = load_public_key(spki)
    assert isinstance(key, ECPublicKey)
    assert (key.curve.name, key.explicit, key.bits) == ("brainpoolP224r1", True, 224)
    assert encode_public_key(key) == spki


def test_the_active_authentication_key_of_the_reference_data_set_loads_and_is_written_alike() -> None:
    spki = tlv.parse_one((VECTORS / "bsi-tr03105-5" / "Datagroup15.bin").read_bytes(), 0x6F).value
    key = load_public_key(spki)
    assert isinstance(key, RSAPublicKey)
    assert encode_public_key(key) == spki


@pytest.mark.parametrize("explicit", [False, True])
@pytest.mark.parametrize("curve", CURVES.values(), ids=lambda curve: curve.name)
def test_an_ec_key_survives_the_round_trip_named_and_explicit(curve: Curve, explicit: bool) -> None:
    key = ECPublicKey(curve=curve, point=points.multiply(curve, 4711, curve.generator), explicit=explicit)
    assert load_public_key(encode_public_key(key)) == key


@pytest.mark.parametrize("curve", [c for c in CURVES.values() if openssl_curve(c)], ids=lambda curve: curve.name)
def test_a_named_key_is_written_as_openssl_writes_it(curve: Curve) -> None:
    openssl = openssl_curve(curve)
    assert openssl is not None
    spki = (
        ec.derive_private_key(4711, openssl).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    assert encode_public_key(load_public_key(spki)) == spki


def test_an_rsa_key_is_read_as_openssl_writes_it() -> None:
    public = rsa.generate_private_key(public_exponent=3, key_size=1024).public_key()
    key = load_public_key(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert key == RSAPublicKey(n=public.public_numbers().n, e=3)
    assert (key.bits, key.byte_length) == (1024, 128)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": der.encode_bit_string(bytes(20))},
        {"cofactor": b""},
        {"version": der.encode_integer(2)},
        {"a": b"\x00" + BP256.a.to_bytes(32, "big")},
        {"a": (BP256.a + BP256.p).to_bytes(33, "big")},
        {"b": b"\x00\x00" + BP256.b.to_bytes(32, "big")},
        {"generator": bytes((2 | BP256.y & 1,)) + BP256.x.to_bytes(32, "big")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_harmless_ways_of_writing_the_parameters_are_tolerated(changes: dict[str, bytes]) -> None:
    assert parse_ec_parameters(_ec_parameters(**changes)) == BP256


@pytest.mark.parametrize(
    "changes",
    [
        {"prime": der.encode_integer(BP256.p + 2)},
        {"a": (BP256.a + 1).to_bytes(32, "big")},
        {"b": (BP256.b + 1).to_bytes(32, "big")},
        {"generator": points.encode_point(BP256, points.multiply(BP256, 2, BP256.generator))},
        {"generator": bytes((2 | ~BP256.y & 1,)) + BP256.x.to_bytes(32, "big")},
        {"order": der.encode_integer(BP256.n - 1)},
        {"cofactor": der.encode_integer(2)},
        {"version": der.encode_integer(9)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_parameters_that_differ_in_one_number_are_those_of_no_known_curve(changes: dict[str, bytes]) -> None:
    with pytest.raises(UnsupportedError):
        load_public_key(_ec_spki(_ec_parameters(**changes)))


def test_a_key_with_a_generator_of_the_forgers_choice_is_not_calculated_on() -> None:
    """CVE-2020-0601: the public key of another, taken as generator, would make the private key 1."""
    stolen = points.multiply(BP256, 123_456_789, BP256.generator)
    forged = _ec_parameters(generator=points.encode_point(BP256, stolen))
    with pytest.raises(UnsupportedError):
        load_public_key(_ec_spki(forged))


def test_inherited_unknown_and_binary_curves_are_unsupported() -> None:
    binary_field = der.encode_sequence(
        der.encode_integer(1), der.encode_sequence(der.encode_oid("1.2.840.10045.1.2"), der.encode_integer(5))
    )
    rest = der.encode_sequence(der.encode_octet_string(b"\x01"), der.encode_octet_string(b"\x01"))
    binary = der.encode_sequence(
        *(one.raw for one in der.parse_sequence(binary_field)),
        rest,
        der.encode_octet_string(b"\x04\x01\x01"),
        der.encode_integer(7),
    )
    for parameters in (b"", der.encode_null(), der.encode_oid("1.3.132.0.10"), binary):
        with pytest.raises(UnsupportedError):
            load_public_key(_ec_spki(parameters))


def test_a_compressed_public_key_is_unsupported_and_a_stray_one_malformed() -> None:
    algorithm = encode_algorithm_identifier(oids.EC_PUBLIC_KEY, der.encode_oid(BP256.oid))
    compressed = der.encode_bit_string(b"\x02" + BP256.x.to_bytes(32, "big"))
    with pytest.raises(UnsupportedError):
        load_public_key(der.encode_sequence(algorithm, compressed))
    stray = der.encode_bit_string(points.encode_point(BP256, replace(BP256.generator, y=BP256.y - 1)))
    with pytest.raises(MalformedDataError):
        load_public_key(der.encode_sequence(algorithm, stray))


@pytest.mark.parametrize(
    ("n", "e", "error"),
    [
        (2**1023 + 1, 1, MalformedDataError),
        (2**1023 + 1, 4, MalformedDataError),
        (2**1023 + 2, 3, MalformedDataError),
        (2**1023 + 1, -3, MalformedDataError),
        (-(2**1023) - 1, 3, UnsupportedError),
        (2**510 + 1, 3, UnsupportedError),
        (2**8192 + 1, 3, UnsupportedError),
        (2**1023 + 1, 2**64 + 1, UnsupportedError),
    ],
)
def test_an_impossible_or_outsized_rsa_key_is_refused(n: int, e: int, error: type[ToolkitError]) -> None:
    with pytest.raises(error):
        load_public_key(encode_public_key(RSAPublicKey(n=n, e=e)))


@pytest.mark.parametrize("group", DH_GROUPS.values(), ids=lambda group: group.name)
def test_a_diffie_hellman_key_survives_the_round_trip_and_finds_its_group(group: DHGroup) -> None:
    key = DHPublicKey(group=group, y=pow(group.g, 4711, group.p))
    assert load_public_key(encode_public_key(key)) == key
    without_order = DHPublicKey(group=replace(group, q=None), y=key.y)
    assert load_public_key(encode_public_key(without_order)) == key
    assert key.bits == 8 * group.byte_length


def test_a_group_that_is_not_known_is_kept_as_it_is() -> None:
    known = DH_GROUPS["modp2048-256"]
    group = DHGroup(name="explicit", p=known.p, g=pow(known.g, 2, known.p), q=known.q, parameter_id=None)
    key = DHPublicKey(group=group, y=pow(group.g, 4711, group.p))
    assert load_public_key(encode_public_key(key)) == key


@pytest.mark.parametrize(
    "changes", [{"p": 2**1024}, {"g": 1}, {"q": 1}, {"q": 7}, {"q": 2**159 - 1}, {"p": 2**800 + 1}, {"q": 2**600 + 1}]
)
def test_impossible_or_outsized_groups_are_refused(changes: dict[str, Any]) -> None:
    group = replace(DH_GROUPS["modp1024-160"], **changes)
    with pytest.raises((MalformedDataError, UnsupportedError)):
        load_public_key(encode_public_key(DHPublicKey(group=group, y=4)))


def test_a_diffie_hellman_key_outside_the_subgroup_is_malformed() -> None:
    with pytest.raises(MalformedDataError):
        load_public_key(encode_public_key(DHPublicKey(group=DH_GROUPS["modp1024-160"], y=3)))


def test_the_subgroup_of_a_made_up_group_is_looked_at_when_the_key_is_used() -> None:
    known = DH_GROUPS["modp1024-160"]
    group = DHGroup(name="explicit", p=known.p, g=pow(known.g, 2, known.p), q=known.q, parameter_id=None)
    key = load_public_key(encode_public_key(DHPublicKey(group=group, y=3)))
    assert isinstance(key, DHPublicKey)
    with pytest.raises(MalformedDataError):
        dh.agree(key.group, 5, key.y)
    with pytest.raises(MalformedDataError):
        load_public_key(encode_public_key(DHPublicKey(group=group, y=1)))


def test_a_diffie_hellman_key_is_no_key_of_somebody_who_signs() -> None:
    group = DH_GROUPS["modp1024-160"]
    explicit = encode_public_key(DHPublicKey(group=group, y=3))  # outside its subgroup: nobody looks
    pkcs3 = encode_public_key(DHPublicKey(group=replace(group, q=None), y=3))
    algorithm = encode_algorithm_identifier(oids.STANDARDIZED_DOMAIN_PARAMETERS, der.encode_integer(0))
    named = der.encode_sequence(algorithm, der.encode_bit_string(der.encode_integer(3)))
    for spki in (explicit, pkcs3, named):
        with pytest.raises(UnsupportedError, match="signs nothing"):
            load_verification_key(spki)


def test_every_other_key_is_loaded_for_signatures_as_it_is_for_anything() -> None:
    for spki in _published_keys()[:2]:
        assert load_verification_key(spki) == load_public_key(spki)


@pytest.mark.parametrize("parameter_id", [0, 13])
def test_keys_over_standardized_parameters_are_read_by_their_identifier(parameter_id: int) -> None:
    algorithm = encode_algorithm_identifier(oids.STANDARDIZED_DOMAIN_PARAMETERS, der.encode_integer(parameter_id))
    group = DH_GROUPS["modp1024-160"]
    value = der.encode_integer(group.g) if parameter_id == 0 else points.encode_point(BP256, BP256.generator)
    key = load_public_key(der.encode_sequence(algorithm, der.encode_bit_string(value)))
    if parameter_id == 0:
        assert key == DHPublicKey(group=group, y=group.g)
    else:
        assert key == ECPublicKey(curve=BP256, point=BP256.generator, explicit=False)


def test_parts_that_are_missing_or_too_many_are_malformed() -> None:
    rsa_algorithm = encode_algorithm_identifier(oids.RSA_ENCRYPTION, der.encode_null())
    one_number = der.encode_bit_string(der.encode_sequence(der.encode_integer(2**1023 + 1)))
    no_order = encode_algorithm_identifier(
        oids.DH_PUBLIC_NUMBER, der.encode_sequence(der.encode_integer(2**1023 + 1), der.encode_integer(2))
    )
    version, field_id, *rest = (one.raw for one in der.parse_sequence(_ec_parameters()))
    coefficient = der.encode_sequence(der.encode_octet_string(b"\x01"))
    for spki in (
        der.encode_sequence(rsa_algorithm),
        der.encode_sequence(rsa_algorithm, one_number),
        der.encode_sequence(no_order, der.encode_bit_string(der.encode_integer(4))),
        _ec_spki(der.encode_sequence(version, field_id)),
        _ec_spki(der.encode_sequence(version, der.encode_sequence(), *rest)),
        _ec_spki(der.encode_sequence(version, field_id, coefficient, *rest[1:])),
        _ec_spki(_ec_parameters(generator=b"\x04\x01")),
        _ec_spki(_ec_parameters(generator=b"")),
    ):
        with pytest.raises(MalformedDataError):
            load_public_key(spki)


def test_other_kinds_of_keys_are_unsupported() -> None:
    ed25519 = "1.3.101.112"
    spki = der.encode_sequence(encode_algorithm_identifier(ed25519), der.encode_bit_string(bytes(32)))
    with pytest.raises(UnsupportedError):
        load_public_key(spki)


def test_a_key_does_not_show_its_numbers() -> None:
    assert str(BP256.x) not in repr(load_public_key(_ec_spki(_ec_parameters())))


def _published_keys() -> list[bytes]:
    group = DH_GROUPS["modp1024-160"]
    return [
        _chip_authentication_key(),
        tlv.parse_one((VECTORS / "bsi-tr03105-5" / "Datagroup15.bin").read_bytes(), 0x6F).value,
        encode_public_key(DHPublicKey(group=group, y=group.g)),
    ]


@pytest.mark.parametrize("spki", _published_keys(), ids=["EC", "RSA", "DH"])
def test_every_truncation_is_refused_and_every_flipped_byte_raises_a_toolkit_error_at_most(spki: bytes) -> None:
    for length in range(len(spki)):
        with pytest.raises(ToolkitError):
            load_public_key(spki[:length])
    for position in range(len(spki)):
        try:
            load_public_key(spki[:position] + bytes((spki[position] ^ 0x21,)) + spki[position + 1 :])
        except ToolkitError:
            continue


@given(st.binary(max_size=80))
def test_any_bytes_give_a_key_or_a_toolkit_error(data: bytes) -> None:
    try:
        load_public_key(data)
    except ToolkitError:
        return
