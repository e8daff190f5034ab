"""Terminal Authentication one step at a time (ICAO Doc 9303-11 §7.1.5), so that a case can leave the path."""

from __future__ import annotations

from dataclasses import dataclass, replace

from apdu import instructions, tlv
from apdu.command import CHAINING, CommandAPDU
from apdu.response import ResponseAPDU
from chipid.conformance.case import DeviationError, NotApplicableError, Script
from chipid.conformance.cases_chip_authentication import authenticate_chip
from chipid.conformance.cases_eac_files import require_terminal_authentication
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.conformance.terminal_certificates import Signer, TerminalCredentials

PART = 200
CHALLENGE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class TerminalSteps:
    """A session after Chip Authentication; ``pk_ifd`` is the compressed key that the signature is bound to."""

    terminal: ConformanceTerminal
    credentials: TerminalCredentials
    pk_ifd: bytes

    @classmethod
    def begin(cls, terminal: ConformanceTerminal, open_chip: Script = ConformanceTerminal.open) -> TerminalSteps:
        """Open the chip and authenticate it."""
        require_terminal_authentication(terminal)
        credentials = terminal.chip.terminals
        if credentials is None:
            raise NotApplicableError("it needs the key of a terminal")
        if terminal.chip.trust_points and credentials.cvca.reference not in terminal.chip.trust_points:
            raise NotApplicableError("the chip trusts another CVCA than the one of the terminal")
        return cls(terminal, credentials, authenticate_chip(terminal, open_chip))

    def set_dst(self, reference: str) -> ResponseAPDU:
        return self.terminal.secure(instructions.set_dst(tlv.encode(0x83, reference.encode())))

    def verify(self, certificate: bytes) -> ResponseAPDU:
        return self._send(instructions.verify_certificate(certificate))

    def present(self, issuer: Signer, certificate: bytes) -> None:
        """A certificate that the chip must take."""
        expect_ok(self.set_dst(issuer.reference))
        expect_ok(self.verify(certificate))

    def is_taken(self, issuer: Signer, certificate: bytes) -> bool:
        """True if the chip takes a certificate."""
        return self.set_dst(issuer.reference).sw.is_ok and self.verify(certificate).sw.is_ok

    def refuse(self, issuer: Signer, certificate: bytes) -> None:
        """A certificate that the chip must refuse, with its issuer or at last itself."""
        response = self.set_dst(issuer.reference)
        if response.sw.is_ok:
            response = self.verify(certificate)
        expect_error(response, or_warning=True)

    def again(self) -> TerminalSteps:
        """The same after a reset."""
        self.terminal.reset()
        return TerminalSteps.begin(self.terminal)

    def chain(self) -> None:
        """The whole right chain."""
        self.present(self.credentials.cvca, self.credentials.verifier_certificate())
        self.present(self.credentials.verifier, self.credentials.terminal_certificate())

    def set_at(self, signer: Signer) -> ResponseAPDU:
        reference = tlv.encode(0x83, signer.reference.encode())
        return self.terminal.secure(instructions.set_at_external_authentication(reference))

    def challenge(self) -> bytes:
        r_ic = expect_ok(self.terminal.secure(instructions.get_challenge(CHALLENGE_LENGTH)))
        if len(r_ic) != CHALLENGE_LENGTH:
            raise DeviationError(f"a challenge of {len(r_ic)} bytes")
        return r_ic

    def signature(self, r_ic: bytes, *, signer: Signer | None = None, id_ic: bytes | None = None) -> bytes:
        """The proof over ID_IC ‖ r_IC ‖ Comp(PK_IFD)."""
        chosen = signer or self.credentials.terminal
        return chosen.sign((self.terminal.id_ic if id_ic is None else id_ic) + r_ic + self.pk_ifd)

    def answer(self, signature: bytes) -> ResponseAPDU:
        return self._send(instructions.external_authenticate(signature))

    def authenticate(self) -> None:
        """From the chosen key to the proof."""
        expect_ok(self.set_at(self.credentials.terminal))
        expect_ok(self.answer(self.signature(self.challenge())))

    def _send(self, command: CommandAPDU) -> ResponseAPDU:
        """Protected, in a chain if it is long: not every chip has extended length."""
        data = command.data
        while len(data) > PART:
            response = self.terminal.secure(replace(command, cla=CHAINING, data=data[:PART], ne=0))
            if not response.sw.is_ok:
                return response
            data = data[PART:]
        return self.terminal.secure(replace(command, data=data))
