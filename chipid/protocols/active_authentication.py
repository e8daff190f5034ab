"""Active Authentication, terminal side (ICAO Doc 9303-11 §6.1)."""

from __future__ import annotations

from apdu import instructions
from apdu.command import MAX_SHORT_NE
from apdu.errors import ToolkitError
from apdu.script import CardScript
from chipid.crypto.keys import RSAPublicKey
from chipid.lds.dg15 import parse_dg15

CHALLENGE_LENGTH = 8


def sign_challenge(challenge: bytes, *, ne: int) -> CardScript[bytes]:
    """Have the chip sign the eight-byte challenge RND.IFD and return the signature as it came.

    ``ne`` is the length of answer to ask for: the size of the key's modulus, or twice that of the curve's
    order. Nothing is verified here; the judge does that with the key of DG15. Raises :class:`StatusError`.
    """
    if len(challenge) != CHALLENGE_LENGTH:
        raise ValueError(f"a challenge has {CHALLENGE_LENGTH} bytes, not {len(challenge)}")
    response = yield instructions.internal_authenticate(challenge, ne=ne)
    return response.expect_ok("INTERNAL AUTHENTICATE")


def answer_length(dg15: bytes) -> int:
    """How long the chip's answer will be, by its key in DG15.

    Some chips insist on the exact Le for RSA; an EC signature, plain or DER, is shorter than a short Le.
    """
    try:
        key = parse_dg15(dg15).public_key
    except ToolkitError:
        return MAX_SHORT_NE
    return key.byte_length if isinstance(key, RSAPublicKey) else MAX_SHORT_NE
