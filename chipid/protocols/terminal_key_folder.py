"""A terminal's key as a folder holds it: one private key, and the CV certificates beside it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from apdu import tlv
from apdu.errors import TLVError
from chipid.errors import TerminalKeyError
from chipid.protocols.private_key import needs_password
from chipid.protocols.terminal_key import MAX_CERTIFICATES, FileTerminalKey, load_authority_key, load_terminal_key

CERTIFICATE_SUFFIXES: Final = frozenset({".cvcert", ".cvc", ".cv"})
KEY_SUFFIXES: Final = frozenset({".pem", ".key", ".der", ".p8", ".pkcs8"})
AUTHORITIES: Final = "authorities"
MAX_FILE: Final = 1 << 16
_OTHERS: Final = 0o077  # read, write or run by the group and by everybody


def read_terminal_key(path: Path, *, passphrase: Callable[[], str]) -> FileTerminalKey:
    """Read the key at ``path``: a folder with just one, or the key's own file; certificates lie beside it.

    Certificates are files with one of :data:`CERTIFICATE_SUFFIXES`, each with one or several, in any order.
    ``passphrase`` is called if the key is encrypted. Raises :class:`TerminalKeyError`, and OSError for what cannot
    be read.
    """
    key_path = find_key_file(path)
    certificates: list[bytes] = []
    for file in sorted(key_path.parent.iterdir()):
        if file.suffix.lower() in CERTIFICATE_SUFFIXES and len(certificates) <= MAX_CERTIFICATES:
            certificates.extend(_split(_read(file)))
    private = _read(key_path)
    password = passphrase().encode("utf-8") if needs_password(private) else None
    return load_terminal_key(private, certificates, password=password)


def read_authority_keys(path: Path) -> tuple[FileTerminalKey, ...]:
    """The keys of document verifier and CVCA, which exist for test cards: pairs of files in a folder ``authorities``.

    Each key has the name of its certificate and another suffix, and is not encrypted. Empty where there is no such
    folder beside the terminal's key. Errors as :func:`read_terminal_key`.
    """
    folder = find_key_file(path).parent / AUTHORITIES
    if not folder.is_dir():
        return ()
    keys = (file for file in sorted(folder.iterdir()) if file.suffix.lower() in KEY_SUFFIXES)
    return tuple(load_authority_key(_read(file), _certificate_beside(file)) for file in keys)


def _certificate_beside(key: Path) -> bytes:
    found = [key.with_suffix(suffix) for suffix in CERTIFICATE_SUFFIXES if key.with_suffix(suffix).is_file()]
    if len(found) != 1:
        raise TerminalKeyError(f"{key.name} has no certificate of its name beside it")
    return _read(found[0])


def find_key_file(path: Path) -> Path:
    """The file of the private key. Raises :class:`TerminalKeyError` where a folder has none or several."""
    if not path.is_dir():
        return path
    found = [file for file in path.iterdir() if file.suffix.lower() in KEY_SUFFIXES]
    if len(found) != 1:
        raise TerminalKeyError(f"{path.name} holds {len(found)} files of private keys where one belongs")
    return found[0]


def is_readable_by_others(path: Path) -> bool:
    """True if the file of the private key is open to anybody but its owner, as far as the system tells."""
    mode = find_key_file(path).stat().st_mode
    return os.name == "posix" and mode & _OTHERS != 0  # Windows repeats the owner's bits for everybody


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        content = stream.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        raise TerminalKeyError(f"{file.name} has more than {MAX_FILE} bytes")
    return content


def _split(content: bytes) -> list[bytes]:
    try:
        return [one.raw for one in tlv.parse_all(content)]
    except TLVError as error:
        raise TerminalKeyError("a file of certificates holds something else") from error
