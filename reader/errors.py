"""Errors of PC/SC readers, and the one table from PC/SC result codes to them.

The codes are those of the PC/SC API (PC/SC Workgroup Part 5) with the few Windows system errors that
WinSCard lets through. pyscard returns them signed or unsigned, depending on the platform: they are compared
as 32-bit patterns.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from apdu.errors import CardRemovedError, DeadlineError, TransportError

SUCCESS = 0x00000000
E_CANCELLED = 0x80100002
E_INVALID_HANDLE = 0x80100003
E_INSUFFICIENT_BUFFER = 0x80100008
E_UNKNOWN_READER = 0x80100009
E_TIMEOUT = 0x8010000A
E_SHARING_VIOLATION = 0x8010000B
E_NO_SMARTCARD = 0x8010000C
F_COMM_ERROR = 0x80100013
E_NOT_TRANSACTED = 0x80100016
E_READER_UNAVAILABLE = 0x80100017
E_NO_SERVICE = 0x8010001D
E_NO_READERS_AVAILABLE = 0x8010002E
W_RESET_CARD = 0x80100068
W_REMOVED_CARD = 0x80100069


class ReaderError(TransportError):
    """There is no way to a card at all: service, reader or card is missing or refuses."""

    code = "reader-failed"
    exit_code = 4
    hint = "Check the card reader and its cable, then try again."


class PyscardMissingError(ReaderError):
    """The Python package pyscard, or the PC/SC library below it, cannot be imported."""

    code = "pyscard-missing"
    hint = "Install it with: pip install 'chipid[pcsc]' (on Linux this needs gcc, swig and libpcsclite-dev)."


class ServiceDownError(ReaderError):
    """The smart card service of the system does not run, or was restarted under an open connection."""

    code = "pcsc-service-down"
    hint = "Start the smart card service (Debian: sudo apt install pcscd; sudo systemctl start pcscd.socket)."


class PermissionDeniedError(ReaderError):
    """The smart card service runs but does not let this user in."""

    code = "pcsc-permission-denied"
    hint = "Ask the administrator to allow this user access to pcscd (a polkit rule, see README.polkit of pcscd)."


class NoReaderError(ReaderError):
    """No reader is attached."""

    code = "no-reader"
    hint = "Plug in a card reader and try again."


class ReaderNotFoundError(ReaderError):
    """No attached reader has the name or number that was asked for."""

    code = "reader-not-found"
    hint = "List the readers and give one of their names, a part of it, or its number."


class ReaderAmbiguousError(ReaderError):
    """More than one attached reader fits what was asked for."""

    code = "reader-ambiguous"
    hint = "Say which reader: give its whole name or its number."


class ReaderGoneError(ReaderError):
    """The reader was unplugged while it was in use."""

    code = "reader-gone"
    hint = "Plug the reader in again and start over."


class ReaderBusyError(ReaderError):
    """Another program holds the reader or the card (sharing violation)."""

    code = "reader-busy"
    hint = "Close the other program that uses the card (often scdaemon of GnuPG, or a browser) and try again."


class NoCardError(ReaderError):
    """No card lies on the reader."""

    code = "no-card"
    hint = "Put the card on the reader and leave it there."


class CardMuteError(ReaderError):
    """A card is there but does not answer, is unpowered, or is of a kind that the reader cannot speak to."""

    code = "card-mute"
    hint = "Take the card off, lay it flat on the reader the other way round, and try again."


class ProtocolMismatchError(ReaderError):
    """Card and reader have no transmission protocol in common with what was asked for."""

    code = "protocol-mismatch"
    hint = "Connect with any protocol, or with the one that is already in use."


class CardResetError(TransportError):
    """Another program, or Windows after five idle seconds, reset the card: its security state is gone."""

    code = "card-reset"
    hint = "Close other programs that use the card and start the reading again."


class ExtendedLengthError(TransportError):
    """The reader did not pass an extended-length APDU; from now on it is spoken to in short ones.

    Whether the card saw the command is unknown, so it is not repeated here: begin a new session.
    """

    code = "extended-length-refused"
    hint = "Start the reading again: this reader will now be used with short APDUs."


class ConnectionClosedError(TransportError):
    """A connection was used after it was closed."""

    code = "connection-closed"
    hint = "Connect to the card again."


class WaitCancelledError(TransportError):
    """Somebody ended the waiting."""

    code = "wait-cancelled"
    exit_code = 130
    hint = "Start again when the card is at hand."


ERRORS: Mapping[int, tuple[type[TransportError], str]] = MappingProxyType(
    {
        E_CANCELLED: (WaitCancelledError, "cancelled"),
        E_INVALID_HANDLE: (ServiceDownError, "the service does not know this connection any more"),
        E_UNKNOWN_READER: (ReaderGoneError, "the reader is unknown"),
        E_TIMEOUT: (DeadlineError, "the reader did not answer in time"),
        E_SHARING_VIOLATION: (ReaderBusyError, "another program uses the card"),
        E_NO_SMARTCARD: (NoCardError, "no card on the reader"),
        0x8010000D: (CardMuteError, "the kind of card is unknown"),
        0x8010000F: (ProtocolMismatchError, "the card does not speak the protocol asked for"),
        0x80100010: (ReaderBusyError, "the reader is not ready"),
        0x80100012: (WaitCancelledError, "cancelled by the system"),
        F_COMM_ERROR: (ServiceDownError, "the connection to the smart card service broke"),
        0x80100015: (CardMuteError, "the card's answer to reset is not valid"),
        E_READER_UNAVAILABLE: (ReaderGoneError, "the reader is not available any more"),
        0x80100018: (ServiceDownError, "the service is shutting down"),
        0x8010001A: (ReaderGoneError, "the reader's driver does not fit"),
        0x8010001C: (CardMuteError, "the reader cannot speak to this card"),
        E_NO_SERVICE: (ServiceDownError, "the smart card service is not running"),
        0x8010001E: (ServiceDownError, "the smart card service has stopped"),
        0x80100027: (PermissionDeniedError, "access denied"),
        E_NO_READERS_AVAILABLE: (NoReaderError, "no reader is attached"),
        0x80100031: (ReaderBusyError, "the smart card service is too busy"),
        0x80100065: (CardMuteError, "the reader cannot speak to this card"),
        0x80100066: (CardMuteError, "the card does not answer to a reset"),
        0x80100067: (CardMuteError, "the card has no power"),
        W_RESET_CARD: (CardResetError, "the card was reset by somebody else"),
        W_REMOVED_CARD: (CardRemovedError, "the card was taken away"),
        0x8010006A: (PermissionDeniedError, "access denied"),
        # System errors of Windows: a handle of a service that restarted, a reader and a card pulled in a command.
        0x00000006: (ServiceDownError, "the service does not know this connection any more"),
        0x00000016: (ReaderGoneError, "the reader does not know the command any more"),
        0x00000458: (CardRemovedError, "the card was taken away"),
    }
)


def error_for(code: int, doing: str) -> TransportError:
    """The error of a PC/SC result ``code`` met while ``doing`` something; unknown codes keep their number."""
    code &= 0xFFFFFFFF
    error, meaning = ERRORS.get(code, (TransportError, "PC/SC error"))
    return error(f"{doing}: {meaning} (0x{code:08X})")
