"""What hostile files cost: each parser on the worst input that fits its bounds, at most 50 ms a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from apdu import tlv
from apdu.errors import ToolkitError
from benchmarks.measure import median_seconds, report
from chipid.asn1 import der
from chipid.lds.ef_sod import parse_sod
from chipid.pki.certificate import parse_certificate
from chipid.pki.cms import parse_signed_data
from chipid.pki.crl import MAX_REVOKED, parse_crl
from chipid.pki.master_list import parse_master_list
from simulator.scenarios import build_card

HUGE_OID = tlv.encode(0x06, b"\xff" * 60_000)
INPUTS: dict[str, bytes] = {
    "a tower of indefinite lengths": b"\x30\x80" * 30_000,
    "32,000 objects in one": tlv.encode(0x30, b"\x05\x00" * 32_000),
    "an object identifier of 60 kB": der.encode_sequence(HUGE_OID, tlv.encode(0xA0)),
    "an integer of 60 kB": der.encode_sequence(tlv.encode(0x02, b"\x7f" * 60_000)),
    "a million objects": tlv.encode(0x30, b"\x05\x00" * 1_000_000),
}
PARSERS: dict[str, Callable[[bytes], object]] = {
    "certificate": parse_certificate,
    "SOD": lambda data: parse_sod(tlv.encode(0x77, data)),
    "signed data": parse_signed_data,
    "master list": parse_master_list,
}


def longest_crl(*, colliding: bool) -> bytes:
    """A revocation list with as many entries as are read; ``colliding`` gives their numbers one hash as integers."""
    body, algorithm, signature = der.parse_sequence(build_card("genuine").crls[0])
    step = 2**61 - 1 if colliding else 1
    entries = (
        der.encode_sequence(der.encode_integer(number * step), b"\x17\x0d260101000000Z")
        for number in range(1, MAX_REVOKED + 1)
    )
    head, tail = body.children()[:5], body.children()[5:]
    rest = [one.raw for one in tail if one.tag != der.SEQUENCE]
    parts = [*(one.raw for one in head), tlv.encode(der.SEQUENCE, *entries), *rest]
    return der.encode_sequence(der.encode_sequence(*parts), algorithm.raw, signature.raw)


def main() -> int:
    holds = True
    for colliding in (False, True):
        data = longest_crl(colliding=colliding)
        if len(tuple(parse_crl(data).serials())) != MAX_REVOKED:
            raise SystemExit("the longest list was not read")
        spent = 1000 * median_seconds(partial(parse_crl, data), repeat=5, clock=time.process_time)
        holds &= report(f"{MAX_REVOKED} revoked{', colliding' if colliding else ''}, as CRL", spent, 50, "ms")
    for what, data in INPUTS.items():
        for name, parse in PARSERS.items():

            def attempt(parse: Callable[[bytes], object] = parse, data: bytes = data) -> None:
                with suppress(ToolkitError):
                    parse(data)

            spent = 1000 * median_seconds(attempt, repeat=3, clock=time.process_time)
            holds &= report(f"{what} as {name}", spent, 50, "ms")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
