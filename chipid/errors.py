"""The library's branch of the error tree (root: :class:`apdu.errors.ToolkitError`)."""

from __future__ import annotations

from apdu.errors import CardError, ToolkitError


class ConfigurationError(ToolkitError):
    """A file or setting of the user cannot be used."""

    code = "configuration"
    exit_code = 7
    hint = "Check the file that is named and its format."


class TrustStoreError(ConfigurationError):
    """The trust store cannot be read, or something does not belong into it."""

    code = "trust-store"
    hint = "Check the folder given with --trust: it must hold CSCA certificates (DER or PEM)."


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
    hint = "Use a file that `chipid read --save` wrote."


class AccessKeyError(ToolkitError):
    """What was given cannot be an access key: wrong length, wrong characters, impossible date."""

    code = "access-key-invalid"
    exit_code = 2
    hint = "Type the six digits of the CAN, the 12-digit personal number, or the MRZ fields again."


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
