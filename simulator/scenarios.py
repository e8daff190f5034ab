"""The simulated cards by name: each one genuine, or wrong in exactly one way that a named check must find."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from chipid.crypto.entropy import Entropy
from chipid.errors import ConfigurationError
from chipid.lds.files import FileId
from chipid.mrz.access_key import AccessKey
from chipid.mrz.mrz import parse_mrz
from simulator.card_os import CardOS
from simulator.chip import Chip
from simulator.clock import SimulatedClock
from simulator.forgery import downgrade_card_access, tamper, with_weaker_pace
from simulator.impostors import RecordedSession, RecordedSignature
from simulator.personalisation.chip_keys import ChipKeys, generate_chip_keys
from simulator.personalisation.contents import adapt_groups, write_indefinite
from simulator.personalisation.lds_builder import LDSFiles, assemble_chip, build_groups, sign_groups
from simulator.personalisation.people import Person
from simulator.personalisation.population import find_citizen
from simulator.personalisation.profile import CardProfile, load_profile
from simulator.personalisation.terminal_pki import TerminalPKI
from simulator.pki.issuer import SIGNER_VALIDITY, IssuingAuthority, establish
from simulator.quirks import STANDARD, Quirks
from simulator.quirky_card import QuirkyCard
from simulator.randomness import SEED_LENGTH, SeededEntropy
from simulator.recipe import ChipKeysOf, Recipe, SignatureOf
from simulator.scenario_file import Scenario, load_scenarios
from simulator.transport import SimulatedTransport

HOLDER = "nguyen-van-a"
PROFILE = "cccd-2021"
# Without a random source of the caller every build of a scenario is this same card, with this same issuer.
FIXED_SEED: Final = b"chipid simulated cards"

SCENARIOS: Final = tuple(load_scenarios().values())


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCard:
    """A personalised card, what opens it, and whom a relying party would have to trust.

    ``mrz`` has 90 characters without line breaks; ``trust_anchors`` are CSCA and link certificates in DER;
    ``terminals`` are those that may read fingers and irises, if the chip has Terminal Authentication.
    """

    scenario: Scenario
    chip: Chip = field(repr=False)
    can: str = field(repr=False)
    personal_number: str = field(repr=False)
    mrz: str = field(repr=False)
    person: Person = field(repr=False)
    issuer: IssuingAuthority = field(repr=False)
    entropy: Entropy = field(repr=False)
    terminals: TerminalPKI | None = field(default=None, repr=False)

    @property
    def trust_anchors(self) -> tuple[bytes, ...]:
        return self.issuer.trust_anchors

    @property
    def crls(self) -> tuple[bytes, ...]:
        """The revocation list of the issuing CSCA in DER, of the day of issue and good for as long as its signers."""
        return (self.issuer.revocation_list(self.issuer.issued_on, life=SIGNER_VALIDITY),)

    @property
    def access_key(self) -> AccessKey:
        """The key that opens this card: its CAN, or the zone where there is no PACE."""
        if self.scenario.opens_with == "CAN" and self.chip.pace is not None:
            return AccessKey.from_can(self.can)
        return AccessKey.from_mrz(parse_mrz(self.mrz))

    def start(self, *, quirks: Quirks = STANDARD, clock: SimulatedClock | None = None) -> CardOS:
        """Power the chip up. A card with quirks is no impostor; ``clock`` is what its delays pass on."""
        if quirks != STANDARD:
            return QuirkyCard(self.chip, entropy=self.entropy, quirks=quirks, clock=clock)
        system: type[CardOS] = CardOS
        if self.scenario.recipe.recorded_session:
            system = RecordedSession
        elif self.scenario.recipe.signature is SignatureOf.RECORDED:
            system = RecordedSignature
        return system(self.chip, entropy=self.entropy)

    def transport(
        self, *, remove_at: int | None = None, quirks: Quirks = STANDARD, clock: SimulatedClock | None = None
    ) -> SimulatedTransport:
        """The powered card behind the door of a reader; see :class:`SimulatedTransport` for ``remove_at``."""
        card = self.start(quirks=quirks, clock=clock)
        return SimulatedTransport(card, name=f"sim:{self.scenario.name}", remove_at=remove_at)


def find_scenario(name: str) -> Scenario:
    """The scenario of that name; raises :class:`ConfigurationError` with those that exist."""
    known = load_scenarios()
    if name not in known:
        raise ConfigurationError(f"there is no scenario {name!r}; there are {', '.join(known)}")
    return known[name]


def build_card(
    scenario: str | Scenario,
    *,
    entropy: Entropy | None = None,
    seed: bytes = FIXED_SEED,
    issued_on: date | None = None,
    person: str | Person | None = None,
    profile: str | CardProfile | None = None,
    issuer: IssuingAuthority | None = None,
) -> SimulatedCard:
    """Personalise the card of a scenario.

    ``entropy`` seeds every key; without it ``seed`` does, and the card is the same wherever it is built. ``issued_on``
    replaces the person's date of issue, ``person`` and ``profile`` (a name, or a profile of your own) those of the
    scenario. ``issuer`` issues the card instead of an issuer of its own, and must have the certificate architecture of
    the scenario. Raises :class:`ConfigurationError` for an unknown name and another architecture.
    """
    chosen = find_scenario(scenario) if isinstance(scenario, str) else scenario
    recipe = chosen.recipe
    holder = person if isinstance(person, Person) else find_citizen(person or recipe.person or HOLDER)
    if issued_on is not None:
        holder = replace(holder, issue_date=issued_on)
    seeded = SeededEntropy(seed if entropy is None else entropy(SEED_LENGTH))
    product = profile if isinstance(profile, CardProfile) else load_profile(profile or recipe.profile or PROFILE)
    if issuer is None:
        issuer = build_issuer(chosen, entropy=seeded, issued_on=holder.issue_date, profile=product)
    elif issuer.architecture.name != recipe.architecture:
        raise ConfigurationError(
            f"scenario {chosen.name!r} takes the certificate architecture {recipe.architecture!r}, "
            f"and the issuer has {issuer.architecture.name!r}"
        )
    return _Workshop(recipe, product, issuer, seeded.fork(f"card of {holder.key}")).build(chosen, holder)


def build_issuer(
    scenario: Scenario, *, entropy: SeededEntropy, issued_on: date, profile: CardProfile
) -> IssuingAuthority:
    """The issuer that a scenario asks for, with the keys of a profile."""
    return establish(
        profile.issuer, entropy=entropy.fork("issuer"), issued_on=issued_on, architecture=scenario.recipe.architecture
    )


class _Workshop:
    """Makes one card after a recipe."""

    def __init__(self, recipe: Recipe, profile: CardProfile, issuer: IssuingAuthority, entropy: SeededEntropy) -> None:
        self._recipe = recipe
        self._profile = with_weaker_pace(profile) if recipe.weaker_card_access else profile
        if recipe.without_groups:
            groups = tuple(one for one in self._profile.data_groups if one not in recipe.without_groups)
            self._profile = replace(self._profile, data_groups=groups)
        self._issuer = issuer
        self._entropy = entropy

    def build(self, scenario: Scenario, person: Person) -> SimulatedCard:
        keys = generate_chip_keys(self._profile, self._entropy.fork("chip"))
        files = self._sign(person, keys)
        if self._recipe.security_object_of is not None:
            other = replace(find_citizen(self._recipe.security_object_of), issue_date=person.issue_date)
            other_keys = generate_chip_keys(self._profile, self._entropy.fork("chip of the other card"))
            files = files.with_content(FileId.SOD, self._sign(other, other_keys).contents[FileId.SOD])
        if self._recipe.tampering is not None:
            own_keys = generate_chip_keys(self._profile, self._entropy.fork("keys of the forger"))
            keys, files = tamper(self._recipe.tampering, keys, files, person, self._profile, own_keys)
        if self._recipe.indefinite_lengths:
            files = files.with_content(FileId.SOD, write_indefinite(files.contents[FileId.SOD]))
        return SimulatedCard(
            scenario=scenario,
            chip=self._assemble(person, self._keys_inside(keys), files),
            can=person.personal_number.can,
            personal_number=person.personal_number.digits,
            mrz=person.mrz,
            person=person,
            issuer=self._issuer,
            entropy=self._entropy.fork("running"),
            terminals=keys.terminals,
        )

    def _sign(self, person: Person, keys: ChipKeys) -> LDSFiles:
        groups = build_groups(person, self._profile, keys, entropy=self._entropy.fork("files"))
        return sign_groups(
            adapt_groups(groups, self._recipe, person),
            self._profile,
            self._issuer,
            signed_on=person.issue_date,
            wrong_hashes=frozenset(self._recipe.wrong_hashes),
            unsigned=frozenset(self._recipe.unsigned_groups),
        )

    def _keys_inside(self, keys: ChipKeys) -> ChipKeys:
        if self._recipe.chip_keys is ChipKeysOf.CARD:
            return keys
        others = generate_chip_keys(self._profile, self._entropy.fork("another chip"))
        if self._recipe.signature is SignatureOf.RELAYED:
            # From outside, a relay and the genuine key are the same thing.
            return replace(others, active_authentication=keys.active_authentication)
        return others

    def _assemble(self, person: Person, keys: ChipKeys, files: LDSFiles) -> Chip:
        profile = replace(self._profile, pace=()) if self._recipe.without_pace else self._profile
        chip = assemble_chip(person, profile, keys, files)
        return downgrade_card_access(chip) if self._recipe.weaker_card_access else chip
