"""What document signers do otherwise than ICAO Doc 9303-10 §4.6.2 and 9303-12 §7.1 want it, by name.

Documents with every one of these deviations are in circulation: the report names them, and a policy may refuse them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final

from chipid.asn1 import oids
from chipid.lds.ef_sod import SOD
from chipid.pki.certificate import Certificate
from chipid.pki.cms import SignerIdentifier
from chipid.pki.path import naming_deviations

_COUNTRY_LETTERS: Final = 2
# Table 6 leaves it to the CSCA whether its certificate names its own key.
_OF_NO_MATTER_ABOVE: Final = frozenset({"aki-missing"})


def signing_deviations(
    sod: SOD | None, signer: Certificate | None, issuers: tuple[Certificate, ...]
) -> tuple[str, ...]:
    """The deviations of EF.SOD, of the signer's certificate, and of those above it, each once and in this order."""
    of_sod = () if sod is None else sod.deviations
    is_meant = sod is None or signer is None or _is_meant(sod.signed_data.signer.sid, signer)
    return _together(of_sod, signer, is_meant, issuers)


@lru_cache(maxsize=1024)  # one signer signs thousands of documents in the same way
def _together(
    of_sod: tuple[str, ...],
    signer: Certificate | None,
    is_meant: bool,  # noqa: FBT001 - for the cache
    issuers: tuple[Certificate, ...],
) -> tuple[str, ...]:
    names = list(of_sod)
    if signer is not None:
        names += signer.deviations
        names += _of_profile(signer, issuers[0] if issuers else None)
        names += [] if is_meant else ["signer-identifier"]
    chain = issuers if signer is None else (signer, *issuers)
    names += [name for below, above in pairwise(chain) for name in naming_deviations(below, above)]
    names += [name for one in issuers for name in one.deviations]
    return tuple(dict.fromkeys(names))


def refusable_deviations(deviations: Iterable[str], signer: Certificate) -> frozenset[str]:
    """Those that may speak against a signature: a CSCA need not do everything that a document signer must."""
    return frozenset(deviations) - (_OF_NO_MATTER_ABOVE - frozenset(signer.deviations))


def _of_profile(signer: Certificate, issuer: Certificate | None) -> Iterator[str]:
    """What Doc 9303-12 Table 5 and 6 want of document signers and not of every certificate."""
    usage = next((one for one in signer.extensions if one.oid == oids.KEY_USAGE), None)
    if usage is None:
        yield "signer-key-usage-missing"
    elif not usage.critical:
        yield "signer-key-usage-not-critical"
    attributes = dict(signer.issuer_name.attributes)
    if len(attributes.get(oids.COUNTRY_NAME, "")) != _COUNTRY_LETTERS or oids.COMMON_NAME not in attributes:
        yield "signer-issuer-name"
    if issuer is not None and not signer.issuer_name.matches(issuer.subject_name):
        yield "signer-issuer-differs"


def _is_meant(sid: SignerIdentifier, signer: Certificate) -> bool:
    """True if EF.SOD names this certificate and no other."""
    if sid.issuer is None:
        return signer.ski in (None, sid.ski)  # a signer need not tell its key identifier (Table 6)
    return sid.serial == signer.serial and sid.issuer.matches(signer.issuer_name)
