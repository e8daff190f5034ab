"""The certificates that the cases of Terminal Authentication present: right ones, and wrong ones rightly signed.

ICAO Doc 9303-12 §7.2, BSI TR-03110-3 §C.1. They need the key of the CVCA that the chip trusts, which exists for chips
made for tests only. Keys stay with whoever holds them: all that is asked of one is to sign.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from apdu import tlv
from chipid.pki.chat import InspectionRight, Role, inspection_chat
from chipid.pki.cv_certificate import BODY, SIGNATURE, build_cv_certificate
from chipid.pki.cv_public_key import TerminalPublicKey

ALL_RIGHTS: Final = frozenset(InspectionRight)
Change = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A name, its public key, and a way to sign with it; ECDSA as r ‖ s in full length."""

    reference: str
    public_key: TerminalPublicKey
    sign: Callable[[bytes], bytes] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalCredentials:
    """The CVCA that the chip trusts, and keys for a document verifier and a terminal under it.

    ``first`` and ``last`` are the days of the certificates; ``first`` lies not after the date of the chip, so that
    no case moves it.
    """

    cvca: Signer
    verifier: Signer
    terminal: Signer
    first: date
    last: date

    def verifier_certificate(self, rights: Collection[InspectionRight] = ALL_RIGHTS) -> bytes:
        return self.certificate(self.cvca, self.verifier, Role.DV_DOMESTIC, rights=rights)

    def terminal_certificate(self, rights: Collection[InspectionRight] = ALL_RIGHTS) -> bytes:
        return self.certificate(self.verifier, self.terminal, Role.TERMINAL, rights=rights)

    def certificate(
        self,
        issuer: Signer,
        holder: Signer,
        role: Role,
        *,
        rights: Collection[InspectionRight] = ALL_RIGHTS,
        change: Change | None = None,
    ) -> bytes:
        """Body and signature without the tag around them; ``change`` is done to the body before signing."""
        raw = build_cv_certificate(
            authority_reference=issuer.reference,
            public_key=holder.public_key,
            holder_reference=holder.reference,
            chat=inspection_chat(role, rights),
            effective_date=self.first,
            expiration_date=self.last,
            sign=issuer.sign,
        )
        value = tlv.parse_one(raw, 0x7F21).value
        if change is None:
            return value
        body = tlv.encode(BODY, change(tlv.parse_all(value)[0].value))
        return body + tlv.encode(SIGNATURE, issuer.sign(body))


def without(tag: int) -> Change:
    """Leave an element out."""
    return lambda body: b"".join(one.raw for one in tlv.parse_all(body) if one.tag != tag)


def with_value(tag: int, value: bytes | Change) -> Change:
    """Give an element another value."""

    def change(body: bytes) -> bytes:
        return b"".join(
            tlv.encode(tag, value if isinstance(value, bytes) else value(one.value)) if one.tag == tag else one.raw
            for one in tlv.parse_all(body)
        )

    return change
