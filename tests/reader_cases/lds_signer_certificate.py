"""LDS_H_48 to 68: the certificate of the document signer."""

from __future__ import annotations

from apdu import tlv
from chipid.asn1 import der, oids
from tests.pki import builders
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.signing import (
    KEY_USAGE,
    MD5_WITH_RSA,
    Scheme,
    Sealing,
    certified,
    inspect_sealed,
    pss,
    rsa_issuer,
    usual_issuer,
)

MALFORMED = "sod-signature/sod-malformed"
REFUSED = "algorithms/deviation-refused"
WRONG = "signer-chain/signer-signature-wrong"


def inspect_certificate(**fields: bytes) -> Outcome:
    """Inspect a document whose signer's certificate has other fields; empty ones are left out."""
    return inspect_sealed(certified(**fields))


def inspect_extensions(*extensions: bytes) -> Outcome:
    """Inspect a document whose signer's certificate has these extensions behind the identifier of its own key."""
    return inspect_sealed(certified([usual_issuer().identifiers()[0], *extensions]))


def authority_key() -> bytes:
    """The extension that names the CSCA's key."""
    return usual_issuer().identifiers()[1]


@reader_case("LDS_H_48", Demand.FAIL, found=REFUSED)
def version_1() -> Outcome:
    """Version 1 written out, in a certificate with extensions."""
    return inspect_certificate(version=tlv.encode(0xA0, der.encode_integer(0)))


@reader_case("LDS_H_49", Demand.FAIL, found=REFUSED)
def no_version() -> Outcome:
    """No version."""
    return inspect_certificate(version=b"")


@reader_case("LDS_H_50", Demand.FAIL, found=MALFORMED, stated=True)
def no_serial() -> Outcome:
    """No serial number."""
    return inspect_certificate(serial=b"")


@reader_case("LDS_H_51", Demand.FAIL, found=REFUSED, stated=True)
def algorithms_differ() -> Outcome:
    """Another signature algorithm inside than outside."""
    return inspect_certificate(algorithm=pss("sha384").identifier)


@reader_case("LDS_H_52", Demand.FAIL, found=MALFORMED, stated=True)
def no_inner_algorithm() -> Outcome:
    """No signature algorithm inside."""
    return inspect_certificate(algorithm=b"")


@reader_case("LDS_H_53", Demand.FAIL, found=REFUSED)
def issuer_against_the_convention() -> Outcome:
    """An issuer's name without country."""
    name = tlv.encode(der.UTF8_STRING, b"Invented CSCA")
    attribute = der.encode_set(der.encode_sequence(der.encode_oid(oids.COMMON_NAME), name))
    return inspect_certificate(issuer=der.encode_sequence(attribute))


@reader_case("LDS_H_54", Demand.FAIL, found=REFUSED, stated=True)
def another_issuer() -> Outcome:
    """Another issuer's name than the subject of the CSCA."""
    return inspect_certificate(issuer=builders.name_der("Another CSCA", "VN"))


@reader_case("LDS_H_55", Demand.FAIL, found=MALFORMED, stated=True)
def no_issuer() -> Outcome:
    """No issuer."""
    return inspect_certificate(issuer=b"")


@reader_case("LDS_H_56", Demand.FAIL, found=REFUSED, stated=True)
def validity_in_another_form() -> Outcome:
    """Years of four digits before 2050."""
    times = (f"{year}0101000000Z".encode() for year in (2010, 2040))
    return inspect_certificate(validity=der.encode_sequence(*(tlv.encode(der.GENERALIZED_TIME, one) for one in times)))


@reader_case("LDS_H_57", Demand.FAIL, found=MALFORMED, stated=True)
def no_validity() -> Outcome:
    """No validity."""
    return inspect_certificate(validity=b"")


@reader_case("LDS_H_58", Demand.FAIL, found="sod-signature/unsupported", stated=True)
def key_of_another_kind() -> Outcome:
    """A public key that calls itself RSA with MD5."""
    bits = der.parse_sequence(usual_issuer().signer.spki)[1].raw
    return inspect_certificate(spki=der.encode_sequence(MD5_WITH_RSA, bits))


@reader_case("LDS_H_59", Demand.FAIL, found=MALFORMED, stated=True)
def no_key() -> Outcome:
    """No public key."""
    return inspect_certificate(spki=b"")


@reader_case("LDS_H_60", Demand.FAIL, found=REFUSED, stated=True)
def authority_without_key_identifier() -> Outcome:
    """An AuthorityKeyIdentifier that names issuer and serial number alone."""
    name = tlv.encode(0xA1, tlv.encode(0xA4, usual_issuer().csca.name))
    value = der.encode_sequence(name, tlv.encode(0x82, b"\x07"))
    return inspect_extensions(builders.extension(oids.AUTHORITY_KEY_IDENTIFIER, value), KEY_USAGE)


@reader_case("LDS_H_61", Demand.FAIL, found=REFUSED, stated=True)
def no_authority() -> Outcome:
    """No AuthorityKeyIdentifier."""
    return inspect_extensions(KEY_USAGE)


@reader_case("LDS_H_62", Demand.FAIL, found=REFUSED, stated=True)
def key_usage_not_critical() -> Outcome:
    """A KeyUsage that is not critical."""
    return inspect_extensions(authority_key(), builders.extension(oids.KEY_USAGE, bytes.fromhex("03020780")))


@reader_case("LDS_H_63", Demand.FAIL, found="signer-chain/signer-not-authorised", stated=True)
def no_digital_signature() -> Outcome:
    """A KeyUsage without digitalSignature."""
    non_repudiation = bytes.fromhex("03020640")
    return inspect_extensions(authority_key(), builders.extension(oids.KEY_USAGE, non_repudiation, critical=True))


@reader_case("LDS_H_64", Demand.FAIL, found=REFUSED, stated=True)
def no_key_usage() -> Outcome:
    """No KeyUsage."""
    return inspect_extensions(authority_key())


@reader_case(
    "LDS_H_65",
    Demand.FAIL,
    found="signer-chain/issuer-key-unknown",
    stated=True,
    note="What is signed with MD5 is never verified: for us, no key of the store signed this certificate.",
)
def md5_in_the_chain() -> Outcome:
    """RSA with MD5 throughout the chain."""
    scheme = Scheme(identifier=MD5_WITH_RSA, sign=pss("sha256").sign)  # what it is over, nobody looks at
    issuer = rsa_issuer(pss("sha256"), scheme)
    return inspect_sealed(Sealing(issuer=issuer))


@reader_case("LDS_H_66", Demand.FAIL, found=MALFORMED, stated=True)
def no_algorithm() -> Outcome:
    """No signature algorithm outside."""
    return inspect_certificate(outer_algorithm=b"")


@reader_case("LDS_H_67", Demand.FAIL, found=WRONG)
def wrong_signature() -> Outcome:
    """A wrong signature."""
    body, algorithm, _ = der.parse_sequence(usual_issuer().signer_certificate())
    return _inspect_raw(body.raw, algorithm.raw, der.encode_bit_string(bytes(256)))


@reader_case("LDS_H_68", Demand.FAIL, found=MALFORMED)
def no_signature() -> Outcome:
    """No signature."""
    body, algorithm, _ = der.parse_sequence(usual_issuer().signer_certificate())
    return _inspect_raw(body.raw, algorithm.raw)


def _inspect_raw(*parts: bytes) -> Outcome:
    return inspect_sealed(Sealing(certificate=der.encode_sequence(*parts)))
