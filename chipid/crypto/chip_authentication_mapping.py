"""The arithmetic of the Chip Authentication Mapping of PACE (ICAO Doc 9303-11 §4.4.3.5).

The chip sends CA_IC = SK_IC⁻¹ · SK_Map,IC mod n. Who knows neither key can still make up such numbers for a point of
his own: they convince the terminal that received the point before, and nobody else.
"""

from __future__ import annotations

from apdu.ciphers import BlockCipher, unpad
from apdu.errors import MalformedDataError, SecureMessagingError
from apdu.secure_messaging import SessionKeys
from chipid.crypto import points
from chipid.crypto.domain_parameters import Curve, Point
from chipid.errors import SignatureError


def initialisation_vector(keys: SessionKeys) -> bytes:
    """E(KS_Enc, -1), where -1 is a block of ones (§4.4.3.5.4)."""
    return BlockCipher(keys.suite, keys.ks_enc).encrypt_block(b"\xff" * keys.suite.block_length)


def decrypt_chip_authentication_data(keys: SessionKeys, encrypted: bytes) -> bytes:
    """CA_IC from A_IC, the value of DO'8A'. Raises :class:`MalformedDataError` if that holds no padded data."""
    try:
        plain = BlockCipher(keys.suite, keys.ks_enc).decrypt(encrypted, initialisation_vector(keys))
        return unpad(plain)
    except SecureMessagingError as error:
        raise MalformedDataError("the Chip Authentication data cannot be decrypted") from error


def verify_chip_authentication_data(curve: Curve, ca_ic: bytes, *, pk_ic: Point, pk_map_ic: Point) -> None:
    """Check that PK_Map,IC = CA_IC · PK_IC (§4.4.3.5.2), and that CA_IC is as long as the order of the curve.

    Raises :class:`SignatureError` if not: the chip does not know the private key of PK_IC.
    """
    scalar = int.from_bytes(ca_ic, "big")
    if len(ca_ic) != curve.order_length or not 1 <= scalar < curve.n:
        raise SignatureError("the Chip Authentication data is no scalar of the curve")
    if points.multiply(curve, scalar, pk_ic) != pk_map_ic:
        raise SignatureError("the chip's mapping key was not made with its static key")
