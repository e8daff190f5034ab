"""Taking trust away, with all that hung on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chipid.trust.records import (
    Basis,
    CertificateRecord,
    CRLRecord,
    Distrust,
    Ended,
    Ending,
    Lineage,
    ListKind,
    ListRecord,
    Provenance,
)
from chipid.trust.store import TrustStore
from chipid.trust.stored import Contents, Former, Stored, StoredCertificate, StoredCRL, StoredList


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalReport:
    """Everything that left the store, or would leave it if this is a ``dry_run``.

    ``wiped`` tells that nothing of it is remembered.
    """

    certificates: tuple[CertificateRecord, ...]
    crls: tuple[CRLRecord, ...]
    lists: tuple[ListRecord, ...]
    wiped: bool = False
    dry_run: bool = False


def remove(
    store: TrustStore, fingerprint: str, *, by: str, at: datetime, wipe: bool = False
) -> tuple[TrustStore, RemovalReport]:
    """Remove the one thing whose fingerprint begins so, and what nothing else speaks for then, by the word of ``by``.

    A CSCA goes with every certificate of the same key, since trust is in keys; with it go the links, document
    signers and CRLs that it signed and the lists that it vouched for. A list goes with the certificates that only
    it brought. The key of a certificate is distrusted from now on: lists and links do not bring it back.

    The store remembers what it held until ``at``, unless its owner wipes it for good; then what it held before of the
    same things is forgotten too, and a thing that has left the store already can be named. Raises
    :class:`TrustStoreError` if the beginning fits nothing or more than one thing.
    """
    found = store.one_beginning(fingerprint, former=wipe)
    before = store.contents()
    gone = {found.record.fingerprint}
    after = before
    if store.find(found.record.fingerprint) is not None:
        gone = _hanging_on(found, before)
        after = _rehung(_without(before, gone), before, gone)
    ended = [
        Former(thing=one, ended=Ended(until=at, ending=ending, ended_by=by)) for one, ending in _changes(before, after)
    ]
    past = before.past.and_also(ended)
    if wipe:
        past = past.without(gone)
    report = _report([*before.things(), found], gone, wiped=wipe)
    return TrustStore.from_contents(replace(after, past=past, distrusted=_distrusted(before, found, by, at))), report


def _hanging_on(found: Stored, contents: Contents) -> set[str]:
    """The fingerprints of what goes with ``found``: all that its owner's word no longer reaches."""
    gone = {found.record.fingerprint}
    if isinstance(found, StoredCertificate):
        gone.update(one.fingerprint for one in contents.anchors if one.record.key == found.record.key)
    everything = {one.record.fingerprint: one for one in contents.things()}
    keys = {one.fingerprint: one.record.key for one in contents.anchors}
    left = {fingerprint: one for fingerprint, one in everything.items() if fingerprint not in gone}
    reached: set[str] = set()
    # Upwards from the owner, until nothing more is reached: links that speak for each other alone are not.
    while True:
        reached_keys = {keys[one] for one in reached & keys.keys()}
        speaking = reached | reached_keys
        more = {
            fingerprint
            for fingerprint, one in left.items()
            if fingerprint not in reached and (_is_pinned(one, left) or _is_vouched(one, speaking, everything, keys))
        }
        if not more:
            return everything.keys() - reached
        reached |= more


def _without(contents: Contents, gone: set[str]) -> Contents:
    return replace(
        contents,
        anchors=tuple(one for one in contents.anchors if one.record.fingerprint not in gone),
        signers=tuple(one for one in contents.signers if one.record.fingerprint not in gone),
        crls=tuple(one for one in contents.crls if one.record.fingerprint not in gone),
        lists=tuple(one for one in contents.lists if one.record.fingerprint not in gone),
    )


def _is_vouched(one: Stored, speaking: set[str], everything: Mapping[str, Stored], keys: Mapping[str, str]) -> bool:
    """True if something that stays speaks for a thing; a revocation list stays as long as its key does.

    What never was in the store, such as a CSCA that was only pinned, is the owner's own word.
    """
    if isinstance(one, StoredCRL):
        return keys.get(one.record.signer) in speaking
    vouchers = [one.record.csca] if isinstance(one, StoredList) else [_voucher(why) for why in one.record.provenance]
    return any(voucher is None or voucher in speaking or voucher not in everything for voucher in vouchers)


def _is_pinned(one: Stored, left: Mapping[str, Stored]) -> bool:
    """True for a master list whose CSCA stays and is not approved itself: its owner pinned it for the list.

    Often the list contains that CSCA, and nothing else in the store speaks for either.
    """
    if not isinstance(one, StoredList) or one.record.kind is not ListKind.MASTER_LIST:
        return False
    csca = left.get(one.record.csca or "")
    return csca is not None and all(why.basis is not Basis.OWNER for why in csca.record.provenance)


def _voucher(why: Provenance) -> str | None:
    return None if why.basis is Basis.OWNER else why.voucher


def _remaining(provenance: Iterable[Provenance], gone: set[str]) -> tuple[Provenance, ...]:
    return tuple(one for one in provenance if one.basis is Basis.OWNER or one.voucher not in gone)


def _rehung(kept: Contents, before: Contents, gone: set[str]) -> Contents:
    """What stays, without reasons, parents and signers that are gone."""
    present = {one.fingerprint for one in kept.anchors}
    by_key = {one.record.key: one.fingerprint for one in reversed(kept.anchors)}
    keys = {one.fingerprint: one.record.key for one in before.anchors}

    def certificate(one: StoredCertificate) -> StoredCertificate:
        record = replace(one.record, provenance=_remaining(one.record.provenance, gone))
        if record.parent is not None and record.parent not in present:
            record = replace(record, parent=None, lineage=Lineage.PARENT_ABSENT)
        return replace(one, record=record)

    def crl(one: StoredCRL) -> StoredCRL:
        if one.record.signer in present:
            return one
        return replace(one, record=replace(one.record, signer=by_key[keys[one.record.signer]]))

    return replace(
        kept,
        anchors=tuple(map(certificate, kept.anchors)),
        signers=tuple(map(certificate, kept.signers)),
        crls=tuple(map(crl, kept.crls)),
    )


def _changes(before: Contents, after: Contents) -> Iterator[tuple[Stored, Ending]]:
    """What was taken out, and what is known otherwise now, as it was before."""
    now = {one.record.fingerprint: one for one in after.things()}
    for one in before.things():
        if one.record.fingerprint not in now:
            yield one, Ending.REMOVED
        elif one != now[one.record.fingerprint]:
            yield one, Ending.ALTERED


def _distrusted(before: Contents, found: Stored, by: str, at: datetime) -> tuple[Distrust, ...]:
    """The keys that the owner does not want: those before, and that of the certificate taken out."""
    known = {one.key: one for one in before.distrusted}
    if isinstance(found, StoredCertificate) and found in before.things():
        record = found.record
        known[record.key] = Distrust(key=record.key, fingerprint=record.fingerprint, removed_at=at, approved_by=by)
    return tuple(known.values())


def _report(things: Iterable[Stored], gone: set[str], *, wiped: bool) -> RemovalReport:
    left = list({one.record.fingerprint: one.record for one in things if one.record.fingerprint in gone}.values())
    return RemovalReport(
        certificates=tuple(one for one in left if isinstance(one, CertificateRecord)),
        crls=tuple(one for one in left if isinstance(one, CRLRecord)),
        lists=tuple(one for one in left if isinstance(one, ListRecord)),
        wiped=wiped,
    )
