"""The choice among PACEInfos: the order of preference, explicit parameters, and what is passed over."""

from __future__ import annotations

import pytest

from apdu import tlv
from apdu.ciphers import CipherSuite
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup
from chipid.crypto.keys import encode_domain_parameters
from chipid.lds.card_access import parse_card_access
from chipid.lds.protocols import PACE_PROTOCOLS, KeyAgreement, PACEMapping
from chipid.lds.security_infos import (
    ChipAuthenticationInfo,
    PACEDomainParameterInfo,
    PACEInfo,
    SecurityInfo,
    SecurityInfos,
    build_security_infos,
    parse_security_infos,
)
from chipid.protocols.pace_choice import PACEChoice, choose
from tests.protocols.pace_card import pace_info
from tests.protocols.pace_example import CHOICE, CURVE, INFO, VECTOR
from tests.support.vectors import example

GM_128, GM_256 = oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128, oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_256
GM, IM, CAM = PACEMapping.GENERIC, PACEMapping.INTEGRATED, PACEMapping.CHIP_AUTHENTICATION
GROUP = DH_GROUPS["modp2048-256"]


def _infos(*infos: SecurityInfo) -> SecurityInfos:
    """As a parser gives them, in the order given."""
    return SecurityInfos(raw=b"", entries=(), infos=infos)


def _first(*infos: SecurityInfo) -> PACEInfo:
    return choose(_infos(*infos))[0].info


def test_the_info_of_the_worked_example_is_read_and_chosen() -> None:
    infos = parse_security_infos(tlv.encode(der.SET, bytes.fromhex(VECTOR["PACEInfo"])))
    assert choose(infos) == (CHOICE,)


def test_the_strongest_suite_is_chosen_whatever_its_place() -> None:
    weak, middle, strong = (
        pace_info(CURVE, suite) for suite in (CipherSuite.TDES, CipherSuite.AES_128, CipherSuite.AES_256)
    )
    for infos in ((weak, middle, strong), (strong, middle, weak), (middle, strong, weak)):
        assert [choice.info for choice in choose(_infos(*infos))] == [strong, middle, weak]


def test_with_equal_suites_chip_authentication_mapping_comes_first_then_generic_then_integrated() -> None:
    suite = CipherSuite.AES_256
    cam, gm, im = (pace_info(CURVE, suite, mapping) for mapping in (CAM, GM, IM))
    for infos in ((cam, gm, im), (im, gm, cam), (gm, cam, im)):
        assert [choice.info for choice in choose(_infos(*infos))] == [cam, gm, im]
    stronger = pace_info(CURVE, CipherSuite.AES_256, IM)
    assert _first(pace_info(CURVE, CipherSuite.AES_128, CAM), stronger) == stronger


def test_with_equal_mappings_curves_come_before_groups() -> None:
    over_group, over_curve = (pace_info(domain, CipherSuite.AES_128) for domain in (GROUP, CURVE))
    assert [one.info for one in choose(_infos(over_group, over_curve))] == [over_curve, over_group]


def test_what_is_equal_otherwise_keeps_the_order_of_the_card_and_is_ambiguous() -> None:
    first = PACEInfo(oid=GM_128, parameter_id=CURVES["secp256r1"].parameter_id)
    second = PACEInfo(oid=GM_128, parameter_id=CURVES["brainpoolP512r1"].parameter_id)
    for infos in ((first, second), (second, first)):
        choices = choose(_infos(*infos))
        assert tuple(one.info for one in choices) == infos
        assert all(one.is_ambiguous for one in choices)
    assert not any(one.is_ambiguous for one in choose(_infos(first, pace_info(CURVES["secp256r1"], CipherSuite.TDES))))
    assert not any(one.is_ambiguous for one in choose(_infos(first, first)))


UNSUPPORTED = {
    "no parameters": PACEInfo(oid=GM_256),
    "a group where a curve belongs": PACEInfo(oid=GM_256, parameter_id=2),
    "a curve where a group belongs": PACEInfo(oid=oids.ID_PACE_DH_GM_AES_CBC_CMAC_256, parameter_id=13),
    "reserved parameters": PACEInfo(oid=GM_256, parameter_id=20),
    "own parameters that are not given": PACEInfo(oid=GM_256, parameter_id=1000),
    "Integrated Mapping over p = 1 mod 4": PACEInfo(oid=oids.ID_PACE_ECDH_IM_AES_CBC_CMAC_256, parameter_id=10),
    "version 1": PACEInfo(oid=GM_256, parameter_id=13, version=1),
    "version 3": PACEInfo(oid=GM_256, parameter_id=13, version=3),
}


@pytest.mark.parametrize("info", UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_an_unsupported_variant_is_passed_over_even_if_it_is_stronger(info: PACEInfo) -> None:
    assert _first(info, INFO) == INFO
    assert choose(_infos(info)) == ()


@pytest.mark.parametrize("domain", [*CURVES.values(), *DH_GROUPS.values()], ids=lambda domain: domain.name)
def test_every_protocol_is_chosen_over_every_domain_that_suits_it(domain: Curve | DHGroup) -> None:
    for oid, protocol in PACE_PROTOCOLS.items():
        suits = (protocol.agreement is KeyAgreement.ECDH) == isinstance(domain, Curve)
        encodable = domain.name != "secp224r1" or protocol.mapping is not IM
        info = PACEInfo(oid=oid, parameter_id=domain.parameter_id)
        expected = (PACEChoice(info=info, domain=domain),) if suits and encodable else ()
        assert choose(_infos(info)) == expected


def test_nothing_is_chosen_where_no_pace_is_offered() -> None:
    assert choose(_infos()) == ()
    other = ChipAuthenticationInfo(oid=oids.ID_CA_ECDH_AES_CBC_CMAC_128)
    assert choose(parse_security_infos(build_security_infos([other]))) == ()


@pytest.mark.parametrize("case", example("EF_CardAccess_samples")["cases"], ids=lambda case: case["why"])
def test_each_published_card_is_opened_with_what_it_offers(case: dict[str, str]) -> None:
    choices = choose(parse_card_access(bytes.fromhex(case["hex"])).security_infos)
    assert len(choices) == len(case["pace"])
    strengths = [choice.info.protocol.suite.strength for choice in choices]
    assert strengths == sorted(strengths, reverse=True)


@pytest.mark.parametrize("parameter_id", [None, 32, 1000])
@pytest.mark.parametrize("domain", [*CURVES.values(), *DH_GROUPS.values()], ids=lambda domain: domain.name)
def test_explicit_parameters_of_a_known_domain_are_used(domain: Curve | DHGroup, parameter_id: int | None) -> None:
    curve = isinstance(domain, Curve)
    oid, domain_oid = (
        (GM_128, oids.ID_PACE_ECDH_GM) if curve else (oids.ID_PACE_DH_GM_AES_CBC_CMAC_128, oids.ID_PACE_DH_GM)
    )
    explicit = PACEDomainParameterInfo(
        oid=domain_oid, algorithm=encode_domain_parameters(domain), parameter_id=parameter_id
    )
    info = PACEInfo(oid=oid, parameter_id=parameter_id)
    infos = parse_security_infos(build_security_infos([info, explicit]))
    assert choose(infos) == (PACEChoice(info=info, domain=domain),)


def _explicit(**changes: object) -> PACEDomainParameterInfo:
    fields: dict[str, object] = {
        "oid": oids.ID_PACE_ECDH_GM,
        "algorithm": encode_domain_parameters(CURVE),
        "parameter_id": 32,
    }
    return PACEDomainParameterInfo(**(fields | changes))  # type: ignore[arg-type]


STANDARDIZED = encode_algorithm_identifier(oids.STANDARDIZED_DOMAIN_PARAMETERS, der.encode_integer(13))
MISFITS: dict[str, list[PACEDomainParameterInfo]] = {
    "another identifier": [_explicit(parameter_id=33)],
    "no identifier": [_explicit(parameter_id=None)],
    "another mapping": [_explicit(oid=oids.ID_PACE_ECDH_IM)],
    "another agreement": [_explicit(oid=oids.ID_PACE_DH_GM)],
    "a group for a curve": [_explicit(algorithm=encode_domain_parameters(GROUP))],
    "two of them": [_explicit(), _explicit(algorithm=encode_domain_parameters(CURVES["secp256r1"]))],
    "no algorithm identifier": [_explicit(algorithm=b"\x30\x00")],
    "an unknown curve": [
        _explicit(algorithm=encode_domain_parameters(CURVE).replace(b"\x02\x01\x01", b"\x02\x01\x02"))
    ],
    "an unknown algorithm": [_explicit(algorithm=encode_algorithm_identifier(oids.RSA_ENCRYPTION))],
}


@pytest.mark.parametrize("explicit", MISFITS.values(), ids=MISFITS)
def test_own_parameters_that_are_not_known_or_not_clear_are_not_used(explicit: list[PACEDomainParameterInfo]) -> None:
    assert choose(_infos(PACEInfo(oid=GM_128, parameter_id=32), *explicit)) == ()


def test_a_group_of_somebodys_choice_is_not_used() -> None:
    group = DHGroup(name="own", p=GROUP.p, g=pow(GROUP.g, 2, GROUP.p), q=GROUP.q, parameter_id=None)
    explicit = _explicit(oid=oids.ID_PACE_DH_GM, algorithm=encode_domain_parameters(group))
    assert choose(_infos(PACEInfo(oid=oids.ID_PACE_DH_GM_AES_CBC_CMAC_128, parameter_id=32), explicit)) == ()


def test_own_parameters_may_name_a_standardized_domain() -> None:
    assert choose(_infos(PACEInfo(oid=GM_128, parameter_id=32), _explicit(algorithm=STANDARDIZED)))[0].domain == CURVE
