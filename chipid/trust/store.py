"""The trust store: the CSCA certificates that its owner has chosen to trust, and where each came from.

Nothing is trusted by default. A store is a folder of certificate files, DER or PEM.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apdu.errors import ToolkitError
from chipid.errors import TrustStoreError
from chipid.pki.certificate import Certificate, parse_certificate

MAX_FILE_SIZE = 1 << 20
MAX_ANCHORS = 10_000
SUFFIXES = frozenset({".cer", ".crt", ".der", ".pem"})
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A trusted CSCA certificate and its source: a file name, or what the caller says."""

    certificate: Certificate
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustStore:
    """An immutable set of anchors."""

    anchors: tuple[Anchor, ...]

    @classmethod
    def from_certificates(cls, certificates: Iterable[bytes], *, source: str) -> TrustStore:
        """A store of DER certificates that the caller trusts. Raises :class:`TrustStoreError`."""
        return cls(anchors=tuple(_anchor(der, source) for der in certificates))

    @classmethod
    def from_directory(cls, directory: Path) -> TrustStore:
        """A store of all certificate files in ``directory``. Raises :class:`TrustStoreError` naming the file."""
        if not directory.is_dir():
            raise TrustStoreError(f"the trust store {directory} is not a folder")
        anchors: dict[str, Anchor] = {}
        for path in sorted(directory.iterdir()):
            if path.suffix.lower() not in SUFFIXES:
                continue
            for der in _certificates_of(path):
                anchor = _anchor(der, path.name)
                anchors.setdefault(anchor.certificate.fingerprint, anchor)
                if len(anchors) > MAX_ANCHORS:
                    raise TrustStoreError(f"a trust store holds at most {MAX_ANCHORS} certificates")
        return cls(anchors=tuple(anchors.values()))

    def candidates(self, certificate: Certificate) -> tuple[Anchor, ...]:
        """The anchors that may have issued ``certificate``, the likeliest first.

        Key identifier and name before name or identifier alone, then every anchor of the same country:
        identifiers are wrong too often to decide anything but the order (Doc 9303-12 §7.1).
        """
        country = certificate.issuer_name.country.upper()

        def rank(anchor: Anchor) -> int:
            issuer = anchor.certificate
            if certificate.names_issuer(issuer):
                return 0
            if certificate.aki is not None and certificate.aki == issuer.ski:
                return 1
            return 2 if issuer.country.upper() == country else 3

        ranked = sorted(self.anchors, key=rank)
        return tuple(anchor for anchor in ranked if rank(anchor) < 3)


def _certificates_of(path: Path) -> Iterator[bytes]:
    try:
        if path.stat().st_size > MAX_FILE_SIZE:
            raise TrustStoreError(f"{path.name} is larger than {MAX_FILE_SIZE} bytes")
        data = path.read_bytes()
    except OSError as error:
        raise TrustStoreError(f"{path.name} cannot be read ({error.strerror})") from error
    blocks = _PEM.findall(data)
    if not blocks:
        yield data
    for block in blocks:
        try:
            yield base64.b64decode(b"".join(block.split()), validate=True)
        except binascii.Error as error:
            raise TrustStoreError(f"{path.name} holds a damaged PEM block") from error


def _anchor(der: bytes, source: str) -> Anchor:
    try:
        return Anchor(certificate=parse_certificate(der), source=source)
    except TrustStoreError:
        raise
    except ToolkitError as error:
        raise TrustStoreError(f"{source} is not a certificate: {error.message}") from error
