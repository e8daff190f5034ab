"""Taking trust away, with all that hung on it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
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
from chipid.trust.stored import Contents, Former, Past, Stored, StoredCertificate, StoredCRL, StoredList


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
    same things, and of what hung on them then, is forgotten too, and that they were a reason for anything else. What
    has left the store already can be named then. Raises :class:`TrustStoreError` if the beginning fits nothing or more
    than one thing.
    """
    found = store.one_beginning(fingerprint, former=wipe)
    before = store.contents()
    gone: set[str] = set()
    after = before
    if store.find(found.record.fingerprint) is not None:
        gone = _hanging_on(_same_key(found, before), before)
        after = _without(before, gone)
        rehang = _rehanging(after, before, gone)
        after = after.holding(map(rehang, after.things()))
    ended = [
        Former(thing=one, ended=Ended(until=at, ending=ending, ended_by=by)) for one, ending in _changes(before, after)
    ]
    after = replace(after, past=before.past.and_also(ended), distrusted=_distrusted(before, found, by, at))
    things: list[Stored] = list(before.things())
    if wipe:
        ever = _ever(after)
        things.extend(ever.things())
        stays = {one.record.fingerprint for one in after.things()}
        gone = _hanging_on(gone | (_same_key(found, ever) - stays), ever, stays)
        after = replace(after, past=_forgetting(after.past, ever, gone))
    return TrustStore.from_contents(after), _report(things, gone, wiped=wipe)


def _same_key(found: Stored, contents: Contents) -> set[str]:
    """The fingerprints of what is taken out by name: a thing, and every certificate of the same key."""
    same = {found.record.fingerprint}
    if isinstance(found, StoredCertificate):
        same.update(one.fingerprint for one in contents.anchors if one.record.key == found.record.key)
    return same


def _hanging_on(gone: set[str], contents: Contents, stays: Collection[str] = ()) -> set[str]:
    """The fingerprints of ``gone`` and of what goes with it: all that its owner's word no longer reaches.

    What ``stays`` is reached in any case.
    """
    everything = {one.record.fingerprint: one for one in contents.things()}
    keys = {one.fingerprint: one.record.key for one in contents.anchors}
    left = {fingerprint: one for fingerprint, one in everything.items() if fingerprint not in gone}
    reached = set(stays)
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
    return contents.holding(one for one in contents.things() if one.record.fingerprint not in gone)


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


def _rehanging(kept: Contents, before: Contents, gone: set[str]) -> Callable[[Stored], Stored]:
    """What makes of a thing that stays one without reasons, parents and signers that are gone."""
    present = {one.fingerprint for one in kept.anchors}
    by_key = {one.record.key: one.fingerprint for one in reversed(kept.anchors)}
    keys = {one.fingerprint: one.record.key for one in before.anchors}

    def rehang(one: Stored) -> Stored:
        if isinstance(one, StoredCRL):
            signer = one.record.signer if one.record.signer in present else by_key.get(keys.get(one.record.signer, ""))
            return one if signer is None else replace(one, record=replace(one.record, signer=signer))
        if isinstance(one, StoredList):
            return one
        record = replace(one.record, provenance=_remaining(one.record.provenance, gone))
        if record.parent is not None and record.parent not in present:
            record = replace(record, parent=None, lineage=Lineage.PARENT_ABSENT)
        return replace(one, record=record)

    return rehang


def _ever(contents: Contents) -> Contents:
    """All that a store holds or ever held, each thing once, with every reason that there was for it."""
    every: dict[str, Stored] = {}
    for one in (*(former.thing for former in contents.past.things()), *contents.things()):
        known = every.get(one.record.fingerprint)
        if isinstance(one, StoredCertificate) and isinstance(known, StoredCertificate):
            every[one.fingerprint] = one.also_from(known.record.provenance)
        else:
            every[one.record.fingerprint] = one
    return contents.holding(every.values())


def _forgetting(past: Past, ever: Contents, gone: set[str]) -> Past:
    """The past without what is ``gone``, and of the rest what other reasons spoke for."""
    rehang = _rehanging(_without(ever, gone), ever, gone)

    def remembered(one: Stored) -> Stored | None:
        if one.record.fingerprint in gone:
            return None
        one = rehang(one)
        return one if one.record.provenance else None

    return past.changed(remembered)


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
