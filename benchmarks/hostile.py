"""What hostile files cost: each parser on bad input of every size, at most 50 ms and 64 MB a file.

The shapes are those that cost parsers most: towers of open templates, as many empty objects as fit, one object of
great length, and envelopes that are right so far that what is inside is looked at. Their sizes go beyond every bound.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Final

from apdu import tlv
from apdu.errors import ToolkitError
from benchmarks.hostile_cases import cases
from benchmarks.measure import forget_everything, median_seconds, peak_megabytes, report
from chipid.asn1 import der, oids
from chipid.lds.card_access import parse_card_access
from chipid.lds.dg14 import parse_dg14
from chipid.lds.ef_sod import parse_sod
from chipid.pki.certificate import parse_certificate
from chipid.pki.cms import parse_signed_data
from chipid.pki.crl import MAX_REVOKED, parse_crl
from chipid.pki.cv_certificate import parse_cv_certificate
from chipid.pki.deviation_list import parse_deviation_list
from chipid.pki.master_list import parse_master_list
from simulator.scenarios import build_card

MILLISECONDS, MEGABYTES = 50, 64
SIZES: Final = (60_000, 1 << 20, 4_000_000, 6_000_000, 8_000_000)
PARSERS: Final[dict[str, Callable[[bytes], object]]] = {
    "certificate": parse_certificate,
    "SOD": lambda data: parse_sod(tlv.encode(0x77, data)),
    "signed data": parse_signed_data,
    "master list": parse_master_list,
    "deviation list": parse_deviation_list,
    "CRL": parse_crl,
    "CV certificate": parse_cv_certificate,
    "EF.CardAccess": parse_card_access,
    "DG14": parse_dg14,
}


def shapes(size: int) -> Iterator[tuple[str, bytes]]:
    """Bad input of about ``size`` bytes."""
    empties = b"\x05\x00" * (size // 2 - 100)
    yield "a tower of indefinite lengths", b"\x30\x80" * (size // 2)
    yield "a tower of pieces of a string", b"\x24\x80" * (size // 2)
    yield "empty objects in one", tlv.encode(0x30, empties)
    yield "an object identifier", der.encode_sequence(tlv.encode(0x06, b"\xff" * size), tlv.encode(0xA0))
    yield "an integer", der.encode_sequence(tlv.encode(0x02, b"\x7f" * size))
    yield "a length of 4 GB", b"\x30\x84\xff\xff\xff\xff" + bytes(size)
    signed_data = der.encode_oid(oids.PKCS7_SIGNED_DATA)
    yield "an envelope around a tower", der.encode_sequence(signed_data, tlv.encode(0xA0, b"\x30\x80" * (size // 2)))
    for oid in (oids.ICAO_CSCA_MASTER_LIST, oids.ICAO_DEVIATION_LIST):
        content = der.encode_sequence(der.encode_integer(0), tlv.encode(der.SET, b"\x30\x00" * (size // 2)))
        yield f"an envelope around empty entries ({oids.name_of(oid)})", _envelope(oid, content)
        yield f"an envelope in pieces ({oids.name_of(oid)})", _pieces(oid, size)


def _envelope(content_type: str, content: bytes) -> bytes:
    """SignedData that nobody signed, with a signer info that is read."""
    sha256 = der.encode_sequence(der.encode_oid(oids.SHA256))
    info = der.encode_sequence(
        der.encode_integer(3),
        tlv.encode(0x80, bytes(20)),
        sha256,
        der.encode_sequence(der.encode_oid(oids.ECDSA_WITH_SHA256)),
        der.encode_octet_string(bytes(64)),
    )
    inside = tlv.encode(0xA0, der.encode_octet_string(content))
    signed = der.encode_sequence(
        der.encode_integer(3),
        der.encode_set(sha256),
        der.encode_sequence(der.encode_oid(content_type), inside),
        der.encode_set(info),
    )
    return der.encode_sequence(der.encode_oid(oids.PKCS7_SIGNED_DATA), tlv.encode(0xA0, signed))


def _pieces(content_type: str, size: int) -> bytes:
    """The same in BER, its content in strings of one byte."""
    head = b"\x30\x80" + der.encode_oid(oids.PKCS7_SIGNED_DATA) + b"\xa0\x80\x30\x80\x02\x01\x03\x31\x00\x30\x80"
    pieces = b"\xa0\x80\x24\x80" + b"\x04\x01\x00" * (size // 3)
    return head + der.encode_oid(content_type) + pieces + bytes(12)


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


def cost(parse: Callable[[bytes], object], data: bytes) -> tuple[float, float]:
    """Milliseconds and megabytes, the input included."""

    def attempt() -> None:
        with suppress(ToolkitError):
            parse(data)

    milliseconds = 1000 * median_seconds(attempt, repeat=1, clock=time.process_time)
    if milliseconds > MILLISECONDS / 2:  # look again where it matters
        milliseconds = 1000 * median_seconds(attempt, repeat=3, clock=time.process_time)
    return milliseconds, peak_megabytes(attempt) + len(data) / (1 << 20)


def cold_cost(read: Callable[[bytes], object], data: bytes) -> tuple[float, float]:
    """As :func:`cost`, with nothing remembered of the time before."""
    spent = []
    for _ in range(3):
        forget_everything()
        start = time.process_time()
        with suppress(ToolkitError):
            read(data)
        spent.append(1000 * (time.process_time() - start))
    return statistics.median(spent), cost(read, data)[1]


def main() -> int:
    holds = True
    for colliding in (False, True):
        data = longest_crl(colliding=colliding)
        if len(tuple(parse_crl(data).serials())) != MAX_REVOKED:
            raise SystemExit("the longest list was not read")
        spent = 1000 * median_seconds(partial(parse_crl, data), repeat=5, clock=time.process_time)
        holds &= report(f"{MAX_REVOKED} revoked{', colliding' if colliding else ''}, as CRL", spent, MILLISECONDS, "ms")
    for name, parse in PARSERS.items():
        costs = {
            (what, len(data)): cost(parse, data) for what, data in chain.from_iterable(shapes(size) for size in SIZES)
        }
        slowest = max(costs, key=lambda one: costs[one][0])
        largest = max(costs, key=lambda one: costs[one][1])
        holds &= report(f"{name}, slowest: {slowest[0]}, {slowest[1]:,} bytes", costs[slowest][0], MILLISECONDS, "ms")
        holds &= report(
            f"{name}, largest: {largest[0]}, {largest[1]:,} bytes", costs[largest][1], MEGABYTES, "MB, file included"
        )
    for name, read, data in cases():
        milliseconds, megabytes = cold_cost(read, data)
        holds &= report(f"{name}, {len(data):,} bytes", milliseconds, MILLISECONDS, "ms")
        holds &= report(f"{name}, {len(data):,} bytes", megabytes, MEGABYTES, "MB, file included")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
