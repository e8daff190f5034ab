"""The root of the one error tree, and its card branch.

Every error a user can meet descends from :class:`ToolkitError`. ``code`` is stable and documented, the
texts for a person live in ``chipid/messages`` under that code, and ``exit_code`` is what the command line
ends with. Messages never carry card data: no key, no MRZ, no name, no number of a person.
"""

from __future__ import annotations

from typing import ClassVar


class ToolkitError(Exception):
    """Root of every error that this toolkit raises on purpose.

    ``code`` names the error for programs, ``exit_code`` is the ending of the command line, ``hint`` is what
    the person at the desk can do next (English; translated by code).
    """

    code: ClassVar[str] = "internal-error"
    exit_code: ClassVar[int] = 70
    hint: ClassVar[str] = "This is a defect of chipid. Please report it with the trace."

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class CardError(ToolkitError):
    """The card answered something that the protocol does not allow."""

    code = "card-error"
    exit_code = 6
    hint = "Take the card off the reader, put it back and try again."


class MalformedDataError(CardError):
    """Bytes that should follow a standard do not: a data object, a file, a certificate."""

    code = "malformed-data"
    hint = "The data is damaged or not what it claims to be. Read the card again."


class TLVError(MalformedDataError):
    """A BER-TLV data object is truncated, oversized, repeated, missing or wrongly encoded."""

    code = "malformed-tlv"


class APDUError(MalformedDataError):
    """A command or response APDU violates ISO/IEC 7816-4 §5."""

    code = "malformed-apdu"


class StatusError(CardError):
    """The card refused a command. ``sw`` is the status word, ``operation`` the command's name."""

    code = "unexpected-status"
    hint = "The card refused a command. Put it back on the reader and try again."

    def __init__(self, operation: str, sw: int, meaning: str) -> None:
        super().__init__(f"{operation}: the card answered {sw:04X} ({meaning})")
        self.operation = operation
        self.sw = sw


class SecureMessagingError(CardError):
    """Secure messaging is broken (ICAO Doc 9303-11 §9.8): the session keys are of no use any more.

    ``sw`` is what the card side answers in the clear, or what the terminal received in the clear.
    """

    code = "secure-messaging"
    hint = "The protected connection to the card broke. Put the card back and start again."

    def __init__(self, message: str, *, sw: int = 0x6988) -> None:
        super().__init__(message)
        self.sw = sw


class TransportError(CardError):
    """The way to the card failed."""

    code = "transport-failed"
    hint = "Check the reader's cable and the position of the card, then try again."


class CardRemovedError(TransportError):
    """The card left the reader, or lost the field, in the middle of a reading."""

    code = "card-removed"
    exit_code = 4
    hint = "Leave the card on the reader until the reading has ended."


class DeadlineError(TransportError):
    """The reading did not end within the time that the caller allowed."""

    code = "deadline-exceeded"
    hint = "The card is too slow or badly placed. Put it flat on the reader and try again."


class TraceError(ToolkitError):
    """A trace file cannot be used: unreadable, redacted, or not the conversation that is replayed."""

    code = "trace-unusable"
    exit_code = 7
    hint = "Use a trace that was recorded with --unsafe-trace by this version."
