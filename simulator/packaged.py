"""The TOML files that come with the simulator."""

from __future__ import annotations

from importlib.resources import files

from chipid.errors import ConfigurationError
from chipid.toml_table import Table, parse_table


def load_packaged(name: str, *, package: str) -> Table:
    """A TOML file of a package. Raises :class:`ConfigurationError` if it is missing or no TOML."""
    try:
        text = files(package).joinpath(name).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{name}: there is no such file") from error
    return parse_table(text, name)
