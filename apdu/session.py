"""A conversation with one card: runs scripts over a transport and hides the transmission rules from them.

Command chaining (ISO/IEC 7816-4 §5.3.3), GET RESPONSE and 6Cxx (§5.3.4), secure messaging and the deadline
live here. A session that was secure never speaks in the clear again unless it is told to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from apdu import instructions
from apdu.command import CHAINING, MAX_EXTENDED_NE, MAX_SHORT_NC, MAX_SHORT_NE, CommandAPDU
from apdu.errors import CardError, DeadlineError, ToolkitError
from apdu.response import ResponseAPDU
from apdu.script import CardScript, T
from apdu.secure_messaging import SessionKeys, TerminalChannel
from apdu.transport import Transport

MAX_GET_RESPONSE = 512  # rounds: 64 KiB in pieces of 128 bytes
STATUS_LENGTH = 2
SM_OVERHEAD = 3 + 1 + 4 + 10  # DO'87' header and indicator, DO'97' with two bytes, DO'8E'

Clock = Callable[[], float]


class CardSession:
    """Runs scripts and single commands over one transport.

    ``clock`` returns seconds and never goes back; ``deadline`` is the clock value after which no further
    command is sent. Raises :class:`DeadlineError`, and whatever transport, secure messaging or script raise.
    """

    def __init__(self, transport: Transport, *, clock: Clock, deadline: float | None = None) -> None:
        self._transport = transport
        self._clock = clock
        self._deadline = deadline
        self._channel: TerminalChannel | None = None
        self.extended_length = transport.extended_length
        self._longest_answer = MAX_SHORT_NE

    @property
    def is_secure(self) -> bool:
        """True while secure messaging is on and alive."""
        return self._channel is not None and self._channel.is_alive

    @property
    def max_ne(self) -> int:
        """The largest Ne of a READ BINARY whose answer fits one response APDU of this session."""
        return self._fitting_ne(self._longest_answer)

    def announce_buffer(self, size: int) -> None:
        """Allow reads whose answers fill ``size`` bytes with their status word, as the card's EF.ATR/INFO says.

        ICAO Doc 9303-10 §3.6.4: reads longer than a short Ne only from chips that announce their buffers. Without
        effect where extended length does not pass, and for a size below that of short answers.
        """
        if self.extended_length:
            self._longest_answer = max(MAX_SHORT_NE, min(size - STATUS_LENGTH, MAX_EXTENDED_NE))

    @property
    def _short_ne(self) -> int:
        return self._fitting_ne(MAX_SHORT_NE)

    def _fitting_ne(self, limit: int) -> int:
        """How many plain bytes fit an answer of ``limit`` bytes."""
        if self._channel is None:
            return limit
        # DO'87' header and indicator, the padding byte, DO'99' and DO'8E' come on top of whole blocks.
        block = self._channel.suite.block_length
        return (limit - 5 - 4 - 10) // block * block - 1

    def start_secure_messaging(self, keys: SessionKeys) -> None:
        """Protect every further command with ``keys``, replacing the keys in use if there are any."""
        self.end_secure_messaging()
        self._channel = TerminalChannel(keys)

    def end_secure_messaging(self) -> None:
        """Drop the keys and speak in the clear from now on."""
        if self._channel is not None:
            self._channel.close()
        self._channel = None

    def reset(self) -> None:
        """Reset the card: its security state and ours are gone.

        Where the reset fails, a session that was secure stays so, without keys.
        """
        if self._channel is not None:
            self._channel.close()
        self._transport.reset()
        self._channel = None

    def run(self, script: CardScript[T]) -> T:
        """Run a script to its end and return its result.

        An error of a command is raised inside the script at its ``yield``, so that the script may deal with
        it; what it lets pass reaches the caller.
        """
        try:
            command = next(script)
            while True:
                try:
                    response = self.transmit(command)
                except ToolkitError as error:
                    command = script.throw(error)
                else:
                    command = script.send(response)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            script.close()

    def transmit(self, command: CommandAPDU) -> ResponseAPDU:
        """Send one plain command through secure messaging, if it is on, and return the plain answer."""
        *first, last = self._split(command)
        for part in first:
            response = self._transmit_part(part)
            if not response.sw.is_ok:
                return response
        return self._transmit_part(last)

    def _transmit_part(self, command: CommandAPDU) -> ResponseAPDU:
        if self._channel is None:
            return self._exchange(command)
        protected = self._channel.protect(command)
        try:
            return self._channel.unprotect(self._exchange(protected))
        except BaseException:
            self._channel.close()  # whether the card counted this command is unknown
            raise

    def _split(self, command: CommandAPDU) -> Iterator[CommandAPDU]:
        """Cut a command that is too long for this session into a chain (§5.3.3), and its Ne to size."""
        if self.extended_length:
            # An answer that fits a short APDU in the clear may be too long for one when it is protected. Those of
            # GENERAL AUTHENTICATE are not, and cards are used to hearing it in the short form.
            if command.ne > self._short_ne and command.ins != instructions.GENERAL_AUTHENTICATE:
                command = replace(command, extended=True)
            yield command
            return
        command = replace(command, ne=min(command.ne, MAX_SHORT_NE), extended=False)
        size = MAX_SHORT_NC
        if self._channel is not None:
            block = self._channel.suite.block_length
            size = (MAX_SHORT_NC - SM_OVERHEAD) // block * block - 1
        data = command.data
        while len(data) > size:
            yield replace(command, cla=command.cla | CHAINING, data=data[:size], ne=0)
            data = data[size:]
        yield replace(command, data=data)

    def _exchange(self, command: CommandAPDU) -> ResponseAPDU:
        """One command on the wire, with GET RESPONSE after 61xx and one repetition after 6Cxx."""
        response = self._send(command)
        if response.sw.sw1 == 0x6C and not response.data:
            response = self._send(replace(command, ne=response.sw.sw2 or MAX_SHORT_NE))
        if response.sw.sw1 != 0x61:
            return response
        collected = bytearray(response.data)
        for _ in range(MAX_GET_RESPONSE):
            ne = response.sw.sw2 or MAX_SHORT_NE
            response = self._send(CommandAPDU(cla=0, ins=instructions.GET_RESPONSE, p1=0, p2=0, ne=ne))
            if response.sw.sw1 == 0x6C and not response.data:
                ne = response.sw.sw2 or MAX_SHORT_NE
                response = self._send(CommandAPDU(cla=0, ins=instructions.GET_RESPONSE, p1=0, p2=0, ne=ne))
            collected += response.data
            if len(collected) > MAX_EXTENDED_NE:
                break
            if response.sw.sw1 != 0x61:
                return ResponseAPDU(data=bytes(collected), sw=response.sw)
        raise CardError("the card announces more and more data (61xx) without end")

    def _send(self, command: CommandAPDU) -> ResponseAPDU:
        if self._deadline is not None and self._clock() > self._deadline:
            raise DeadlineError("the reading did not end within its time")
        return ResponseAPDU.decode(self._transport.transmit(command.encode()))
