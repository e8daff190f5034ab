"""Whether a trust store still says what it said when each thing came in.

Opening a store looks at none of its bytes. Whoever uses a thing compares its bytes with their SHA-256, and the manifest
with the bytes (:mod:`chipid.trust.stored`). Here everything is looked at, with the signatures that tie it together.
Whoever may write to the folder can make a store of his own; what is found here are damage and changes made by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from apdu.errors import ToolkitError
from chipid.pki.certificate import Certificate, parse_certificate, verify_issued_by
from chipid.pki.crl import verify_crl
from chipid.pki.master_list import parse_master_list
from chipid.pki.path import is_self_signed
from chipid.trust.description import key_digest
from chipid.trust.errors import StoreDamagedError
from chipid.trust.record_codec import Record
from chipid.trust.records import Basis, Lineage, ListKind, Role
from chipid.trust.store import TrustStore
from chipid.trust.stored import Stored, StoredCertificate, StoredCRL

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What is wrong with one thing: the fields of its record that are not true, none if its bytes are bad."""

    record: Record
    fields: tuple[str, ...]


def find_damage(store: TrustStore) -> Iterator[Damage]:
    """Look at all bytes, records and signatures, and at the bytes and records of what the store held before.

    Raises :class:`TrustStoreError` if what it held before cannot be read.
    """
    signatures = _Signatures(store)
    found = [damage for one in store.things() for damage in _look_at(one, signatures.unproven)]
    found += [damage for former in store.past.things() for damage in _look_at(former.thing, lambda _: ())]
    yield from {(one.record.fingerprint, one.fields): one for one in found}.values()  # bytes that two records name


def _look_at(one: Stored, unproven: Callable[[Stored], Iterator[str] | tuple[()]]) -> Iterator[Damage]:
    try:
        wrong = one.wrong_fields() or tuple(unproven(one))
    except StoreDamagedError:
        yield Damage(record=one.record, fields=())
        return
    if wrong:
        yield Damage(record=one.record, fields=tuple(dict.fromkeys(wrong)))


class _Signatures:
    """What the signatures in a store say of its records. Of bytes that are bad nothing is concluded for the others."""

    def __init__(self, store: TrustStore) -> None:
        self._anchors = {one.fingerprint: _read(one, parse_certificate) for one in store.anchors}
        self._listed = {
            one.record.fingerprint: _read(one, lambda data: frozenset(parse_master_list(data).certificates))
            for one in store.lists
            if one.record.kind is ListKind.MASTER_LIST
        }

    def unproven(self, one: Stored) -> Iterator[str]:
        """The fields of a record that no signature bears out."""
        if isinstance(one, StoredCertificate):
            yield from self._unproven_of_certificate(one, one.certificate)
        elif isinstance(one, StoredCRL):
            if not self._has_signed(one.record.signer, partial(verify_crl, one.crl)):
                yield "signer"
        else:
            csca = self._anchors.get(one.record.csca or "")
            if csca is not None and key_digest(csca) != one.record.csca_key:
                yield "csca_key"

    def _unproven_of_certificate(self, one: StoredCertificate, certificate: Certificate) -> Iterator[str]:
        record, by = one.record, partial(verify_issued_by, certificate)
        if record.lineage is not None and record.role is not Role.DOCUMENT_SIGNER:
            own = is_self_signed(certificate)
            if (record.lineage is Lineage.SELF_SIGNED) != own:
                yield "lineage"
            if (record.role is Role.CSCA) != own:
                yield "role"
        if record.parent in self._anchors and not self._has_signed(record.parent, by):
            yield "parent"
        for reason in record.provenance:
            if reason.basis is Basis.LIST and not self._holds(reason.voucher, certificate.raw):
                yield "provenance"
            if reason.basis is Basis.ISSUER and not self._has_signed(reason.voucher, by):
                yield "provenance"

    def _holds(self, fingerprint: str | None, raw: bytes) -> bool:
        listed = self._listed.get(fingerprint or "", frozenset())
        return listed is None or raw in listed

    def _has_signed(self, fingerprint: str | None, verify: Callable[[Certificate], None]) -> bool:
        if fingerprint not in self._anchors:
            return False
        anchor = self._anchors[fingerprint]
        try:
            if anchor is not None:
                verify(anchor)
        except ToolkitError:
            return False
        return True


def _read(one: Stored, parse: Callable[[bytes], T]) -> T | None:
    """The thing itself, whatever its record says; None if its bytes are bad."""
    try:
        return parse(one.blob.read())
    except ToolkitError:
        return None
