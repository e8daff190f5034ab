"""What hostile files cost: each parser on the worst input that fits its bounds, at most 50 ms a file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress

from apdu import tlv
from apdu.errors import ToolkitError
from benchmarks.measure import median_seconds, report
from chipid.asn1 import der
from chipid.lds.ef_sod import parse_sod
from chipid.pki.certificate import parse_certificate
from chipid.pki.cms import parse_signed_data
from chipid.pki.master_list import parse_master_list

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


def main() -> int:
    holds = True
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
