"""Files of chips in the field: what they offer, what is chosen of it, and who signed them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from apdu import tlv
from chipid.asn1 import der, oids
from chipid.crypto.keys import ECPublicKey
from chipid.crypto.points import encode_point
from chipid.crypto.signatures import parse_signature_algorithm
from chipid.lds.card_access import parse_card_access
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.ef_atr_info import parse_ef_atr_info
from chipid.lds.ef_card_security import parse_card_security
from chipid.lds.ef_com import parse_ef_com
from chipid.lds.ef_dir import parse_ef_dir
from chipid.lds.security_infos import parse_security_infos
from chipid.pki.certificate import parse_certificate
from chipid.pki.cms import verify_embedded_signer
from chipid.pki.master_list import parse_master_list
from chipid.pki.path import build_path, is_self_signed
from chipid.protocols import chip_authentication, pace_choice
from tests.support.hostile import assert_survives
from tests.support.vectors import load
from tests.trust import german_list

FILES = load("chip_files")
CARD_ACCESS, DG14, CARD_SECURITY = FILES["card_access"], FILES["dg14"], FILES["card_security"]


def _name(case: dict[str, Any]) -> str:
    return str(case["chip"])


@pytest.mark.parametrize("case", CARD_ACCESS, ids=_name)
def test_the_way_to_run_pace_is_the_one_worked_out_by_hand(case: dict[str, Any]) -> None:
    file = parse_card_access(bytes.fromhex(case["hex"]) + bytes(case.get("zeros", 0)))
    infos = file.security_infos
    assert [[one.oid, one.version, one.parameter_id] for one in infos.pace] == case["pace"]
    choices = pace_choice.choose(infos)
    if case["preferred"] is None:
        assert choices == ()
    else:
        assert [choices[0].info.oid, choices[0].domain.name] == case["preferred"]
        assert len(choices) == len(case["pace"])
        assert not choices[0].is_ambiguous
    assert [[one.oid, one.version, one.key_id] for one in infos.chip_authentication] == case["chip_authentication"]
    # Chip Authentication of version 2 derives other keys, and the unsigned file holds no public key.
    assert chip_authentication.choose(infos) == ()
    assert file.trailing == bytes(case.get("zeros", 0))


@pytest.mark.parametrize("case", DG14, ids=_name)
def test_the_way_to_authenticate_the_chip_is_the_one_worked_out_by_hand(case: dict[str, Any]) -> None:
    infos = parse_dg14(bytes.fromhex(case["hex"])).security_infos
    assert [one.value for one in infos.deviations] == case.get("deviations", [])
    assert infos.unknown == ()
    choices = chip_authentication.choose(infos)
    if case["chip_authentication"] is None:
        assert choices == ()
    else:
        (choice,) = choices
        key = choice.key.public_key
        assert isinstance(key, ECPublicKey)
        assert key.explicit
        found = [choice.oid, choice.suite.label, choice.key.key_id, key.curve.name]
        assert found == case["chip_authentication"]
        assert (not infos.chip_authentication) is case["inferred"]
    assert [[one.oid, one.parameter_id] for one in infos.pace] == case["pace"]
    algorithms = [one.signature_algorithm for one in infos.active_authentication]
    assert algorithms == case.get("active_authentication", [])


@pytest.mark.parametrize("case", DG14, ids=_name)
def test_what_was_read_is_written_again_in_der(case: dict[str, Any]) -> None:
    """Half of them give the set in another order than DER asks; what is in it comes out the same."""
    raw = bytes.fromhex(case["hex"])
    again = parse_dg14(build_dg14(parse_dg14(raw).security_infos.infos))
    assert sorted(again.security_infos.entries) == sorted(parse_dg14(raw).security_infos.entries)
    assert len(again.raw) == len(raw)


@pytest.mark.parametrize("case", CARD_SECURITY, ids=_name)
def test_a_signed_file_verifies_with_its_own_signer_and_gives_the_keys(case: dict[str, Any]) -> None:
    file = parse_card_security(bytes.fromhex(case["hex"]))
    signer = verify_embedded_signer(file.signed_data)
    info = file.signed_data.signer
    algorithm = parse_signature_algorithm(info.signature_algorithm.raw, digest=info.hash_name)
    assert (info.hash_name, algorithm.hash_name) == (case["digest"], case["digest"])
    assert isinstance(signer.public_key, ECPublicKey)
    assert signer.public_key.curve.name == case["signer_curve"]
    assert signer.aki is not None
    assert signer.aki.hex().upper() == case["csca_key_id"]
    keys = {one.key_id: one.public_key for one in file.security_infos.chip_authentication_keys}
    assert [[key_id, key.curve.name] for key_id, key in keys.items() if isinstance(key, ECPublicKey)] == case["keys"]
    if "key_of_mapping" in case:
        (choice, *_) = pace_choice.choose(file.security_infos)
        key = keys[choice.info.parameter_id]  # named like the domain parameters, not like the key of version 2
        assert isinstance(key, ECPublicKey)
        assert encode_point(key.curve, key.point).hex().upper() == case["key_of_mapping"]


@pytest.mark.parametrize("case", CARD_SECURITY, ids=_name)
def test_the_signers_private_key_was_in_use_on_the_days_of_the_certificate(case: dict[str, Any]) -> None:
    (raw,) = parse_card_security(bytes.fromhex(case["hex"])).signed_data.certificates
    period = parse_certificate(raw).private_key_usage_period
    assert period is not None
    assert [_day(period.not_before), _day(period.not_after)] == [
        date.fromisoformat(day) for day in case["signed_between"]
    ]


def _day(moment: datetime | None) -> date:
    assert moment is not None
    return moment.astimezone(UTC).date()


@german_list.needed
@pytest.mark.parametrize("case", CARD_SECURITY, ids=_name)
def test_the_file_of_the_passport_leads_to_the_csca_of_the_published_list(case: dict[str, Any]) -> None:
    signer = verify_embedded_signer(parse_card_security(bytes.fromhex(case["hex"])).signed_data)
    key_id = bytes.fromhex(case["csca_key_id"])
    listed = parse_master_list(german_list.LIST.read_bytes()).certificates
    anchors = [one for one in map(parse_certificate, (raw for raw in listed if key_id in raw)) if one.ski == key_id]
    if case is not CARD_SECURITY[0]:
        assert anchors == []  # the CSCA of 2010 has left the list, that of the test PKI was never on it
        return
    path = build_path(signer, [one for one in anchors if is_self_signed(one)])
    assert [one.country for one in path] == ["DE", "DE"]
    assert path[-1].ski == key_id


@pytest.mark.parametrize("case", FILES["ef_com"], ids=_name)
def test_the_list_of_data_groups_is_the_one_worked_out_by_hand(case: dict[str, Any]) -> None:
    com = parse_ef_com(bytes.fromhex(case["hex"]))
    assert [com.lds_version, com.unicode_version] == case["versions"]
    assert list(com.data_groups) == case["data_groups"]
    assert (com.unknown_tags, com.deviations) == (b"", ())


@pytest.mark.parametrize("case", FILES["ef_atr_info"], ids=_name)
def test_buffers_where_older_cards_tell_them_are_not_taken_for_those_of_extended_length(case: dict[str, Any]) -> None:
    info = parse_ef_atr_info(bytes.fromhex(case["hex"]) + bytes(case["zeros"]))
    assert info.capabilities == bytes.fromhex(case["capabilities"])
    assert info.has_command_chaining is case["command_chaining"]
    assert info.has_extended_length is case["extended_length"]
    assert (info.max_command, info.max_response, info.deviations) == (None, None, ())


def test_a_directory_with_templates_of_discretionary_data_names_every_application() -> None:
    (case,) = FILES["ef_dir"]
    expected = [
        (bytes.fromhex(aid), None if label is None else bytes.fromhex(label)) for aid, label in case["applications"]
    ]
    assert [(one.aid, one.label) for one in parse_ef_dir(bytes.fromhex(case["hex"])).applications] == expected


def test_a_directory_under_another_object_identifier_than_that_of_the_standard_stays_unread() -> None:
    """1.3.27 was the ICAO's arc before this object had a name; the content is the EF.DIR of Doc 9303-10 Table 31."""
    case = FILES["ef_dir_info"]
    infos = parse_security_infos(bytes.fromhex(case["hex"]))
    (unknown,) = infos.unknown
    assert (unknown.oid, infos.ef_dir) == (case["oid"], ())
    content = tlv.parse_one(unknown.raw, der.SEQUENCE).children()[1].raw
    entry = der.encode_sequence(der.encode_oid(oids.ICAO_EF_DIR), content)
    (info,) = parse_security_infos(tlv.encode(der.SET, entry)).ef_dir
    assert [aid.hex().upper() for aid in parse_ef_dir(info.ef_dir).aids] == case["aids"]


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_dg14, bytes.fromhex(DG14[1]["hex"]))
    assert_survives(parse_card_access, bytes.fromhex(CARD_ACCESS[2]["hex"]))
