"""How the certificates of a list hang together: which are self-signed, and who signed the others.

Self-signed is what its own key has signed, whatever the names are: in real lists more than half of the links have
one name on both sides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from apdu.errors import ToolkitError
from chipid.errors import SignatureError, UnsupportedError
from chipid.pki.certificate import Certificate, verify_issued_by
from chipid.pki.path import is_self_signed
from chipid.trust.records import Lineage


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
        for one in certificates:
            if one.ski is not None:
                self._by_ski[one.ski].append(one)
            self._by_country[one.country].append(one)

    def named_by(self, certificate: Certificate) -> Sequence[Certificate]:
        """Those whose key identifier the certificate names."""
        return self._by_ski.get(certificate.aki, ()) if certificate.aki is not None else ()

    def others(self, certificate: Certificate) -> list[Certificate]:
        """Those of the same state, the ones with the issuer's name first."""
        named = {id(one) for one in self.named_by(certificate)}
        country = certificate.issuer_name.country or certificate.country
        pool = [one for one in self._by_country.get(country, ()) if id(one) not in named]
        return sorted(pool, key=lambda one: not certificate.issuer_name.matches(one.subject_name))


def classify(certificates: Sequence[Certificate], known: Sequence[Certificate] = ()) -> tuple[Classified, ...]:
    """The lineage of each certificate within ``certificates`` and those that are ``known`` besides.

    Every signature is verified. A link that is found with no key stays, as one whose parent is absent.
    """
    index = IssuerIndex([*certificates, *known])
    return tuple(_classify(one, index) for one in certificates)


def _classify(certificate: Certificate, index: IssuerIndex) -> Classified:
    if is_self_signed(certificate):
        return Classified(certificate=certificate, lineage=Lineage.SELF_SIGNED, parent=None)
    named = index.named_by(certificate)
    parent = first_issuer(certificate, named)
    if parent is not None:
        return Classified(certificate=certificate, lineage=Lineage.PARENT_BY_KEY_IDENTIFIER, parent=parent)
    parent = first_issuer(certificate, index.others(certificate))
    if parent is not None:
        return Classified(certificate=certificate, lineage=Lineage.PARENT_BY_TRYING, parent=parent)
    forged = any(_is_refuted(certificate, one) for one in named)
    return Classified(certificate=certificate, lineage=Lineage.PARENT_ABSENT, parent=None, forged=forged)


def first_issuer(certificate: Certificate, candidates: Iterable[Certificate]) -> Certificate | None:
    """The first of the candidates whose key signed the certificate, None if there is none."""
    for candidate in candidates:
        if candidate.spki == certificate.spki:
            continue
        try:
            verify_issued_by(certificate, candidate)
        except ToolkitError:
            continue
        return candidate
    return None


def count_lineages(classified: Iterable[Classified]) -> Mapping[Lineage, int]:
    """How many certificates there are of each lineage, those with none included."""
    counts = dict.fromkeys(Lineage, 0)
    for one in classified:
        counts[one.lineage] += 1
    return counts


def _is_refuted(certificate: Certificate, named: Certificate) -> bool:
    """True if the certificate names this very key by identifier and name, and the key did not sign it."""
    try:
        verify_issued_by(certificate, named)
    except UnsupportedError:
        return False
    except SignatureError:
        return certificate.names_issuer(named)
    except ToolkitError:
        return False
    return False
