"""What goes wrong on the way between card and terminal, declared beforehand.

A fault strikes at the APDU of a number, at a byte of the answers, or with a probability that a seed decides, so that
every failure can be had again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from apdu.errors import CardRemovedError, TransportError
from apdu.transport import Transport, WrappedTransport
from chipid.errors import ConfigurationError
from chipid.toml_table import Table
from simulator.clock import SimulatedClock
from simulator.randomness import SeededEntropy


class FaultKind(Enum):
    """What happens."""

    CARD_TORN_OUT = "card-torn-out"  # no answer, and none from then on
    READER_GONE = "reader-gone"  # likewise, and the reader is to blame
    DELAYED = "delayed"  # the answer comes late
    TRUNCATED = "truncated"  # the answer ends early
    BIT_FLIPPED = "bit-flipped"  # one bit of the answer is another
    DUPLICATED = "duplicated"  # the command reaches the card twice
    WRONG_STATUS = "wrong-status"  # a status word without data instead of the answer
    RESET = "reset"  # the card loses power for a moment before the command


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: its kind and when it strikes, by exactly one of three ways.

    ``at_apdu`` counts commands from 1, ``at_byte`` the bytes of all answers from 0; both over the whole life of the
    transport, and each strikes once. ``per_mille`` strikes at any command with that probability. ``seconds`` belongs
    to a delay, ``status`` to a wrong status.
    """

    kind: FaultKind
    at_apdu: int | None = None
    at_byte: int | None = None
    per_mille: int | None = None
    seconds: float = 1.0
    status: int = 0x6F00

    def __post_init__(self) -> None:
        ways = [one for one in (self.at_apdu, self.at_byte, self.per_mille) if one is not None]
        if len(ways) != 1:
            raise ConfigurationError("a fault strikes by exactly one of at_apdu, at_byte and per_mille")
        if ways[0] < 0 or self.at_apdu == 0 or (self.per_mille or 0) > 1000:
            raise ConfigurationError("a fault is placed where it can never strike")


_KINDS: Final[Mapping[str, FaultKind]] = {one.value: one for one in FaultKind}


def read_faults(file: Table) -> tuple[Fault, ...]:
    """The array ``fault`` of an open file. Raises :class:`ConfigurationError` naming file and key."""
    faults = []
    for table in file.tables("fault"):
        kind = table.choice("kind", _KINDS)
        milliseconds = table.optional_number("milliseconds")
        status = table.optional_number("status")
        try:
            fault = Fault(
                kind=kind,
                at_apdu=table.optional_number("at_apdu"),
                at_byte=table.optional_number("at_byte"),
                per_mille=table.optional_number("per_mille"),
                seconds=1.0 if milliseconds is None else milliseconds / 1000,
                status=0x6F00 if status is None else status,
            )
        except ConfigurationError as error:
            raise table.error("kind", error.message) from error
        faults.append(fault)
    file.close()
    return tuple(faults)


class FaultyTransport(WrappedTransport):
    """A transport on which faults strike. ``clock`` is needed for delays, ``seed`` for probabilities."""

    def __init__(
        self, inner: Transport, faults: Sequence[Fault], *, seed: bytes, clock: SimulatedClock | None = None
    ) -> None:
        if clock is None and any(one.kind is FaultKind.DELAYED for one in faults):
            raise ConfigurationError("a delay needs a clock")
        super().__init__(inner)
        self._faults = tuple(faults)
        self._entropy = SeededEntropy(seed)
        self._clock = clock
        self._sent = 0
        self._received = 0
        self._gone: TransportError | None = None

    @property
    def sent(self) -> int:
        """How many APDUs were sent."""
        return self._sent

    def transmit(self, apdu: bytes) -> bytes:
        self._check_presence()
        self._sent += 1
        early = [one for one in self._faults if self._strikes_command(one)]
        for fault in early:
            self._before(fault, apdu)
        answer = self._inner.transmit(apdu)
        begin, end = self._received, self._received + len(answer)
        self._received = end
        late = [one for one in self._faults if one.at_byte is not None and begin <= one.at_byte < end]
        for fault in (*early, *late):
            place = 0 if fault.at_byte is None else fault.at_byte - begin
            answer = self._after(fault, answer, place)
        return answer

    def reset(self) -> bytes:
        self._check_presence()
        return self._inner.reset()

    def _check_presence(self) -> None:
        if self._gone is not None:
            raise self._gone

    def _strikes_command(self, fault: Fault) -> bool:
        if fault.at_apdu is not None:
            return fault.at_apdu == self._sent
        if fault.per_mille is None:
            return False
        return int.from_bytes(self._entropy(4), "big") % 1000 < fault.per_mille

    def _before(self, fault: Fault, apdu: bytes) -> None:
        match fault.kind:
            case FaultKind.CARD_TORN_OUT | FaultKind.READER_GONE:
                self._leave(fault.kind)
            case FaultKind.DUPLICATED:
                self._inner.transmit(apdu)
            case FaultKind.RESET:
                self._inner.reset()
            case _:
                pass

    def _after(self, fault: Fault, answer: bytes, place: int) -> bytes:
        match fault.kind:
            case FaultKind.CARD_TORN_OUT | FaultKind.READER_GONE:
                self._leave(fault.kind)
            case FaultKind.DELAYED if self._clock is not None:
                self._clock.advance(fault.seconds)
            case FaultKind.TRUNCATED:
                return answer[:place]
            case FaultKind.BIT_FLIPPED:
                return answer[:place] + bytes((answer[place] ^ 1 << self._entropy(1)[0] % 8,)) + answer[place + 1 :]
            case FaultKind.WRONG_STATUS:
                return fault.status.to_bytes(2, "big")
            case FaultKind.RESET if fault.at_byte is not None:
                self._inner.reset()
            case _:
                pass
        return answer

    def _leave(self, kind: FaultKind) -> None:
        if kind is FaultKind.CARD_TORN_OUT:
            self._gone = CardRemovedError("the simulated card was torn out")
        else:
            self._gone = TransportError("the simulated reader is gone")
        raise self._gone
