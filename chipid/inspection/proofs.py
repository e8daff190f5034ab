"""The chip's proofs within a reading: Chip and Active Authentication (ICAO Doc 9303-11 §6.1 and §6.2)."""

from __future__ import annotations

from apdu import instructions
from apdu.errors import MalformedDataError, SecureMessagingError, StatusError, ToolkitError
from apdu.session import CardSession
from chipid.crypto.entropy import Entropy
from chipid.errors import UnsupportedError
from chipid.evidence.evidence import ActiveAuthenticationRecord, ChipAuthenticationRecord, ProofOutcome
from chipid.inspection.opening import ChipOpening
from chipid.inspection.shelf import FileShelf
from chipid.lds.dg14 import parse_dg14
from chipid.lds.files import FileId
from chipid.protocols import active_authentication, chip_authentication

QUIRK_CHOICE_REFUSED = "chip-authentication-choice-refused"


class ChipProofs:
    """Runs the proofs in a session that is open, and opens it anew where one of them breaks it."""

    def __init__(self, session: CardSession, shelf: FileShelf, opening: ChipOpening, entropy: Entropy) -> None:
        self._session = session
        self._shelf = shelf
        self._opening = opening
        self._entropy = entropy

    def authenticate_chip(self) -> ChipAuthenticationRecord | None:
        """Run Chip Authentication with the keys of DG14; None if the chip offers none.

        Where the chip breaks off one way that it offers, the next is tried and the quirk is recorded; a chip that
        fails a proof is not asked for another one.
        """
        content = self._shelf.fetch(FileId.DG14) if FileId.DG14 in self._shelf.listed() else None
        if content is None:
            return None
        try:
            choices = chip_authentication.choose(parse_dg14(content).security_infos)
        except ToolkitError:  # DG14 is no SecurityInfos: the judge says so
            return None
        record = None
        for choice in choices:
            if record is not None and record.sw is not None:
                self._shelf.note(QUIRK_CHOICE_REFUSED)
            record = self._try(choice)
            if record.outcome is not ProofOutcome.ABORTED:
                break
        return record

    def _try(self, choice: chip_authentication.ChipAuthenticationChoice) -> ChipAuthenticationRecord:
        outcome, sw, terminal_public_key = ProofOutcome.ABORTED, None, b""
        try:
            result = self._session.run(chip_authentication.authenticate(choice, self._entropy))
            terminal_public_key = result.terminal_public_key
        except StatusError as error:
            sw = error.sw
        except (UnsupportedError, MalformedDataError):
            pass  # a key that cannot be used: nothing was sent
        except SecureMessagingError as error:
            sw = error.sw
            self._opening.reopen()
        else:
            self._session.start_secure_messaging(result.keys)
            self._shelf.note(*result.quirks)
            try:
                # Any answer with a right checksum under the new keys proves the chip's private key.
                self._session.transmit(instructions.select_ef(FileId.SOD.fid))
                outcome = ProofOutcome.COMPLETED
                self._opening.binding.compressed_terminal_key = result.compressed_terminal_key
            except SecureMessagingError as error:
                outcome, sw = ProofOutcome.FAILED, error.sw
                self._opening.reopen()
        return ChipAuthenticationRecord(
            outcome=outcome,
            protocol=choice.oid,
            public_key=choice.key.spki,
            terminal_public_key=terminal_public_key,
            key_id=choice.key.key_id,
            sw=sw,
        )

    def challenge_chip(self, challenge: bytes | None) -> ActiveAuthenticationRecord | None:
        """Run Active Authentication if the chip has a DG15; None if it has not."""
        content = self._shelf.fetch(FileId.DG15) if FileId.DG15 in self._shelf.listed() else None
        if content is None:
            return None
        rnd_ifd = self._entropy(active_authentication.CHALLENGE_LENGTH) if challenge is None else challenge
        ne = active_authentication.answer_length(content)
        try:
            response = self._session.run(active_authentication.sign_challenge(rnd_ifd, ne=ne))
        except (StatusError, SecureMessagingError) as error:
            if isinstance(error, SecureMessagingError):
                self._opening.reopen()
            return ActiveAuthenticationRecord(
                outcome=ProofOutcome.ABORTED, challenge=rnd_ifd, response=b"", sw=error.sw
            )
        return ActiveAuthenticationRecord(outcome=ProofOutcome.COMPLETED, challenge=rnd_ifd, response=response)
