"""Basic Access Control, terminal side (ICAO Doc 9303-11 §4.3)."""

from __future__ import annotations

from hmac import compare_digest
from typing import Final

from apdu import instructions
from apdu.ciphers import BlockCipher, CipherSuite, MessageAuthentication
from apdu.errors import StatusError
from apdu.script import CardScript
from apdu.secure_messaging import SessionKeys
from chipid.crypto.entropy import Entropy
from chipid.crypto.kdf import KeyPurpose, derive_key, derive_session_keys
from chipid.errors import ProtocolError, WrongAccessKeyError
from chipid.mrz.access_key import AccessKey

SUITE: Final = CipherSuite.TDES
RANDOM_LENGTH = 8
KEY_LENGTH = 16
CRYPTOGRAM_LENGTH = 32
ANSWER_LENGTH = CRYPTOGRAM_LENGTH + 8

# What chips in the field answer to MUTUAL AUTHENTICATE under a wrong key.
WRONG_KEY: Final = frozenset({0x6300, 0x6982, 0x6985, 0x6988, 0x6A80})


def authenticate(access_key: AccessKey, entropy: Entropy) -> CardScript[SessionKeys]:
    """Open the chip with the document basic access keys and return the session keys.

    The eMRTD application must be selected. Raises :class:`WrongAccessKeyError` if the chip refuses the key,
    :class:`ProtocolError` if its answer is not bound to our challenge, :class:`StatusError` if the chip has
    no Basic Access Control.
    """
    k_enc = BlockCipher(SUITE, derive_key(access_key.k_seed, KeyPurpose.ENCRYPTION, SUITE))
    k_mac = MessageAuthentication(SUITE, derive_key(access_key.k_seed, KeyPurpose.MAC, SUITE))

    response = yield instructions.get_challenge(RANDOM_LENGTH)
    rnd_ic = response.expect_ok("GET CHALLENGE")
    if len(rnd_ic) != RANDOM_LENGTH:
        raise ProtocolError(f"the chip's challenge has {len(rnd_ic)} bytes, not {RANDOM_LENGTH}")

    rnd_ifd = entropy(RANDOM_LENGTH)
    k_ifd = entropy(KEY_LENGTH)
    e_ifd = k_enc.encrypt(rnd_ifd + rnd_ic + k_ifd)
    m_ifd = k_mac.compute(e_ifd)

    response = yield instructions.external_authenticate(e_ifd + m_ifd, ne=ANSWER_LENGTH)
    if response.sw in WRONG_KEY or response.sw.tries_left is not None:
        raise WrongAccessKeyError("the chip refused the access key (Basic Access Control)")
    answer = response.expect_ok("MUTUAL AUTHENTICATE")
    if len(answer) != ANSWER_LENGTH:
        raise ProtocolError(f"the answer to MUTUAL AUTHENTICATE has {len(answer)} bytes, not {ANSWER_LENGTH}")

    e_ic, m_ic = answer[:CRYPTOGRAM_LENGTH], answer[CRYPTOGRAM_LENGTH:]
    if not compare_digest(k_mac.compute(e_ic), m_ic):
        raise ProtocolError("the checksum of the chip's answer to MUTUAL AUTHENTICATE is wrong")
    r = k_enc.decrypt(e_ic)
    # RND.IC first, then our own RND.IFD: the chip proves that it read our challenge (§4.3.1 step 4).
    if not compare_digest(r[: 2 * RANDOM_LENGTH], rnd_ic + rnd_ifd):
        raise ProtocolError("the chip's answer to MUTUAL AUTHENTICATE is not bound to this session")
    k_ic = r[2 * RANDOM_LENGTH :]

    k_seed = bytes(a ^ b for a, b in zip(k_ifd, k_ic, strict=True))
    ssc = int.from_bytes(rnd_ic[4:] + rnd_ifd[4:], "big")
    return derive_session_keys(k_seed, SUITE, ssc=ssc)


def is_unsupported(error: StatusError) -> bool:
    """True if a refusal means that the chip has no Basic Access Control, and not that the key is wrong."""
    return error.sw in (0x6A81, 0x6A88, 0x6D00, 0x6E00)
