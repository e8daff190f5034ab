"""An issuer that signs in any way and form: keys of every kind, and each field of certificate and EF.SOD at hand."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.asn1.times import encode_time
from chipid.lds.ef_sod import build_sod
from chipid.lds.files import FileId
from chipid.lds.lds_security_object import build_lds_security_object
from chipid.trust.crl_import import with_crls
from chipid.trust.store import TrustStore
from chipid.verification.policy import Policy
from tests.pki import builders
from tests.reader_cases.case import Outcome
from tests.reader_cases.documents import Groups, issue
from tests.reader_cases.inspection import STRICT, inspect
from tests.support.sods import HASH_OIDS as STRONG_OIDS
from tests.support.vectors import load

Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | dsa.DSAPrivateKey
HASHES: Mapping[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
HASH_OIDS = {**STRONG_OIDS, "sha1": oids.SHA1, "sha224": oids.SHA224}
MD5 = encode_algorithm_identifier("1.2.840.113549.2.5", der.encode_null())
MD5_WITH_RSA = encode_algorithm_identifier("1.2.840.113549.1.1.4", der.encode_null())

SIGNED_AT = datetime(2024, 6, 1, tzinfo=UTC)
WHEN_SHA1_WAS_GOOD = datetime(2012, 6, 1, tzinfo=UTC)
VALIDITY = der.encode_sequence(
    encode_time(datetime(2010, 1, 1, tzinfo=UTC)), encode_time(datetime(2040, 1, 1, tzinfo=UTC))
)
VERSION_3 = tlv.encode(0xA0, der.encode_integer(2))
KEY_USAGE = builders.extension(oids.KEY_USAGE, bytes.fromhex("03020780"), critical=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A signature algorithm: how it is called in DER, and how a key signs with it."""

    identifier: bytes
    sign: Callable[[Private, bytes], bytes] = field(repr=False)


def pkcs1(hash_name: str, *, as_key_kind: bool = False) -> Scheme:
    """RSASSA-PKCS1-v1_5; ``as_key_kind`` names rsaEncryption alone, as signers of CMS may."""
    oid = oids.RSA_ENCRYPTION if as_key_kind else getattr(oids, f"{hash_name.upper()}_WITH_RSA")

    def sign(key: Private, message: bytes) -> bytes:
        assert isinstance(key, rsa.RSAPrivateKey)
        return key.sign(message, padding.PKCS1v15(), HASHES[hash_name])

    return Scheme(identifier=encode_algorithm_identifier(oid, der.encode_null()), sign=sign)


def pss(hash_name: str) -> Scheme:
    """RSASSA-PSS with one hash function throughout and a salt of its length (RFC 4055 §3.1)."""
    digest = HASHES[hash_name]
    named = encode_algorithm_identifier(HASH_OIDS[hash_name])
    parameters = der.encode_sequence(
        tlv.encode(0xA0, named),
        tlv.encode(0xA1, encode_algorithm_identifier("1.2.840.113549.1.1.8", named)),
        tlv.encode(0xA2, der.encode_integer(digest.digest_size)),
    )

    def sign(key: Private, message: bytes) -> bytes:
        assert isinstance(key, rsa.RSAPrivateKey)
        return key.sign(message, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)

    return Scheme(identifier=encode_algorithm_identifier(oids.RSASSA_PSS, parameters), sign=sign)


def ecdsa(hash_name: str, *, plain: bool = False) -> Scheme:
    """ECDSA, with the identifiers of ANSI X9.62 or the plain ones of BSI TR-03111."""
    form = "PLAIN" if plain else "WITH"
    oid = getattr(oids, f"ECDSA_{form}_{hash_name.upper()}")

    def sign(key: Private, message: bytes) -> bytes:
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        signature = key.sign(message, ec.ECDSA(HASHES[hash_name]))
        if not plain:
            return signature
        length = (key.key_size + 7) // 8
        return b"".join(one.to_bytes(length, "big") for one in decode_dss_signature(signature))

    return Scheme(identifier=encode_algorithm_identifier(oid), sign=sign)


def dsa_scheme(hash_name: str) -> Scheme:
    """DSA, as a few States signed."""

    def sign(key: Private, message: bytes) -> bytes:
        assert isinstance(key, dsa.DSAPrivateKey)
        return key.sign(message, HASHES[hash_name])

    return Scheme(identifier=encode_algorithm_identifier(getattr(oids, f"DSA_WITH_{hash_name.upper()}")), sign=sign)


class Party(builders.Signer):
    """Whoever has a key of any kind, and a name."""

    def __init__(self, key: Private, name: str) -> None:  # the base makes a key of one kind
        self.key = key
        self.spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.name = builders.name_der(name, "VN")
        self.ski = hashlib.sha1(self.spki, usedforsecurity=False).digest()


@cache
def rsa_key(owner: str) -> rsa.RSAPrivateKey:
    """One key of 2048 bits for each owner within a process."""
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key(owner: str, bits: int = 256) -> ec.EllipticCurvePrivateKey:
    """One key for each owner and size within a process; of 512 bits on Brainpool's curve."""
    curves: dict[int, ec.EllipticCurve] = {
        224: ec.SECP224R1(),
        256: ec.SECP256R1(),
        384: ec.SECP384R1(),
        512: ec.BrainpoolP512R1(),
    }
    return ec.generate_private_key(curves[bits])


@cache
def dsa_key() -> dsa.DSAPrivateKey:
    """The published key of RFC 6979: parameters take seconds to make."""
    p, q, g, x, y = (int(load("dsa_rfc6979")[name], 16) for name in "pqgxy")
    public = dsa.DSAPublicNumbers(y, dsa.DSAParameterNumbers(p, q, g))
    return dsa.DSAPrivateNumbers(x, public).private_key()


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """A CSCA and a document signer with the ways in which they sign."""

    csca: Party
    signer: Party
    csca_scheme: Scheme
    signer_scheme: Scheme

    def csca_certificate(self) -> bytes:
        return self._certify(self.csca, builders.issuing_rights())

    def signer_certificate(self, *, extensions: Sequence[bytes] | None = None, **fields: bytes) -> bytes:
        """The certificate of the document signer; ``fields`` replace encoded ones, empty ones are left out."""
        return self._certify(self.signer, [KEY_USAGE] if extensions is None else [], extensions, **fields)

    def _certify(
        self, holder: Party, rights: list[bytes], extensions: Sequence[bytes] | None = None, **fields: bytes
    ) -> bytes:
        every = [*builders.key_identifiers(holder, self.csca), *rights] if extensions is None else list(extensions)
        usual = {"algorithm": self.csca_scheme.identifier, "validity": VALIDITY}
        return builders.build_certificate(
            holder,
            self.csca,
            extensions=every,
            sign=lambda tbs: self.csca_scheme.sign(self.csca.key, tbs),
            **{**usual, "outer_algorithm": self.csca_scheme.identifier, **fields},
        )

    def identifiers(self) -> list[bytes]:
        """The usual extensions that name keys: the signer's, then the CSCA's."""
        return builders.key_identifiers(self.signer, self.csca)

    def trust(self, *stored: bytes) -> TrustStore:
        """Trust in the CSCA, with a fresh list that revokes nobody; ``stored`` signers stand in the store too."""
        store = TrustStore.from_certificates([self.csca_certificate(), *stored], source="test")
        return with_crls(store, [self._revocation_list()], source="test")

    def _revocation_list(self) -> bytes:
        key = builders.extension(oids.AUTHORITY_KEY_IDENTIFIER, der.encode_sequence(tlv.encode(0x80, self.csca.ski)))
        number = builders.extension(oids.CRL_NUMBER, der.encode_integer(1))
        body = der.encode_sequence(
            der.encode_integer(1),
            self.csca_scheme.identifier,
            self.csca.name,
            encode_time(datetime(2025, 5, 20, tzinfo=UTC)),
            encode_time(datetime(2025, 7, 20, tzinfo=UTC)),
            tlv.encode(0xA0, der.encode_sequence(key, number)),
        )
        signature = self.csca_scheme.sign(self.csca.key, body)
        return der.encode_sequence(body, self.csca_scheme.identifier, der.encode_bit_string(signature))


@cache
def usual_issuer() -> Issuer:
    """As the default documents of the standard are signed: RSASSA-PSS with SHA-256 in the whole chain."""
    return rsa_issuer(pss("sha256"))


def rsa_issuer(scheme: Scheme, csca_scheme: Scheme | None = None) -> Issuer:
    """An issuer with RSA keys."""
    return Issuer(
        csca=Party(rsa_key("csca"), "Invented CSCA"),
        signer=Party(rsa_key("signer"), "Invented Document Signer"),
        csca_scheme=csca_scheme or scheme,
        signer_scheme=scheme,
    )


def dsa_issuer(scheme: Scheme) -> Issuer:
    """An issuer that has one DSA key under two names."""
    csca, signer = (Party(dsa_key(), name) for name in ("Invented CSCA", "Invented Document Signer"))
    return Issuer(csca=csca, signer=signer, csca_scheme=scheme, signer_scheme=scheme)


def ec_issuer(scheme: Scheme, csca_bits: int = 256, signer_bits: int = 256) -> Issuer:
    """An issuer with keys on curves."""
    return Issuer(
        csca=Party(ec_key("csca", csca_bits), "Invented CSCA"),
        signer=Party(ec_key("signer", signer_bits), "Invented Document Signer"),
        csca_scheme=scheme,
        signer_scheme=scheme,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """How EF.SOD is written. What replaces a field is its whole encoding, and empty bytes leave the field out.

    ``data`` are the fields of SignedData (version, digests, content, certificates, signers), ``info`` those of
    SignerInfo (version, sid, digest, attributes, algorithm, signature), ``signed`` those that are signed: type,
    digest, time.
    """

    issuer: Issuer = field(default_factory=usual_issuer)
    certificate: bytes | None = None
    hash_name: str = "sha256"
    group_hash_name: str = ""
    signed_at: datetime = SIGNED_AT
    data: Mapping[str, bytes] = field(default_factory=dict)
    info: Mapping[str, bytes] = field(default_factory=dict)
    signed: Mapping[str, bytes] = field(default_factory=dict)

    def seal_groups(self, groups: Groups) -> bytes:
        """EF.SOD over the groups."""
        name = self.group_hash_name or self.hash_name
        return self.seal(build_lds_security_object(name, hashes_of(groups, name)))

    def seal(self, content: bytes, content_type: str = oids.ICAO_LDS_SECURITY_OBJECT) -> bytes:
        """EF.SOD over an LDSSecurityObject."""
        return build_sod(self.envelope(content, content_type))

    def envelope(self, content: bytes, content_type: str) -> bytes:
        """ContentInfo around the content."""
        issuer, digest_algorithm = self.issuer, encode_algorithm_identifier(HASH_OIDS[self.hash_name])
        attributes = der.encode_set(*self._attributes(content, content_type).values())
        signature = issuer.signer_scheme.sign(issuer.signer.key, attributes)
        info = {
            "version": der.encode_integer(1),
            "sid": builders.issuer_and_serial(issuer.csca),
            "digest": digest_algorithm,
            "attributes": tlv.encode(0xA0, tlv.parse_one(attributes).value),
            "algorithm": issuer.signer_scheme.identifier,
            "signature": der.encode_octet_string(signature),
            **self.info,
        }
        certificate = issuer.signer_certificate() if self.certificate is None else self.certificate
        data = {
            "version": der.encode_integer(3),
            "digests": der.encode_set(digest_algorithm),
            "content": der.encode_sequence(
                der.encode_oid(content_type), tlv.encode(0xA0, der.encode_octet_string(content))
            ),
            "certificates": tlv.encode(0xA0, certificate) if certificate else b"",
            "signers": der.encode_set(der.encode_sequence(*info.values())),
            **self.data,
        }
        signed_data = der.encode_sequence(*data.values())
        return der.encode_sequence(der.encode_oid(oids.PKCS7_SIGNED_DATA), tlv.encode(0xA0, signed_data))

    def _attributes(self, content: bytes, content_type: str) -> dict[str, bytes]:
        digest = hashlib.new(self.hash_name, content).digest()
        return {
            "type": builders.attribute(oids.ATTRIBUTE_CONTENT_TYPE, der.encode_oid(content_type)),
            "digest": builders.attribute(oids.ATTRIBUTE_MESSAGE_DIGEST, der.encode_octet_string(digest)),
            "time": builders.attribute(oids.ATTRIBUTE_SIGNING_TIME, encode_time(self.signed_at)),
            **self.signed,
        }


def hashes_of(groups: Groups, hash_name: str = "sha256") -> dict[int, bytes]:
    """The hash of each group by its number."""
    return {number: hashlib.new(hash_name, content).digest() for number, content in sorted(groups.items())}


def genuine_groups() -> Groups:
    """The data groups of the genuine document."""
    return issue().files.groups


def inspect_sod(
    sod: bytes,
    *,
    issuer: Issuer | None = None,
    stored: Sequence[bytes] = (),
    policy: Policy = STRICT,
    files: Mapping[FileId, bytes | None] | None = None,
) -> Outcome:
    """Inspect the genuine document with another EF.SOD, and other ``files``, where its issuer is trusted."""
    document = issue().with_files({**(files or {}), FileId.SOD: sod})
    return inspect(document, policy=policy, trust=(issuer or usual_issuer()).trust(*stored))


def inspect_sealed(
    sealing: Sealing, *, content: bytes | None = None, policy: Policy = STRICT, stored: Sequence[bytes] = ()
) -> Outcome:
    """Inspect the genuine document under an EF.SOD that is written as ``sealing`` says."""
    sod = sealing.seal_groups(genuine_groups()) if content is None else sealing.seal(content)
    return inspect_sod(sod, issuer=sealing.issuer, policy=policy, stored=stored)


def certified(extensions: Sequence[bytes] | None = None, /, **fields: bytes) -> Sealing:
    """EF.SOD of the usual issuer whose signer's certificate differs."""
    return Sealing(certificate=usual_issuer().signer_certificate(extensions=extensions, **fields))
