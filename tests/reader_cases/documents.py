"""Documents to manipulate: personalised like the simulated cards, by one issuer whom the desk trusts.

A change is made to the data groups before they are signed, so that nothing but the change itself is wrong, or to the
files of the finished chip, where breaking the signature is the point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.lds.files import FileId
from chipid.mrz.access_key import AccessKey
from chipid.trust.store import TrustStore
from simulator.chip import Chip
from simulator.personalisation.chip_keys import ChipKeys, generate_chip_keys
from simulator.personalisation.lds_builder import LDSFiles, assemble_chip, build_groups, sign_groups
from simulator.personalisation.people import Person
from simulator.personalisation.profile import CardProfile, load_profile
from simulator.pki.issuer import IssuingAuthority
from simulator.randomness import SeededEntropy
from tests.inspection.cards import with_files
from tests.scenarios import readings

PROFILE = "cccd-2021"
FAST = CURVES["secp256r1"]
Groups = dict[int, bytes]


class _Issuer:
    """The issuer of the genuine simulated card."""

    @cached_property
    def authority(self) -> IssuingAuthority:
        return readings.card("genuine").issuer

    @cached_property
    def trust(self) -> TrustStore:
        """Trust in it, with its fresh revocation list."""
        return readings.trust()


ISSUED_BY = _Issuer()


def holder() -> Person:
    """The invented citizen whom every document is made out to."""
    return readings.card("genuine").person


def can_key() -> AccessKey:
    return readings.can_of(readings.card("genuine"))


def mrz_key() -> AccessKey:
    return readings.mrz_of(readings.card("genuine"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A personalised chip, and what it was made of."""

    chip: Chip
    profile: CardProfile = field(repr=False)
    keys: ChipKeys = field(repr=False)
    files: LDSFiles = field(repr=False)

    def with_files(self, changes: Mapping[FileId, bytes | None]) -> Document:
        """The same chip with other bytes in files, nothing signed again; None takes a file away."""
        return replace(self, chip=with_files(self.chip, changes))

    def with_chip(self, **changes: object) -> Document:
        """The same files in a chip that differs."""
        return replace(self, chip=replace(self.chip, **changes))  # type: ignore[arg-type]

    def content(self, file: FileId) -> bytes:
        """The bytes of a file of the chip."""
        system = self.chip.files
        home = system.master_file if file.in_mf else system.applications[0]
        found = home.by_fid(file.fid)
        if found is None:
            raise KeyError(file.label)
        return found.content


def profile(base: str = PROFILE, **changes: object) -> CardProfile:
    """A product of the simulator with other properties; the usual one has its keys on a fast curve."""
    product = load_profile(base)
    return replace(on_fast_curve(product) if base == PROFILE else product, **changes)  # type: ignore[arg-type]


def on_fast_curve(product: CardProfile) -> CardProfile:
    """The product with its keys on the curve that OpenSSL calculates on fastest: hundreds of chips are read."""
    pace = tuple(
        replace(one, domain=FAST, parameter_id=FAST.parameter_id) if isinstance(one.domain, Curve) else one
        for one in product.pace
    )
    agreement = tuple(
        replace(one, domain=FAST) if isinstance(one.domain, Curve) else one for one in product.chip_authentication
    )
    active = product.active_authentication
    if active is not None and active.curve is not None:
        active = replace(active, curve=FAST)
    return replace(product, pace=pace, chip_authentication=agreement, active_authentication=active)


@cache
def _keys(product: CardProfile) -> ChipKeys:
    return generate_chip_keys(product, SeededEntropy(b"keys of a reader case"))


def issue(
    product: CardProfile | None = None,
    *,
    groups: Callable[[Groups], Groups] | None = None,
    person: Person | None = None,
    keys: ChipKeys | None = None,
    authority: IssuingAuthority | None = None,
) -> Document:
    """Personalise a document; ``groups`` changes the data groups, by number, before they are signed.

    Of a document to which nothing was done there is one a process.
    """
    product = profile() if product is None else product
    if groups is None and person is None and keys is None and authority is None:
        return _issued(product)
    return _personalise(product, groups, person, keys, authority)


@cache
def _issued(product: CardProfile) -> Document:
    return _personalise(product, None, None, None, None)


def _personalise(
    product: CardProfile,
    groups: Callable[[Groups], Groups] | None,
    person: Person | None,
    keys: ChipKeys | None,
    authority: IssuingAuthority | None,
) -> Document:
    person = holder() if person is None else person
    keys = _keys(product) if keys is None else keys
    content = build_groups(person, product, keys, entropy=SeededEntropy(b"files of a reader case"))
    content = content if groups is None else groups(content)
    files = sign_groups(content, product, authority or ISSUED_BY.authority, signed_on=person.issue_date)
    return Document(chip=assemble_chip(person, product, keys, files), profile=product, keys=keys, files=files)
