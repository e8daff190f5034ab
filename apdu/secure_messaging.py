"""Secure messaging for the terminal and for the card (ICAO Doc 9303-11 §9.8, ISO/IEC 7816-4 §10).

Both sides count the same send sequence counter: once before every command, once before every answer. Any
error leaves the channel dead: the keys are dropped and every further call fails, on either side.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


class _Channel:
    """What both ends share: keys, counter, the data objects and their checksum."""

    def __init__(self, keys: SessionKeys) -> None:
        self._suite = keys.suite
        self._cipher: BlockCipher | None = BlockCipher(keys.suite, keys.ks_enc)
        self._mac = MessageAuthentication(keys.suite, keys.ks_mac)
        self._ssc = keys.ssc
        self._ssc_modulus = 1 << (8 * keys.suite.block_length)

    @property
    def suite(self) -> CipherSuite:
        return self._suite

    @property
    def is_alive(self) -> bool:
        """False once an error or :meth:`close` has dropped the keys."""
        return self._cipher is not None

    def close(self) -> None:
        """Drop the keys."""
        self._cipher = None

    @contextmanager
    def _guard(self) -> Iterator[BlockCipher]:
        """One step of the channel: any failure inside drops the keys (§9.8.3)."""
        if self._cipher is None:
            raise SecureMessagingError("the secure session has ended", sw=status.SM_OBJECTS_MISSING)
        try:
            yield self._cipher
        except TLVError as error:
            self.close()
            raise SecureMessagingError(error.message) from error
        except SecureMessagingError:
            self.close()
            raise

    def _next_ssc(self) -> bytes:
        self._ssc = (self._ssc + 1) % self._ssc_modulus
        return self._ssc.to_bytes(self._suite.block_length, "big")

    def _iv(self, cipher: BlockCipher, ssc: bytes) -> bytes | None:
        """Zero for 3DES; the encrypted counter for AES (§9.8.7.1)."""
        return None if self._suite is CipherSuite.TDES else cipher.encrypt_block(ssc)

    def _encrypt(self, cipher: BlockCipher, ssc: bytes, data: bytes, *, odd: bool) -> bytes:
        cryptogram = cipher.encrypt(pad(data, self._suite.block_length), self._iv(cipher, ssc))
        if odd:
            return tlv.encode(CRYPTOGRAM_ODD, cryptogram)
        return tlv.encode(CRYPTOGRAM, b"\x01", cryptogram)

    def _decrypt(self, cipher: BlockCipher, ssc: bytes, cryptogram: tlv.TLV) -> bytes:
        value = cryptogram.value
        if cryptogram.tag == CRYPTOGRAM:
            if value[:1] != b"\x01":
                raise SecureMessagingError("DO'87' does not begin with padding indicator 01")
            value = value[1:]
        if not value:
            raise SecureMessagingError("a cryptogram is empty")
        return unpad(cipher.decrypt(value, self._iv(cipher, ssc)))

    def _checksum(self, ssc: bytes, protected: bytes) -> bytes:
        return self._mac.compute_padded(ssc + protected)


class TerminalChannel(_Channel):
    """The terminal's end: protects commands, verifies and opens answers."""

    def protect(self, command: CommandAPDU) -> CommandAPDU:
        """Wrap a plain command (§9.8.4); the result asks for the longest answer of its length form."""
        with self._guard() as cipher:
            if command.cla & 0xEC:
                raise SecureMessagingError(f"class {command.cla:02X} cannot carry secure messaging")
            ssc = self._next_ssc()
            cla = command.cla | SECURE_MESSAGING
            objects = self._encrypt(cipher, ssc, command.data, odd=command.is_odd) if command.data else b""
            if command.ne:
                objects += _encode_expected_length(command)
            header = bytes((cla, command.ins, command.p1, command.p2))
            checksum = self._checksum(ssc, pad(header, self._suite.block_length) + objects)
            objects += tlv.encode(CHECKSUM, checksum)
            extended = command.extended or command.ne > MAX_SHORT_NE or len(objects) > MAX_SHORT_NC
            ne = MAX_EXTENDED_NE if extended else MAX_SHORT_NE
            return replace(command, cla=cla, data=objects, ne=ne, extended=extended)

    def unprotect(self, response: ResponseAPDU) -> ResponseAPDU:
        """Verify and open an answer (§9.8.5); the checksum is checked before anything is decrypted.

        A bare status word means that the card has ended the session: it raises too, with that ``sw``.
        """
        with self._guard() as cipher:
            if not response.data:
                raise SecureMessagingError(
                    f"the card left secure messaging with {response.sw} ({response.sw.meaning})", sw=response.sw
                )
            ssc = self._next_ssc()
            cryptogram, processing_status, checksum = _split(response.data, _RESPONSE_ORDER)
            if checksum is None:
                raise SecureMessagingError("the answer has no checksum (DO'8E')")
            body = response.data[: -len(checksum.raw)]
            verify_mac(self._checksum(ssc, body), checksum.value, "answer")
            if processing_status is None or len(processing_status.value) != 2:
                raise SecureMessagingError("the answer has no processing status (DO'99')")
            sw = StatusWord.from_bytes(processing_status.value, "big")
            if sw != response.sw:
                raise SecureMessagingError(f"protected status {sw} differs from the plain one {response.sw}")
            data = b"" if cryptogram is None else self._decrypt(cipher, ssc, cryptogram)
            return ResponseAPDU(data=data, sw=sw)


class CardChannel(_Channel):
    """The card's end: verifies and opens commands, protects answers.

    A failure carries the status word that the card returns in the clear: 6987 for missing objects, 6988 for
    wrong ones.
    """

    def unprotect(self, command: CommandAPDU) -> CommandAPDU:
        """Verify and open a protected command; the result is the plain command it stands for."""
        with self._guard() as cipher:
            ssc = self._next_ssc()
            cryptogram, expected_length, checksum = _split(command.data, _COMMAND_ORDER)
            if checksum is None:
                raise SecureMessagingError("the command has no checksum (DO'8E')", sw=status.SM_OBJECTS_MISSING)
            body = command.data[: -len(checksum.raw)]
            header = pad(command.header, self._suite.block_length)
            verify_mac(self._checksum(ssc, header + body), checksum.value, "command")
            if cryptogram is not None and (cryptogram.tag == CRYPTOGRAM_ODD) != command.is_odd:
                raise SecureMessagingError("the cryptogram's tag does not fit the instruction")
            data = b"" if cryptogram is None else self._decrypt(cipher, ssc, cryptogram)
            ne = 0 if expected_length is None else _decode_expected_length(expected_length.value)
            return replace(command, cla=command.cla & ~SECURE_MESSAGING, data=data, ne=ne)

    def protect(self, response: ResponseAPDU, *, odd: bool) -> ResponseAPDU:
        """Wrap an answer; ``odd`` tells whether the command had an odd INS."""
        with self._guard() as cipher:
            ssc = self._next_ssc()
            objects = self._encrypt(cipher, ssc, response.data, odd=odd) if response.data else b""
            objects += tlv.encode(PROCESSING_STATUS, response.sw.to_bytes(2, "big"))
            objects += tlv.encode(CHECKSUM, self._checksum(ssc, objects))
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
