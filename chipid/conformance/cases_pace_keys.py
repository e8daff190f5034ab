"""Cases of PACE with passwords and public keys: P_1, P_2, P_23 to P_30 and P_41 to P_53 of the ICAO standard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from apdu import instructions, tlv
from chipid.conformance.case import Case, NotApplicableError, Script
from chipid.conformance.chip_under_test import PACEVariant
from chipid.conformance.terminal import ConformanceTerminal, expect_error, expect_ok
from chipid.crypto.domain_parameters import Curve, DHGroup, Point
from chipid.crypto.points import add, encode_point
from chipid.lds.protocols import PACEMapping
from chipid.mrz.access_key import AccessKeyKind

MAX_SEARCH: Final = 6000


def _password(kind: AccessKeyKind) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        terminal.pace_variant()
        key = next((one for one in terminal.chip.keys if one.kind is kind), None)
        if key is None:
            raise NotApplicableError(f"the {kind.name} is not known")
        for variant in terminal.chip.pace:
            terminal.reset()
            terminal.pace(variant, key)
            expect_ok(terminal.secure_hex("00A4040C07A0000002471001"))

    return run


@dataclass(frozen=True, slots=True)
class _BadKey:
    """A public key that is none: identifiers for mapping and agreement, and how to make it."""

    mapping: str
    agreement: tuple[str, ...]
    what: str
    make: Callable[[Curve | DHGroup], bytes | None]


def _coordinates(curve: Curve, x: int, y: int, lead: int = 4, size: int | None = None) -> bytes:
    length = size or curve.byte_length
    return bytes((lead,)) + x.to_bytes(length, "big") + y.to_bytes(length, "big")


def _other_size(domain: Curve | DHGroup) -> bytes | None:
    if isinstance(domain, Curve):
        return _coordinates(domain, domain.x, domain.y, size=domain.byte_length + 1)
    return bytes(domain.byte_length + 1)


def _origin(domain: Curve | DHGroup) -> bytes | None:
    return _coordinates(domain, 0, 0) if isinstance(domain, Curve) else None


def _above(domain: Curve | DHGroup) -> bytes | None:
    return (domain.p + 2).to_bytes(domain.byte_length, "big") if isinstance(domain, DHGroup) else None


def _off_curve(domain: Curve | DHGroup) -> bytes | None:
    return _coordinates(domain, domain.x, domain.y ^ 1) if isinstance(domain, Curve) else None


def _wrong_lead(domain: Curve | DHGroup) -> bytes | None:
    return _coordinates(domain, domain.x, domain.y, lead=5) if isinstance(domain, Curve) else None


def _zero(domain: Curve | DHGroup) -> bytes | None:
    return bytes(domain.byte_length) if isinstance(domain, DHGroup) else None


_BAD_KEYS: Final = (
    _BadKey("P_41", ("P_23", "B33 H_33"), "public key of another size", _other_size),
    _BadKey("P_42", ("P_24", "B33 H_34"), "public key (0,0)", _origin),
    _BadKey("P_47", ("P_29", "B33 H_35"), "public number above p", _above),
    _BadKey("P_49", ("P_30", "B33 H_36"), "point not on the curve", _off_curve),
    _BadKey("P_50", ("P_52",), "unknown encoding of the point", _wrong_lead),
    _BadKey("P_48", ("P_53",), "public number 0", _zero),
)


def _refused_key(bad: _BadKey, step: int) -> Script:
    def run(terminal: ConformanceTerminal) -> None:
        variant = _generic(terminal) if step == 1 else terminal.pace_variant()
        key = bad.make(variant.domain)
        if key is None:
            raise NotApplicableError("there is no such key over this domain")
        terminal.pace_to(terminal.pace_start(variant), step)
        data = tlv.encode(0x81 if step == 1 else 0x83, key)
        expect_error(terminal.plain(instructions.general_authenticate(data, last=False)), or_warning=True)
        terminal.pace(variant)

    return run


def _generic(terminal: ConformanceTerminal) -> PACEVariant:
    """A variant whose mapping data is a public key."""
    terminal.pace_variant()
    for variant in terminal.chip.pace:
        if variant.protocol.mapping is not PACEMapping.INTEGRATED:
            return variant
    raise NotApplicableError("the chip has Integrated Mapping only")


def _borderline(step: int, coordinate: str, *, small: bool) -> Script:
    """A key with leading zeros, or with ones, in a coordinate: the whole of PACE."""

    def run(terminal: ConformanceTerminal) -> None:
        variant = _generic(terminal) if step == 1 else terminal.pace_variant()
        curve = variant.domain
        if not isinstance(curve, Curve):
            raise NotApplicableError("the domain is not a curve")
        steps = terminal.pace_start(variant)
        terminal.pace_to(steps, 1)
        if step == 1:
            steps.map_secret = search_scalar(curve, curve.generator, coordinate, small=small)
        steps.take_mapping(terminal.general_authenticate(tlv.encode(0x81, steps.mapping_data())))
        if step == 2 and isinstance(steps.generator, Point):
            steps.key_secret = search_scalar(curve, steps.generator, coordinate, small=small)
        steps.take_key(terminal.general_authenticate(tlv.encode(0x83, steps.ephemeral_key())))
        terminal.pace_finish(steps)

    return run


def search_scalar(curve: Curve, generator: Point, coordinate: str, *, small: bool) -> int:
    """A scalar whose public key has the lowest or the highest first byte in a coordinate."""
    at = 1 if coordinate == "x" else 1 + curve.byte_length
    highest = curve.p >> 8 * (curve.byte_length - 1)
    point = generator
    for scalar in range(2, MAX_SEARCH):
        point = add(curve, point, generator)
        first = encode_point(curve, point)[at]
        if first == 0 if small else first == highest:
            return scalar
    raise NotApplicableError("no such key was found")


def _second_nonce_length(terminal: ConformanceTerminal) -> None:
    terminal.pace_variant()
    variant = next((one for one in terminal.chip.pace if one.protocol.mapping is PACEMapping.INTEGRATED), None)
    if variant is None:
        raise NotApplicableError("the chip has no Integrated Mapping")
    for change in (-1, 1):
        terminal.reset()
        terminal.pace_to(terminal.pace_start(variant), 1)
        data = tlv.encode(0x81, bytes(variant.protocol.suite.key_length + change))
        expect_error(terminal.plain(instructions.general_authenticate(data, last=False)), or_warning=True)


def _cases() -> Iterator[Case]:
    yield Case(id="P_1", purpose="PACE with the MRZ, every variant", script=_password(AccessKeyKind.MRZ))
    for case_id in ("P_2", "B33 H_1"):
        yield Case(id=case_id, purpose="PACE with the CAN, every variant", script=_password(AccessKeyKind.CAN))
    for bad in _BAD_KEYS:
        yield Case(id=bad.mapping, purpose=f"mapping: {bad.what}", script=_refused_key(bad, 1))
        for case_id in bad.agreement:
            yield Case(id=case_id, purpose=f"agreement: {bad.what}", script=_refused_key(bad, 2))
    borders = (("x", True), ("x", False), ("y", True), ("y", False))
    for number, (coordinate, small) in enumerate(borders):
        what = f"a {'small' if small else 'large'} {coordinate}"
        yield Case(id=f"P_{43 + number}", purpose=f"mapping: {what}", script=_borderline(1, coordinate, small=small))
        yield Case(id=f"P_{25 + number}", purpose=f"agreement: {what}", script=_borderline(2, coordinate, small=small))
    yield Case(id="P_51", purpose="mapping: a nonce of another length", script=_second_nonce_length)


CASES: Final = tuple(_cases())
