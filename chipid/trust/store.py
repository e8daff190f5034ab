"""The trust store: the CSCA certificates that its owner has chosen to trust, and where each came from.

Nothing is trusted by default. A store is a folder with a manifest (:mod:`chipid.trust.directory`), or a plain folder of
files that its owner trusts by having put them there (:mod:`chipid.trust.plain_folder`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Generic, TypeAlias, TypeVar

from apdu.errors import ToolkitError
from chipid.errors import StoreProblem, TrustStoreError
from chipid.pki.certificate import Certificate, parse_certificate
from chipid.pki.cms import SignerIdentifier
from chipid.pki.path import find_issuer, match_issuer
from chipid.trust import directory as disk
from chipid.trust.plain_folder import from_owner, read_folder
from chipid.trust.records import UNDATED, ListKind, Role
from chipid.trust.revocation import CRLState, CRLStatus, Statement, crl_statements, crl_status, turning_points
from chipid.trust.stored import Contents, Former, Stored, StoredCertificate, StoredList

MAX_PATH: Final = 8
MAX_REMEMBERED: Final = 1024
MAX_NAMED: Final = 10

Anchor: TypeAlias = StoredCertificate
"""A trusted CSCA certificate, self-signed or a link, with its provenance."""

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore(Contents):
    """What a store holds, with what it says of a certificate: who issued it, and whether that was taken back.

    ``as_of`` is the moment of the past that it is the store of (:mod:`chipid.trust.history`), None for today's.
    """

    as_of: datetime | None = field(default=None, compare=False)
    _index: _Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", _Index(self.anchors, self.signers))

    @classmethod
    def from_certificates(cls, certificates: Iterable[bytes], *, source: str) -> TrustStore:
        """A store of DER certificates that the caller trusts. Raises :class:`TrustStoreError`."""
        return cls.from_contents(from_owner((der, source) for der in certificates))

    @classmethod
    def from_directory(cls, directory: Path) -> TrustStore:
        """The store in ``directory``, with a manifest or plain. Raises :class:`TrustStoreError` naming the file."""
        if not directory.is_dir():
            message = f"the trust store {directory} is not a folder"
            raise TrustStoreError(message, StoreProblem.NO_STORE, folder=directory)
        return cls.from_contents(disk.load(directory) if disk.holds_store(directory) else read_folder(directory))

    @classmethod
    def from_contents(cls, contents: Contents) -> TrustStore:
        """The store that holds ``contents``."""
        return cls(**_fields_of(contents))

    def contents(self) -> Contents:
        """What is in it, as :func:`chipid.trust.directory.save` writes it."""
        return Contents(**_fields_of(self))

    def find(self, fingerprint: str, *, former: bool = False) -> Stored | None:
        """The one thing whose fingerprint begins so; None if there is none or more than one.

        With ``former``, what the store held before is looked through too, and the newest record of a thing found.
        """
        found = self._beginning(fingerprint, former=former)
        return found[0] if len(found) == 1 else None

    def one_beginning(self, fingerprint: str, *, former: bool = False) -> Stored:
        """The same; raises :class:`TrustStoreError` that tells none from several, and which those are."""
        found = self._beginning(fingerprint, former=former)
        if not found:
            message = f"no fingerprint in the trust store begins with {fingerprint!r}"
            raise TrustStoreError(message, StoreProblem.FINGERPRINT_UNKNOWN, prefix=fingerprint)
        if len(found) > 1:
            named = [f"{one.record.fingerprint[:16]} ({one.record.country})" for one in found[:MAX_NAMED]]
            candidates = ", ".join([*named, "…"] if len(found) > MAX_NAMED else named)
            message = f"{len(found)} fingerprints begin with {fingerprint!r}: {candidates}"
            details = {"count": len(found), "prefix": fingerprint, "candidates": candidates}
            raise TrustStoreError(message, StoreProblem.FINGERPRINT_AMBIGUOUS, **details)
        return found[0]

    def find_former(self, fingerprint: str) -> Former | None:
        """The one thing that the store held before whose fingerprint begins so, as it was last."""
        found = _beginning(self.past.things(), fingerprint, lambda one: one.thing)
        return found[0] if len(found) == 1 else None

    def _beginning(self, fingerprint: str, *, former: bool) -> list[Stored]:
        before = (one.thing for one in (self.past.things() if former else ()))
        return _beginning([*before, *self.things()], fingerprint, lambda one: one)

    def candidates(self, certificate: Certificate) -> tuple[Anchor, ...]:
        """The anchors that may have issued ``certificate``, the likeliest first.

        Key identifier and name before the identifier alone, then the name, then every anchor of the same country:
        identifiers and names are wrong too often to decide anything but the order (Doc 9303-12 §7.1). In which order
        they came into the store does not matter, so that a store as of an earlier day finds what it found then.
        """

        def rank(anchor: Anchor) -> tuple[bool, int, bool, str]:
            issuer = anchor.certificate
            match = match_issuer(certificate, issuer) or MAX_PATH
            return not certificate.names_issuer(issuer), match, anchor.record.role is Role.LINK, anchor.fingerprint

        return tuple(sorted(self._index.anchors_for(certificate), key=rank))

    def path(self, certificate: Certificate) -> tuple[Anchor, ...]:
        """The anchor whose key signed ``certificate``, followed by those that it was linked from, the oldest last.

        The last is where trust begins: what its owner approved or a list vouches for. Raises as
        :func:`chipid.pki.path.find_issuer`.
        """
        return self._index.paths.about(certificate, self._find_path)

    def _find_path(self, certificate: Certificate) -> tuple[Anchor, ...]:
        candidates = self.candidates(certificate)
        pool = candidates or self.anchors[:1]  # tells "no anchor at all" from "none of that country"
        issuer = find_issuer(certificate, [anchor.certificate for anchor in pool])
        path = [next(anchor for anchor in pool if anchor.certificate == issuer)]  # decoded anew, perhaps
        while len(path) < MAX_PATH:
            parent = self._index.by_fingerprint.get(path[-1].record.parent or "")
            if parent is None or parent in path:
                break
            path.append(parent)
        return tuple(path)

    def signer_certificates(self, sid: SignerIdentifier) -> tuple[StoredCertificate, ...]:
        """The document signers of the store that ``sid`` may mean, for an SOD that does not carry its own."""
        if sid.ski is not None:
            return _in_order(self._index.signers_by_ski.get(sid.ski.hex(), ()))
        if sid.issuer is None or sid.serial is None:
            return ()
        same_serial = self._index.signers_by_serial.get(f"{sid.serial:x}", ())
        return _in_order(one for one in same_serial if one.certificate.issuer_name.matches(sid.issuer))

    def deviation_list(self, country: str, at: datetime) -> StoredList | None:
        """The newest deviation list of a state that was out at ``at`` and whose signer was not revoked by then."""
        if not self.lists:
            return None
        own = [
            one
            for one in self.lists
            if one.record.kind is ListKind.DEVIATION_LIST
            and one.record.country == country
            and (one.record.signing_time or UNDATED) <= at
        ]
        own.sort(key=lambda one: (one.record.signing_time or UNDATED, one.record.fingerprint), reverse=True)
        return next((one for one in own if not self._is_signer_revoked(one, at)), None)

    def _is_signer_revoked(self, stored: StoredList, at: datetime) -> bool:
        for raw in stored.deviation_list.signed.certificates:
            certificate = parse_certificate(raw)
            if certificate.fingerprint == stored.record.signer:
                return self.crl_status(certificate, at).state is CRLState.REVOKED
        return False

    def crl_status(self, certificate: Certificate, at: datetime) -> CRLStatus:
        """What the revocation lists of the certificate's state say of it, as of ``at`` (Doc 9303-12 §7.2)."""
        return crl_status(self._index.statements.about(certificate, self._find_statements), certificate, at)

    def crl_turning_points(self, certificate: Certificate) -> Iterator[datetime]:
        """The moments at which :meth:`crl_status` may change what it says of ``certificate``."""
        return turning_points(self._index.statements.about(certificate, self._find_statements))

    def conclude(self, premises: K, find: Callable[[K], T]) -> T:
        """What ``find`` concludes from this store and ``premises`` alone: the last conclusions are remembered.

        Nothing of a person may be among the premises, and each ``find`` must have premises of its own.
        """
        found: T = self._index.conclusions.about(premises, find)
        return found

    def _find_statements(self, certificate: Certificate) -> tuple[Statement, ...]:
        return crl_statements(self.crls, certificate, self._issuers_of(certificate))

    def _issuers_of(self, certificate: Certificate) -> tuple[Anchor, ...]:
        """Every anchor of the key that issued ``certificate``, none if that is not known."""
        try:
            return self._of_key(self.path(certificate)[0])
        except ToolkitError:
            return ()

    def bearers(self, certificate: Certificate) -> tuple[Certificate, ...]:
        """``certificate``, and if it is an anchor the others of its key: trust is in keys, and so is distrust."""
        known = self._index.by_fingerprint.get(certificate.fingerprint)
        others = () if known is None else self._of_key(known)
        return certificate, *(one.certificate for one in others if one is not known)

    def _of_key(self, anchor: Anchor) -> tuple[Anchor, ...]:
        return tuple(one for one in self.anchors if one.record.key == anchor.record.key)


class _Memory(Generic[K, T]):
    """The last answers about certificates: the same signers come back, and a store never changes."""

    def __init__(self) -> None:
        self._answers: dict[K, T] = {}

    def about(self, subject: K, find: Callable[[K], T]) -> T:
        """The answer that ``find`` gives; what it raises is not remembered."""
        found = self._answers.get(subject)
        if found is None:
            found = find(subject)
            if len(self._answers) >= MAX_REMEMBERED:
                self._answers.clear()
            self._answers[subject] = found
        return found


class _Index:
    """Where to look for an issuer without decoding every certificate."""

    def __init__(self, anchors: Iterable[StoredCertificate], signers: Iterable[StoredCertificate]) -> None:
        self.by_fingerprint: dict[str, StoredCertificate] = {}
        self.paths: _Memory[Certificate, tuple[StoredCertificate, ...]] = _Memory()
        self.statements: _Memory[Certificate, tuple[Statement, ...]] = _Memory()
        self.conclusions: _Memory[Any, Any] = _Memory()
        self._by_ski: dict[str, list[StoredCertificate]] = {}
        self._by_country: dict[str, list[StoredCertificate]] = {}
        self.signers_by_ski: dict[str, list[StoredCertificate]] = {}
        self.signers_by_serial: dict[str, list[StoredCertificate]] = {}
        for one in anchors:
            self.by_fingerprint[one.fingerprint] = one
            self._by_country.setdefault(one.record.country.upper(), []).append(one)
            if one.record.ski is not None:
                self._by_ski.setdefault(one.record.ski, []).append(one)
        for one in signers:
            self.signers_by_serial.setdefault(one.record.serial, []).append(one)
            if one.record.ski is not None:
                self.signers_by_ski.setdefault(one.record.ski, []).append(one)

    def anchors_for(self, certificate: Certificate) -> Iterable[StoredCertificate]:
        """Those whose key identifier or country fits, each once."""
        country = (certificate.issuer_name.country or certificate.country).upper()
        found: Mapping[str, StoredCertificate] = {
            one.fingerprint: one
            for one in (
                *(self._by_ski.get(certificate.aki.hex(), ()) if certificate.aki is not None else ()),
                *self._by_country.get(country, ()),
            )
        }
        return found.values()


def _fields_of(contents: Contents) -> dict[str, Any]:
    return {one.name: getattr(contents, one.name) for one in fields(Contents)}


def _beginning(things: Iterable[T], fingerprint: str, thing_of: Callable[[T], Stored]) -> list[T]:
    """Those whose fingerprint begins so, the last of each fingerprint."""
    wanted = fingerprint.strip().lower().replace(":", "").replace(" ", "")
    found = {name: one for one in things if wanted and (name := thing_of(one).record.fingerprint).startswith(wanted)}
    return list(found.values())


def _in_order(certificates: Iterable[StoredCertificate]) -> tuple[StoredCertificate, ...]:
    return tuple(sorted(certificates, key=lambda one: one.fingerprint))
