"""A card in a folder: issued once, looked at, changed by hand, and laid on a reader again.

The folder holds ``card.toml`` (what was asked for, and what opens the card), ``files/`` with every file of the chip,
``keys.toml`` with its private keys, ``trust/`` with what the relying party of the scenario trusts, ``published/`` with
all that the issuing state publishes, and ``terminal/`` with the key and the certificates of a terminal that may read
everything, if the chip asks for one. Files and keys are read back as they are found: whoever edits them has made
a forgery to try.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

from chipid.errors import ConfigurationError
from chipid.lds.files import FileId
from chipid.toml_table import Table, parse_table
from simulator import scenarios
from simulator.chip import ActiveAuthenticationKey, Chip, RSASigningKey
from simulator.export import terminal_files, write_files
from simulator.file_system import DedicatedFile, ElementaryFile, FileSystem
from simulator.personalisation.population import KEY_PREFIX
from simulator.pki.export import published_files
from simulator.pki.issuer import IssuingAuthority
from simulator.scenarios import FIXED_SEED, PROFILE, SimulatedCard

CARD, KEYS, FILES, TRUST, PUBLISHED = "card.toml", "keys.toml", "files", "trust", "published"
TERMINAL: Final = "terminal"
FORMAT: Final = 1
MAX_FILE: Final = 1 << 20


def issue_card(
    folder: Path,
    scenario: str,
    *,
    seed: bytes = FIXED_SEED,
    person: str | None = None,
    profile: str | None = None,
    issuer: IssuingAuthority | None = None,
) -> SimulatedCard:
    """Issue the card of a scenario and write it into ``folder``, which must be new or empty.

    The same arguments write the same bytes. ``person`` is the key of one of the named people, or ``citizen-`` and a
    number. Raises :class:`ConfigurationError`, and OSError where the folder cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder.name} is not an empty folder")
    card = scenarios.build_card(scenario, seed=seed, person=person, profile=profile, issuer=issuer)
    write_files(folder, dict(_contents(card, seed, profile)))
    return card


def issue_population(
    folder: Path, scenario: str, count: int, *, seed: bytes = FIXED_SEED, profile: str | None = None
) -> Iterator[SimulatedCard]:
    """Issue cards to ``count`` invented citizens, each into a folder of its own below ``folder``."""
    for number in range(count):
        key = f"{KEY_PREFIX}{number}"
        yield issue_card(folder / key, scenario, seed=seed, person=key, profile=profile)


def load_card(folder: Path) -> SimulatedCard:
    """The card in ``folder``. Raises :class:`ConfigurationError` naming file, line and key."""
    table = _read_toml(folder / CARD)
    if table.number("format") != FORMAT:
        raise table.error("format", f"{FORMAT} is expected")
    scenario, person, profile = table.text("scenario"), table.text("person"), table.text("profile")
    try:
        seed = bytes.fromhex(table.text("seed"))
    except ValueError as error:
        raise table.error("seed", "hexadecimal digits are expected") from error
    for known in ("can", "mrz", "personal_number"):
        table.text(known)  # for the reader of the file
    table.close()
    card = scenarios.build_card(scenario, seed=seed, person=person, profile=profile)
    return replace(card, chip=_with_keys(_with_files(card.chip, folder / FILES), _read_toml(folder / KEYS)))


def open_card(name: str) -> SimulatedCard:
    """The card of a folder, or of the scenario that is called so."""
    folder = Path(name)
    return load_card(folder) if (folder / CARD).is_file() else scenarios.build_card(name)


def _contents(card: SimulatedCard, seed: bytes, profile: str | None) -> Iterator[tuple[str, bytes]]:
    """Every file of the image by its path in the folder."""
    yield (
        CARD,
        _encode(
            {
                "format": FORMAT,
                "scenario": card.scenario.name,
                "person": card.person.key,
                "profile": profile or card.scenario.recipe.profile or PROFILE,
                "seed": seed.hex(),
                "can": card.can,
                "mrz": card.mrz,
                "personal_number": card.personal_number,
            }
        ),
    )
    yield KEYS, _encode(_keys(card.chip))
    for file, content in _files(card.chip):
        yield f"{FILES}/{_file_name(file)}", content
    for number, anchor in enumerate(card.trust_anchors, start=1):
        yield f"{TRUST}/csca-{number}.cer", anchor
    for name, content in published_files(card.issuer).items():
        yield f"{PUBLISHED}/{name}", content
    if card.terminals is not None:
        for name, content in terminal_files(card.terminals).items():
            yield f"{TERMINAL}/{name}", content


def _files(chip: Chip) -> Iterator[tuple[FileId, bytes]]:
    homes = (chip.files.master_file, chip.files.applications[0])
    for home in homes:
        for one in home.files:
            yield _identify(one, in_mf=home.aid is None), one.content


def _identify(file: ElementaryFile, *, in_mf: bool) -> FileId:
    return next(one for one in FileId if one.fid == file.fid and one.in_mf is in_mf)


def _file_name(file: FileId) -> str:
    return f"{file.label.replace('/', '-')}.bin"


def _with_files(chip: Chip, folder: Path) -> Chip:
    master, application = chip.files.master_file, chip.files.applications[0]
    files = FileSystem(master_file=_refilled(master, folder), applications=(_refilled(application, folder),))
    return replace(chip, files=files)


def _refilled(home: DedicatedFile, folder: Path) -> DedicatedFile:
    """The files of a folder in place of those of the chip; one that was deleted is gone from the chip too."""
    found = []
    for one in home.files:
        path = folder / _file_name(_identify(one, in_mf=home.aid is None))
        if path.is_file():
            found.append(replace(one, content=_read(path)))
    return DedicatedFile(aid=home.aid, files=found, rule=home.rule)


def _keys(chip: Chip) -> dict[str, int | str]:
    keys: dict[str, int | str] = {
        f"chip_authentication_{number}": f"{one.private:x}" for number, one in enumerate(chip.chip_authentication)
    }
    match chip.active_authentication:
        case None:
            pass
        case RSASigningKey() as key:
            keys |= {"active_authentication_p": f"{key.p:x}", "active_authentication_q": f"{key.q:x}"}
        case key:
            keys["active_authentication"] = f"{key.private:x}"
    return keys


def _with_keys(chip: Chip, table: Table) -> Chip:
    agreement = tuple(
        replace(one, private=_number(table, f"chip_authentication_{number}"))
        for number, one in enumerate(chip.chip_authentication)
    )
    signing: ActiveAuthenticationKey | None = None
    match chip.active_authentication:
        case None:
            pass
        case RSASigningKey() as key:
            p, q = _number(table, "active_authentication_p"), _number(table, "active_authentication_q")
            signing = replace(key, p=p, q=q)
        case key:
            signing = replace(key, private=_number(table, "active_authentication"))
    table.close()
    return replace(chip, chip_authentication=agreement, active_authentication=signing)


def _number(table: Table, key: str) -> int:
    try:
        return int(table.text(key), 16)
    except ValueError as error:
        raise table.error(key, "hexadecimal digits are expected") from error


def _encode(values: dict[str, int | str]) -> bytes:
    lines = [f"{key} = {value}" if isinstance(value, int) else f'{key} = "{value}"' for key, value in values.items()]
    return ("\n".join(lines) + "\n").encode("ascii")


def _read_toml(path: Path) -> Table:
    try:
        return parse_table(_read(path).decode("utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path.name} is no text") from error


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ConfigurationError(f"{path.name}: {error.strerror}") from error
    if len(content) > MAX_FILE:
        raise ConfigurationError(f"{path.name} has more than {MAX_FILE} bytes")
    return content
