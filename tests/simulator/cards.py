"""Chips made by hand for the tests of the card: no personalisation, no PKI."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from apdu import tlv
from apdu.ciphers import CipherSuite
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import Curve, curve_by_oid
from chipid.lds.files import AID_EMRTD, FileId
from chipid.lds.protocols import PACEMapping
from simulator.access_rules import (
    OPENED_BY_PACE,
    AccessRule,
    AfterAccess,
    AfterTerminalAuthentication,
    Always,
    PasswordId,
    TerminalRight,
)
from simulator.card_os import CardOS
from simulator.chip import BACKeys, Chip, ChipAuthenticationKey, ECSigningKey, PACEConfiguration, PACEOffer
from simulator.file_system import DedicatedFile, ElementaryFile, FileSystem
from simulator.randomness import SeededEntropy
from tests.support import vectors

BP256 = curve_by_oid(oids.BRAINPOOL_P256R1)
MRZ_INFORMATION = b"T22000129364081251010318"
CAN = "123456"
CA_PRIVATE = 0x1CAFE0123456789
AA_PRIVATE = 0xAA123456789
LONG_CONTENT = bytes(range(256)) * 140  # reaches beyond offset 7FFF

EF_COM = bytes.fromhex(vectors.example("9303-11_D4_sm_3des")["EF_COM"])
EF_CARD_ACCESS = bytes.fromhex("31143012060A04007F0007020204020202010202010D")


class ScriptedEntropy:
    """Gives the values of a published example, in their order and at their lengths."""

    def __init__(self, values: Sequence[str]) -> None:
        self._values = [bytes.fromhex(value) for value in values]

    def __call__(self, count: int) -> bytes:
        value = self._values.pop(0)
        assert len(value) == count
        return value


def offer(curve: Curve = BP256, suite: CipherSuite = CipherSuite.AES_128) -> PACEOffer:
    oid = {
        CipherSuite.TDES: oids.ID_PACE_ECDH_GM_3DES_CBC_CBC,
        CipherSuite.AES_128: oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128,
        CipherSuite.AES_192: oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_192,
        CipherSuite.AES_256: oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_256,
    }[suite]
    return PACEOffer(oid=oid, mapping=PACEMapping.GENERIC, suite=suite, domain=curve, parameter_id=curve.parameter_id)


def pace_configuration(*offers: PACEOffer) -> PACEConfiguration:
    passwords = {
        PasswordId.MRZ: hashlib.sha1(MRZ_INFORMATION).digest(),
        PasswordId.CAN: CAN.encode(),
    }
    return PACEConfiguration(offers=offers or (offer(),), passwords=passwords)


def bac_keys() -> BACKeys:
    printed = vectors.example("9303-11_D3_bac")
    return BACKeys(k_enc=bytes.fromhex(printed["KEnc"]), k_mac=bytes.fromhex(printed["KMAC"]))


def chip_authentication_key(key_id: int | None = None, *, tdes: bool = False) -> ChipAuthenticationKey:
    suites = {oids.ID_CA_ECDH_AES_CBC_CMAC_128: CipherSuite.AES_128}
    if tdes:
        suites[oids.ID_CA_ECDH_3DES_CBC_CBC] = CipherSuite.TDES
    return ChipAuthenticationKey(key_id=key_id, domain=BP256, private=CA_PRIVATE + (key_id or 0), suites=suites)


def elementary(file: FileId, content: bytes, rule: AccessRule) -> ElementaryFile:
    return ElementaryFile(fid=file.fid, sfi=file.sfi, rule=rule, content=content)


def data_group(file: FileId) -> ElementaryFile:
    rule: AccessRule = AfterAccess()
    if file in (FileId.DG3, FileId.DG4):
        right = TerminalRight.READ_FINGERPRINTS if file is FileId.DG3 else TerminalRight.READ_IRISES
        rule = AfterTerminalAuthentication(right)
    content = LONG_CONTENT if file is FileId.DG2 else b"invented content of " + file.label.encode()
    return elementary(file, tlv.encode(file.tag or 0, content), rule)


MISSING = (FileId.DG11, FileId.DG12)


def files() -> FileSystem:
    """Every file of the master file, and an application with EF.COM, EF.SOD and all data groups but two."""
    always = Always()
    master_file = DedicatedFile(
        aid=None,
        files=(
            elementary(FileId.CARD_ACCESS, EF_CARD_ACCESS, always),
            elementary(FileId.DIR, bytes.fromhex("61094F07A0000002471001"), always),
            elementary(FileId.ATR_INFO, bytes.fromhex("4703940180"), always),
            elementary(FileId.CARD_SECURITY, tlv.encode(0x30, b"invented"), OPENED_BY_PACE),
        ),
    )
    groups = [FileId.data_group(number) for number in range(1, 17)]
    application = DedicatedFile(
        aid=AID_EMRTD,
        rule=AfterAccess(),
        files=(
            elementary(FileId.COM, EF_COM, AfterAccess()),
            elementary(FileId.SOD, tlv.encode(0x77, b"invented"), AfterAccess()),
            *(data_group(one) for one in groups if one not in MISSING),
        ),
    )
    return FileSystem(master_file=master_file, applications=(application,))


def chip(**changes: Any) -> Chip:
    """A chip with BAC, PACE with MRZ and CAN, Chip and Active Authentication on brainpoolP256r1."""
    return replace(
        Chip(
            files=files(),
            bac=bac_keys(),
            pace=pace_configuration(),
            chip_authentication=(chip_authentication_key(),),
            active_authentication=ECSigningKey(curve=BP256, private=AA_PRIVATE, hash_name="sha256"),
        ),
        **changes,
    )


def card(seed: bytes = b"card", **changes: Any) -> CardOS:
    return CardOS(chip(**changes), entropy=SeededEntropy(seed))
