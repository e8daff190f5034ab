"""The terminal that simulated cards let read everything, as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chipid.errors import ConfigurationError
from simulator.personalisation.terminal_pki import TerminalPKI
from simulator.pki.cv_issuer import CVHolder
from simulator.pki.export import encode_pem
from simulator.pki.signing import encode_private_key
from simulator.scenarios import SimulatedCard

AUTHORITIES: Final = "authorities"


def export_terminals(folder: Path, cards: Sequence[SimulatedCard]) -> None:
    """Write the terminal of the card, or of each card into a folder of its number; cards without one have none.

    Raises :class:`ConfigurationError` if no card has Terminal Authentication.
    """
    found = {number: card.terminals for number, card in enumerate(cards, start=1) if card.terminals is not None}
    if not found:
        raise ConfigurationError("none of these cards has Terminal Authentication: --chip eac has it")
    for number, terminals in found.items():
        write_files(folder if len(cards) == 1 else folder / str(number), terminal_files(terminals))


def terminal_files(terminals: TerminalPKI) -> dict[str, bytes]:
    """The terminal's key and the certificates above it; the authorities with their keys in a folder below."""
    files = _holder_files("terminal", terminals.terminal)
    authorities = {"cvca": terminals.cvca, "verifier": terminals.verifier}
    files |= {f"{name}.cvcert": holder.certificate.raw for name, holder in authorities.items()}
    for name, holder in authorities.items():
        files |= _holder_files(f"{AUTHORITIES}/{name}", holder)
    return files


def write_files(folder: Path, files: dict[str, bytes]) -> None:
    """Write files by their names below ``folder``; those of private keys are for their owner alone."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if b"PRIVATE KEY" in content[:40]:
            path.touch(mode=0o600)
        path.write_bytes(content)


def _holder_files(name: str, holder: CVHolder) -> dict[str, bytes]:
    key = encode_pem("PRIVATE KEY", encode_private_key(holder.key.private))
    return {f"{name}.pem": key, f"{name}.cvcert": holder.certificate.raw}
