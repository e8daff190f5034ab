"""The simulated cards by name: each one genuine, or wrong in exactly one way that a named check must find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from chipid.crypto.entropy import Entropy
from chipid.errors import ConfigurationError
from chipid.lds.dg2 import build_dg2
from chipid.lds.dg13 import build_dg13
from chipid.lds.files import FileId
from simulator.card_os import CardOS
from simulator.chip import Chip
from simulator.personalisation.lds_builder import LDSFiles, assemble_chip, build_files, generate_chip_keys
from simulator.personalisation.people import Person, load_people
from simulator.personalisation.portrait import draw_portrait
from simulator.personalisation.profile import CardProfile, load_profile
from simulator.pki.certificates import Period
from simulator.pki.issuer import establish
from simulator.randomness import SEED_LENGTH, SeededEntropy
from simulator.transport import SimulatedTransport

HOLDER = "nguyen-van-a"
HOLDER_OF_EXPIRED_CARD = "pham-thi-d"
OTHER_PERSON = "le-van-c"
PROFILE = "cccd-2021"
FALSE_RESIDENCE = "Số 99, Phường Y, Quận Z, Hà Nội"
# Without a random source of the caller every build of a scenario is this same card, with this same issuer.
FIXED_SEED: Final = b"chipid simulated cards"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A card to build: what it is, the verdict it deserves, and the check that must say why.

    ``verdict`` is ``accepted``, ``rejected`` or ``undecided``; ``check`` and ``subject`` name the check that trips and
    the file it trips over, empty for a card that is as it should be.
    """

    name: str
    description: str
    verdict: str
    check: str = ""
    subject: str = ""


SCENARIOS: Final = (
    Scenario(name="genuine", description="a genuine card", verdict="accepted"),
    Scenario(
        name="cloned",
        description="the files of the genuine card, copied to a chip that has other private keys",
        verdict="rejected",
        check="chip-authentication",
    ),
    Scenario(
        name="tampered-dg13",
        description="another residence was written after signing",
        verdict="rejected",
        check="group-hash",
        subject="DG13",
    ),
    Scenario(
        name="tampered-portrait",
        description="another person's portrait was written after signing",
        verdict="rejected",
        check="group-hash",
        subject="DG2",
    ),
    Scenario(
        name="unknown-issuer",
        description="signed by an issuer whose CSCA is not among the trust anchors",
        verdict="undecided",
        check="signer-chain",
    ),
    Scenario(
        name="expired-signer",
        description="signed after the signer's certificate had expired",
        verdict="rejected",
        check="signer-validity",
    ),
    Scenario(
        name="expired-card",
        description="the card has expired in April 2023",
        verdict="rejected",
        check="document-expiry",
        subject="DG1",
    ),
    Scenario(
        name="wrong-hash",
        description="the issuer signed a hash that is not that of DG1",
        verdict="rejected",
        check="group-hash",
        subject="DG1",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCard:
    """A personalised card, what opens it, and whom a relying party would have to trust.

    ``mrz`` has 90 characters without line breaks; ``trust_anchors`` are CSCA certificates in DER.
    """

    scenario: Scenario
    chip: Chip = field(repr=False)
    can: str = field(repr=False)
    personal_number: str = field(repr=False)
    mrz: str = field(repr=False)
    person: Person = field(repr=False)
    trust_anchors: tuple[bytes, ...] = field(repr=False)
    entropy: Entropy = field(repr=False)

    def start(self) -> CardOS:
        """Power the chip up."""
        return CardOS(self.chip, entropy=self.entropy)

    def transport(self, *, remove_at: int | None = None) -> SimulatedTransport:
        """The powered card behind the door of a reader; see :class:`SimulatedTransport` for ``remove_at``."""
        return SimulatedTransport(self.start(), name=f"sim:{self.scenario.name}", remove_at=remove_at)


def build_card(
    scenario: str,
    *,
    entropy: Entropy | None = None,
    issued_on: date | None = None,
    person: str | None = None,
    profile: str = PROFILE,
) -> SimulatedCard:
    """Personalise the card of a scenario.

    ``entropy`` seeds every key; without it the card is the same wherever it is built. ``issued_on`` replaces the
    person's date of issue, ``person`` the person. Raises :class:`ConfigurationError` for an unknown name.
    """
    chosen = next((one for one in SCENARIOS if one.name == scenario), None)
    if chosen is None:
        raise ConfigurationError(
            f"there is no scenario {scenario!r}; there are {', '.join(one.name for one in SCENARIOS)}"
        )
    seed = FIXED_SEED if entropy is None else entropy(SEED_LENGTH)
    holder = _person(person or (HOLDER_OF_EXPIRED_CARD if scenario == "expired-card" else HOLDER))
    if issued_on is not None:
        holder = replace(holder, issue_date=issued_on)
    return _build(chosen, holder, load_profile(profile), SeededEntropy(seed))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    """What is done otherwise than for a genuine card."""

    wrong_hashes: frozenset[int] = frozenset()
    signer_expired: bool = False
    other_chip_keys: bool = False
    other_anchor: bool = False
    tamper: Callable[[LDSFiles, Person, CardProfile], LDSFiles] | None = None


def _other_residence(files: LDSFiles, person: Person, _: CardProfile) -> LDSFiles:
    return files.with_content(FileId.DG13, build_dg13(replace(person, residence=FALSE_RESIDENCE).details))


def _other_portrait(files: LDSFiles, person: Person, profile: CardProfile) -> LDSFiles:
    portrait = draw_portrait(OTHER_PERSON, person.sex, profile.portrait)
    return files.with_content(FileId.DG2, build_dg2([portrait.face_image(person.sex)]))


_FAULTS: Final[Mapping[str, _Fault]] = MappingProxyType(
    {
        "cloned": _Fault(other_chip_keys=True),
        "tampered-dg13": _Fault(tamper=_other_residence),
        "tampered-portrait": _Fault(tamper=_other_portrait),
        "unknown-issuer": _Fault(other_anchor=True),
        "expired-signer": _Fault(signer_expired=True),
        "wrong-hash": _Fault(wrong_hashes=frozenset({1})),
    }
)


def _build(scenario: Scenario, person: Person, profile: CardProfile, entropy: SeededEntropy) -> SimulatedCard:
    fault = _FAULTS.get(scenario.name, _Fault())
    issuer = establish(
        profile.issuer,
        entropy=entropy.fork("issuer"),
        issued_on=person.issue_date,
        signer_validity=_expired_before(person.issue_date) if fault.signer_expired else None,
    )
    keys = generate_chip_keys(profile, entropy.fork("chip"))
    files = build_files(person, profile, keys, issuer, entropy=entropy.fork("files"), wrong_hashes=fault.wrong_hashes)
    if fault.tamper is not None:
        files = fault.tamper(files, person, profile)
    if fault.other_chip_keys:
        keys = generate_chip_keys(profile, entropy.fork("another chip"))
    anchor = issuer.csca_certificate
    if fault.other_anchor:
        other = establish(profile.issuer, entropy=entropy.fork("other issuer"), issued_on=person.issue_date, number=2)
        anchor = other.csca_certificate
    return SimulatedCard(
        scenario=scenario,
        chip=assemble_chip(person, profile, keys, files),
        can=person.personal_number.can,
        personal_number=person.personal_number.digits,
        mrz=person.mrz,
        person=person,
        trust_anchors=(anchor,),
        entropy=entropy.fork("running"),
    )


def _expired_before(day: date) -> Period:
    """Three months that ended a month before ``day``."""
    return Period(first=day - timedelta(days=120), last=day - timedelta(days=30))


def _person(key: str) -> Person:
    people = load_people()
    if key not in people:
        raise ConfigurationError(f"there is no person {key!r}; there are {', '.join(people)}")
    return people[key]
