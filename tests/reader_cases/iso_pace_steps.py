"""ISO7816_G: what a chip may answer to MSE:Set AT and to the four steps of PACE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from apdu import tlv
from apdu.command import CommandAPDU
from apdu.status import StatusWord
from chipid.crypto import dh
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS, Curve, DHGroup
from simulator.calls import Outcome as CardOutcome
from tests.reader_cases.bent import GENERAL_AUTHENTICATE, MANAGE_SECURITY_ENVIRONMENT, After, BentCard, bend, flipping
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.inspection import inspect
from tests.reader_cases.iso_pace import (
    GM_128,
    GM_DH_128,
    IM_128,
    IM_DH_128,
    P256,
    STATUS,
    document,
    modp_group,
    offer,
)
from tests.reader_cases.wrong_keys import outside_subgroup, wrong_points

BP320, P521 = CURVES["brainpoolP320r1"], CURVES["secp521r1"]
NONCE, MAPPING, KEY, TOKEN = 0x80, 0x82, 0x84, 0x86
VIOLATION = "protocol-violation"
NO_TEMPLATE = "protocol-violation or malformed-tlv"
ERRORS = (0x6A80, 0x6A88, 0x6982, 0x6985, 0x6700, 0x6D00, 0x6F00)


def step(tag: int, change: Callable[[bytes], bytes]) -> After:
    """The template that answers the step with the object ``tag`` is replaced by what ``change`` makes of its value."""

    def after(card: BentCard, command: CommandAPDU, outcome: CardOutcome) -> CardOutcome:
        value = _answer_of(tag, command, outcome)
        return outcome if value is None else replace(outcome, data=change(value))

    return after


def value_of(tag: int, change: Callable[[bytes], bytes]) -> After:
    """The value of the object ``tag`` is changed within its template."""
    return step(tag, lambda value: template(tag, change(value)))


def always(data: bytes) -> Callable[[bytes], bytes]:
    """What takes the place of any value."""
    return lambda value: data


def refusing(tag: int, sw: int) -> After:
    """The step that would be answered with the object ``tag`` is refused."""

    def after(card: BentCard, command: CommandAPDU, outcome: CardOutcome) -> CardOutcome:
        if _answer_of(tag, command, outcome) is None:
            return outcome
        return CardOutcome(state=card.state.idle(), sw=StatusWord(sw))

    return after


def _answer_of(tag: int, command: CommandAPDU, outcome: CardOutcome) -> bytes | None:
    if command.ins != GENERAL_AUTHENTICATE or not outcome.data:
        return None
    objects = tlv.parse_one(outcome.data, 0x7C).children()
    return next((one.value for one in objects if one.tag == tag), None)


def template(tag: int, value: bytes) -> bytes:
    return tlv.encode(0x7C, tlv.encode(tag, value))


def malformed(tag: int) -> Iterator[Callable[[bytes], bytes]]:
    """Ways to answer a step with no right template of that object."""
    yield lambda value: b""
    yield lambda value: tlv.encode(0x7C)
    yield lambda value: tlv.encode(tag, value)  # the template is missing
    yield lambda value: tlv.encode(0x7D, tlv.encode(tag, value))
    yield lambda value: template(tag, value)[:-1]
    yield lambda value: template(tag, value) + b"\x00"
    yield lambda value: tlv.encode(0x7C, tlv.encode(tag, value), tlv.encode(tag, value))
    yield lambda value: tlv.encode(0x7C, tlv.encode(tag, value), tlv.encode(0x8F, b"\x00"))
    yield lambda value: tlv.encode(0x7C, bytes((tag, 0x7F)) + value)  # a length beyond the end


@reader_case("ISO7816_G_08", Demand.FAIL, found=f"{STATUS} or password-missing")
def refused_template() -> Iterator[Outcome]:
    """MSE:Set AT is refused"""
    for sw in ERRORS:

        def after(card: BentCard, command: CommandAPDU, outcome: CardOutcome, sw: int = sw) -> CardOutcome:
            is_pace = command.ins == MANAGE_SECURITY_ENVIRONMENT and command.p1 == 0xC1
            return CardOutcome(state=card.state.idle(), sw=StatusWord(sw)) if is_pace else outcome

        yield inspect(bend(document(), after=after))


@reader_case(
    "ISO7816_G_09",
    Demand.FAIL,
    found="wrong-access-key",
    note="A changed nonce looks like a wrong password to both sides: the chip refuses the reader's token.",
)
def changed_nonce() -> Iterator[Outcome]:
    """The chip goes on with another nonce than the one that it sent"""
    for oid in (GM_128, IM_128):
        for place in (0, 7, -1):
            yield inspect(bend(document(offer(oid)), after=value_of(NONCE, flipping(place))))


@reader_case("ISO7816_G_10", Demand.FAIL, found=f"{NO_TEMPLATE} or {STATUS}")
def error_in_the_first_step() -> Iterator[Outcome]:
    """Step 1 is refused, or answered with no template, with one too few or too many, or a nonce of a wrong length"""
    for sw in (*ERRORS, 0x6300):
        yield inspect(bend(document(), after=refusing(NONCE, sw)))
    for change in malformed(NONCE):
        yield inspect(bend(document(), after=step(NONCE, change)))
    for length in (0, 8, 15, 17, 80):
        yield inspect(bend(document(), after=value_of(NONCE, always(bytes(length)))))


@reader_case("ISO7816_G_11", Demand.FAIL, found=VIOLATION)
def wrong_tag_of_the_first_step() -> Outcome:
    """Step 1 is answered with the tag 90 instead of 80"""
    return inspect(bend(document(), after=step(NONCE, lambda value: template(0x90, value))))


@reader_case("ISO7816_G_12", Demand.FAIL, found=NO_TEMPLATE)
def error_in_the_second_step() -> Iterator[Outcome]:
    """Step 2 is answered with no template, or with one of too few or too many objects"""
    for change in malformed(MAPPING):
        yield inspect(bend(document(), after=step(MAPPING, change)))


@reader_case("ISO7816_G_13", Demand.FAIL, found=VIOLATION)
def wrong_tag_of_the_second_step() -> Iterator[Outcome]:
    """Step 2 is answered with the tag 92 instead of 82"""
    for oid in (GM_128, IM_128):
        yield inspect(bend(document(offer(oid)), after=step(MAPPING, lambda value: template(0x92, value))))


@reader_case("ISO7816_G_14", Demand.FAIL, found=STATUS)
def refused_generic_mapping() -> Iterator[Outcome]:
    """Step 2 of Generic Mapping is refused"""
    for sw in (*ERRORS, 0x6300):
        yield inspect(bend(document(), after=refusing(MAPPING, sw)))


@reader_case("ISO7816_G_15", Demand.FAIL, found=f"{STATUS} or {VIOLATION}")
def refused_integrated_mapping() -> Iterator[Outcome]:
    """Step 2 of Integrated Mapping is refused, or answered with data where none belong"""
    for sw in (*ERRORS, 0x6300):
        yield inspect(bend(document(offer(IM_128)), after=refusing(MAPPING, sw)))
    yield inspect(bend(document(offer(IM_128)), after=value_of(MAPPING, always(bytes(16)))))


def wrong_keys(tag: int, curve: Curve) -> Iterator[Outcome]:
    """The key of the chip in one step is none of the curve."""
    for point in wrong_points(curve):
        yield inspect(bend(document(offer(GM_128, curve)), after=value_of(tag, always(point))))
    other = _other_curve(curve)
    point = b"\x04" + other.x.to_bytes(other.byte_length, "big") + other.y.to_bytes(other.byte_length, "big")
    yield inspect(bend(document(offer(GM_128, curve)), after=value_of(tag, always(point))))


def wrong_numbers(tag: int, group: DHGroup) -> Iterator[Outcome]:
    """The key of the chip in one step is none of the group."""
    numbers = [dh.encode_public_key(y) for y in (1, group.p - 1, group.p, group.p + 1, outside_subgroup(group))]
    right = dh.public_key(group, 5).to_bytes(group.byte_length, "big")
    for data in (*numbers, b"", b"\x00", bytes(group.byte_length), b"\x00" + right, right + b"\x00", right[:-1]):
        yield inspect(bend(document(offer(GM_DH_128, group)), after=value_of(tag, always(data))))


def reflected(tag: int, oid: str, domain: Curve | DHGroup) -> Outcome:
    """The chip sends the reader's key of a step back."""

    def after(card: BentCard, command: CommandAPDU, outcome: CardOutcome) -> CardOutcome:
        if _answer_of(tag, command, outcome) is None:
            return outcome
        (own,) = tlv.parse_one(command.data, 0x7C).children()
        return replace(outcome, data=template(tag, own.value))

    return inspect(bend(document(offer(oid, domain)), after=after))


@reader_case("ISO7816_G_16", Demand.FAIL, found=VIOLATION)
def wrong_mapping_point() -> Iterator[Outcome]:
    """The mapping key of the chip is no point of the curve in the uncompressed form, or the reader's own"""
    for curve in (P256, BP320, P521):
        yield from wrong_keys(MAPPING, curve)
        yield reflected(MAPPING, GM_128, curve)


@reader_case("ISO7816_G_17", Demand.FAIL, found=VIOLATION)
def wrong_mapping_number() -> Iterator[Outcome]:
    """The mapping key of the chip is 0, 1, p-1, p or above, outside the subgroup, or the reader's own"""
    for group in DH_GROUPS.values():
        yield from wrong_numbers(MAPPING, group)
        yield reflected(MAPPING, GM_DH_128, group)


@reader_case("ISO7816_G_18", Demand.FAIL, found=NO_TEMPLATE)
def error_in_the_third_step() -> Iterator[Outcome]:
    """Step 3 is answered with no template, or with one of too few or too many objects"""
    for change in malformed(KEY):
        yield inspect(bend(document(), after=step(KEY, change)))


@reader_case("ISO7816_G_19", Demand.FAIL, found=VIOLATION)
def wrong_tag_of_the_third_step() -> Outcome:
    """Step 3 is answered with the tag 94 instead of 84"""
    return inspect(bend(document(), after=step(KEY, lambda value: template(0x94, value))))


@reader_case("ISO7816_G_20", Demand.FAIL, found=STATUS)
def refused_key_agreement() -> Iterator[Outcome]:
    """Step 3 is refused"""
    for sw in (*ERRORS, 0x6300):
        yield inspect(bend(document(), after=refusing(KEY, sw)))


@reader_case("ISO7816_G_21", Demand.FAIL, found=VIOLATION)
def wrong_ephemeral_point() -> Iterator[Outcome]:
    """The ephemeral key of the chip is no point of the curve in the uncompressed form"""
    for curve in (P256, BP320):
        yield from wrong_keys(KEY, curve)


@reader_case("ISO7816_G_22", Demand.FAIL, found=VIOLATION)
def wrong_ephemeral_number() -> Iterator[Outcome]:
    """The ephemeral key of the chip is 0, 1, p-1, p or above, or outside the subgroup"""
    for group in DH_GROUPS.values():
        yield from wrong_numbers(KEY, group)


@reader_case("ISO7816_G_23", Demand.FAIL, found=VIOLATION)
def same_ephemeral_keys() -> Iterator[Outcome]:
    """The ephemeral key of the chip is the reader's own"""
    for oid, domain in ((GM_128, P256), (IM_128, BP320), (GM_DH_128, modp_group(0)), (IM_DH_128, modp_group(2))):
        yield reflected(KEY, oid, domain)


@reader_case("ISO7816_G_24", Demand.FAIL, found=NO_TEMPLATE)
def error_in_the_fourth_step() -> Iterator[Outcome]:
    """Step 4 is answered with no template, with one of too few or too many objects, or with a wrong token"""
    for change in malformed(TOKEN):
        yield inspect(bend(document(), after=step(TOKEN, change)))
    for wrong in (flipping(0), flipping(-1), lambda value: value[:-1], always(b"")):
        yield inspect(bend(document(), after=value_of(TOKEN, wrong)))


@reader_case("ISO7816_G_25", Demand.FAIL, found=VIOLATION)
def wrong_tag_of_the_fourth_step() -> Outcome:
    """Step 4 is answered with the tag 96 instead of 86"""
    return inspect(bend(document(), after=step(TOKEN, lambda value: template(0x96, value))))


@reader_case(
    "ISO7816_G_26",
    Demand.FAIL,
    found=f"{STATUS} or wrong-access-key",
    note="Chips refuse a wrong password here, with various status words.",
)
def refused_token() -> Iterator[Outcome]:
    """Step 4 is refused"""
    for sw in (*ERRORS, 0x6300, 0x63C2):
        yield inspect(bend(document(), after=refusing(TOKEN, sw)))


def _other_curve(curve: Curve) -> Curve:
    """A curve of the same length if there is one."""
    others = [one for one in CURVES.values() if one is not curve]
    return next((one for one in others if one.byte_length == curve.byte_length), others[0])
