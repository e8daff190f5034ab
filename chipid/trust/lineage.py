"""How the certificates of a list hang together: which are self-signed, and who signed the others.

Self-signed is what its own key has signed, whatever the names are: in real lists more than half of the links have
one name on both sides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from apdu.errors import ToolkitError
from chipid.errors import SignatureError, UnsupportedError
from chipid.pki.certificate import Certificate, verify_issued_by
from chipid.pki.path import best_bearer, is_self_signed
from chipid.trust.records import Lineage

MAX_KEYS: Final = 64  # tried for one certificate; no State has more in use
MAX_TRIES: Final = 256
MAX_CANDIDATES: Final = 1024  # looked at for one certificate; many may bear one key


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """A certificate with its lineage, and the one whose key signed it, None where that is itself or absent.

    ``forged`` is set where a key that the certificate names, its own or one at hand, did not sign it.
    """

    certificate: Certificate
    lineage: Lineage
    parent: Certificate | None
    forged: bool = False


class IssuerIndex:
    """Finds the issuer of a certificate among many without trying every key."""

    def __init__(self, certificates: Iterable[Certificate]) -> None:
        self._by_ski: defaultdict[bytes, list[Certificate]] = defaultdict(list)
        self._by_country: defaultdict[str, list[Certificate]] = defaultdict(list)
        self._by_name: defaultdict[tuple[str, Hashable], list[Certificate]] = defaultdict(list)
        for one in certificates:
            if one.ski is not None:
                self._by_ski[one.ski].append(one)
            self._by_country[one.country].append(one)
            self._by_name[one.country, one.subject_name.canonical].append(one)

    def named_by(self, certificate: Certificate) -> Sequence[Certificate]:
        """Those whose key identifier the certificate names."""
        return self._by_ski.get(certificate.aki, ()) if certificate.aki is not None else ()

    def others(self, certificate: Certificate) -> Iterator[Certificate]:
        """Those of the same state, the ones with the issuer's name first."""
        country = certificate.issuer_name.country or certificate.country
        named = self._by_name.get((country, certificate.issuer_name.canonical), ())
        for one in chain(named, self._by_country.get(country, ())):
            if certificate.aki is None or one.ski != certificate.aki:
                yield one


def classify(certificates: Sequence[Certificate], known: Sequence[Certificate] = ()) -> tuple[Classified, ...]:
    """The lineage of each certificate within ``certificates`` and those that are ``known`` besides.

    Every signature is verified, and each key tried once for a certificate. A link that is found with no key stays, as
    one whose parent is absent; so does one for which :data:`MAX_TRIES` and four for each certificate are used up. The
    German list of 588 needs 255.
    """
    index = IssuerIndex([*certificates, *known])
    tries = iter(range(MAX_TRIES + 4 * len(certificates)))
    return tuple(_classify(one, index, tries) for one in certificates)


def _classify(certificate: Certificate, index: IssuerIndex, tries: Iterator[int]) -> Classified:
    if is_self_signed(certificate):
        return Classified(certificate=certificate, lineage=Lineage.SELF_SIGNED, parent=None)
    parent, forged = _search(certificate, index.named_by(certificate), tries)
    if parent is not None:
        return Classified(certificate=certificate, lineage=Lineage.PARENT_BY_KEY_IDENTIFIER, parent=parent)
    parent, _ = _search(certificate, index.others(certificate), tries)
    if parent is not None:
        return Classified(certificate=certificate, lineage=Lineage.PARENT_BY_TRYING, parent=parent)
    return Classified(certificate=certificate, lineage=Lineage.PARENT_ABSENT, parent=None, forged=forged)


def first_issuer(certificate: Certificate, candidates: Iterable[Certificate]) -> Certificate | None:
    """The first of the candidates whose key, which is not its own, signed the certificate; None if there is none.

    Of several certificates of that key it is the one that fits the day.
    """
    every = tuple(candidates)
    found = _search(certificate, every, iter(range(MAX_TRIES)))[0]
    return None if found is None else best_bearer(certificate, [one for one in every if one.spki == found.spki])


def _search(
    certificate: Certificate, candidates: Iterable[Certificate], tries: Iterator[int]
) -> tuple[Certificate | None, bool]:
    """As :func:`first_issuer`; and whether a key that the certificate names by identifier and name did not sign it."""
    refuted: dict[bytes, bool] = {}
    forged = False
    for candidate in islice(candidates, MAX_CANDIDATES):
        spki = candidate.spki
        if spki not in refuted:
            if len(refuted) == MAX_KEYS or next(tries, None) is None:
                break
            try:
                verify_issued_by(certificate, candidate)
            except UnsupportedError:
                refuted[spki] = False
            except SignatureError:
                refuted[spki] = True
            except ToolkitError:
                refuted[spki] = False
            else:
                if spki != certificate.spki:
                    return candidate, False
                refuted[spki] = False
        forged = forged or (refuted[spki] and certificate.names_issuer(candidate))
    return None, forged


def count_lineages(classified: Iterable[Classified]) -> Mapping[Lineage, int]:
    """How many certificates there are of each lineage, those with none included."""
    counts = dict.fromkeys(Lineage, 0)
    for one in classified:
        counts[one.lineage] += 1
    return counts
