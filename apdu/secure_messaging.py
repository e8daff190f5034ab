"""Secure messaging for the terminal and for the card (ICAO Doc 9303-11 §9.8, ISO/IEC 7816-4 §10).

Both sides count the same send sequence counter: once before every command, once before every answer. Any
error leaves the channel dead: the keys are dropped and every further call fails, on either side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from apdu import status, tlv
from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication, pad, unpad, verify_mac
from apdu.command import MAX_EXTENDED_NE, MAX_SHORT_NC, MAX_SHORT_NE, SECURE_MESSAGING, CommandAPDU
from apdu.errors import SecureMessagingError, TLVError
from apdu.response import ResponseAPDU
from apdu.status import StatusWord

CRYPTOGRAM = 0x87  # padding indicator 01 and cryptogram, even INS
CRYPTOGRAM_ODD = 0x85  # cryptogram of BER-TLV data, odd INS
EXPECTED_LENGTH = 0x97
PROCESSING_STATUS = 0x99
CHECKSUM = 0x8E

_COMMAND_ORDER = ((CRYPTOGRAM, CRYPTOGRAM_ODD), (EXPECTED_LENGTH,), (CHECKSUM,))
_RESPONSE_ORDER = ((CRYPTOGRAM, CRYPTOGRAM_ODD), (PROCESSING_STATUS,), (CHECKSUM,))


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionKeys:
    """The outcome of an access protocol: suite, KS_Enc, KS_MAC and the counter to start from."""

    suite: CipherSuite
    ks_enc: bytes = field(repr=False)
    ks_mac: bytes = field(repr=False)
    ssc: int = field(default=0, repr=False)


class _Keys:
    """The working keys of a channel: data objects and checksums under one value of the counter."""

    def __init__(self, keys: SessionKeys) -> None:
        self._suite = keys.suite
        self._cipher = BlockCipher(keys.suite, keys.ks_enc)
        self._mac = MessageAuthentication(keys.suite, keys.ks_mac)

    def encrypt(self, ssc: bytes, data: bytes, *, odd: bool) -> bytes:
        """The data object of the cryptogram; nothing for no data (§9.8.4)."""
        if not data:
            return b""
        cryptogram = self._cipher.encrypt(pad(data, self._suite.block_length), self._iv(ssc))
        if odd:
            return tlv.encode(CRYPTOGRAM_ODD, cryptogram)
        return tlv.encode(CRYPTOGRAM, b"\x01", cryptogram)

    def decrypt(self, ssc: bytes, cryptogram: tlv.TLV | None) -> bytes:
        if cryptogram is None:
            return b""
        value = cryptogram.value
        if cryptogram.tag == CRYPTOGRAM:
            if value[:1] != b"\x01":
                raise SecureMessagingError("DO'87' does not begin with padding indicator 01")
            value = value[1:]
        if not value:
            raise SecureMessagingError("a cryptogram is empty")
        return unpad(self._cipher.decrypt(value, self._iv(ssc)))

    def checksum(self, ssc: bytes, objects: bytes, *, header: bytes = b"") -> bytes:
        """The checksum over counter, command header and data objects.

        Header and objects are padded apart, and what is absent is not padded (ISO/IEC 7816-4 §10.2.3.1): a
        command with neither data nor Le is its padded header alone (BSI TR-03110-3 Figure 5).
        """
        block_length = self._suite.block_length
        message = ssc + pad(header, block_length) if header else ssc
        return self._mac.compute_blocks(message + pad(objects, block_length) if objects else message)

    def _iv(self, ssc: bytes) -> bytes | None:
        """Zero for 3DES; the encrypted counter for AES (§9.8.7.1)."""
        return None if self._suite is CipherSuite.TDES else self._cipher.encrypt_block(ssc)


class _Message:
    """The making or opening of one message: whatever fails meanwhile ends the channel (§9.8.3)."""

    def __init__(self, begin: Callable[[], tuple[_Keys, bytes]], end_channel: Callable[[], None]) -> None:
        self._begin = begin
        self._end_channel = end_channel

    def __enter__(self) -> tuple[_Keys, bytes]:
        return self._begin()

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            return
        self._end_channel()
        if isinstance(error, TLVError):
            raise SecureMessagingError(error.message) from error


class _Channel:
    """What both ends share: the keys while they live, and the counter."""

    def __init__(self, keys: SessionKeys) -> None:
        self._suite = keys.suite
        self._keys: _Keys | None = _Keys(keys)
        self._ssc = keys.ssc
        self._ssc_modulus = 1 << (8 * keys.suite.block_length)
        self._message = _Message(self._count, self.close)

    @property
    def suite(self) -> CipherSuite:
        return self._suite

    @property
    def is_alive(self) -> bool:
        """False once an error or :meth:`close` has dropped the keys."""
        return self._keys is not None

    def close(self) -> None:
        """Drop the keys."""
        self._keys = None

    def _count(self) -> tuple[_Keys, bytes]:
        """Count one message (§9.8.2); return the keys and the counter as it enters the computations."""
        if self._keys is None:
            raise SecureMessagingError("the secure session has ended", sw=status.SM_OBJECTS_MISSING)
        self._ssc = (self._ssc + 1) % self._ssc_modulus
        return self._keys, self._ssc.to_bytes(self._suite.block_length, "big")


class TerminalChannel(_Channel):
    """The terminal's end: protects commands, verifies and opens answers."""

    def protect(self, command: CommandAPDU) -> CommandAPDU:
        """Wrap a plain command (§9.8.4); the result asks for the longest answer of its length form."""
        with self._message as (keys, ssc):
            if command.cla & 0xEC:
                raise SecureMessagingError(f"class {command.cla:02X} cannot carry secure messaging")
            header = bytes((command.cla | SECURE_MESSAGING, command.ins, command.p1, command.p2))
            objects = keys.encrypt(ssc, command.data, odd=command.is_odd)
            if command.ne:
                objects += _encode_expected_length(command)
            objects += tlv.encode(CHECKSUM, keys.checksum(ssc, objects, header=header))
            extended = command.extended or command.ne > MAX_SHORT_NE or len(objects) > MAX_SHORT_NC
            return CommandAPDU(
                cla=header[0],
                ins=command.ins,
                p1=command.p1,
                p2=command.p2,
                data=objects,
                ne=MAX_EXTENDED_NE if extended else MAX_SHORT_NE,
                extended=extended,
            )

    def renew_checksum(self, protected: CommandAPDU, objects: bytes) -> CommandAPDU:
        """The command that was protected last, with other data objects under a right checksum: to try a card."""
        if self._keys is None:
            raise SecureMessagingError("the secure session has ended", sw=status.SM_OBJECTS_MISSING)
        ssc = self._ssc.to_bytes(self._suite.block_length, "big")
        checksum = tlv.encode(CHECKSUM, self._keys.checksum(ssc, objects, header=protected.header))
        return replace(protected, data=objects + checksum)

    def unprotect(self, response: ResponseAPDU) -> ResponseAPDU:
        """Verify and open an answer (§9.8.5); the checksum is checked before anything is decrypted.

        A bare status word means that the card has ended the session: it raises too, with that ``sw``.
        """
        with self._message as (keys, ssc):
            if not response.data:
                raise SecureMessagingError(
                    f"the card left secure messaging with {response.sw} ({response.sw.meaning})", sw=response.sw
                )
            cryptogram, processing_status, checksum = _split(response.data, _RESPONSE_ORDER)
            if checksum is None:
                raise SecureMessagingError("the answer has no checksum (DO'8E')")
            verify_mac(keys.checksum(ssc, response.data[: -len(checksum.raw)]), checksum.value, "answer")
            if processing_status is None or len(processing_status.value) != 2:
                raise SecureMessagingError("the answer has no processing status (DO'99')")
            sw = StatusWord.from_bytes(processing_status.value, "big")
            if sw != response.sw:
                raise SecureMessagingError(f"protected status {sw} differs from the plain one {response.sw}")
            return ResponseAPDU(data=keys.decrypt(ssc, cryptogram), sw=sw)


class CardChannel(_Channel):
    """The card's end: verifies and opens commands, protects answers.

    A failure carries the status word that the card returns in the clear: 6987 for missing objects, 6988 for
    wrong ones (BSI TR-03110-3 §F.6).
    """

    def unprotect(self, command: CommandAPDU) -> CommandAPDU:
        """Verify and open a protected command; the result is the plain command it stands for."""
        with self._message as (keys, ssc):
            if not command.is_secure:
                raise SecureMessagingError("the command is not protected", sw=status.SM_OBJECTS_MISSING)
            cryptogram, expected_length, checksum = _split(command.data, _COMMAND_ORDER)
            if checksum is None:
                raise SecureMessagingError("the command has no checksum (DO'8E')", sw=status.SM_OBJECTS_MISSING)
            body = command.data[: -len(checksum.raw)]
            verify_mac(keys.checksum(ssc, body, header=command.header), checksum.value, "command")
            if cryptogram is not None and (cryptogram.tag == CRYPTOGRAM_ODD) != command.is_odd:
                raise SecureMessagingError("the cryptogram's tag does not fit the instruction")
            return CommandAPDU(
                cla=command.cla & ~SECURE_MESSAGING,
                ins=command.ins,
                p1=command.p1,
                p2=command.p2,
                data=keys.decrypt(ssc, cryptogram),
                ne=0 if expected_length is None else _decode_expected_length(expected_length.value),
                extended=command.extended,
            )

    def protect(self, response: ResponseAPDU, *, odd: bool) -> ResponseAPDU:
        """Wrap an answer; ``odd`` tells whether the command had an odd INS."""
        with self._message as (keys, ssc):
            objects = keys.encrypt(ssc, response.data, odd=odd)
            objects += tlv.encode(PROCESSING_STATUS, response.sw.to_bytes(2, "big"))
            objects += tlv.encode(CHECKSUM, keys.checksum(ssc, objects))
            return ResponseAPDU(data=objects, sw=response.sw)


def _encode_expected_length(command: CommandAPDU) -> bytes:
    if command.ne > MAX_SHORT_NE or command.extended:
        return tlv.encode(EXPECTED_LENGTH, (command.ne & 0xFFFF).to_bytes(2, "big"))
    return tlv.encode(EXPECTED_LENGTH, bytes((command.ne & 0xFF,)))


def _decode_expected_length(value: bytes) -> int:
    if len(value) not in (1, 2):
        raise SecureMessagingError("DO'97' does not hold one or two bytes")
    return int.from_bytes(value, "big") or 1 << (8 * len(value))


def _split(data: bytes, order: tuple[tuple[int, ...], ...]) -> list[tlv.TLV | None]:
    """Sort the data objects into their places; anything unknown, repeated or out of order is an error."""
    found: list[tlv.TLV | None] = [None] * len(order)
    place = 0
    for one in tlv.parse_all(data):
        while place < len(order) and one.tag not in order[place]:
            place += 1
        if place == len(order):
            raise SecureMessagingError(f"data object {one.tag:X} is unknown, repeated or out of order")
        found[place] = one
        place += 1
    return found
