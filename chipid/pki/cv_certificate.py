"""Card verifiable certificates (ICAO Doc 9303-12 §7.2, BSI TR-03110-3 §C.1 and §D)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from apdu import tlv
from apdu.errors import MalformedDataError
from apdu.tlv import TLV
from chipid.crypto.signatures import verify_signature
from chipid.errors import SignatureError
from chipid.pki.chat import CHAT, Role, parse_chat
from chipid.pki.cv_public_key import CVPublicKey, TerminalPublicKey, encode_cv_public_key, parse_cv_public_key
from chipid.pki.cv_reference import decode_reference, encode_reference

CERTIFICATE: Final = 0x7F21
BODY: Final = 0x7F4E
SIGNATURE: Final = 0x5F37
_PROFILE: Final = 0x5F29
_AUTHORITY: Final = 0x42
_PUBLIC_KEY: Final = 0x7F49
_HOLDER: Final = 0x5F20
_CHAT: Final = 0x7F4C
_EFFECTIVE: Final = 0x5F25
_EXPIRATION: Final = 0x5F24
_EXTENSIONS: Final = 0x65
_ORDER: Final = (_PROFILE, _AUTHORITY, _PUBLIC_KEY, _HOLDER, _CHAT, _EFFECTIVE, _EXPIRATION)

MAX_BYTES: Final = 1 << 14
CENTURY: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class CVCertificate:
    """A certificate of a CVCA, a document verifier or a terminal.

    ``body`` is what was signed, with its tag; both dates are days that belong to the validity. ``extensions`` are
    the data objects of authorization extensions, undecoded.
    """

    raw: bytes = field(repr=False)
    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    authority_reference: str
    public_key: CVPublicKey
    holder_reference: str
    chat: CHAT
    effective_date: date
    expiration_date: date
    extensions: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def value(self) -> bytes:
        """Body and signature without the tag around them: the data field of PSO:Verify Certificate."""
        return self.body + tlv.encode(SIGNATURE, self.signature)

    @property
    def role(self) -> Role:
        return self.chat.role

    @property
    def is_self_signed(self) -> bool:
        """True if holder and authority have the same reference: the first certificate of a CVCA."""
        return self.holder_reference == self.authority_reference

    def is_valid_on(self, day: date) -> bool:
        return self.effective_date <= day <= self.expiration_date


def parse_cv_certificate(raw: bytes) -> CVCertificate:
    """Read a certificate with its tag 7F21; every object has its place and the shortest length field.

    Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for unknown algorithms, curves and roles.
    """
    if len(raw) > MAX_BYTES:
        raise MalformedDataError(f"a CV certificate of {len(raw)} bytes")
    outer = tlv.parse_one(raw, CERTIFICATE)
    parts = outer.children()
    if [one.tag for one in parts] != [BODY, SIGNATURE] or not parts[1].value:
        raise MalformedDataError("a CV certificate does not consist of body and signature")
    body, signature = parts
    _check_lengths(outer)
    elements = body.children()
    tags = tuple(one.tag for one in elements)
    if tags not in (_ORDER, (*_ORDER, _EXTENSIONS)):
        raise MalformedDataError("the body of a CV certificate lacks elements, or has them out of order")
    profile, authority, public_key, holder, chat, effective, expiration = elements[:7]
    if profile.value != b"\x00":
        raise MalformedDataError("a CV certificate has an unknown profile")
    certificate = CVCertificate(
        raw=raw,
        body=body.raw,
        signature=signature.value,
        authority_reference=decode_reference(authority.value),
        public_key=parse_cv_public_key(public_key),
        holder_reference=decode_reference(holder.value),
        chat=parse_chat(chat),
        effective_date=_decode_date(effective.value),
        expiration_date=_decode_date(expiration.value),
        extensions=tuple(one.raw for one in elements[7].children()) if len(elements) == 8 else (),
    )
    if certificate.expiration_date < certificate.effective_date:
        raise MalformedDataError("a CV certificate expires before it takes effect")
    return certificate


def build_cv_certificate(
    *,
    authority_reference: str,
    public_key: TerminalPublicKey,
    holder_reference: str,
    chat: CHAT,
    effective_date: date,
    expiration_date: date,
    sign: Callable[[bytes], bytes],
    extensions: tuple[bytes, ...] = (),
) -> bytes:
    """Write a certificate; ``sign`` makes the authority's signature over the body.

    Domain parameters go into certificates of a CVCA only. Raises :class:`MalformedDataError` for what has no
    encoding.
    """
    body = tlv.encode(
        BODY,
        tlv.encode(_PROFILE, b"\x00"),
        tlv.encode(_AUTHORITY, encode_reference(authority_reference)),
        encode_cv_public_key(public_key, domain_parameters=chat.role is Role.CVCA),
        tlv.encode(_HOLDER, encode_reference(holder_reference)),
        chat.encode(),
        tlv.encode(_EFFECTIVE, _encode_date(effective_date)),
        tlv.encode(_EXPIRATION, _encode_date(expiration_date)),
        tlv.encode(_EXTENSIONS, *extensions) if extensions else b"",
    )
    return tlv.encode(CERTIFICATE, body, tlv.encode(SIGNATURE, sign(body)))


def verify_cv_signature(certificate: CVCertificate, issuer: TerminalPublicKey) -> TerminalPublicKey:
    """Verify the signature with the issuer's key and return the holder's, complete.

    Roles, references and dates are other questions. Raises :class:`SignatureError` if the signature is wrong or of
    a wrong length, :class:`UnsupportedError` if it could not be checked, :class:`MalformedDataError` for a key
    without a curve.
    """
    try:
        verify_signature(issuer.key, issuer.algorithm, certificate.body, certificate.signature)
    except MalformedDataError as error:
        raise SignatureError("the signature of a CV certificate has a wrong length") from error
    return certificate.public_key.resolve(issuer)


def _check_lengths(found: TLV) -> None:
    """Every object has the shortest length field, as DER wants it; a body has one encoding only."""
    if found.raw != tlv.encode(found.tag, found.value):
        raise MalformedDataError(f"data object {found.tag:X} has a length field that is too long")
    if found.is_constructed:
        for one in found.children():
            _check_lengths(one)


def _decode_date(value: bytes) -> date:
    """Six bytes of one digit each: YYMMDD of this century."""
    if len(value) != 6 or max(value) > 9:
        raise MalformedDataError("a date of a CV certificate does not consist of six digits")
    year, month, day = (10 * value[at] + value[at + 1] for at in (0, 2, 4))
    try:
        return date(CENTURY + year, month, day)
    except ValueError as error:
        raise MalformedDataError("a date of a CV certificate names no day") from error


def _encode_date(day: date) -> bytes:
    if not CENTURY <= day.year < CENTURY + 100:
        raise MalformedDataError("a date of a CV certificate lies in another century")
    return bytes(int(digit) for digit in f"{day:%y%m%d}")
