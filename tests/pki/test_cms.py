"""SignedData: the published EF.SOD, what OpenSSL makes and judges, then one thing wrong at a time."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import MalformedDataError, TLVError, ToolkitError
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.asn1.times import encode_time
from chipid.errors import UnsupportedError
from chipid.pki.certificate import parse_certificate, verify_issued_by
from chipid.pki.cms import (
    CMSReason,
    CMSSignatureError,
    SignedData,
    find_signer_certificate,
    parse_signed_data,
    verify_embedded_signer,
    verify_signed_data,
)
from tests.pki.builders import (
    MASTER_LIST,
    Signer,
    attribute,
    build_certificate,
    build_signed_attributes,
    build_signed_data,
    issuer_and_serial,
    name_der,
    published_certificates,
    reference_sod,
)

CONTENT = b"what is signed"
CSCA = Signer(11)
SIGNER = Signer(22, "Example DS")
CERTIFICATE = build_certificate(SIGNER, CSCA)
SID = issuer_and_serial(CSCA)

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the command openssl is not there")


def _signed(attributes: bytes | None, *, certificates: list[bytes] | None = None, sid: bytes = SID) -> bytes:
    return build_signed_data(
        CONTENT,
        SIGNER.sign(CONTENT if attributes is None else attributes),
        certificates=[CERTIFICATE] if certificates is None else certificates,
        sid=sid,
        attributes=attributes,
    )


def _reason(data: bytes) -> CMSReason:
    with pytest.raises(CMSSignatureError) as raised:
        verify_embedded_signer(parse_signed_data(data))
    return raised.value.reason


def test_the_reference_sod_verifies_with_the_signer_inside_it() -> None:
    signed = parse_signed_data(reference_sod())
    certificate = verify_embedded_signer(signed)
    assert certificate.subject == "C=DE, O=HJP Consulting, OU=Document Signer, CN=HJP PB DS"
    assert (signed.version, signed.content_type, len(signed.signers)) == (3, oids.ICAO_LDS_SECURITY_OBJECT, 1)
    assert signed.signer.hash_name == "sha256"
    assert signed.signer.signature_algorithm.oid == oids.RSASSA_PSS
    assert signed.signer.signing_time is None
    assert signed.econtent[0] == der.SEQUENCE


@pytest.mark.skipif(not MASTER_LIST.exists(), reason="the German master list is not there")
def test_the_german_master_list_verifies_up_to_its_published_csca() -> None:
    signed = parse_signed_data(MASTER_LIST.read_bytes())
    signer = verify_embedded_signer(signed)
    verify_issued_by(signer, parse_certificate(published_certificates()["DE_CSCA_04CD"]))
    assert signed.content_type == oids.ICAO_CSCA_MASTER_LIST
    assert signed.signer.signing_time is not None


def _openssl_verify(data: bytes, folder: Path) -> bytes | None:
    """The content if OpenSSL finds the signature right, None if it does not."""
    source, target = folder / "signed.der", folder / "content"
    source.write_bytes(data)
    command = [
        "openssl",
        "cms",
        "-verify",
        "-inform",
        "DER",
        "-noverify",
        "-binary",
        "-in",
        str(source),
        "-out",
        str(target),
    ]
    finished = subprocess.run(command, capture_output=True, check=False)
    return target.read_bytes() if finished.returncode == 0 else None


@needs_openssl
def test_openssl_agrees_about_the_reference_sod_and_about_damaged_ones(tmp_path: Path) -> None:
    sod = reference_sod()
    assert _openssl_verify(sod, tmp_path) == parse_signed_data(sod).econtent
    content = sod.index(parse_signed_data(sod).econtent)
    for position in (content + 40, len(sod) - 10):
        damaged = sod[:position] + bytes((sod[position] ^ 1,)) + sod[position + 1 :]
        assert _openssl_verify(damaged, tmp_path) is None
        with pytest.raises(CMSSignatureError):
            verify_embedded_signer(parse_signed_data(damaged))


def _self_signed(private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, folder: Path) -> tuple[Path, Path]:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Example DS")])
    public = private.public_key()
    builder = x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=public, serial_number=99)
    builder = builder.not_valid_before(datetime(2024, 1, 1, tzinfo=UTC)).not_valid_after(
        datetime(2034, 1, 1, tzinfo=UTC)
    )
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(builder.sign(private, hashes.SHA256()).public_bytes(Encoding.PEM))
    key.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, key


_WAYS_TO_SIGN = [
    [],
    ["-noattr"],
    ["-keyid"],
    ["-md", "sha512", "-keyid", "-noattr"],
    ["-md", "sha1"],
    ["-stream", "-indef"],
]
_PSS = ["-md", "sha384", "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:20"]


@needs_openssl
@pytest.mark.parametrize(
    ("kind", "options"),
    [*(("ec", options) for options in _WAYS_TO_SIGN), *(("rsa", options) for options in [*_WAYS_TO_SIGN, _PSS])],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_what_openssl_signs_verifies(kind: str, options: list[str], tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.BrainpoolP256R1()) if kind == "ec" else rsa.generate_private_key(65_537, 2048)
    certificate, key = _self_signed(private, tmp_path)
    command = ["openssl", "cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-signer", str(certificate)]
    econtent_type = ["-econtent_type", oids.ICAO_LDS_SECURITY_OBJECT] if "-noattr" not in options else []
    finished = subprocess.run(
        [*command, "-inkey", str(key), *econtent_type, *options], input=CONTENT, capture_output=True, check=True
    )
    signed = parse_signed_data(finished.stdout)
    assert signed.econtent == CONTENT
    assert verify_embedded_signer(signed).serial == 99
    assert (signed.signer.attributes is None) == ("-noattr" in options)
    assert (signed.signer.sid.ski is not None) == ("-keyid" in options)
    assert (signed.signer.signing_time is None) == ("-noattr" in options)


@pytest.mark.parametrize(
    "content",
    [build_signed_attributes(CONTENT), der.encode_set(der.encode_sequence(der.encode_oid(oids.ID_CA_ECDH)))],
    ids=["the attributes of another file", "a set of SecurityInfos"],
)
def test_a_content_that_could_be_signed_attributes_needs_some(content: bytes) -> None:
    """Otherwise the signature over the attributes of one file makes them the content of another."""
    bare = build_signed_data(content, SIGNER.sign(content), certificates=[CERTIFICATE], sid=SID, attributes=None)
    with pytest.raises(CMSSignatureError) as raised:
        verify_signed_data(parse_signed_data(bare), parse_certificate(CERTIFICATE))
    assert raised.value.reason is CMSReason.ATTRIBUTE_MISSING
    attributes = build_signed_attributes(content)
    signature = SIGNER.sign(attributes)
    whole = build_signed_data(content, signature, certificates=[CERTIFICATE], sid=SID, attributes=attributes)
    verify_signed_data(parse_signed_data(whole), parse_certificate(CERTIFICATE))


def test_content_signed_without_attributes_verifies_and_altered_content_does_not() -> None:
    data = _signed(None)
    verify_embedded_signer(parse_signed_data(data))
    assert _reason(data.replace(CONTENT, b"what was forged"[: len(CONTENT)])) is CMSReason.SIGNATURE_INVALID


def test_hash_function_of_content_and_of_signature_may_differ() -> None:
    attributes = build_signed_attributes(CONTENT, hash_name="sha512")
    data = build_signed_data(
        CONTENT,
        SIGNER.sign(attributes),
        certificates=[CERTIFICATE],
        sid=SID,
        attributes=attributes,
        digest_algorithm=encode_algorithm_identifier(oids.SHA512, der.encode_null()),
    )
    verify_embedded_signer(parse_signed_data(data))


def test_altered_content_is_a_mismatch_of_the_digest() -> None:
    data = _signed(build_signed_attributes(CONTENT))
    verify_embedded_signer(parse_signed_data(data))
    assert _reason(data.replace(CONTENT, CONTENT[::-1])) is CMSReason.MESSAGE_DIGEST_MISMATCH


def test_another_content_type_than_the_signed_one_is_a_mismatch() -> None:
    data = _signed(build_signed_attributes(CONTENT, content_type=oids.ICAO_LDS_SECURITY_OBJECT))
    assert _reason(data) is CMSReason.CONTENT_TYPE_MISMATCH


@pytest.mark.parametrize("oid", [oids.ATTRIBUTE_CONTENT_TYPE, oids.ATTRIBUTE_MESSAGE_DIGEST])
def test_a_missing_attribute_is_wrong(oid: str) -> None:
    attributes = der.parse_sequence(b"\x30" + build_signed_attributes(CONTENT)[1:])
    kept = der.encode_set(*(one.raw for one in attributes if der.encode_oid(oid) not in one.raw))
    assert _reason(_signed(kept)) is CMSReason.ATTRIBUTE_MISSING


def test_a_repeated_attribute_or_one_with_two_values_is_malformed() -> None:
    plain = tlv.parse_one(build_signed_attributes(CONTENT)).value
    digest = der.encode_octet_string(bytes(32))
    repeated = tlv.encode(0x31, plain, attribute(oids.ATTRIBUTE_MESSAGE_DIGEST, digest))
    two_values = der.encode_set(attribute(oids.ATTRIBUTE_MESSAGE_DIGEST, digest, der.encode_octet_string(b"")))
    no_value = der.encode_set(attribute(oids.ATTRIBUTE_CONTENT_TYPE))
    for attributes in (repeated, two_values, no_value):
        with pytest.raises(MalformedDataError):
            parse_signed_data(_signed(attributes))


def test_attributes_are_verified_in_the_order_in_which_they_came() -> None:
    ordered = tlv.parse_one(build_signed_attributes(CONTENT)).children()
    reversed_set = tlv.encode(0x31, *(one.raw for one in reversed(ordered)))
    verify_embedded_signer(parse_signed_data(_signed(reversed_set)))


def test_a_signature_by_another_key_is_invalid() -> None:
    attributes = build_signed_attributes(CONTENT)
    data = build_signed_data(CONTENT, CSCA.sign(attributes), certificates=[CERTIFICATE], sid=SID, attributes=attributes)
    assert _reason(data) is CMSReason.SIGNATURE_INVALID


def test_a_signature_of_the_wrong_kind_is_invalid() -> None:
    attributes = build_signed_attributes(CONTENT)
    for oid in (oids.RSA_ENCRYPTION, oids.ECDSA_PLAIN_SHA256):
        data = build_signed_data(
            CONTENT,
            SIGNER.sign(attributes),
            certificates=[CERTIFICATE],
            sid=SID,
            attributes=attributes,
            signature_algorithm=encode_algorithm_identifier(oid),
        )
        assert _reason(data) is CMSReason.SIGNATURE_INVALID


def test_a_signer_that_is_not_there_is_not_found() -> None:
    other = build_certificate(Signer(33, "Other"), CSCA, serial=der.encode_integer(8))
    another = build_certificate(Signer(44, "Another"), CSCA, serial=der.encode_integer(9))
    for certificates in ([], [other, another]):
        data = _signed(build_signed_attributes(CONTENT), certificates=certificates)
        assert _reason(data) is CMSReason.SIGNER_NOT_FOUND


def test_the_signer_is_chosen_among_several_certificates() -> None:
    other = build_certificate(Signer(33, "Other"), CSCA, serial=der.encode_integer(8))
    by_ski = tlv.encode(0x80, SIGNER.ski)
    for sid in (SID, by_ski):
        data = _signed(build_signed_attributes(CONTENT), certificates=[other, CERTIFICATE], sid=sid)
        assert verify_embedded_signer(parse_signed_data(data)).raw == CERTIFICATE


def test_a_signer_called_otherwise_is_found_and_the_signature_decides() -> None:
    differently = der.encode_sequence(name_der("EXAMPLE  csca", text_tag=0x13), der.encode_integer(7))
    wrongly = der.encode_sequence(name_der("Somebody"), der.encode_integer(1))
    for sid in (differently, wrongly):
        data = _signed(build_signed_attributes(CONTENT), sid=sid)
        verify_embedded_signer(parse_signed_data(data))


def test_the_certificates_may_come_from_elsewhere() -> None:
    signed = parse_signed_data(_signed(build_signed_attributes(CONTENT), certificates=[]))
    certificate = find_signer_certificate(signed, [parse_certificate(CERTIFICATE)])
    assert certificate is not None
    verify_signed_data(signed, certificate)
    assert find_signer_certificate(signed, []) is None


def test_an_unknown_hash_function_could_not_be_checked() -> None:
    attributes = build_signed_attributes(CONTENT)
    data = build_signed_data(
        CONTENT,
        SIGNER.sign(attributes),
        certificates=[CERTIFICATE],
        sid=SID,
        attributes=attributes,
        digest_algorithm=encode_algorithm_identifier(oids.MD5),
    )
    with pytest.raises(UnsupportedError):
        verify_embedded_signer(parse_signed_data(data))


def test_the_signing_time_is_read() -> None:
    moment = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
    plain = tlv.parse_one(build_signed_attributes(CONTENT)).value
    attributes = tlv.encode(0x31, plain, attribute(oids.ATTRIBUTE_SIGNING_TIME, encode_time(moment)))
    assert parse_signed_data(_signed(attributes)).signer.signing_time == moment


def _indefinite(data: bytes) -> bytes:
    """Every constructed object with an indefinite length, every OCTET STRING of the universal class in two pieces."""
    out = b""
    for one in tlv.parse_all(data):
        if one.is_constructed:
            out += tlv.encode_tag(one.tag) + b"\x80" + _indefinite(one.value) + b"\x00\x00"
        elif one.tag == der.OCTET_STRING:
            half = len(one.value) // 2
            pieces = tlv.encode(0x04, one.value[:half]) + tlv.encode(0x04, one.value[half:])
            out += b"\x24\x80" + pieces + b"\x00\x00"
        else:
            out += one.raw
    return out


def test_a_sod_in_indefinite_form_verifies_over_the_same_content() -> None:
    sod = reference_sod()
    streamed = _indefinite(sod)
    assert streamed != sod
    signed = parse_signed_data(streamed)
    assert signed.econtent == parse_signed_data(sod).econtent
    assert signed.raw == streamed
    verify_embedded_signer(signed)


def _parts(data: bytes) -> list[bytes]:
    (signed,) = der.parse_sequence(data)[1].children()
    return [one.raw for one in signed.children()]


def _assemble(*parts: bytes, content_type: str = oids.PKCS7_SIGNED_DATA) -> bytes:
    signed = tlv.encode(0xA0, der.encode_sequence(*parts))
    return der.encode_sequence(der.encode_oid(content_type), signed)


def test_unsigned_attributes_revocation_lists_and_other_certificates_are_passed_over() -> None:
    version, digests, content, certificates, infos = _parts(_signed(build_signed_attributes(CONTENT)))
    info = tlv.parse_one(infos).children()[0]
    with_unsigned = tlv.encode(0x31, tlv.encode(0x30, info.value, tlv.encode(0xA1, der.encode_null())))
    with_other = tlv.encode(0xA0, tlv.parse_one(certificates).value, tlv.encode(0xA1, der.encode_null()))
    revocations = tlv.encode(0xA1, der.encode_sequence())
    signed = parse_signed_data(_assemble(version, digests, content, with_other, revocations, with_unsigned))
    assert signed.certificates == (CERTIFICATE,)
    verify_embedded_signer(signed)


def test_other_shapes_are_malformed() -> None:
    version, digests, content, certificates, infos = _parts(_signed(build_signed_attributes(CONTENT)))
    info = tlv.parse_one(infos).value
    detached = der.encode_sequence(der.encode_oid(oids.PKCS7_DATA))
    shapes = [
        _assemble(version, digests, content, certificates, infos, content_type=oids.PKCS7_DATA),
        _assemble(version, digests, content),
        _assemble(version, digests, detached, infos),
        _assemble(version, digests, content, infos, certificates),
        _assemble(version, digests, content, certificates, certificates, infos),
        _assemble(version, digests, content, tlv.encode(0xA2), infos),
        _assemble(version, digests, content, certificates, tlv.encode(0x31)),
        _assemble(version, digests, content, certificates, tlv.encode(0x31, info * 9)),
        _assemble(version, digests, content, tlv.encode(0xA0, CERTIFICATE * 33), infos),
        _assemble(version, digests, content, certificates, der.encode_set(der.encode_sequence(version))),
        der.encode_sequence(der.encode_oid(oids.PKCS7_SIGNED_DATA)),
        reference_sod() + b"\x00",
    ]
    for shape in shapes:
        with pytest.raises(MalformedDataError):
            parse_signed_data(shape)


def test_a_signer_or_attribute_that_is_incomplete_is_malformed() -> None:
    attributes = build_signed_attributes(CONTENT)
    incomplete = der.encode_set(der.encode_sequence(der.encode_oid(oids.ATTRIBUTE_CONTENT_TYPE)))
    for sid, signed_attributes in ((der.encode_sequence(CSCA.name), attributes), (SID, incomplete)):
        with pytest.raises(MalformedDataError):
            parse_signed_data(_signed(signed_attributes, sid=sid))


def test_data_beyond_the_bound_is_refused() -> None:
    with pytest.raises(MalformedDataError):
        parse_signed_data(reference_sod(), max_bytes=1000)


def test_every_truncation_of_a_sod_is_refused() -> None:
    sod = reference_sod()
    for length in range(len(sod)):
        with pytest.raises(TLVError):
            parse_signed_data(sod[:length])


def _verifies(data: bytes) -> SignedData | None:
    try:
        signed = parse_signed_data(data)
        verify_embedded_signer(signed)
    except ToolkitError:
        return None
    return signed


@settings(max_examples=150, deadline=None)
@given(st.integers(min_value=0), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_never_changes_what_verifies(position: int, change: int) -> None:
    sod = bytearray(reference_sod())
    sod[position % len(sod)] ^= change
    signed = _verifies(bytes(sod))
    if signed is not None:
        original = parse_signed_data(reference_sod())
        assert (signed.content_type, signed.econtent) == (original.content_type, original.econtent)


@given(st.binary(max_size=100))
def test_any_bytes_give_signed_data_or_a_toolkit_error(data: bytes) -> None:
    assert _verifies(data) is None


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x30\x80" * 30_000,
        tlv.encode(0x30, b"\x05\x00" * 32_000),
        der.encode_sequence(tlv.encode(0x06, b"\xff" * 60_000), tlv.encode(0xA0)),
        _signed(der.encode_set(attribute("1.2.3", tlv.encode(0x06, b"\xff" * 60_000)))),
        _signed(der.encode_set(der.encode_sequence(tlv.encode(0x06, b"\xff" * 60_000), b"\x31\x00"))),
    ],
)
def test_hostile_signed_data_does_not_verify(hostile: bytes) -> None:
    assert _verifies(hostile) is None
