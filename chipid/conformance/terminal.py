"""The terminal of the test cases: speaks plain and protected, right and wrong, and records what passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from apdu import instructions, tlv
from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication
from apdu.command import CommandAPDU
from apdu.errors import CardRemovedError, DeadlineError, SecureMessagingError, ToolkitError
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CHECKSUM, SessionKeys, TerminalChannel
from apdu.status import OK, StatusWord
from chipid.asn1 import der
from chipid.conformance.case import DeviationError, Exchange, NotApplicableError
from chipid.conformance.chip_under_test import ChipUnderTest, PACEVariant
from chipid.conformance.pace_steps import PACESteps
from chipid.crypto.entropy import Entropy
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.lds.ef_cvca import LENGTH as EF_CVCA_LENGTH
from chipid.lds.files import AID_EMRTD, FileId
from chipid.mrz.access_key import AccessKey

SHOWN_BYTES = 40
MAX_PIECES = 64
MAX_FILE = 0x7FFF  # as far as READ BINARY with an even instruction reaches
PIECE = 200
Clock = Callable[[], float]
AFTER_NUMBER = 14  # dates of birth and expiry with their check digits follow the number


class Link(Protocol):
    """The way to the chip: a transport of ``apdu`` is one."""

    def transmit(self, apdu: bytes) -> bytes:
        """Send one encoded command APDU, return the encoded response APDU."""

    def reset(self) -> bytes:
        """Reset the chip."""


class ConformanceTerminal:
    """One case's conversation with the chip; ``clock`` returns seconds, and nothing is sent after ``deadline``."""

    def __init__(
        self,
        link: Link,
        chip: ChipUnderTest,
        entropy: Entropy,
        *,
        clock: Clock | None = None,
        deadline: float | None = None,
    ) -> None:
        self._link = link
        self._clock = clock
        self._deadline = deadline
        self.was_answered = False
        self.chip = chip
        self.entropy = entropy
        self.channel: TerminalChannel | None = None
        self.exchanges: list[Exchange] = []
        self.last_sw = OK
        self.k_ic = b""  # the chip's part of the keys of Basic Access Control
        self.id_ic = b""  # how Terminal Authentication names the chip

    def reset(self) -> None:
        self._check_time()
        self._link.reset()
        self.channel = None

    def hex(self, command: str) -> ResponseAPDU:
        """Send plain bytes given in hexadecimal, well-formed or not."""
        raw = bytes.fromhex(command)
        return self._transmit(raw, _shown(raw))

    def plain(self, command: CommandAPDU) -> ResponseAPDU:
        raw = command.encode()
        return self._transmit(raw, _shown(raw))

    def protect(self, command: CommandAPDU) -> CommandAPDU:
        """The protected form; the counter goes on, whether it is sent or not."""
        if self.channel is None:
            raise ValueError("there is no session")
        return self.channel.protect(command)

    def protect_changed(self, command: CommandAPDU, change: Callable[[bytes], bytes]) -> CommandAPDU:
        """The protected form with other data objects before its checksum, which is right for them."""
        protected = self.protect(command)
        objects = b"".join(one.raw for one in tlv.parse_all(protected.data) if one.tag != CHECKSUM)
        if self.channel is None:
            raise ValueError("there is no session")
        return self.channel.renew_checksum(protected, change(objects))

    def begin_session(self, keys: SessionKeys) -> None:
        """Secure messaging with these keys from now on."""
        self.channel = TerminalChannel(keys)

    def send_protected(self, protected: CommandAPDU, what: str) -> ResponseAPDU:
        """Send a protected command, right or spoilt, and return the answer as it comes."""
        return self._transmit(protected.encode(), f"{what} {protected.header.hex().upper()}")

    def secure(self, command: CommandAPDU) -> ResponseAPDU:
        """Send a command protected; an answer that is not is a deviation."""
        return self.take_protected(self.protect(command), f"SM {_shown(command.encode())}")

    def take_protected(self, protected: CommandAPDU, shown: str) -> ResponseAPDU:
        """Send what was protected last, and open the answer."""
        raw = self._transmit(protected.encode(), shown)
        if self.channel is None:
            raise ValueError("there is no session")
        try:
            return self.channel.unprotect(raw)
        except SecureMessagingError as error:
            raise DeviationError(f"the answer is not protected as it must be: {error.message}") from error

    def send(self, command: CommandAPDU) -> ResponseAPDU:
        """Inside the session if there is one, else in the clear."""
        return self.plain(command) if self.channel is None else self.secure(command)

    def secure_hex(self, command: str) -> ResponseAPDU:
        return self.secure(CommandAPDU.decode(bytes.fromhex(command)))

    def require_dead(self, *unsent: CommandAPDU) -> None:
        """The keys of the session must be of no use: correct commands under the next counters are not accepted.

        ``unsent`` are commands that were protected and not sent as they are: a chip that has not counted the wrong
        command would take one of them.
        """
        for _ in range(3):  # it is unknown whether the chip has counted the wrong command
            self._require_refused(self.protect(instructions.read_binary_sfi(0x1E, 0, 6)))
        for protected in unsent:
            self._require_refused(protected)

    def _require_refused(self, protected: CommandAPDU) -> None:
        answer = self.send_protected(protected, "SM (old keys)")
        if answer.data or answer.sw.is_ok:
            raise DeviationError("the session goes on after it should have ended")

    def file(self, file: FileId) -> bytes:
        """A file by its short identifier, plain or inside the session, as far as it goes; empty if closed.

        Where the rest of it does not come, as the file has not become the current one, it is selected.
        """
        if file is FileId.CVCA:
            return self.send(instructions.read_binary_sfi(file.sfi, 0, EF_CVCA_LENGTH)).data
        response = self.send(instructions.read_binary_sfi(file.sfi, 0, 6))
        if not response.sw.is_ok:
            return b""
        _, header, length = tlv.read_header(response.data)
        whole = min(header + length, MAX_FILE)
        content = self._rest(response.data, whole)
        if len(content) < whole and content == response.data and self.send(instructions.select_ef(file.fid)).sw.is_ok:
            content = self._rest(b"", whole)
        return content[:whole]

    def _rest(self, content: bytes, whole: int) -> bytes:
        """What was read of the current file, and what follows up to a length."""
        while len(content) < whole:
            piece = self.send(instructions.read_binary(len(content), min(whole - len(content), PIECE)))
            if not piece.data:
                break
            content += piece.data
        return content

    # Access

    def select_application(self) -> None:
        expect_ok(self.send(instructions.select_application(AID_EMRTD)))

    def open(self) -> None:
        """Open the chip as well as it can be opened, and select the application inside the session."""
        if self.chip.pace and self.chip.keys:
            self.open_by_pace()
        else:
            self.bac()

    def open_by_pace(self) -> None:
        """PACE with the first variant, and the application inside its session."""
        self.pace(self.pace_variant(), self.chip.keys[-1])
        self.select_application()

    def bac(self) -> None:
        """Basic Access Control with the right key (§4.3), inside the session if there is one."""
        if self.chip.mrz is None or not self.chip.has_bac:
            raise NotApplicableError("the chip has no Basic Access Control, or its zone is not known")
        self.select_application()
        rnd_ic = expect_ok(self.send(instructions.get_challenge()))
        rnd_ifd, k_ifd = self.entropy(8), self.entropy(16)
        data = bac_cryptogram(self.chip.mrz.k_seed, rnd_ifd + rnd_ic + k_ifd)
        answer = expect_ok(self.send(instructions.external_authenticate(data, ne=40)))
        k_enc = derive_key(self.chip.mrz.k_seed, KeyPurpose.ENCRYPTION, CipherSuite.TDES)
        r = BlockCipher(CipherSuite.TDES, k_enc).decrypt(answer[:32])
        if len(answer) != 40 or answer != bac_cryptogram(self.chip.mrz.k_seed, r) or r[:16] != rnd_ic + rnd_ifd:
            raise DeviationError("the answer of mutual authentication is wrong")
        self.k_ic = r[16:]
        secret = bytes(a ^ b for a, b in zip(k_ifd, self.k_ic, strict=True))
        self.id_ic = self.chip.mrz.secret[:-AFTER_NUMBER]
        ssc = int.from_bytes(rnd_ic[4:] + rnd_ifd[4:], "big")
        self.channel = TerminalChannel(derive_session_keys(secret, CipherSuite.TDES, ssc))

    def pace_variant(self) -> PACEVariant:
        """The variant that malformed commands are tried on."""
        if not self.chip.pace or not self.chip.keys:
            raise NotApplicableError("the chip has no PACE over standardized parameters, or no key is known")
        return self.chip.pace[0]

    def pace_choose(
        self,
        variant: PACEVariant | None = None,
        key: AccessKey | None = None,
        *,
        named: bool | None = None,
        more: bytes = b"",
    ) -> tuple[PACESteps, ResponseAPDU]:
        """MSE:Set AT and its answer; the parameters are named where they are ambiguous, or as ``named`` says.

        ``more`` are further data objects.
        """
        chosen, opened_by = variant or self.pace_variant(), key or self.chip.keys[-1]
        is_ambiguous = [one.oid for one in self.chip.pace].count(chosen.oid) > 1
        data = tlv.encode(0x80, der.oid_value(chosen.oid)) + tlv.encode(0x83, bytes((opened_by.kind.value,)))
        if is_ambiguous if named is None else named:
            data += tlv.encode(0x84, bytes((chosen.parameter_id,)))
        response = self.send(instructions.set_at_mutual_authentication(data + more))
        return PACESteps(variant=chosen, password=opened_by.pace_password, entropy=self.entropy), response

    def pace_start(
        self, variant: PACEVariant | None = None, key: AccessKey | None = None, *, named: bool | None = None
    ) -> PACESteps:
        """The same, taken by the chip; of a password whose tries are counted, it may say how many are left."""
        steps, response = self.pace_choose(variant, key, named=named)
        is_counted = key is not None and key.kind.is_blocking and response.sw.sw1 == 0x63
        if not is_counted:
            expect_ok(response)
        return steps

    def pace_to(self, steps: PACESteps, count: int) -> None:
        """The first ``count`` of the three steps before the token."""
        if count > 0:
            steps.take_nonce(self.general_authenticate(b""))
        if count > 1:
            steps.take_mapping(self.general_authenticate(tlv.encode(0x81, steps.mapping_data())))
        if count > 2:
            steps.take_key(self.general_authenticate(tlv.encode(0x83, steps.ephemeral_key())))

    def pace_map_and_agree(self, steps: PACESteps) -> None:
        """The two steps between the nonce and the token."""
        steps.take_mapping(self.general_authenticate(tlv.encode(0x81, steps.mapping_data())))
        steps.take_key(self.general_authenticate(tlv.encode(0x83, steps.ephemeral_key())))

    def pace_finish(self, steps: PACESteps) -> dict[int, bytes]:
        """The token; secure messaging begins anew. Returns the objects of the answer."""
        objects = steps.take_token(expect_ok(self.send(steps.token_command())))
        self.id_ic = steps.compressed_key()
        if steps.keys is not None:
            self.begin_session(steps.keys)
        return objects

    def pace(self, variant: PACEVariant | None = None, key: AccessKey | None = None) -> dict[int, bytes]:
        """The whole of PACE, inside the session if there is one."""
        steps = self.pace_start(variant, key)
        self.pace_to(steps, 3)
        return self.pace_finish(steps)

    def general_authenticate(self, data: bytes) -> bytes:
        return expect_ok(self.send(instructions.general_authenticate(data, last=False)))

    def _transmit(self, raw: bytes, shown: str) -> ResponseAPDU:
        response = self._exchange(raw)
        self.last_sw = response.sw
        collected = response.data
        for _ in range(MAX_PIECES):
            if response.sw.sw1 != 0x61:
                break
            get_response = CommandAPDU(cla=0, ins=instructions.GET_RESPONSE, p1=0, p2=0, ne=response.sw.sw2 or 256)
            response = self._exchange(get_response.encode())
            collected += response.data
        cut = shown if len(shown) <= 2 * SHOWN_BYTES else shown[: 2 * SHOWN_BYTES] + "…"
        self.exchanges.append(Exchange(stimulus=cut, answer=f"{len(collected)} bytes, {response.sw}"))
        return replace(response, data=collected)

    def _exchange(self, raw: bytes) -> ResponseAPDU:
        self._check_time()
        try:
            answer = self._link.transmit(raw)
            self.was_answered = True
            return ResponseAPDU.decode(answer)
        except (CardRemovedError, DeadlineError):
            raise
        except ToolkitError as error:
            raise DeviationError(f"the chip gave no answer ({error.code})") from error

    def _check_time(self) -> None:
        if self._clock is not None and self._deadline is not None and self._clock() > self._deadline:
            raise DeadlineError("the cases did not end within their time")


def _shown(raw: bytes) -> str:
    """A command as reports tell it; of a proof the header alone, for known text in it betrays the access key."""
    if raw[1:2] == bytes((instructions.EXTERNAL_AUTHENTICATE,)):
        return f"{raw[:4].hex().upper()} and {len(raw) - 4} bytes"
    return raw.hex().upper()


def bac_cryptogram(k_seed: bytes, plaintext: bytes) -> bytes:
    """A cryptogram of Basic Access Control with its checksum."""
    k_enc = derive_key(k_seed, KeyPurpose.ENCRYPTION, CipherSuite.TDES)
    k_mac = derive_key(k_seed, KeyPurpose.MAC, CipherSuite.TDES)
    cryptogram = BlockCipher(CipherSuite.TDES, k_enc).encrypt(plaintext)
    return cryptogram + MessageAuthentication(CipherSuite.TDES, k_mac).compute(cryptogram)


def expect_ok(response: ResponseAPDU) -> bytes:
    """The data of a 9000."""
    if not response.sw.is_ok:
        raise DeviationError(f"9000 was expected, {response.sw} came")
    return response.data


def expect_sw(sw: StatusWord, expected: StatusWord) -> None:
    """This status word and no other."""
    if sw != expected:
        raise DeviationError(f"{expected} was expected, {sw} came")


def expect_error(response: ResponseAPDU, *, or_warning: bool = False) -> None:
    """A checking error (67 to 6F) without data; with ``or_warning`` 63xx too, which says that it failed."""
    is_allowed = is_checking_error(response.sw) or (or_warning and response.sw.sw1 == 0x63)
    if not is_allowed or response.data:
        raise DeviationError(f"an error without data was expected, {response.sw} with {len(response.data)} bytes came")


def is_checking_error(sw: StatusWord) -> bool:
    return 0x67 <= sw.sw1 <= 0x6F
