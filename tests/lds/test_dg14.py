from dataclasses import replace

from chipid.asn1 import oids
from chipid.crypto.keys import ECPublicKey, encode_public_key
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.security_infos import ChipAuthenticationInfo, TerminalAuthenticationInfo
from tests.support.hostile import assert_survives
from tests.support.vectors import VECTORS

BSI = (VECTORS / "bsi-tr03105-5" / "Datagroup14.bin").read_bytes()


def test_the_bsi_reference_file_offers_chip_and_terminal_authentication() -> None:
    dg14 = parse_dg14(BSI)
    infos = dg14.security_infos
    assert dg14.raw == BSI
    assert infos.chip_authentication == (ChipAuthenticationInfo(oid=oids.ID_CA_ECDH_3DES_CBC_CBC),)
    assert infos.terminal_authentication == (TerminalAuthenticationInfo(),)
    assert (infos.unknown, infos.deviations, infos.pace) == ((), (), ())


def test_the_key_of_the_bsi_reference_file_is_recognised_behind_its_explicit_parameters() -> None:
    (info,) = parse_dg14(BSI).security_infos.chip_authentication_keys
    key = info.public_key
    assert (info.oid, info.key_id) == (oids.ID_PK_ECDH, None)
    assert isinstance(key, ECPublicKey)
    assert (key.curve.name, key.explicit) == ("brainpoolP224r1", True)
    assert f"{key.point.x:056x}".startswith("a847f020f71df33d")
    assert encode_public_key(key) == info.spki


def test_what_is_written_holds_the_same_entries_in_ascending_order() -> None:
    infos = parse_dg14(BSI).security_infos
    again = parse_dg14(build_dg14(infos.infos)).security_infos
    assert again.entries == tuple(sorted(infos.entries))
    assert set(again.infos) == set(infos.infos)


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(parse_dg14, BSI)


def test_damaged_keys_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(
        lambda raw: [info.public_key for info in parse_dg14(raw).security_infos.chip_authentication_keys], BSI
    )


def test_deviations_of_the_set_are_named() -> None:
    info = ChipAuthenticationInfo(oid=oids.ID_CA_ECDH_3DES_CBC_CBC, version=10)
    (key,) = parse_dg14(BSI).security_infos.chip_authentication_keys
    assert parse_dg14(BSI).deviations == ()
    assert parse_dg14(build_dg14([info, key])).deviations == ("security-infos-unexpected-version",)
    assert parse_dg14(build_dg14([replace(info, version=1)])).deviations == ("chip-authentication-key-missing",)
