"""A trust store as its owner looks at it: some States of it, or a plain folder with its certificates told apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from chipid.trust.lineage import Classified, classify
from chipid.trust.records import Lineage, Role
from chipid.trust.store import TrustStore
from chipid.trust.stored import StoredCertificate


def of_countries(store: TrustStore, countries: Collection[str], *, with_lists: bool) -> TrustStore:
    """What belongs to these States, by their codes in upper case; ``with_lists`` keeps the lists of every State."""

    def is_of(country: str) -> bool:
        return country.upper() in countries

    return replace(
        store,
        anchors=tuple(one for one in store.anchors if is_of(one.record.country)),
        signers=tuple(one for one in store.signers if is_of(one.record.country)),
        crls=tuple(one for one in store.crls if is_of(one.record.country)),
        lists=tuple(one for one in store.lists if with_lists or is_of(one.record.country)),
    )


def with_lineages(store: TrustStore) -> TrustStore:
    """The store of a plain folder with the lineage of each certificate, which a folder does not keep.

    Every signature is verified, so this is not for reading a card.
    """
    anchors = [one.certificate for one in store.anchors]
    signers = [one.certificate for one in store.signers]
    return replace(
        store,
        anchors=tuple(_classified(store.anchors, classify(anchors))),
        signers=tuple(_classified(store.signers, classify(signers, anchors))),
    )


def _classified(certificates: Iterable[StoredCertificate], found: Iterable[Classified]) -> Iterator[StoredCertificate]:
    for one, classified in zip(certificates, found, strict=True):
        role = one.record.role
        if role is not Role.DOCUMENT_SIGNER:
            role = Role.CSCA if classified.lineage is Lineage.SELF_SIGNED else Role.LINK
        parent = None if classified.parent is None else classified.parent.fingerprint
        record = replace(one.record, role=role, lineage=classified.lineage, parent=parent)
        yield replace(one, record=record)
