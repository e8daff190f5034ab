"""The certificates that the cases of Terminal Authentication present: right ones, and wrong ones rightly signed.

ICAO Doc 9303-12 §7.2, BSI TR-03110-3 §C.1. Right ones need a terminal's key and its chain, wrong ones the keys of its
document verifier and of the CVCA that the chip trusts too, which exist for chips made for tests only. Keys stay with
whoever holds them: all that is asked of one is to sign.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final

from apdu import tlv
from chipid.conformance.case import NotApplicableError
from chipid.errors import TerminalKeyError
from chipid.pki.chat import InspectionRight, Role, inspection_chat
from chipid.pki.cv_certificate import BODY, SIGNATURE, CVCertificate, build_cv_certificate
from chipid.pki.cv_public_key import TerminalPublicKey
from chipid.protocols.terminal_key import TerminalKey

ALL_RIGHTS: Final = frozenset(InspectionRight)
Change = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """A name, its public key, and a way to sign with it; ECDSA as r ‖ s in full length.

    ``sign`` raises :class:`NotApplicableError` where the private key is not at hand; then ``public_key`` may be None.
    """

    reference: str
    public_key: TerminalPublicKey | None
    sign: Callable[[bytes], bytes] = field(repr=False)

    @classmethod
    def from_key(cls, key: TerminalKey, issuer: Signer | None = None) -> Signer:
        """The holder of a key. Raises :class:`MalformedDataError` if its curve stands in no certificate."""
        above = None if issuer is None else issuer.public_key
        return cls(
            reference=key.certificate.holder_reference,
            public_key=key.certificate.public_key.resolve(above),
            sign=key.sign,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mechanism:
    """A CVCA that signs otherwise than the one that the chip trusts, with a document verifier and terminal below it."""

    cvca: Signer
    verifier: Signer
    terminal: Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalCredentials:
    """The CVCA that the chip trusts, a document verifier and a terminal under it, as far as their keys are at hand.

    ``first`` and ``last`` are the days of the certificates that the cases make; ``first`` lies not after the date of
    the chip, so that none moves it. ``given`` are certificates of verifier and terminal that somebody else has signed.

    The others serve single cases: ``horizon`` is a day after the date of the chip, to which and beyond which cases with
    lasting changes move it; ``successors`` are three later keys of the CVCA in their order, ``migration`` is one of
    another mechanism, ``shorter`` a key of the same kind and fewer bits.
    """

    cvca: Signer
    verifier: Signer
    terminal: Signer
    first: date
    last: date
    given: tuple[CVCertificate, CVCertificate] | None = field(default=None, repr=False)
    horizon: date | None = None
    successors: tuple[Signer, ...] = ()
    migration: Mechanism | None = None
    shorter: Signer | None = None

    @classmethod
    def from_keys(
        cls,
        terminal: TerminalKey,
        *,
        verifier: TerminalKey | None = None,
        cvca: TerminalKey | None = None,
        successors: Sequence[TerminalKey] = (),
        horizon: date | None = None,
    ) -> TerminalCredentials:
        """What can be done with these keys: with ``terminal`` alone, the cases that present right certificates.

        The certificates of ``terminal`` hold the one of its document verifier. ``verifier`` and ``cvca``, which
        :func:`load_authority_key` reads, are those of that chain. ``successors`` are keys of the CVCA that cases with
        lasting changes move the chip to. ``horizon`` is a day after the date of the chip, such as tomorrow. Raises
        :class:`TerminalKeyError` if a certificate is missing or of somebody else.
        """
        own = terminal.certificate
        above = next((one for one in terminal.certificates if one.holder_reference == own.authority_reference), None)
        if above is None:
            raise TerminalKeyError("the certificate of the terminal's document verifier is not there")
        for key, reference in ((cvca, above.authority_reference), (verifier, above.holder_reference)):
            if key is not None and key.certificate.holder_reference != reference:
                raise TerminalKeyError("a key of an authority does not belong to the chain of the terminal")
        root = _absent(above.authority_reference) if cvca is None else Signer.from_key(cvca)
        middle = _absent(above.holder_reference) if verifier is None else Signer.from_key(verifier, root)
        lowest = Signer(reference=own.holder_reference, public_key=None, sign=terminal.sign)
        if middle.public_key is not None:
            lowest = replace(lowest, public_key=own.public_key.resolve(middle.public_key))
        return cls(
            cvca=root,
            verifier=middle,
            terminal=lowest,
            first=max(above.effective_date, own.effective_date),
            last=min(above.expiration_date, own.expiration_date),
            given=(above, own),
            horizon=horizon,
            successors=tuple(Signer.from_key(one) for one in successors),
        )

    @property
    def rights(self) -> frozenset[InspectionRight]:
        """What the right chain may do, as far as its certificates say."""
        given = self.given or ()
        return frozenset(right for right in InspectionRight if all(one.chat.allows(right) for one in given))

    def day(self, after: int) -> date:
        """The horizon, and so many days more."""
        if self.horizon is None:
            raise NotApplicableError("it needs a day after the date of the chip")
        return self.horizon + timedelta(days=after)

    def verifier_certificate(self, rights: Collection[InspectionRight] | None = None) -> bytes:
        """The one that was given, or a new one; with these rights if any are named."""
        if rights is None and self.given is not None:
            return self.given[0].value
        return self.certificate(self.cvca, self.verifier, Role.DV_DOMESTIC, rights=rights)

    def terminal_certificate(self, rights: Collection[InspectionRight] | None = None) -> bytes:
        """The same for the terminal."""
        if rights is None and self.given is not None:
            return self.given[1].value
        return self.certificate(self.verifier, self.terminal, Role.TERMINAL, rights=rights)

    def certificate(
        self,
        issuer: Signer,
        holder: Signer,
        role: Role,
        *,
        rights: Collection[InspectionRight] | None = None,
        first: date | None = None,
        last: date | None = None,
        change: Change | None = None,
    ) -> bytes:
        """Body and signature without the tag around them; ``change`` is done to the body before signing."""
        if holder.public_key is None:
            raise NotApplicableError(_NO_KEYS)
        raw = build_cv_certificate(
            authority_reference=issuer.reference,
            public_key=holder.public_key,
            holder_reference=holder.reference,
            chat=inspection_chat(role, ALL_RIGHTS if rights is None else rights),
            effective_date=first or self.first,
            expiration_date=last or self.last,
            sign=issuer.sign,
        )
        value = tlv.parse_one(raw, 0x7F21).value
        if change is None:
            return value
        body = tlv.encode(BODY, change(tlv.parse_all(value)[0].value))
        return body + tlv.encode(SIGNATURE, issuer.sign(body))


_NO_KEYS: Final = "it needs the keys of the CVCA that the chip trusts, and of the document verifier"


def _absent(reference: str) -> Signer:
    """Somebody whose private key is not at hand."""

    def sign(_: bytes) -> bytes:
        raise NotApplicableError(_NO_KEYS)

    return Signer(reference=reference, public_key=None, sign=sign)


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
