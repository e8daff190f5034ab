"""Chips that forget to look at one thing in sessions or access; everything else about them is right."""

from __future__ import annotations

from dataclasses import replace

from apdu import tlv
from apdu.ciphers import BlockCipher, CipherSuite
from apdu.command import CommandAPDU
from apdu.errors import ToolkitError
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel
from apdu.status import StatusWord
from chipid.asn1 import der
from chipid.crypto import dh
from chipid.crypto.domain_parameters import Curve, DHGroup
from chipid.crypto.points import encode_point
from simulator.access_rules import AccessStatus, Authorisation, PasswordId
from simulator.calls import Outcome
from simulator.chip import Chip
from simulator.protocols import chip_authentication, pace
from simulator.protocols.bac import Challenge
from simulator.protocols.pace import Agreed
from simulator.protocols.pace_selection import Choice, Selected
from tests.conformance.bad_chips import (
    CHECKSUM,
    EXTERNAL_AUTHENTICATE,
    GENERAL_AUTHENTICATE,
    READ_BINARY,
    BadChip,
    counter_of,
    without_tag,
)

SELECT, UPDATE_BINARY, VERIFY_CERTIFICATE, SET_DST = 0xA4, 0xD6, 0x2A, 0x22
RESET_RETRY_COUNTER = 0x2C


# Secure messaging


class LaxChecksum(BadChip):
    """The checksum of a command is compared in part only."""

    def accept(self, right: bytes, found: bytes) -> bool:
        raise NotImplementedError

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        channel = self._channel
        objects = tlv.parse_all(protected.data)
        if channel is not None and channel._keys is not None and objects and objects[-1].tag == CHECKSUM:
            body = without_tag(protected.data, CHECKSUM)
            right = channel._keys.checksum(counter_of(channel, 1), body, header=protected.header)
            if self.accept(right, objects[-1].value):
                protected = replace(protected, data=body + tlv.encode(CHECKSUM, right))
        return super()._process_secure(protected)


class ShortChecksum(LaxChecksum):
    """It takes the first half of a checksum for the whole."""

    def accept(self, right: bytes, found: bytes) -> bool:
        return bool(found) and right.startswith(found)


class FirstHalfOfChecksum(LaxChecksum):
    """It compares the first half of a checksum."""

    def accept(self, right: bytes, found: bytes) -> bool:
        return len(found) == 8 and right[:4] == found[:4]


class SecondHalfOfChecksum(LaxChecksum):
    """It compares the second half of a checksum."""

    def accept(self, right: bytes, found: bytes) -> bool:
        return len(found) == 8 and right[4:] == found[4:]


class HeaderNotProtected(BadChip):
    """Its checksums leave out the last byte of the header."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        channel = self._channel
        if channel is not None and channel._keys is not None:
            body = without_tag(protected.data, CHECKSUM)
            for p2 in range(256):
                header = protected.header[:3] + bytes((p2,))
                checksum = channel._keys.checksum(counter_of(channel, 1), body, header=header)
                if protected.data.endswith(checksum):
                    right = channel._keys.checksum(counter_of(channel, 1), body, header=protected.header)
                    protected = replace(protected, data=body + tlv.encode(CHECKSUM, right))
                    break
        return super()._process_secure(protected)


class TakesReplays(BadChip):
    """It takes a command once more under the counter of before."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        channel = self._channel
        if channel is not None and channel._keys is not None:
            body = without_tag(protected.data, CHECKSUM)
            if protected.data.endswith(channel._keys.checksum(counter_of(channel, -1), body, header=protected.header)):
                channel._ssc -= 2
        return super()._process_secure(protected)


class IgnoresPaddingIndicator(BadChip):
    """It does not look at the padding indicator of DO'87'."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        channel = self._channel
        if channel is not None and channel._keys is not None and b"\x87" in protected.data:
            body = without_tag(protected.data, CHECKSUM)
            if protected.data.endswith(channel._keys.checksum(counter_of(channel, 1), body, header=protected.header)):
                objects = b"".join(
                    tlv.encode(0x87, b"\x01" + one.value[1:]) if one.tag == 0x87 else one.raw
                    for one in tlv.parse_all(body)
                )
                right = channel._keys.checksum(counter_of(channel, 1), objects, header=protected.header)
                protected = replace(protected, data=objects + tlv.encode(CHECKSUM, right))
        return super()._process_secure(protected)


class ErrorsNotCounted(BadChip):
    """The counter does not go on with an error of the application."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        answer = super()._process_secure(protected)
        if self._channel is not None and answer.data and not answer.sw.is_ok:
            self._channel._ssc -= 2
        return answer


class AccessOutlivesSession(BadChip):
    """Files stay open to plain commands after an error of secure messaging."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        terminal, was_open = self.state.terminal, self._channel is not None
        answer = super()._process_secure(protected)
        if was_open and self._channel is None:
            self.state = replace(self.state, terminal=terminal)
        return answer


class OldKeysStayAlive(BadChip):
    """After Chip Authentication the keys of before are good beside the new ones."""

    before_that: CardChannel | None = None

    def _renew_keys(self, outcome: Outcome) -> None:
        if outcome.keys is not None:
            self.before_that = self._channel
        super()._renew_keys(outcome)

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        old = self.before_that
        if old is not None and old._keys is not None:
            body = without_tag(protected.data, CHECKSUM)
            if protected.data.endswith(old._keys.checksum(counter_of(old, 1), body, header=protected.header)):
                self._channel = old
        return super()._process_secure(protected)


class BreaksOnLongReads(BadChip):
    """The longest read ends the session with a status word in the clear."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        if protected.ins == READ_BINARY and b"\x97\x01\x00" in protected.data:
            self._end_session()
            return ResponseAPDU(sw=StatusWord(0x6700))
        return super()._process_secure(protected)


class SessionOutlivesReset(BadChip):
    """A reset leaves the session as it was."""

    def reset(self) -> None:
        channel, state = self._channel, self.state
        super().reset()
        if channel is not None:
            self._channel, self.state = channel, state


# Basic Access Control and PACE


class SulksAfterWrongPassword(BadChip):
    """After a wrong token it takes no password until a reset."""

    has_failed = False

    def reset(self) -> None:
        super().reset()
        self.has_failed = False

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        is_token = isinstance(self.state.pending, Agreed)
        if is_token and self.has_failed:
            return Outcome(state=self.state.idle(), sw=StatusWord(0x6300))
        self.has_failed = self.has_failed or (is_token and outcome.sw == 0x6300)
        return outcome


class ProvesAnotherKey(BadChip):
    """Its Chip Authentication Mapping proves another key than the signed one."""

    def reset(self) -> None:
        super().reset()
        others = (replace(one, private=one.private + 1) for one in self.chip.chip_authentication)
        if self.chip is not self.bad_chip:
            self.bad_chip = replace(self.chip, chip_authentication=tuple(others))
            self.chip = self.bad_chip

    bad_chip: Chip | None = None


class ChallengeServesTwice(BadChip):
    """A challenge stays good after a wrong attempt."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        pending = self.state.pending
        if command.ins != EXTERNAL_AUTHENTICATE or outcome.sw.is_ok or not isinstance(pending, self.kinds):
            return outcome
        return replace(outcome, state=replace(outcome.state, pending=pending))

    kinds: tuple[type, ...] = (Challenge,)


class IgnoresChallenge(BadChip):
    """It does not compare the challenge in the cryptogram with its own."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        keys = self.chip.bac
        is_attempt = command.ins == EXTERNAL_AUTHENTICATE and isinstance(self.state.pending, Challenge)
        if is_attempt and keys is not None and len(command.data) == 40:
            rnd_ic = BlockCipher(CipherSuite.TDES, keys.k_enc).decrypt(command.data[:32])[8:16]
            self.state = replace(self.state, pending=Challenge(rnd_ic=rnd_ic))
        return command


class TakesNeutralElement(BadChip):
    """It takes the point at infinity, or 1 and p - 1, for a public key."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        if command.ins != GENERAL_AUTHENTICATE:
            return command
        try:
            (inner,) = tlv.parse_one(command.data, 0x7C).children()
        except (ToolkitError, ValueError):
            return command
        domain = self._domain(inner.tag)
        number = int.from_bytes(inner.value, "big")
        if isinstance(domain, Curve) and inner.value == b"\x00":
            good = encode_point(domain, domain.generator)
        elif isinstance(domain, DHGroup) and number in (1, domain.p - 1):
            good = dh.encode_public_key(domain.g)
        else:
            return command
        return replace(command, data=tlv.encode(0x7C, tlv.encode(inner.tag, good)))

    def _domain(self, tag: int) -> Curve | DHGroup | None:
        pending = self.state.pending
        if isinstance(pending, chip_authentication.Selected):
            return pending.key.domain
        return pending.choice.offer.domain if isinstance(pending, Selected) else None


class TokenServesTwice(BadChip):
    """It goes on waiting for a token after a wrong one."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        pending = self.state.pending
        if not isinstance(pending, Agreed) or outcome.sw.is_ok:
            return outcome
        return replace(outcome, state=replace(outcome.state, pending=pending))


class FirstHalfOfToken(BadChip):
    """It compares the first half of a token."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        agreed = self.state.pending
        if isinstance(agreed, Agreed) and command.data[:4] == b"\x7c\x0a\x85\x08":
            right = pace._token(agreed, agreed.pk_ic)
            if command.data[4:8] == right[:4]:
                return replace(command, data=tlv.encode(0x7C, tlv.encode(0x85, right)))
        return command


class OneSecretForAll(BadChip):
    """The zone opens it whatever password the terminal names."""

    def after(self, command: CommandAPDU, outcome: Outcome) -> Outcome:
        pending = outcome.state.pending
        if command.ins != SET_DST or type(pending) is not Selected:
            return outcome
        choice = Choice(offer=pending.choice.offer, password=PasswordId.MRZ, wants_references=False)
        return replace(outcome, state=replace(outcome.state, pending=Selected(choice=choice)))


class OpensBeforeTokens(BadChip):
    """Secure messaging begins with the agreed keys, before anybody has proven a password."""

    def _process_secure(self, protected: CommandAPDU) -> ResponseAPDU:
        agreed = self.state.pending
        if self._channel is None and isinstance(agreed, Agreed):
            self._channel = CardChannel(agreed.keys)
            terminal = Authorisation(status=AccessStatus.PACE, password=agreed.choice.password)
            (application,) = self.chip.files.applications
            self.state = replace(self.state.idle(), terminal=terminal, df=application)
        return super()._process_secure(protected)


class TakesUnknownAlgorithm(BadChip):
    """It takes any algorithm of PACE for the one that it has."""

    def before(self, command: CommandAPDU) -> CommandAPDU:
        offers = self.chip.pace.offers if self.chip.pace is not None else ()
        try:
            objects = tlv.parse_all(command.data)
        except ToolkitError:
            return command
        if (command.ins, command.p1, command.p2) != (SET_DST, 0xC1, 0xA4) or not offers:
            return command
        right = tlv.encode(0x80, der.oid_value(offers[0].oid))
        data = b"".join(right if one.tag == 0x80 else one.raw for one in objects)
        return replace(command, data=data)
