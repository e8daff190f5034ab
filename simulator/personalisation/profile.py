"""Card profiles: what a product can do and how it behaves, as TOML files in ``profiles/``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, TypeVar

from chipid.lds.face_record import ImageFormat
from chipid.toml_table import Table
from simulator.access_rules import PasswordId
from simulator.chip import EndOfFile, PACEOffer
from simulator.packaged import load_packaged
from simulator.personalisation.protocol_plans import (
    HASHES,
    PASSWORDS,
    ActiveAuthenticationPlan,
    ChipAuthenticationPlan,
    read_active_authentication,
    read_chip_authentication,
    read_pace,
    read_terminal_authentication,
)
from simulator.pki.cv_issuer import CVAlgorithm
from simulator.pki.issuer import IssuerPlan
from simulator.pki.signing import KeyKind

_END_OF_FILE: Final[Mapping[str, EndOfFile]] = {one.value: one for one in EndOfFile}
_PORTRAITS: Final[Mapping[str, ImageFormat]] = {"JPEG": ImageFormat.JPEG, "JPEG 2000": ImageFormat.JPEG_2000}
_ISSUER_HASHES: Final[Mapping[str, str]] = {name: name for name in HASHES if name != "sha1"}
_PARAMETERS: Final = {"named": False, "explicit": True}
SUPPORTED_GROUPS: Final = frozenset({1, 2, 3, 4, 13, 14, 15})
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardProfile:
    """One product. ``card_access_repeats_all`` puts more than PACE into EF.CardAccess, as some products do.

    ``terminal_authentication`` says that DG14 asks for it, ``terminals`` how the terminals sign that the chip trusts.
    """

    name: str
    description: str
    data_groups: tuple[int, ...]
    portrait: ImageFormat
    bac: bool
    passwords: tuple[PasswordId, ...]
    pace: tuple[PACEOffer, ...]
    chip_authentication: tuple[ChipAuthenticationPlan, ...]
    active_authentication: ActiveAuthenticationPlan | None
    terminal_authentication: bool
    terminals: CVAlgorithm | None
    card_access_repeats_all: bool
    extended_length: bool
    select_mf_refused: bool
    end_of_file: EndOfFile
    issuer: IssuerPlan


def profile_names() -> tuple[str, ...]:
    """The names of all packaged profiles in their order."""
    files = resources.files(__package__).joinpath("profiles").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files))


@cache
def load_profile(name: str) -> CardProfile:
    """The profile of that name. Raises :class:`ConfigurationError` naming file and key."""
    return read_profile(load_packaged(f"profiles/{name}.toml", package=__package__), name)


def read_profile(file: Table, name: str) -> CardProfile:
    """Read an open profile; what it leaves out is as in the profile that it names as ``base``.

    Raises :class:`ConfigurationError` naming file and key.
    """
    base = load_profile(file.text("base")) if file.has("base") else None
    whole = _Section(file, base)
    with (
        _section(file, "files", base) as files,
        _section(file, "behaviour", base) as behaviour,
        _section(file, "access", base) as access,
    ):
        profile = CardProfile(
            name=name,
            description=file.text("description"),
            data_groups=tuple(sorted(files.get("data_groups", Table.numbers, lambda one: one.data_groups))),
            portrait=files.get("portrait", _choice(_PORTRAITS), lambda one: one.portrait),
            card_access_repeats_all=files.flag("card_access_repeats_all", lambda one: one.card_access_repeats_all),
            extended_length=behaviour.flag("extended_length", lambda one: one.extended_length),
            select_mf_refused=behaviour.flag("select_mf_refused", lambda one: one.select_mf_refused),
            end_of_file=behaviour.get("end_of_file", _choice(_END_OF_FILE), lambda one: one.end_of_file),
            bac=access.flag("bac", lambda one: one.bac),
            terminal_authentication=access.flag("terminal_authentication", lambda one: one.terminal_authentication),
            passwords=access.get("passwords", _choices(PASSWORDS), lambda one: one.passwords),
            pace=access.all("pace", read_pace, lambda one: one.pace),
            chip_authentication=whole.all(
                "chip_authentication", read_chip_authentication, lambda one: one.chip_authentication
            ),
            active_authentication=whole.part(
                "active_authentication", read_active_authentication, lambda one: one.active_authentication
            ),
            terminals=whole.part("terminal_authentication", read_terminal_authentication, lambda one: one.terminals),
            issuer=whole.get("issuer", _read_issuer, lambda one: one.issuer),
        )
        _check_groups(profile, files.table or file)
    file.close()
    return profile


def _check_groups(profile: CardProfile, files: Table) -> None:
    groups = set(profile.data_groups)
    if not {1, 2} <= groups <= SUPPORTED_GROUPS:
        raise files.error("data_groups", "1 and 2 are needed; 3, 4, 13, 14 and 15 are possible besides")
    needs_14 = profile.chip_authentication or profile.pace or profile.terminal_authentication or profile.terminals
    if (14 in groups) != bool(needs_14):
        raise files.error("data_groups", "14 belongs to PACE, Chip and Terminal Authentication, and they to 14")
    if (15 in groups) != (profile.active_authentication is not None):
        raise files.error("data_groups", "15 belongs to Active Authentication, and it to 15")


class _Section:
    """A table of a profile and the profile that it builds on; ``table`` is None where all of it is inherited."""

    def __init__(self, table: Table | None, base: CardProfile | None) -> None:
        self.table = table
        self._base = base

    def get(self, key: str, read: Callable[[Table, str], T], inherited: Callable[[CardProfile], T]) -> T:
        """The value of a key, which must stand here or in the base."""
        if self._base is not None and not (self.table is not None and self.table.has(key)):
            return inherited(self._base)
        if self.table is None:
            raise ValueError("a section without a table has a base")
        return read(self.table, key)

    def flag(self, key: str, inherited: Callable[[CardProfile], bool]) -> bool:
        """False where neither says anything."""
        return self.get(key, lambda table, name: table.flag(name, default=False), inherited)

    def all(
        self, key: str, read: Callable[[Table], T], inherited: Callable[[CardProfile], tuple[T, ...]]
    ) -> tuple[T, ...]:
        """The tables of an array, none where neither has it."""
        return self.get(key, lambda table, name: tuple(read(one) for one in table.tables(name)), inherited)

    def part(self, key: str, read: Callable[[Table], T], inherited: Callable[[CardProfile], T | None]) -> T | None:
        """One table, None where neither has it."""

        def inner(table: Table, name: str) -> T | None:
            if not table.has(name):
                return None
            with table.table(name) as found:
                return read(found)

        return self.get(key, inner, inherited)


@contextmanager
def _section(file: Table, key: str, base: CardProfile | None) -> Iterator[_Section]:
    if base is not None and not file.has(key):
        yield _Section(None, base)
        return
    with file.table(key) as table:
        yield _Section(table, base)


def _choice(choices: Mapping[str, T]) -> Callable[[Table, str], T]:
    return lambda table, key: table.choice(key, choices)


def _choices(choices: Mapping[str, T]) -> Callable[[Table, str], tuple[T, ...]]:
    return lambda table, key: table.choices(key, choices)


def _read_issuer(file: Table, key: str) -> IssuerPlan:
    with file.table(key) as table:
        explicit = table.choice("parameters", _PARAMETERS)
        return IssuerPlan(
            csca_key=_read_key(table, "csca_key", explicit=explicit),
            csca_hash=table.choice("csca_hash", _ISSUER_HASHES),
            signer_key=_read_key(table, "signer_key", explicit=explicit),
            signer_hash=table.choice("signer_hash", _ISSUER_HASHES),
            group_hash=table.choice("group_hash", _ISSUER_HASHES),
            pss=table.flag("pss", default=False),
            security_object_version=table.choice("security_object", {"v0": 0, "v1": 1}),
        )


def _read_key(table: Table, key: str, *, explicit: bool) -> KeyKind:
    kind = KeyKind.by_name(table.text(key), explicit=explicit)
    if kind is None:
        raise table.error(key, "RSA-2048, RSA-3072, RSA-4096 or a curve that OpenSSL signs on is expected")
    return kind
