"""ISO7816_G: PACE with Generic and Integrated Mapping, as it should be, and what EF.CardAccess may say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup
from chipid.crypto.integrated_mapping import is_encodable
from chipid.lds.card_access import build_card_access, parse_card_access
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.files import FileId
from chipid.lds.protocols import PACE_PROTOCOLS, KeyAgreement, PACEMapping
from chipid.lds.security_infos import PACEInfo, SecurityInfo, UnknownSecurityInfo
from simulator.chip import PACEOffer
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.documents import Document, Groups, can_key, issue, mrz_key, profile
from tests.reader_cases.inspection import STRICT_WITH_BAC, inspect

P256, BP320 = CURVES["secp256r1"], CURVES["brainpoolP320r1"]
STANDARDIZED = tuple(CURVES.values()) + tuple(DH_GROUPS.values())
STATUS = "unexpected-status"
GM_128 = oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128
GM_DH_128 = oids.ID_PACE_DH_GM_AES_CBC_CMAC_128
IM_128 = oids.ID_PACE_ECDH_IM_AES_CBC_CMAC_128
IM_DH_128 = oids.ID_PACE_DH_IM_AES_CBC_CMAC_128
Infos = Iterable[SecurityInfo]


def offer(oid: str, domain: Curve | DHGroup = P256, *, own_id: int | None = None) -> PACEOffer:
    """One way to run PACE; ``own_id`` writes the parameters out under that identifier."""
    protocol = PACE_PROTOCOLS[oid]
    number = domain.parameter_id if own_id is None else own_id
    return PACEOffer(
        oid=oid,
        mapping=protocol.mapping,
        suite=protocol.suite,
        domain=domain,
        parameter_id=number,
        explicit=own_id is not None,
    )


def document(
    *offers: PACEOffer,
    signed: Callable[[Infos], Infos] | None = None,
    unsigned: Callable[[Infos], Infos] | None = None,
) -> Document:
    """A document that offers PACE so; ``signed`` changes DG14 before it is signed, ``unsigned`` EF.CardAccess."""

    def changed(groups: Groups) -> Groups:
        return {**groups, 14: build_dg14((signed or list)(parse_dg14(groups[14]).security_infos.infos))}

    product = profile(pace=offers or (offer(GM_128),), card_access_repeats_all=False)
    made = issue(product, groups=None if signed is None else changed)
    if unsigned is None:
        return made
    infos = parse_card_access(made.content(FileId.CARD_ACCESS)).security_infos.infos
    return made.with_files({FileId.CARD_ACCESS: build_card_access(unsigned(infos))})


# As it should be


@reader_case("ISO7816_G_01", Demand.PASS)
def right_execution() -> Iterator[Outcome]:
    """PACE over curves and groups, with Generic and Integrated Mapping, with the CAN and with the MRZ"""
    for oid, domain in ((GM_128, P256), (IM_128, P256), (GM_DH_128, modp_group(2)), (IM_DH_128, modp_group(2))):
        made = document(offer(oid, domain))
        yield inspect(made, can_key())
        yield inspect(made, mrz_key())


@reader_case("ISO7816_G_02", Demand.PASS)
def generic_mapping() -> Iterator[Outcome]:
    """Generic Mapping with every standardized set of domain parameters"""
    for domain in STANDARDIZED:
        yield inspect(document(offer(GM_128 if isinstance(domain, Curve) else GM_DH_128, domain)))


@reader_case(
    "ISO7816_G_03", Demand.PASS, note="Integrated Mapping is not defined for secp224r1 (Doc 9303-11 §9.5.1, id 10)."
)
def integrated_mapping() -> Iterator[Outcome]:
    """Integrated Mapping with every standardized set of domain parameters"""
    for domain in STANDARDIZED:
        if isinstance(domain, DHGroup) or is_encodable(domain):
            yield inspect(document(offer(IM_128 if isinstance(domain, Curve) else IM_DH_128, domain)))


@reader_case("ISO7816_G_04", Demand.PASS, note="Those of the Chip Authentication Mapping: G_41.")
def algorithms() -> Iterator[Outcome]:
    """Every algorithm of PACE with Generic and Integrated Mapping"""
    for oid, protocol in PACE_PROTOCOLS.items():
        if protocol.mapping is not PACEMapping.CHIP_AUTHENTICATION:
            yield inspect(document(offer(oid, P256 if protocol.agreement is KeyAgreement.ECDH else modp_group(0))))


@reader_case("ISO7816_G_05", Demand.PASS)
def more_entries() -> Iterator[Outcome]:
    """EF.CardAccess and DG14 have entries of unknown protocols besides"""
    unknown = [
        UnknownSecurityInfo(oid="1.2.3.4", raw=bytes.fromhex("300806032A0304020102")),
        UnknownSecurityInfo(oid="0.4.0.127.0.7.2.2.99", raw=bytes.fromhex("300D060804007F000702026304011F")),
    ]

    def more(infos: Infos) -> Infos:
        return [unknown[0], *infos, unknown[1]]

    yield inspect(document(signed=more, unsigned=more))
    yield inspect(document(unsigned=more))


@reader_case("ISO7816_G_06", Demand.PASS)
def selection() -> Iterator[Outcome]:
    """EF.CardAccess offers several algorithms and standardized parameters, in different orders"""
    offers = [
        offer(oids.ID_PACE_ECDH_GM_3DES_CBC_CBC),
        offer(GM_128, P256),
        offer(GM_128, CURVES["secp384r1"]),
        offer(oids.ID_PACE_ECDH_IM_AES_CBC_CMAC_256),
        offer(oids.ID_PACE_DH_GM_AES_CBC_CMAC_256, modp_group(2)),
    ]
    for first in range(len(offers)):
        yield inspect(document(*offers[first:], *offers[:first]))
    yield inspect(document(*offers[1:3]))  # one algorithm, two curves: the reader must name its choice
    yield inspect(document(*offers[2:0:-1]))


@reader_case("ISO7816_G_07", Demand.PASS)
def explicit_parameters() -> Iterator[Outcome]:
    """EF.CardAccess has two PACEInfos and a PACEDomainParameterInfo"""
    yield inspect(document(offer(GM_128), offer(GM_128, CURVES["secp384r1"], own_id=41)))
    yield inspect(document(offer(GM_128, BP320, own_id=32), offer(oids.ID_PACE_ECDH_GM_3DES_CBC_CBC)))
    yield inspect(
        document(offer(GM_DH_128, modp_group(1), own_id=50), offer(oids.ID_PACE_DH_GM_3DES_CBC_CBC, modp_group(2)))
    )


# EF.CardAccess


@reader_case(
    "ISO7816_G_27",
    Demand.FAIL,
    found="malformed-tlv or malformed-data or access-key-kind or card-access-against-dg14/security-infos-differ",
    note="A broken entry is passed over like an unknown one. With the MRZ the reader opens such a chip by BAC, and "
    "the signed copy in DG14 shows that PACE was offered.",
)
def broken_card_access() -> Iterator[Outcome]:
    """EF.CardAccess has a wrong tag, wrong lengths, or broken entries"""
    made = document()
    content = made.content(FileId.CARD_ACCESS)
    assert len(content) == content[1] + 2
    broken = (
        b"\x30" + content[1:],
        bytes((content[0], content[1] - 1)) + content[2:],
        bytes((content[0], content[1] + 1)) + content[2:],
        b"\x31\x00",
        content[:3] + bytes((content[3] - 1,)) + content[4:],
        content[:3] + bytes((content[3] + 1,)) + content[4:],
        content[:4] + b"\x04" + content[5:],  # no object identifier
        content[:5] + b"\x7f" + content[6:],
        content[:-1],
    )
    for one in broken:
        yield inspect(made.with_files({FileId.CARD_ACCESS: one}))
        yield inspect(made.with_files({FileId.CARD_ACCESS: one}), mrz_key(), policy=STRICT_WITH_BAC)


@reader_case(
    "ISO7816_G_28",
    Demand.FAIL,
    found=f"access-key-kind or access-protocol/unsupported or access-protocol/bac-downgrade or {STATUS}",
    note="With parameters that are unknown or reserved PACE is not run; opening by BAC instead is a downgrade. With "
    "those of another curve the chip breaks PACE off.",
)
def wrong_parameter_identifier() -> Iterator[Outcome]:
    """PACEInfo names parameters that are reserved, of another kind, explicit and missing, or of another curve"""

    def naming(number: int | None) -> Callable[[Infos], Infos]:
        return lambda infos: [replace(one, parameter_id=number) if isinstance(one, PACEInfo) else one for one in infos]

    for number in (3, 7, 19, 31, 32, 255, 0, 2, None):
        made = document(signed=naming(number), unsigned=naming(number))
        yield inspect(made)
        yield inspect(made, mrz_key())
        yield inspect(made, mrz_key(), policy=STRICT_WITH_BAC)
    for number in (13, 15):
        yield inspect(document(signed=naming(number), unsigned=naming(number)))


def modp_group(number: int) -> DHGroup:
    return next(one for one in DH_GROUPS.values() if one.parameter_id == number)
