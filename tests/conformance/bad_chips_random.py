"""Chips whose random source is bad, one way each; everything else about them is right."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from apdu.command import CommandAPDU
from chipid.crypto.entropy import Entropy
from simulator.calls import Outcome
from simulator.protocols import pace
from simulator.protocols.bac import Challenge
from simulator.protocols.pace_selection import Selected
from simulator.protocols.terminal_authentication import TerminalChallenge
from simulator.randomness import SeededEntropy
from tests.conformance.bad_chips import EXTERNAL_AUTHENTICATE, GENERAL_AUTHENTICATE, BadChip

GET_CHALLENGE = 0x84
INTERNAL_AUTHENTICATE = 0x88


class BadSource(BadChip):
    """What is drawn for one command comes from another source."""

    good: Entropy | None = None
    seeds: tuple[str, ...] = ("one",)
    drawn = 0

    def is_concerned(self, command: CommandAPDU) -> bool:
        raise NotImplementedError

    def before(self, command: CommandAPDU) -> CommandAPDU:
        self.good = self.good or self._entropy
        self._entropy = self.good
        if self.is_concerned(command):
            self._entropy = SeededEntropy(self.seeds[self.drawn % len(self.seeds)].encode())
            self.drawn += 1
        return command

    def _is_step(self, command: CommandAPDU, kind: type[Selected]) -> bool:
        return command.ins == GENERAL_AUTHENTICATE and type(self.state.pending) is kind


class StaticNonce(BadSource):
    """The nonce of PACE is always the same."""

    def is_concerned(self, command: CommandAPDU) -> bool:
        return self._is_step(command, Selected)


class FewNonces(StaticNonce):
    """The nonce of PACE is one of three."""

    seeds = ("one", "two", "three")


class StaticMappingKey(BadSource):
    """The mapping key of PACE is always the same."""

    def is_concerned(self, command: CommandAPDU) -> bool:
        return self._is_step(command, pace.NonceSent)


class StaticKeyMaterial(BadSource):
    """Its part of the keys of Basic Access Control is always the same."""

    def is_concerned(self, command: CommandAPDU) -> bool:
        return command.ins == EXTERNAL_AUTHENTICATE


class StaticSignatures(BadSource):
    """Its signatures hold the same bytes each time instead of random ones."""

    def is_concerned(self, command: CommandAPDU) -> bool:
        return command.ins == INTERNAL_AUTHENTICATE


class SignsOneChallenge(BadChip):
    """It knows one signature, over the challenge that is printed in the test standard."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        is_right = command.ins == INTERNAL_AUTHENTICATE and len(command.data) == 8
        return replace(command, data=bytes.fromhex("5566778811223344")) if is_right else command


class ChallengesFromPowerUp(BadChip):
    """Its challenges are the same after each power-up."""

    given = 0

    def reset(self) -> None:
        super().reset()
        self.given = 0

    def challenge(self) -> bytes:
        self.given += 1
        return SeededEntropy(bytes((self.given,)))(8)

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        pending = outcome.state.pending
        if command.ins != GET_CHALLENGE or not isinstance(pending, Challenge):
            return outcome
        rnd_ic = self.challenge()
        return replace(outcome, data=rnd_ic, state=replace(outcome.state, pending=Challenge(rnd_ic=rnd_ic)))


class CountsChallenges(ChallengesFromPowerUp):
    """Its challenges count up."""

    def reset(self) -> None:
        BadChip.reset(self)

    def challenge(self) -> bytes:
        self.given += 1
        return (0x0123_4567_89AB_0000 + self.given).to_bytes(8, "big")


class ChallengesWithConstantByte(CountsChallenges):
    """A byte of its challenges never changes."""

    def challenge(self) -> bytes:
        self.given += 1
        return SeededEntropy(self.given.to_bytes(2, "big"))(7) + b"\x5a"


class RepeatsTerminalChallenges(BadChip):
    """Its challenges of Terminal Authentication are the same in each session."""

    numbers = count()

    def reset(self) -> None:
        super().reset()
        self.numbers = count()

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        if command.ins != GET_CHALLENGE or not isinstance(outcome.state.pending, TerminalChallenge):
            return outcome
        r_ic = SeededEntropy(next(self.numbers).to_bytes(2, "big"))(8)
        return replace(outcome, data=r_ic, state=replace(outcome.state, pending=TerminalChallenge(r_ic=r_ic)))
