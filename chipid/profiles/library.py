"""The profiles at hand: those that come with the library, and a site's own beside them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from chipid.errors import ConfigurationError
from chipid.profiles.profile import MAX_FILE_SIZE, SUFFIX, CardUse, Profile, parse_profile
from chipid.profiles.release import release

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from importlib.resources.abc import Traversable

    from chipid.identity.holder import Holder
    from chipid.identity.released import Release
    from chipid.inspection.plan import ReadingPlan

MAX_PROFILES = 500


@cache
def shipped_profiles() -> Mapping[str, Profile]:
    """The profiles that come with the library, by name, read once."""
    return MappingProxyType(_read_all(resources.files(__package__).iterdir(), {}))


def load_profiles(*folders: Path) -> Mapping[str, Profile]:
    """The shipped profiles and those of a site's own folders, by name.

    A folder's files are ``<name>.toml``; a name that is taken is an error, because nobody shall change by a file in
    passing what a service may know. Raises :class:`ConfigurationError` naming file and key.
    """
    found = dict(shipped_profiles())
    for folder in folders:
        if not folder.is_dir():
            raise ConfigurationError(f"the folder of profiles {folder} is not a folder")
        found |= _read_all(folder.iterdir(), found)
    return MappingProxyType(found)


def find_profile(profiles: Mapping[str, Profile], name: str) -> Profile:
    """The profile of this name. Raises :class:`ConfigurationError` listing the names that there are."""
    if name not in profiles:
        raise ConfigurationError(f"there is no such profile; there are: {', '.join(profiles)}")
    return profiles[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Who asks, and with whose card."""

    profile: Profile
    card: CardUse

    def reading_plan(self) -> ReadingPlan:
        """What may be read for it."""
        return self.profile.reading_plan(self.card)

    def release(self, holder: Holder | None) -> Release:
        """What it may know of a holder."""
        return release(holder, self.profile, self.card)


def find_service(name: str, role: str | None, *folders: Path) -> Service:
    """The service of this name with the card of a role, the first one if none is given; errors as above."""
    profile = find_profile(load_profiles(*folders), name)
    return Service(profile=profile, card=profile.card(role))


def _read_all(files: Iterable[Traversable], known: Mapping[str, Profile]) -> dict[str, Profile]:
    found: dict[str, Profile] = {}
    for file in sorted((file for file in files if file.name.endswith(SUFFIX)), key=lambda file: file.name):
        profile = parse_profile(_content(file), file.name)
        if profile.name in known:
            raise ConfigurationError(f"{file.name}: name: a profile of this name is there already")
        if len(known) + len(found) >= MAX_PROFILES:
            raise ConfigurationError(f"there are more than {MAX_PROFILES} profiles")
        found[profile.name] = profile
    return found


def _content(file: Traversable) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        raise ConfigurationError(f"{file.name} cannot be read ({error.strerror})") from error
