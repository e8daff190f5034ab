"""What a forger does to a card after it was signed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

from chipid.asn1 import oids
from chipid.errors import ConfigurationError
from chipid.lds.card_access import build_card_access, parse_card_access
from chipid.lds.dg1 import build_dg1
from chipid.lds.dg2 import build_dg2
from chipid.lds.dg13 import build_dg13
from chipid.lds.files import FileId
from chipid.lds.protocols import PACE_PROTOCOLS
from chipid.lds.security_infos import PACEInfo
from simulator.chip import Chip, PACEOffer
from simulator.file_system import DedicatedFile, FileSystem
from simulator.personalisation.chip_keys import ChipKeys
from simulator.personalisation.lds_builder import LDSFiles, build_groups
from simulator.personalisation.people import Person
from simulator.personalisation.portrait import draw_portrait
from simulator.personalisation.profile import CardProfile
from simulator.randomness import SeededEntropy
from simulator.recipe import Tampering

FALSE_NAME: Final = "Nguyễn Văn B"
FALSE_RESIDENCE: Final = "Số 99, Phường Y, Quận Z, Hà Nội"
OTHER_FACE: Final = "le-van-c"
WEAKER_PACE: Final = oids.ID_PACE_ECDH_GM_3DES_CBC_CBC


def tamper(
    tampering: Tampering, keys: ChipKeys, files: LDSFiles, person: Person, profile: CardProfile, own_keys: ChipKeys
) -> tuple[ChipKeys, LDSFiles]:
    """The keys in the chip and its files after one file was exchanged; ``own_keys`` are the forger's."""
    match tampering:
        case Tampering.OTHER_NAME:
            return keys, files.with_content(FileId.DG1, build_dg1(replace(person, full_name=FALSE_NAME).mrz))
        case Tampering.OTHER_PORTRAIT:
            portrait = draw_portrait(OTHER_FACE, person.sex, profile.portrait)
            return keys, files.with_content(FileId.DG2, build_dg2([portrait.face_image(person.sex)]))
        case Tampering.OTHER_RESIDENCE:
            details = replace(person, residence=FALSE_RESIDENCE).details
            return keys, files.with_content(FileId.DG13, build_dg13(details))
        case Tampering.OWN_AGREEMENT_KEY:
            inside = replace(keys, chip_authentication=own_keys.chip_authentication)
            return inside, files.with_content(FileId.DG14, _group(14, person, profile, inside))
        case Tampering.OWN_SIGNING_KEY:
            inside = replace(keys, active_authentication=own_keys.active_authentication)
            return inside, files.with_content(FileId.DG15, _group(15, person, profile, inside))
        case Tampering.SIGNED_HASH:
            digest = hashlib.new(profile.issuer.group_hash, files.contents[FileId.DG1]).digest()
            false = bytes((digest[0] ^ 1,)) + digest[1:]
            return keys, files.with_content(FileId.SOD, files.contents[FileId.SOD].replace(digest, false))


def _group(number: int, person: Person, profile: CardProfile, keys: ChipKeys) -> bytes:
    only = replace(profile, data_groups=(number,))
    return build_groups(person, only, keys, entropy=SeededEntropy(b""))[number]


def with_weaker_pace(profile: CardProfile) -> CardProfile:
    """The profile with PACE over 3DES besides what it has, on the same curve."""
    if not profile.pace:
        raise ConfigurationError(f"profile {profile.name!r} has no PACE to weaken")
    protocol = PACE_PROTOCOLS[WEAKER_PACE]
    strong = profile.pace[0]
    weak: PACEOffer = replace(strong, oid=WEAKER_PACE, mapping=protocol.mapping, suite=protocol.suite)
    return replace(profile, pace=(*profile.pace, weak))


def downgrade_card_access(chip: Chip) -> Chip:
    """The chip with an EF.CardAccess that hides every PACE but the weaker one."""
    master = chip.files.master_file
    card_access = master.by_fid(FileId.CARD_ACCESS.fid)
    if card_access is None:
        raise ConfigurationError("the chip has no EF.CardAccess to downgrade")
    infos = parse_card_access(card_access.content).security_infos
    weak: list[PACEInfo] = [one for one in infos.pace if one.oid == WEAKER_PACE]
    replaced = replace(card_access, content=build_card_access(weak))
    others = [one for one in master.files if one is not card_access]
    downgraded = DedicatedFile(aid=None, files=[*others, replaced], rule=master.rule)
    return replace(chip, files=FileSystem(master_file=downgraded, applications=chip.files.applications))
