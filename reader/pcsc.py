"""A connected card behind a PC/SC reader, as an :class:`apdu.transport.Transport`.

The connection is held until :meth:`PCSCTransport.close`, and closing resets the card: what an access key
has opened must not stay open for the next program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableSet
from contextlib import contextmanager
from enum import IntEnum
from types import TracebackType

from apdu.atr import states_extended_length
from apdu.command import CommandAPDU
from apdu.errors import APDUError, CardRemovedError, TransportError
from reader import capabilities, errors
from reader.discovery import choose_reader, list_readers, wait_for_card
from reader.scard import Cancellation, Context, call, control_code, invoke

LEAVE_CARD, RESET_CARD, UNPOWER_CARD = 0, 1, 2
GET_FEATURE_REQUEST = 3400

REMOVAL_NOTICE_MS = 1000  # a service that polls its reader notices a removal only some time after the failed APDU

SHORT_ONLY_READERS: set[str] = set()
"""Names of readers that failed an extended-length APDU in this process."""


class ShareMode(IntEnum):
    """Whether other programs may use the card meanwhile."""

    EXCLUSIVE = 1
    SHARED = 2


class Protocol(IntEnum):
    """Transmission protocols to choose from; contactless cards appear as T=1."""

    T0 = 1
    T1 = 2
    ANY = 3


class PCSCTransport:
    """One open connection to the card in the reader ``name``, used by one thread.

    ``short_only`` is where readers that fail extended length are remembered; it is shared by the process
    unless another set is given. Raises children of :class:`apdu.errors.TransportError` only.
    """

    def __init__(
        self,
        name: str,
        *,
        share: ShareMode = ShareMode.SHARED,
        protocol: Protocol = Protocol.ANY,
        short_only: MutableSet[str] = SHORT_ONLY_READERS,
    ) -> None:
        self._name = name
        self._share = share
        self._wanted = protocol
        self._short_only = short_only
        self._is_open = False
        self._context = Context()
        try:
            self._card, self._active = call(
                "SCardConnect", self._context.handle, name, share, protocol, doing=f"connecting to {name!r}"
            )
            self._is_open = True
            self._atr = self._read_atr()
            self._extended = self._knows_extended_length()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> PCSCTransport:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        return self._name

    @property
    def atr(self) -> bytes:
        return self._atr

    @property
    def protocol(self) -> Protocol:
        """The protocol in use, T=0 or T=1."""
        return Protocol(self._active)

    @property
    def extended_length(self) -> bool:
        """True if reader and card say so, and this reader has not failed an extended APDU yet."""
        return self._extended and self._name not in self._short_only

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command APDU. The first extended one that a reader fails makes it short-only.

        While another program holds a transaction, pcsc-lite waits for its end without limit (Windows refuses).
        """
        self._require_open()
        code, values = invoke("SCardTransmit", self._card, self._active, list(self._frame(apdu)))
        if code == errors.SUCCESS:
            if len(response := bytes(values[0])) >= 2:
                return response
            code = errors.E_NOT_TRANSACTED  # some drivers report a card that left as an answer without status word
        raise self._transmit_error(code, extended=_is_extended(apdu))

    def reset(self, *, cold: bool = False) -> bytes:
        """Reset the card, ``cold`` by cutting its power, and return the new ATR."""
        self._require_open()
        how = UNPOWER_CARD if cold else RESET_CARD
        (self._active,) = call(
            "SCardReconnect", self._card, self._share, self._wanted, how, doing=f"resetting the card in {self._name!r}"
        )
        self._atr = self._read_atr()
        return self._atr

    def keep_alive(self) -> None:
        """Ask for the card's status, so that Windows does not reset a card that idles for 5 seconds.

        Raises what became of the card meanwhile: removed, reset by another program, reader gone.
        """
        self._require_open()
        call("SCardStatus", self._card, doing=f"keeping the card in {self._name!r} awake")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep every other program off the card within this block; waits until another transaction has ended."""
        self._require_open()
        call("SCardBeginTransaction", self._card, doing=f"reserving the card in {self._name!r}")
        try:
            yield
        finally:
            if self._is_open:
                # A card that left makes this fail, which is no news: the APDU before it said so.
                invoke("SCardEndTransaction", self._card, LEAVE_CARD)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            invoke("SCardDisconnect", self._card, RESET_CARD)
        self._context.release()

    def _require_open(self) -> None:
        if not self._is_open:
            raise errors.ConnectionClosedError(f"the connection to {self._name!r} is closed")

    def _read_atr(self) -> bytes:
        _, _, _, atr = call("SCardStatus", self._card, doing=f"reading the ATR in {self._name!r}")
        if not atr:  # a connection made in the moment the card left
            raise errors.NoCardError(f"no card in {self._name!r}")
        return bytes(atr)

    def _frame(self, apdu: bytes) -> bytes:
        """For T=0 the card gets no Le beside command data: it announces its answer with 61xx (ISO 7816-3 §12.2)."""
        if self._active == Protocol.T0 and len(apdu) > 5 and len(apdu) == 6 + apdu[4]:
            return apdu[:-1]
        return apdu

    def _transmit_error(self, code: int, *, extended: bool) -> TransportError:
        doing = f"sending a command to the card in {self._name!r}"
        if code == errors.E_NO_SMARTCARD:
            return CardRemovedError(f"{doing}: the card was taken away")
        if code not in {errors.E_NOT_TRANSACTED, errors.E_INSUFFICIENT_BUFFER, errors.F_COMM_ERROR}:
            return errors.error_for(code, doing)
        # These three say only that it did not work: look whether service, reader and card are still there.
        try:
            if self._context.card_left(self._name, timeout_ms=REMOVAL_NOTICE_MS):
                return CardRemovedError(f"{doing}: the card was taken away")
        except TransportError as error:
            return error
        if extended:
            self._short_only.add(self._name)
            return errors.ExtendedLengthError(f"{doing}: no answer to an extended-length APDU (0x{code:08X})")
        return TransportError(f"{doing}: the exchange failed (0x{code:08X})")

    def _knows_extended_length(self) -> bool:
        if self._active == Protocol.T0:
            return False  # it would need ENVELOPE (ISO/IEC 7816-3 §12.2), which no travel document asks for
        return capabilities.supports_extended_length(
            reader_size=self._reader_size(), card=states_extended_length(self._atr)
        )

    def _reader_size(self) -> int | None:
        """``dwMaxAPDUDataSize``, or None where the driver has no such property, which is common."""
        features = self._control(control_code(GET_FEATURE_REQUEST))
        code = capabilities.parse_features(features).get(capabilities.FEATURE_GET_TLV_PROPERTIES)
        return None if code is None else capabilities.parse_max_apdu_data_size(self._control(code))

    def _control(self, control_code: int) -> bytes:
        code, values = invoke("SCardControl", self._card, control_code, [])
        return bytes(values[0]) if code == errors.SUCCESS else b""


def open_reader(
    wanted: str | int | None = None,
    *,
    clock: Callable[[], float],
    timeout: float | None = 0,
    share: ShareMode = ShareMode.SHARED,
    protocol: Protocol = Protocol.ANY,
    cancellation: Cancellation | None = None,
) -> PCSCTransport:
    """Connect to the card in the wanted reader, waiting up to ``timeout`` seconds for it (None: no limit).

    The reader is chosen as :func:`reader.discovery.choose_reader` does; raises what it and
    :func:`reader.discovery.wait_for_card` raise, and the errors of connecting.
    """
    if timeout == 0:
        name = choose_reader(list_readers(), wanted).name
    else:
        name = wait_for_card(wanted, timeout=timeout, clock=clock, cancellation=cancellation).name
    return PCSCTransport(name, share=share, protocol=protocol)


def _is_extended(apdu: bytes) -> bool:
    try:
        return CommandAPDU.decode(apdu).extended
    except APDUError:
        return False
