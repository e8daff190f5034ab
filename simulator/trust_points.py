"""Keys of the CVCA that the chip trusts, and keys imported from certificates (ICAO Doc 9303-11 §7.1.4.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chipid.lds.ef_cvca import build_ef_cvca
from chipid.pki.chat import CHAT, Role
from chipid.pki.cv_certificate import CVCertificate
from chipid.pki.cv_public_key import TerminalPublicKey
from simulator.access_rules import TerminalRight

MAX_TRUST_POINTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedKey:
    """A key under the reference of its holder, with the metadata of §7.1.4.3.7.

    ``rights`` are the bits that every template up to this one has; ``is_accurate`` says that the effective dates of the
    holder's certificates move the date of the chip.
    """

    reference: str
    key: TerminalPublicKey
    role: Role
    rights: int
    is_accurate: bool
    effective_date: date
    expiration_date: date

    @property
    def granted(self) -> frozenset[TerminalRight]:
        return frozenset(right for right in TerminalRight if self.rights & right.value)


def root_key(certificate: CVCertificate, key: TerminalPublicKey) -> ImportedKey:
    """The key of a CVCA: what its own template allows, and dates that are believed."""
    return _import(certificate, key, rights=_bits(certificate.chat), is_accurate=True)


def subordinate_key(certificate: CVCertificate, key: TerminalPublicKey, issuer: ImportedKey) -> ImportedKey:
    """The key of a document verifier or terminal: the rights of the chain, and dates that are believed at home."""
    is_accurate = certificate.role is Role.DV_DOMESTIC if certificate.role.is_document_verifier else issuer.is_accurate
    return _import(certificate, key, rights=issuer.rights & _bits(certificate.chat), is_accurate=is_accurate)


def with_trust_point(trust_points: Iterable[ImportedKey], new: ImportedKey) -> tuple[ImportedKey, ...]:
    """The trust points after a link, newest first: at most two, and the oldest one goes."""
    others = [one for one in trust_points if one.reference != new.reference]
    newest_first = sorted([new, *others], key=lambda one: one.effective_date, reverse=True)
    return tuple(newest_first[:MAX_TRUST_POINTS])


def references_file(trust_points: Iterable[ImportedKey]) -> bytes:
    """EF.CVCA as the chip gives it at this moment."""
    return build_ef_cvca(*(one.reference for one in trust_points))


def _import(certificate: CVCertificate, key: TerminalPublicKey, *, rights: int, is_accurate: bool) -> ImportedKey:
    return ImportedKey(
        reference=certificate.holder_reference,
        key=key,
        role=certificate.role,
        rights=rights,
        is_accurate=is_accurate,
        effective_date=certificate.effective_date,
        expiration_date=certificate.expiration_date,
    )


def _bits(chat: CHAT) -> int:
    return chat.rights[-1]
