"""What personalisation leaves in a chip: files, secrets, and the switches that make products differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum

from apdu.ciphers import CipherSuite
from chipid.crypto.domain_parameters import Curve, DHGroup
from chipid.lds.protocols import PACEMapping
from simulator.access_rules import PasswordId
from simulator.file_system import FileSystem
from simulator.trust_points import ImportedKey

DomainParameters = Curve | DHGroup


class EndOfFile(Enum):
    """What READ BINARY answers when Ne reaches beyond the end of the file."""

    WARNING = "6282"
    SHORTER = "9000"
    WRONG_LENGTH = "6Cxx"
    WRONG_OFFSET = "6B00"


class SignatureEncoding(Enum):
    """How an ECDSA signature of Active Authentication is written."""

    PLAIN = "plain"  # r and s side by side, as Doc 9303-11 §6.1.2.3 asks
    DER = "der"  # QUIRK aa-der: a SEQUENCE of two INTEGERs, as some chips answer


@dataclass(frozen=True, slots=True, kw_only=True)
class BACKeys:
    """K_Enc and K_MAC of Basic Access Control."""

    k_enc: bytes = field(repr=False)
    k_mac: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PACEOffer:
    """One PACEInfo that the chip can do.

    ``explicit`` says that the parameters stand in a PACEDomainParameterInfo instead of being named by their
    standardized identifier. Chip Authentication Mapping uses the key whose identifier is ``parameter_id`` (§9.2.6).
    """

    oid: str
    mapping: PACEMapping
    suite: CipherSuite
    domain: DomainParameters
    parameter_id: int | None
    explicit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PACEConfiguration:
    """The PACE variants and passwords of the chip; a password is what the key derivation takes (§9.7.3).

    ``tries`` says how often in a row a password may be wrong, for those that can be blocked; ``deactivated`` which ones
    cannot be used at all (BSI TR-03110-2 §2.4).
    """

    offers: tuple[PACEOffer, ...]
    passwords: Mapping[PasswordId, bytes] = field(repr=False)
    tries: Mapping[PasswordId, int] = field(default_factory=dict)
    deactivated: frozenset[PasswordId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipAuthenticationKey:
    """A private key of Chip Authentication, and the suites it serves by their object identifiers."""

    key_id: int | None
    domain: DomainParameters
    private: int = field(repr=False)
    suites: Mapping[str, CipherSuite]


@dataclass(frozen=True, slots=True, kw_only=True)
class ECSigningKey:
    """An EC private key of Active Authentication."""

    curve: Curve
    private: int = field(repr=False)
    hash_name: str
    encoding: SignatureEncoding = SignatureEncoding.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class RSASigningKey:
    """An RSA private key of Active Authentication, as its primes; ``hash_name`` chooses the trailer.

    QUIRK sha1-named: with ``names_sha1`` the trailer is 33CC, which names SHA-1, and not BC, which means it.
    """

    p: int = field(repr=False)
    q: int = field(repr=False)
    e: int
    hash_name: str
    names_sha1: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalAuthentication:
    """What personalisation leaves for Terminal Authentication: the keys of the CVCA, newest first, and the date.

    QUIRK car-unasked: with ``references_unasked`` PACE returns the references of the trust points to every terminal,
    as chips after the Appendix G.2 of Doc 9303-11 do.
    """

    trust_points: tuple[ImportedKey, ...]
    personalised_on: date
    references_unasked: bool = False


ActiveAuthenticationKey = ECSigningKey | RSASigningKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One personalised chip. What it does not support is None or empty.

    ``document_number`` is that of the MRZ with its check digit: by it a session that BAC opened identifies the chip.
    """

    files: FileSystem
    document_number: bytes = field(default=b"", repr=False)
    bac: BACKeys | None = None
    pace: PACEConfiguration | None = None
    chip_authentication: tuple[ChipAuthenticationKey, ...] = ()
    active_authentication: ActiveAuthenticationKey | None = None
    terminal_authentication: TerminalAuthentication | None = None
    extended_length: bool = False
    select_mf_refused: bool = False  # QUIRK select-mf-refused: SELECT 3F00 answers 6D00
    end_of_file: EndOfFile = EndOfFile.WARNING
