"""The same chains of CV certificates before libeac; where it says otherwise, docs/differences.md tells why.

Dates are chosen so that neither the clock, which libeac asks, nor the day that we are given makes a difference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import pytest

from apdu import tlv
from apdu.errors import ToolkitError
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES
from chipid.pki.chat import CHAT, Role
from chipid.pki.cv_certificate import parse_cv_certificate
from chipid.pki.cv_chain import trust_point_of, verify_chain
from tests.interop.libeac import LibEAC
from tests.pki.cv_builders import Authority

BEGUN, FAR = date(2024, 1, 1), date(2095, 1, 1)
DAY = date(2030, 1, 1)
P384 = CURVES["secp384r1"]
CVCA = Authority("UTCVCA00001", Role.CVCA)
NEW_CVCA = Authority("UTCVCA00002", Role.CVCA, number=7, curve=P384, oid=oids.ID_TA_ECDSA_SHA_384)
RSA_CVCA = Authority("UTCVCA00003", Role.CVCA, number=21, oid=oids.ID_TA_RSA_PSS_SHA_256)
DV = Authority("UTDV00001", Role.DV_DOMESTIC, number=8)
FOREIGN_DV = Authority("UTDV00002", Role.DV_FOREIGN, number=8)
NEW_DV = Authority("UTDV00003", Role.DV_FOREIGN, number=8, curve=P384, oid=oids.ID_TA_ECDSA_SHA_384)
RSA_DV = Authority("UTDV00004", Role.DV_DOMESTIC, number=22, oid=oids.ID_TA_RSA_V1_5_SHA_512)
SYSTEM = Authority("UTIS00001", Role.TERMINAL, number=9)
NEW_SYSTEM = Authority("UTIS00002", Role.TERMINAL, number=9, curve=P384, oid=oids.ID_TA_ECDSA_SHA_384)
RSA_SYSTEM = Authority("UTIS00003", Role.TERMINAL, number=23, oid=oids.ID_TA_RSA_PSS_SHA_512)
SIGNING_DV = Authority("UTDV00005", Role.DV_DOMESTIC, number=8)
SIGNING_DV.chat = CHAT(oid=oids.ID_ST, rights=b"\x83")


def issue(authority: Authority, holder: Authority, *, effective: date = BEGUN, expiration: date = FAR) -> bytes:
    return authority.issue(holder, effective=effective, expiration=expiration)


def with_own_curve() -> bytes:
    """A verifier whose certificate names its curve: written as that of a CVCA, then the role is changed."""
    body = parse_cv_certificate(issue(CVCA, Authority("UTDV00001", Role.CVCA, number=8))).body
    body = body.replace(bytes.fromhex("5301C3"), bytes.fromhex("530183"))
    return tlv.encode(0x7F21, body, tlv.encode(0x5F37, CVCA.sign(body)))


def flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes((raw[at] ^ 1,)) + raw[at + 1 :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """``theirs`` where libeac says otherwise than we."""

    certificates: Sequence[bytes]
    ours: bool
    theirs: bool | None = None
    anchor: Authority = CVCA


CHAINS = {
    "verifier": Chain(certificates=[issue(CVCA, DV)], ours=True),
    "domestic": Chain(certificates=[issue(CVCA, DV), issue(DV, SYSTEM)], ours=True),
    "foreign": Chain(certificates=[issue(CVCA, FOREIGN_DV), issue(FOREIGN_DV, SYSTEM)], ours=True),
    "link to another curve": Chain(
        certificates=[issue(CVCA, NEW_CVCA), issue(NEW_CVCA, NEW_DV), issue(NEW_DV, NEW_SYSTEM)], ours=True
    ),
    "expired link": Chain(
        certificates=[
            issue(CVCA, NEW_CVCA, expiration=date(2024, 2, 1)),
            issue(NEW_CVCA, NEW_DV),
            issue(NEW_DV, NEW_SYSTEM),
        ],
        ours=True,
    ),
    "RSA": Chain(
        certificates=[issue(RSA_CVCA, RSA_DV), issue(RSA_DV, RSA_SYSTEM)],
        ours=True,
        anchor=RSA_CVCA,
    ),
    "RSA below a curve": Chain(certificates=[issue(CVCA, RSA_DV), issue(RSA_DV, RSA_SYSTEM)], ours=True),
    "expired verifier": Chain(certificates=[issue(CVCA, DV, expiration=date(2024, 2, 1))], ours=False),
    "expired terminal": Chain(
        certificates=[issue(CVCA, DV), issue(DV, SYSTEM, expiration=date(2024, 2, 1))], ours=False
    ),
    "terminal of the future": Chain(
        certificates=[issue(CVCA, DV), issue(DV, SYSTEM, effective=date(2094, 1, 1))], ours=False
    ),
    "terminal without verifier": Chain(certificates=[issue(DV, SYSTEM)], ours=False),
    "out of order": Chain(certificates=[issue(DV, SYSTEM), issue(CVCA, DV)], ours=False),
    "another key under the same name": Chain(
        certificates=[issue(CVCA, DV), issue(Authority("UTDV00001", Role.DV_DOMESTIC), SYSTEM)], ours=False
    ),
    "another signature": Chain(certificates=[flipped(issue(CVCA, DV), -1)], ours=False),
    "another date": Chain(certificates=[issue(CVCA, DV).replace(b"\x09\x05\x00\x01", b"\x09\x05\x00\x02")], ours=False),
    "cut": Chain(certificates=[issue(CVCA, DV)[:-1]], ours=False),
    "terminal of the CVCA": Chain(certificates=[issue(CVCA, SYSTEM)], ours=False, theirs=True),
    "verifier of a verifier": Chain(certificates=[issue(CVCA, DV), issue(DV, FOREIGN_DV)], ours=False, theirs=True),
    "CVCA of a verifier": Chain(
        certificates=[issue(CVCA, DV), issue(DV, Authority("UTCVCA00009", Role.CVCA))], ours=False, theirs=True
    ),
    "terminal of a terminal": Chain(
        certificates=[
            issue(CVCA, DV),
            issue(DV, SYSTEM),
            issue(SYSTEM, Authority("UTIS00009", Role.TERMINAL, number=10)),
        ],
        ours=False,
        theirs=True,
    ),
    "another kind of terminal": Chain(certificates=[issue(CVCA, SIGNING_DV)], ours=False, theirs=True),
    "a curve of its own": Chain(certificates=[with_own_curve()], ours=False),
}


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS)
def test_chains_are_judged_as_documented(libeac: LibEAC, chain: Chain) -> None:
    anchor = issue(chain.anchor, chain.anchor)
    context = libeac.context()
    context.init_terminal_authentication(b"", anchor)
    theirs = all(context.import_certificate(raw) for raw in chain.certificates)
    assert (_ours(anchor, chain.certificates), theirs) == (
        chain.ours,
        chain.ours if chain.theirs is None else chain.theirs,
    )


def _ours(anchor: bytes, certificates: Sequence[bytes]) -> bool:
    point = trust_point_of(parse_cv_certificate(anchor))
    try:
        verify_chain([parse_cv_certificate(raw) for raw in certificates], point, on=DAY)
    except ToolkitError:
        return False
    return True
