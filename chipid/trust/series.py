"""Signed lists that follow one another, and what the newest of them no longer holds.

A series are the lists of one kind and state that one CSCA key vouches for, or that one signer signed.
"""

from __future__ import annotations

from collections.abc import Sequence

from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.records import UNDATED, Basis, CertificateRecord, ListRecord
from chipid.trust.store import TrustStore


def check_not_older(record: ListRecord, store: TrustStore) -> None:
    """Raises :class:`TrustRefusedError` if the store has a newer list of the series: states withdraw certificates.

    A list that does not say when it was signed cannot be told from an old one; it is taken only into a series in which
    no list says it. Lists of the same moment stand beside each other.
    """
    dated = [one.signing_time for one in _series(record, store) if one.signing_time is not None]
    if not dated or (record.signing_time is not None and record.signing_time >= max(dated)):
        return
    own = (
        "that does not say when it was signed" if record.signing_time is None else f"of {record.signing_time:%Y-%m-%d}"
    )
    raise TrustRefusedError(
        Refusal.OLDER_THAN_STORED,
        f"the store has a list of {record.signer_subject} of {max(dated):%Y-%m-%d}, newer than the one {own}",
    )


def withdrawn(store: TrustStore) -> tuple[CertificateRecord, ...]:
    """The certificates that only lists vouch for, and none of them the newest of its series."""
    newest = {_newest(_series(one.record, store)).fingerprint for one in store.lists}
    return tuple(
        one.record
        for one in store.anchors
        if all(reason.basis is Basis.LIST and reason.voucher not in newest for reason in one.record.provenance)
    )


def _series(record: ListRecord, store: TrustStore) -> Sequence[ListRecord]:
    return [one.record for one in store.lists if _is_of_same_series(one.record, record)]


def _is_of_same_series(one: ListRecord, other: ListRecord) -> bool:
    same_key = one.csca_key is not None and one.csca_key == other.csca_key
    return (one.kind, one.country) == (other.kind, other.country) and (same_key or one.signer == other.signer)


def _newest(series: Sequence[ListRecord]) -> ListRecord:
    """The one signed last; where times do not tell, the one that came last."""
    return max(enumerate(series), key=lambda entry: (entry[1].signing_time or UNDATED, entry[0]))[1]
