"""Signed lists that follow one another, and what the newest of them no longer holds.

A series are the lists of one kind and state that one CSCA key vouches for, or one that links connect with it, or that
one signer signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.records import UNDATED, Basis, CertificateRecord, ListRecord
from chipid.trust.store import TrustStore


def check_not_older(record: ListRecord, store: TrustStore) -> None:
    """Raises :class:`TrustRefusedError` if the store has a newer list of the series: states withdraw certificates.

    A list that does not say when it was signed cannot be told from an old one; it is taken only into a series in which
    no list says it. Lists of the same moment stand beside each other.
    """
    series = _series(record, store, _families(store))
    dated = [one.signing_time for one in series if one.signing_time is not None]
    if not dated or (record.signing_time is not None and record.signing_time >= max(dated)):
        return
    own = (
        "that does not say when it was signed" if record.signing_time is None else f"of {record.signing_time:%Y-%m-%d}"
    )
    raise TrustRefusedError(
        Refusal.OLDER_THAN_STORED,
        f"the store has a list of {record.signer_subject} of {max(dated):%Y-%m-%d}, newer than the one {own}",
        fingerprint=record.fingerprint,
        subject=record.signer_subject,
    )


def withdrawn(store: TrustStore) -> tuple[CertificateRecord, ...]:
    """The certificates that only lists vouch for, and none of them the newest of its series."""
    families = _families(store)
    newest = {_newest(_series(one.record, store, families)).fingerprint for one in store.lists}
    return tuple(
        one.record
        for one in store.anchors
        if all(reason.basis is Basis.LIST and reason.voucher not in newest for reason in one.record.provenance)
    )


def _series(record: ListRecord, store: TrustStore, families: Mapping[str, str]) -> Sequence[ListRecord]:
    return [one.record for one in store.lists if _is_of_same_series(one.record, record, families)]


def _is_of_same_series(one: ListRecord, other: ListRecord, families: Mapping[str, str]) -> bool:
    keys = [families.get(key, key) for key in (one.csca_key, other.csca_key) if key is not None]
    same_key = len(keys) == 2 and keys[0] == keys[1]
    return (one.kind, one.country) == (other.kind, other.country) and (same_key or one.signer == other.signer)


def _families(store: TrustStore) -> Mapping[str, str]:
    """The keys of the store, each with the one that stands for all that links connect with it."""
    keys = {one.fingerprint: one.record.key for one in store.anchors}
    above = {key: key for key in keys.values()}

    def first(key: str) -> str:
        while above[key] != key:
            above[key] = above[above[key]]  # half the way for whoever asks next
            key = above[key]
        return key

    for one in store.anchors:
        parent = keys.get(one.record.parent or "")
        if parent is not None:
            above[first(one.record.key)] = first(parent)
    return {key: first(key) for key in above}


def _newest(series: Sequence[ListRecord]) -> ListRecord:
    """The one signed last; where times do not tell, the one that came last."""
    return max(enumerate(series), key=lambda entry: (entry[1].signing_time or UNDATED, entry[0]))[1]
