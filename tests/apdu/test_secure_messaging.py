"""Secure messaging: published conversations, round trips, and everything that must end the channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu import instructions, tlv
from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication, RetailMAC, pad
from apdu.command import CommandAPDU
from apdu.errors import APDUError, SecureMessagingError
from apdu.response import ResponseAPDU
from apdu.secure_messaging import CardChannel, SessionKeys, TerminalChannel
from apdu.status import StatusWord
from tests.support.vectors import example

SUITES = tuple(CipherSuite)
READ = instructions.read_binary(0, 20)
READ_ODD = instructions.read_binary_odd(0, 20)
CONTENT = bytes(range(20))


def session_keys(suite: CipherSuite, ssc: int = 0) -> SessionKeys:
    enc = bytes(range(1, suite.key_length + 1))
    mac = bytes(range(101, suite.key_length + 101))
    return SessionKeys(suite=suite, ks_enc=enc, ks_mac=mac, ssc=ssc)


def channels(suite: CipherSuite, ssc: int = 0) -> tuple[TerminalChannel, CardChannel]:
    keys = session_keys(suite, ssc)
    return TerminalChannel(keys), CardChannel(keys)


def published_keys(name: str, suite: CipherSuite, ssc: str = "SSC_start") -> SessionKeys:
    published = example(name)
    return SessionKeys(
        suite=suite,
        ks_enc=bytes.fromhex(published["KSEnc"]),
        ks_mac=bytes.fromhex(published["KSMAC"]),
        ssc=int(published[ssc], 16),
    )


def assert_dead(channel: TerminalChannel | CardChannel) -> None:
    """The channel says so, holds no key, and refuses both directions."""
    assert not channel.is_alive
    assert channel._keys is None
    steps: list[Callable[[], object]] = (
        [lambda: channel.protect(READ), lambda: channel.unprotect(ResponseAPDU(data=b"\x99\x02\x90\x00"))]
        if isinstance(channel, TerminalChannel)
        else [lambda: channel.unprotect(READ), lambda: channel.protect(ResponseAPDU(), odd=False)]
    )
    for step in steps:
        with pytest.raises(SecureMessagingError, match="has ended") as caught:
            step()
        assert caught.value.sw == 0x6987


# Published conversations


CONVERSATIONS = [
    (
        published_keys("9303-11_D4_sm_3des", CipherSuite.TDES),
        [
            (step["plain_C"], step["protected_C"], step["protected_R"], step["plain_R"])
            for step in example("9303-11_D4_sm_3des")["steps"]
        ],
    ),
    (
        published_keys("SM_AES128_select_read_efcom", CipherSuite.AES_128),
        [
            (one["C_plain"], one["C"], one["R"], one["R_plain"])
            for one in example("SM_AES128_select_read_efcom")["apdus"]
        ],
    ),
]


@pytest.mark.parametrize(("keys", "exchanges"), CONVERSATIONS, ids=["3DES", "AES-128"])
def test_the_terminal_speaks_the_published_conversation(
    keys: SessionKeys, exchanges: list[tuple[str, str, str, str]]
) -> None:
    terminal = TerminalChannel(keys)
    for plain_command, command, response, plain_response in exchanges:
        protected = terminal.protect(CommandAPDU.decode(bytes.fromhex(plain_command)))
        assert protected.encode().hex().upper() == command
        opened = terminal.unprotect(ResponseAPDU.decode(bytes.fromhex(response)))
        assert opened.encode().hex().upper() == plain_response


@pytest.mark.parametrize(("keys", "exchanges"), CONVERSATIONS, ids=["3DES", "AES-128"])
def test_the_card_speaks_the_published_conversation(
    keys: SessionKeys, exchanges: list[tuple[str, str, str, str]]
) -> None:
    card = CardChannel(keys)
    for plain_command, command, response, plain_response in exchanges:
        opened = card.unprotect(CommandAPDU.decode(bytes.fromhex(command)))
        assert opened.encode().hex().upper() == plain_command
        protected = card.protect(ResponseAPDU.decode(bytes.fromhex(plain_response)), odd=opened.is_odd)
        assert protected.encode().hex().upper() == response


@pytest.mark.parametrize("case", example("sm_error_vectors_3des")["cases"], ids=lambda case: case["why"])
def test_published_wrong_answers_are_refused_and_end_the_channel(case: dict[str, str]) -> None:
    keys = published_keys("sm_error_vectors_3des", CipherSuite.TDES, "SSC_before_response")
    terminal = TerminalChannel(keys)
    with pytest.raises(SecureMessagingError):
        terminal.unprotect(ResponseAPDU.decode(bytes.fromhex(case["R"])))
    assert_dead(terminal)


def test_the_checksum_of_a_command_without_data_objects_covers_its_padded_header_alone() -> None:
    header = bytes.fromhex("0C2C0303")
    for suite, ssc in ((CipherSuite.TDES, bytes(7) + b"\x01"), (CipherSuite.AES_256, bytes(15) + b"\x01")):
        keys = session_keys(suite)
        if suite is CipherSuite.TDES:
            expected = RetailMAC(keys.ks_mac).compute(ssc + header + bytes.fromhex("80000000"))
        else:
            expected = MessageAuthentication(suite, keys.ks_mac).compute(ssc + header + b"\x80" + bytes(11))
        terminal, card = channels(suite)
        protected = terminal.protect(CommandAPDU(cla=0, ins=0x2C, p1=0x03, p2=0x03))
        assert protected.encode() == header + b"\x0a\x8e\x08" + expected + b"\x00"
        assert card.unprotect(protected).encode() == bytes.fromhex("002C0303")


# Round trips


COMMANDS = st.builds(
    CommandAPDU,
    cla=st.sampled_from([0x00, 0x10, 0x01, 0x13]),
    ins=st.sampled_from([0xA4, 0xB0, 0xB1, 0x86, 0x2B]),
    p1=st.integers(0, 255),
    p2=st.integers(0, 255),
    data=st.just(b"") | st.binary(min_size=1, max_size=300),
    ne=st.sampled_from([0, 1, 223, 231, 255, 256, 257, 65_535, 65_536]),
    extended=st.booleans(),
)
RESPONSES = st.builds(
    ResponseAPDU,
    data=st.just(b"") | st.binary(min_size=1, max_size=300),
    sw=st.sampled_from([0x9000, 0x6282, 0x6A82, 0x63C2, 0x6100]).map(StatusWord),
)


@given(st.sampled_from(SUITES), st.lists(st.tuples(COMMANDS, RESPONSES), min_size=1, max_size=4))
def test_what_one_end_protects_the_other_end_opens(
    suite: CipherSuite, exchanges: list[tuple[CommandAPDU, ResponseAPDU]]
) -> None:
    terminal, card = channels(suite)
    for command, response in exchanges:
        raw = terminal.protect(command).encode()
        opened = card.unprotect(CommandAPDU.decode(raw))
        assert (opened.header, opened.data, opened.ne) == (command.header, command.data, command.ne)
        answer = card.protect(response, odd=command.is_odd).encode()
        assert terminal.unprotect(ResponseAPDU.decode(answer)) == response
        if response.data:
            assert answer[0] == (0x85 if command.is_odd else 0x87)


@pytest.mark.parametrize("suite", SUITES)
def test_the_counter_begins_again_at_zero_after_its_maximum(suite: CipherSuite) -> None:
    maximum = (1 << 8 * suite.block_length) - 1
    terminal, card = channels(suite, maximum - 2)
    for _ in range(3):
        assert card.unprotect(terminal.protect(READ)) == READ
        assert terminal.unprotect(card.protect(ResponseAPDU(data=CONTENT), odd=False)).data == CONTENT

    protected = channels(suite, maximum)[0].protect(READ)
    objects = bytes.fromhex("970114")
    header = pad(bytes.fromhex("0CB00000"), suite.block_length)
    mac = MessageAuthentication(suite, session_keys(suite).ks_mac)
    checksum = mac.compute_blocks(bytes(suite.block_length) + header + pad(objects, suite.block_length))
    assert protected.data == objects + b"\x8e\x08" + checksum


@pytest.mark.parametrize("suite", SUITES)
def test_the_same_command_never_looks_the_same_twice(suite: CipherSuite) -> None:
    terminal, _ = channels(suite)
    assert terminal.protect(READ).data != terminal.protect(READ).data


def test_an_aes_iv_changes_with_the_counter_and_a_3des_iv_does_not() -> None:
    for suite, differs in ((CipherSuite.TDES, False), (CipherSuite.AES_128, True)):
        terminal, _ = channels(suite)
        first, second = (tlv.parse_all(terminal.protect(instructions.select_ef(0x011E)).data)[0] for _ in range(2))
        assert (first.raw != second.raw) is differs


@pytest.mark.parametrize(
    ("ne", "extended", "objects", "le"),
    [
        (1, False, "970101", "00"),
        (255, False, "9701FF", "00"),
        (256, False, "970100", "00"),
        (257, False, "97020101", "0000"),
        (65_535, False, "9702FFFF", "0000"),
        (65_536, False, "97020000", "0000"),
        (4, True, "97020004", "0000"),
        (256, True, "97020100", "0000"),
    ],
)
def test_the_expected_length_is_protected_in_the_bytes_of_le(ne: int, extended: bool, objects: str, le: str) -> None:
    terminal, card = channels(CipherSuite.AES_128)
    command = CommandAPDU(cla=0, ins=0xB0, p1=0, p2=0, ne=ne, extended=extended)
    protected = terminal.protect(command)
    assert protected.data[: len(objects) // 2].hex().upper() == objects
    assert protected.encode()[-len(le) // 2 :] == bytes.fromhex(le)
    assert len(protected.encode()) == 5 + 2 * (le == "0000") + len(protected.data) + len(le) // 2
    assert card.unprotect(CommandAPDU.decode(protected.encode())).ne == ne


def test_a_protected_command_takes_the_extended_form_once_its_objects_need_it() -> None:
    for ins, length, ne, extended in (
        (0xD6, 239, 0, False),  # 254 bytes of data objects
        (0xD6, 240, 0, True),
        (0xD7, 239, 0, False),
        (0xD7, 239, 1, True),  # 256 bytes
    ):
        terminal, card = channels(CipherSuite.TDES)
        command = CommandAPDU(cla=0, ins=ins, p1=0, p2=0, data=bytes(length), ne=ne)
        protected = terminal.protect(command)
        assert protected.extended is extended
        assert card.unprotect(CommandAPDU.decode(protected.encode())).data == command.data


def test_the_terminal_opens_either_cryptogram_object() -> None:
    for odd in (True, False):
        terminal, card = channels(CipherSuite.AES_128)
        card.unprotect(terminal.protect(READ))
        assert terminal.unprotect(card.protect(ResponseAPDU(data=CONTENT), odd=odd)).data == CONTENT


def test_each_end_names_its_suite() -> None:
    assert [channel.suite for channel in channels(CipherSuite.AES_192)] == [CipherSuite.AES_192] * 2


def test_the_text_form_of_session_keys_hides_them() -> None:
    assert "AES_128" in repr(session_keys(CipherSuite.AES_128, ssc=77))
    assert repr(session_keys(CipherSuite.AES_128, ssc=77)) == f"SessionKeys(suite={CipherSuite.AES_128!r})"


# What ends the channel


@pytest.mark.parametrize("command", [READ, READ_ODD, CommandAPDU(cla=0, ins=0x2C, p1=3, p2=3)], ids=["B0", "B1", "2C"])
@pytest.mark.parametrize("suite", SUITES)
def test_every_flipped_bit_of_a_protected_command_is_refused(suite: CipherSuite, command: CommandAPDU) -> None:
    raw = channels(suite)[0].protect(command).encode()
    for bit in range(8 * (len(raw) - 1)):  # the new Le is not part of what is protected
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        card = channels(suite)[1]
        with pytest.raises((SecureMessagingError, APDUError)) as caught:
            card.unprotect(CommandAPDU.decode(bytes(flipped)))
        if caught.type is SecureMessagingError:
            assert not card.is_alive
    assert_dead(card)


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("suite", SUITES)
def test_every_flipped_bit_of_a_protected_answer_is_refused(suite: CipherSuite, odd: bool) -> None:
    raw = channels(suite)[1].protect(ResponseAPDU(data=CONTENT), odd=odd).encode()
    for bit in range(8 * len(raw)):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        terminal = channels(suite)[0]
        with pytest.raises(SecureMessagingError):
            terminal.unprotect(ResponseAPDU.decode(bytes(flipped)))
        assert not terminal.is_alive
    assert_dead(terminal)


@pytest.mark.parametrize("suite", SUITES)
def test_every_truncation_of_the_protected_objects_is_refused(suite: CipherSuite) -> None:
    command = channels(suite)[0].protect(READ_ODD)
    answer = channels(suite)[1].protect(ResponseAPDU(data=CONTENT), odd=True)
    for length in range(len(command.data)):
        card = channels(suite)[1]
        with pytest.raises(SecureMessagingError):
            card.unprotect(CommandAPDU(cla=0x0C, ins=0xB1, p1=0, p2=0, data=command.data[:length], ne=256))
        assert not card.is_alive
    for length in range(len(answer.data)):
        terminal = channels(suite)[0]
        with pytest.raises(SecureMessagingError):
            terminal.unprotect(ResponseAPDU(data=answer.data[:length], sw=answer.sw))
        assert not terminal.is_alive


@given(st.sampled_from(SUITES), st.binary(max_size=60), st.integers(0, 0xFFFF).map(StatusWord))
@settings(max_examples=50)
def test_any_other_bytes_are_refused_by_both_ends(suite: CipherSuite, data: bytes, sw: StatusWord) -> None:
    terminal, card = channels(suite)
    with pytest.raises(SecureMessagingError):
        terminal.unprotect(ResponseAPDU(data=data, sw=sw))
    with pytest.raises(SecureMessagingError):
        card.unprotect(CommandAPDU(cla=0x0C, ins=0xB0, p1=0, p2=0, data=data, ne=256))
    assert not terminal.is_alive
    assert not card.is_alive


@pytest.mark.parametrize("suite", SUITES)
def test_a_checksum_is_renewed_for_the_command_that_was_protected_last(suite: CipherSuite) -> None:
    terminal, card = channels(suite)
    protected = terminal.protect(READ)
    asks_for_three = tlv.encode(0x97, b"\x03")
    assert terminal.renew_checksum(protected, protected.data[:3]) == protected
    assert card.unprotect(terminal.renew_checksum(protected, asks_for_three)) == replace(READ, ne=3)
    terminal.close()
    with pytest.raises(SecureMessagingError):
        terminal.renew_checksum(protected, asks_for_three)


def test_a_replayed_message_is_refused() -> None:
    terminal, card = channels(CipherSuite.TDES)
    command = terminal.protect(READ)
    card.unprotect(command)
    answer = card.protect(ResponseAPDU(data=CONTENT), odd=False)
    terminal.unprotect(answer)
    with pytest.raises(SecureMessagingError, match="checksum"):
        card.unprotect(command)
    with pytest.raises(SecureMessagingError, match="checksum"):
        terminal.unprotect(answer)


class Forger:
    """Knows the keys and puts valid checksums on objects that no honest end would send."""

    def __init__(self, suite: CipherSuite) -> None:
        self.block_length = suite.block_length
        self._mac = MessageAuthentication(suite, session_keys(suite).ks_mac)
        self._cipher = BlockCipher(suite, session_keys(suite).ks_enc)
        self._ssc = bytes(suite.block_length - 1) + b"\x01"
        self._iv = None if suite is CipherSuite.TDES else self._cipher.encrypt_block(self._ssc)

    def cryptogram(self, tag: int, padded: bytes, indicator: bytes = b"\x01") -> bytes:
        return tlv.encode(tag, indicator, self._cipher.encrypt(padded, self._iv))

    def checksum(self, objects: bytes, header: bytes = b"") -> bytes:
        message = self._ssc + (pad(header, self.block_length) if header else b"")
        return tlv.encode(0x8E, self._mac.compute_blocks(message + pad(objects, self.block_length)))

    def answer(self, objects: bytes, sw: int = 0x9000) -> ResponseAPDU:
        return ResponseAPDU(data=objects + self.checksum(objects), sw=StatusWord(sw))

    def command(self, objects: bytes, ins: int = 0xB0) -> CommandAPDU:
        header = bytes((0x0C, ins, 0, 0))
        data = objects + self.checksum(objects, header)
        return CommandAPDU(cla=0x0C, ins=ins, p1=0, p2=0, data=data, ne=256)


STATUS = bytes.fromhex("99029000")
LENGTH = bytes.fromhex("970114")


@pytest.fixture(params=SUITES, ids=lambda suite: suite.name)
def suite(request: pytest.FixtureRequest) -> CipherSuite:
    chosen: CipherSuite = request.param
    return chosen


def refuse_answer(suite: CipherSuite, response: ResponseAPDU, reason: str) -> SecureMessagingError:
    terminal = channels(suite)[0]
    with pytest.raises(SecureMessagingError, match=reason) as caught:
        terminal.unprotect(response)
    assert_dead(terminal)
    return caught.value


def refuse_command(suite: CipherSuite, command: CommandAPDU, reason: str) -> int:
    card = channels(suite)[1]
    with pytest.raises(SecureMessagingError, match=reason) as caught:
        card.unprotect(command)
    assert_dead(card)
    return caught.value.sw


def test_the_forger_can_make_messages_that_pass(suite: CipherSuite) -> None:
    forger = Forger(suite)
    padded = pad(CONTENT, forger.block_length)
    answer = forger.answer(forger.cryptogram(0x87, padded) + STATUS)
    assert channels(suite)[0].unprotect(answer).data == CONTENT
    command = forger.command(forger.cryptogram(0x85, padded, b"") + LENGTH, ins=0xB1)
    assert channels(suite)[1].unprotect(command).data == CONTENT


def test_answer_objects_in_any_other_order_are_refused(suite: CipherSuite) -> None:
    forger = Forger(suite)
    objects = [forger.cryptogram(0x87, pad(CONTENT, forger.block_length)), STATUS]
    checksum = forger.checksum(b"".join(objects))
    refuse_answer(suite, forger.answer(objects[1] + objects[0]), "out of order")
    for order in list(permutations([*objects, checksum]))[1:]:
        refuse_answer(suite, ResponseAPDU(data=b"".join(order)), "out of order")


def test_command_objects_in_any_other_order_are_refused(suite: CipherSuite) -> None:
    forger = Forger(suite)
    objects = [forger.cryptogram(0x85, pad(CONTENT, forger.block_length), b""), LENGTH]
    assert refuse_command(suite, forger.command(objects[1] + objects[0], ins=0xB1), "out of order") == 0x6988


@pytest.mark.parametrize("extra", ["800100", "8100", "B30100", "97010A", "8E080000000000000000", "99029000", "5F1F00"])
def test_an_answer_with_an_unknown_or_repeated_object_is_refused(suite: CipherSuite, extra: str) -> None:
    forger = Forger(suite)
    refuse_answer(suite, forger.answer(STATUS + bytes.fromhex(extra)), "unknown, repeated or out of order")
    good = forger.answer(STATUS)
    refuse_answer(suite, ResponseAPDU(data=good.data + bytes.fromhex(extra)), "unknown, repeated or out of order")


@pytest.mark.parametrize("extra", ["800100", "8100", "97010A", "99029000", "8E080000000000000000"])
def test_a_command_with_an_unknown_or_repeated_object_is_refused(suite: CipherSuite, extra: str) -> None:
    forger = Forger(suite)
    reason = "unknown, repeated or out of order"
    assert refuse_command(suite, forger.command(LENGTH + bytes.fromhex(extra)), reason) == 0x6988
    good = forger.command(LENGTH)
    longer = CommandAPDU(cla=0x0C, ins=0xB0, p1=0, p2=0, data=good.data + bytes.fromhex(extra), ne=256)
    assert refuse_command(suite, longer, reason) == 0x6988


def test_two_cryptograms_are_refused(suite: CipherSuite) -> None:
    forger = Forger(suite)
    padded = pad(CONTENT, forger.block_length)
    both = forger.cryptogram(0x87, padded) + forger.cryptogram(0x85, padded, b"")
    refuse_answer(suite, forger.answer(both + STATUS), "repeated")
    refuse_command(suite, forger.command(both), "repeated")


def test_an_answer_without_its_status_object_is_refused_though_its_checksum_is_right(suite: CipherSuite) -> None:
    forger = Forger(suite)
    refuse_answer(suite, forger.answer(forger.cryptogram(0x87, pad(CONTENT, forger.block_length))), "DO'99'")
    for wrong in ("9900", "990190", "9903900000"):
        refuse_answer(suite, forger.answer(bytes.fromhex(wrong)), "DO'99'")


def test_an_answer_that_is_nothing_but_a_checksum_is_refused(suite: CipherSuite) -> None:
    refuse_answer(suite, ResponseAPDU(data=b"\x8e\x08" + bytes(8)), "checksum is wrong")


def test_an_answer_without_a_checksum_is_refused(suite: CipherSuite) -> None:
    refuse_answer(suite, ResponseAPDU(data=STATUS), "no checksum")


def test_a_protected_status_that_differs_from_the_plain_one_is_refused(suite: CipherSuite) -> None:
    refuse_answer(suite, Forger(suite).answer(STATUS, sw=0x6A82), "differs from the plain one 6A82")


@pytest.mark.parametrize("length", [0, 4, 7, 9])
def test_a_checksum_of_another_length_is_refused(suite: CipherSuite, length: int) -> None:
    checksum = (tlv.parse_one(Forger(suite).checksum(STATUS)).value * 2)[:length]
    refuse_answer(suite, ResponseAPDU(data=STATUS + tlv.encode(0x8E, checksum)), "checksum is wrong")


def test_a_bare_status_word_ends_the_session_and_is_kept(suite: CipherSuite) -> None:
    for sw in (0x6982, 0x6987, 0x6988, 0x6A82, 0x9000):
        error = refuse_answer(suite, ResponseAPDU(sw=StatusWord(sw)), f"left secure messaging with {sw:04X}")
        assert error.sw == sw


def test_plain_data_in_place_of_a_protected_answer_is_refused(suite: CipherSuite) -> None:
    refuse_answer(suite, ResponseAPDU(data=CONTENT), "data object")
    refuse_answer(suite, ResponseAPDU(data=b"\x60\x14\x5f"), "says 20 bytes")


def test_a_cryptogram_that_is_not_well_made_is_refused(suite: CipherSuite) -> None:
    forger = Forger(suite)
    padded = pad(CONTENT, forger.block_length)
    for tag, cryptogram, reason in (
        (0x87, b"", "padding indicator"),
        (0x87, b"\x02" + padded, "padding indicator"),
        (0x87, b"\x01", "empty"),
        (0x85, b"", "empty"),
        (0x87, b"\x01" + padded[1:], "whole blocks"),
        (0x85, b"\x01" + padded, "whole blocks"),
    ):
        refuse_answer(suite, forger.answer(tlv.encode(tag, cryptogram) + STATUS), reason)
    for unpadded in (bytes(forger.block_length), b"\x01" * forger.block_length):
        refuse_answer(suite, forger.answer(forger.cryptogram(0x87, unpadded) + STATUS), "no padding")


def test_a_cryptogram_of_the_other_parity_is_refused_by_the_card(suite: CipherSuite) -> None:
    forger = Forger(suite)
    padded = pad(CONTENT, forger.block_length)
    assert refuse_command(suite, forger.command(forger.cryptogram(0x87, padded), ins=0xB1), "fit") == 0x6988
    assert refuse_command(suite, forger.command(forger.cryptogram(0x85, padded, b""), ins=0xB0), "fit") == 0x6988


@pytest.mark.parametrize("length", ["9700", "9703000001"])
def test_an_expected_length_that_is_empty_or_too_long_is_refused_by_the_card(suite: CipherSuite, length: str) -> None:
    assert refuse_command(suite, Forger(suite).command(bytes.fromhex(length)), "DO'97'") == 0x6988


def test_the_card_answers_a_missing_object_with_6987_and_a_wrong_one_with_6988(suite: CipherSuite) -> None:
    protected = channels(suite)[0].protect(READ)
    without = CommandAPDU(cla=0x0C, ins=0xB0, p1=0, p2=0, data=protected.data[:-10], ne=256)
    assert refuse_command(suite, without, "no checksum") == 0x6987
    other = channels(suite, ssc=1)[0].protect(READ)
    assert refuse_command(suite, other, "checksum is wrong") == 0x6988


@pytest.mark.parametrize("cla", [0x00, 0x08, 0x4C, 0x8C])
def test_the_card_refuses_a_command_whose_class_does_not_announce_protection(suite: CipherSuite, cla: int) -> None:
    plain = CommandAPDU(cla=cla, ins=0xA4, p1=2, p2=0x0C, data=b"\x01\x1e")
    assert refuse_command(suite, plain, "not protected") == 0x6987


@pytest.mark.parametrize("cla", [0x04, 0x08, 0x0C, 0x20, 0x40, 0x80, 0x90])
def test_the_terminal_protects_only_plain_interindustry_classes(suite: CipherSuite, cla: int) -> None:
    terminal = channels(suite)[0]
    with pytest.raises(SecureMessagingError, match=f"class {cla:02X}"):
        terminal.protect(CommandAPDU(cla=cla, ins=0xB0, p1=0, p2=0))
    assert_dead(terminal)


def test_a_command_too_long_to_be_protected_ends_the_channel(suite: CipherSuite) -> None:
    terminal = channels(suite)[0]
    with pytest.raises(APDUError):
        terminal.protect(CommandAPDU(cla=0, ins=0xD6, p1=0, p2=0, data=bytes(65_535)))
    assert_dead(terminal)


def test_lengths_written_with_more_bytes_than_needed_are_verified_as_they_came(suite: CipherSuite) -> None:
    objects = bytes.fromhex("9981029000")
    checksum = tlv.parse_one(Forger(suite).checksum(objects)).value
    answer = ResponseAPDU(data=objects + b"\x8e\x81\x08" + checksum)
    assert channels(suite)[0].unprotect(answer).sw == 0x9000


def test_a_channel_that_was_closed_speaks_no_more(suite: CipherSuite) -> None:
    for channel in channels(suite):
        channel.close()
        channel.close()
        assert_dead(channel)
