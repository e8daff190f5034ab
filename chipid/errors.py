"""The library's branch of the error tree (root: :class:`apdu.errors.ToolkitError`)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import ClassVar

from apdu.errors import CardError, ToolkitError


class ExplainedError(ToolkitError):
    """An error whose problem has texts of its own, in the table ``problems``, and perhaps a place.

    ``hints`` is the table of what to do about each problem, None where one hint does for all. ``details`` fill the
    places in the texts; they are fit for every language. ``field`` is a name among the texts of fields; ``line`` and
    ``column`` count from 1.
    """

    problems: ClassVar[str]
    hints: ClassVar[str | None] = None
    problem: Enum
    details: Mapping[str, str] = MappingProxyType({})
    field: str | None = None
    line: int | None = None
    column: int | None = None


class ConfigurationError(ToolkitError):
    """A file or setting of the user cannot be used."""

    code = "configuration"
    exit_code = 7
    hint = "Check the file that is named and its format."


class StoreProblem(Enum):
    """What is wrong with a trust store, or with a file or fingerprint that is to go into it."""

    DAMAGED = "damaged"
    OTHER_VERSION = "other-version"
    MANIFEST_MISSING = "manifest-missing"
    NO_STORE = "no-store"
    PLAIN_FOLDER = "plain-folder"
    FOREIGN_FILES = "foreign-files"
    OPEN_TO_ALL = "open-to-all"
    NOT_WRITTEN = "not-written"
    DISK_FULL = "disk-full"
    CHANGE_TOO_LARGE = "change-too-large"
    CHANGED_MEANWHILE = "changed-meanwhile"
    FULL = "full"
    PAST_FULL = "past-full"
    FILES_FULL = "files-full"
    FILE_MISSING = "file-missing"
    FILE_FORBIDDEN = "file-forbidden"
    FILE_IS_FOLDER = "file-is-folder"
    FILE_UNREADABLE = "file-unreadable"
    FILE_EMPTY = "file-empty"
    FILE_TOO_LARGE = "file-too-large"
    FILE_UNKNOWN = "file-unknown"
    FILE_DAMAGED = "file-damaged"
    FILE_FORGED = "file-forged"
    FILE_MIXED = "file-mixed"
    FILE_WITHOUT_TRUST = "file-without-trust"
    FILE_NOT_COMPARABLE = "file-not-comparable"
    NO_CERTIFICATE = "no-certificate"
    PINNED_UNUSABLE = "pinned-unusable"
    APPROVER_UNNAMED = "approver-unnamed"
    FINGERPRINT_MALFORMED = "fingerprint-malformed"
    FINGERPRINT_NOT_FOUND = "fingerprint-not-found"
    FINGERPRINT_UNKNOWN = "fingerprint-unknown"
    FINGERPRINT_AMBIGUOUS = "fingerprint-ambiguous"


class TrustStoreError(ConfigurationError, ExplainedError):
    """The trust store cannot be used, or a file cannot be brought into it; ``problem`` says why."""

    code = "trust-store"
    hint = "Check the trust store and the file that is named."
    problems = "store-problem"
    hints = "store-hint"

    def __init__(self, message: str, problem: StoreProblem = StoreProblem.DAMAGED, **details: object) -> None:
        super().__init__(message)
        self.problem: Enum = problem
        self.details = {name: str(value) for name, value in details.items()}


class PolicyError(ConfigurationError):
    """A policy has an unknown key or a wrong type."""

    code = "policy-invalid"
    hint = "Correct the policy file at the place that is named."


class TerminalKeyError(ConfigurationError):
    """The key or the certificates of a terminal cannot be used, or do not lead to what a card trusts."""

    code = "terminal-key"
    hint = "Check the terminal's key and its chain of certificates, from the CVCA's link to the terminal's own."


class EvidenceError(ConfigurationError):
    """An evidence file is damaged, too large, or of an unknown version."""

    code = "evidence-unreadable"
    hint = "Use a file that `chipid read --save` wrote, or a folder with EF.SOD and the groups beside it."


class KeyProblem(Enum):
    """What is wrong with something that was typed as an access key."""

    UNUSABLE = "unusable"
    EMPTY = "empty"
    TOO_LONG = "too-long"
    DIGIT_COUNT = "digit-count"
    NUMBER_LENGTH = "number-length"
    CHARACTER = "character"
    NOT_A_DATE = "not-a-date"
    MONTH = "month"
    DAY = "day"
    DATES_CONTRADICT = "dates-contradict"
    LINE_LENGTHS = "line-lengths"
    CHECK_DIGIT = "check-digit"


class AccessKeyError(ExplainedError):
    """What was given cannot be an access key: wrong length, wrong characters, impossible date.

    ``problem`` says what is wrong; ``line`` and ``column``, from 1, and ``field``, by its name in the texts, say where,
    as far as there is a place. Nothing of what was given is repeated.
    """

    code = "access-key-invalid"
    exit_code = 2
    hint = "Scan the QR code again, or type the CAN (6 digits), the personal number (12 digits), or the MRZ."
    problems = "key-problem"

    def __init__(
        self,
        message: str,
        *,
        problem: Enum = KeyProblem.UNUSABLE,
        field: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.field = field
        self.line = line
        self.column = column


class KeyKindError(AccessKeyError):
    """The chip cannot be asked with a key of this kind; the card has not seen it."""

    code = "access-key-kind"
    hint = "This chip opens only with the machine readable zone: type its lines, or scan the QR code."


class WrongAccessKeyError(CardError):
    """The card did not accept the access key."""

    code = "wrong-access-key"
    exit_code = 5
    hint = "Compare the number with the card and type it again. The card is not locked by a wrong number."


class WrongPINError(WrongAccessKeyError):
    """The card did not accept a PIN or PUK, and counted the try; ``tries_left`` is what it says of the counter."""

    code = "wrong-pin"
    hint = "Type the number again with care: the card blocks it after a few wrong tries."

    def __init__(self, message: str, *, tries_left: int | None) -> None:
        super().__init__(message)
        self.tries_left = tries_left


class PINSuspendedError(CardError):
    """One try of a PIN or PUK is left, and the caller did not say that it may be risked."""

    code = "pin-suspended"
    exit_code = 5
    hint = "One try is left. Open the card with its CAN first, then use the PIN with care."


class PINBlockedError(CardError):
    """A PIN or PUK has no try left."""

    code = "pin-blocked"
    exit_code = 5
    hint = "The number is blocked. Unblock it with the PUK, or ask the office that issued the card."


class PasswordMissingError(CardError):
    """The card has no password of the kind of the access key (6A88 to MSE:Set AT); no try was lost."""

    code = "password-missing"
    exit_code = 5
    hint = "This card has no such number. Use its CAN, the lines of the machine readable zone, or the QR code."


class ProtocolError(CardError):
    """The card broke a protocol: a value out of its range, a missing object, a wrong token."""

    code = "protocol-violation"
    hint = "The card did not follow the protocol. Put it back and try again; if it stays so, do not trust the card."


class SignatureError(CardError):
    """A signature does not verify: it is wrong, not merely unchecked."""

    code = "signature-wrong"
    hint = "Do not trust what was signed."


class UnsupportedError(CardError):
    """An algorithm, curve or format that this version does not know; nothing was checked."""

    code = "unsupported"
    hint = "This card uses something that this version of chipid does not know."


class NotAcceptedError(ToolkitError):
    """Claims were asked of a report whose verdict does not carry them."""

    code = "not-accepted"
    exit_code = 1
    hint = "Look at the report: the card was not accepted."


class AccessRefusedError(CardError):
    """The chip opens only in a way that the caller's plan forbids, such as a downgrade from PACE to BAC."""

    code = "access-protocol-refused"
    hint = "The chip offers only a weaker protocol than the policy allows."
