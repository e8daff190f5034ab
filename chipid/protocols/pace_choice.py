"""Which way to run PACE, of those that EF.CardAccess offers (ICAO Doc 9303-11 §4.4.2, §9.2.1 and §9.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from apdu.errors import MalformedDataError
from chipid.crypto.domain_parameters import Curve, DHGroup, domain_by_parameter_id
from chipid.crypto.integrated_mapping import is_encodable
from chipid.crypto.keys import parse_domain_parameters
from chipid.errors import UnsupportedError
from chipid.lds.protocols import PACE_DOMAINS, KeyAgreement, PACEMapping
from chipid.lds.security_infos import PACEDomainParameterInfo, PACEInfo, SecurityInfos

VERSION: Final = 2
STANDARDIZED: Final = range(32)  # identifiers of Table 6; others are the card's own

# The Chip Authentication Mapping costs nothing and proves the chip; Generic Mapping is the best tested of the others.
_MAPPINGS: Final = (PACEMapping.INTEGRATED, PACEMapping.GENERIC, PACEMapping.CHIP_AUTHENTICATION)
_AGREEMENTS: Final = (KeyAgreement.DH, KeyAgreement.ECDH)


@dataclass(frozen=True, slots=True, kw_only=True)
class PACEChoice:
    """A PACEInfo that this version can run, with its domain parameters.

    ``is_ambiguous`` tells that the chip offers the same protocol with other parameters too: they must be named then.
    """

    info: PACEInfo
    domain: Curve | DHGroup
    is_ambiguous: bool = False


def choose(infos: SecurityInfos) -> tuple[PACEChoice, ...]:
    """The ways to run PACE that this version knows, the preferred one first.

    The strongest suite comes first; then Chip Authentication Mapping before Generic before Integrated Mapping; then
    curves before groups; then what the card names first. Empty if the chip offers no PACE or nothing that we know.
    """
    choices: list[PACEChoice] = []
    for info in infos.pace:
        try:
            domain = _domain(info, infos.pace_domain_parameters)
        except (MalformedDataError, UnsupportedError):
            continue
        others = {one.parameter_id for one in infos.pace if one.oid == info.oid}
        choices.append(PACEChoice(info=info, domain=domain, is_ambiguous=len(others) > 1))
    return tuple(sorted(choices, key=_preference, reverse=True))


def _preference(choice: PACEChoice) -> tuple[int, int, int]:
    protocol = choice.info.protocol
    return protocol.suite.strength, _MAPPINGS.index(protocol.mapping), _AGREEMENTS.index(protocol.agreement)


def _domain(info: PACEInfo, explicit: tuple[PACEDomainParameterInfo, ...]) -> Curve | DHGroup:
    """The domain parameters of an info that can be run; :class:`UnsupportedError` for all others."""
    protocol = info.protocol
    if info.version != VERSION:
        raise UnsupportedError("this version of PACE is not supported")
    if info.parameter_id is not None and info.parameter_id in STANDARDIZED:
        domain = domain_by_parameter_id(info.parameter_id)
    else:
        domain = _explicit_domain(info, explicit)
    if isinstance(domain, Curve) != (protocol.agreement is KeyAgreement.ECDH):
        raise UnsupportedError("a PACEInfo names domain parameters of another kind")
    if protocol.mapping is PACEMapping.INTEGRATED:
        if isinstance(domain, Curve) and not is_encodable(domain):
            raise UnsupportedError(f"Integrated Mapping is not defined for {domain.name}")
        if isinstance(domain, DHGroup) and domain.q is None:
            raise UnsupportedError("Integrated Mapping needs a group whose order is known")
    return domain


def _explicit_domain(info: PACEInfo, explicit: tuple[PACEDomainParameterInfo, ...]) -> Curve | DHGroup:
    """The parameters that the chip gives itself, if they are known ones: others are never calculated on (§9.2.2)."""
    protocol = info.protocol
    found = [
        one
        for one in explicit
        if one.parameter_id == info.parameter_id and PACE_DOMAINS[one.oid] == (protocol.mapping, protocol.agreement)
    ]
    if len(found) != 1:
        raise UnsupportedError("a PACEInfo does not lead to one set of domain parameters")
    return parse_domain_parameters(found[0].algorithm)
