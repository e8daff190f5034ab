"""EF.SOD: the hashes of the data groups under the signature of a document signer (ICAO Doc 9303-10 §4.6.2).

Parsing proves nothing: the signature, the hashes and the chain are for Passive Authentication.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.asn1 import oids
from chipid.lds.lds_security_object import LDSSecurityObject, parse_lds_security_object
from chipid.lds.sod_form import SODForm
from chipid.pki.cms import SignedData, parse_signed_data

TAG = 0x77
MAX_BYTES = 1 << 20  # what is read of a chip; real ones have a few kilobytes
MAX_FORM_BYTES = 1 << 13  # a longer file is parsed each time
FORMS_ALIKE = 4
PROBE_BYTES = 16
# QUIRK lds-content-type: Belgian and French documents name the content by the ICAO's former arc (technical report "PKI
# for MRTDs" 1.1), old Dutch ones by an identifier of their maker.
OLD_CONTENT_TYPES = frozenset({oids.OLD_LDS_SECURITY_OBJECT, oids.SDU_LDS_SECURITY_OBJECT})


@dataclass(frozen=True, slots=True, kw_only=True)
class SOD:
    """The file, its CMS envelope, and the object that is signed in it.

    Two files of one ``likeness`` differ in their hashes, in the time and in the signature alone. None says nothing.
    """

    raw: bytes = field(repr=False)
    signed_data: SignedData
    security_object: LDSSecurityObject
    likeness: object | None = field(default=None, repr=False, compare=False)

    @property
    def hash_algorithm(self) -> str:
        """The hash function of the data groups, as :mod:`hashlib` names it."""
        return self.security_object.hash_algorithm

    @property
    def lds_version(self) -> str | None:
        """``1.8`` where the object says it, None in version 0."""
        return self.security_object.lds_version

    @property
    def deviations(self) -> tuple[str, ...]:
        """What envelope and object say otherwise than their standards want, by name."""
        content_type = ("lds-content-type",) if self.signed_data.content_type in OLD_CONTENT_TYPES else ()
        return (*self.signed_data.deviations, *content_type, *self.security_object.deviations)

    @property
    def data_group_hashes(self) -> Mapping[int, bytes]:
        """The hash of each complete file by the number of its data group."""
        return dict(self.security_object.hashes)


def parse_sod(raw: bytes) -> SOD:
    """Read EF.SOD. Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for unknown algorithms.

    The forms of the last signers are remembered (:mod:`chipid.lds.sod_form`): thousands of documents follow each.
    """
    if len(raw) > MAX_BYTES:
        raise MalformedDataError(f"EF.SOD of {len(raw)} bytes")
    if len(raw) > MAX_FORM_BYTES:
        signed_data, security_object = _parse(raw)
        return SOD(raw=raw, signed_data=signed_data, security_object=security_object)
    forms = _remembered_forms(len(raw), raw[len(raw) // 2 :][:PROBE_BYTES])
    for known in tuple(forms):
        found = known.read(raw)
        if found is not None:
            return SOD(raw=raw, signed_data=found[0], security_object=found[1], likeness=known.likeness)
    signed_data, security_object = _parse(raw)
    form = SODForm.of(raw, signed_data, security_object)
    if form is None:
        return SOD(raw=raw, signed_data=signed_data, security_object=security_object)
    forms[:] = (form, *forms[: FORMS_ALIKE - 1])
    return SOD(raw=raw, signed_data=signed_data, security_object=security_object, likeness=form.likeness)


def _parse(raw: bytes) -> tuple[SignedData, LDSSecurityObject]:
    signed = parse_signed_data(tlv.parse_one(raw, TAG).value, max_bytes=MAX_BYTES)
    if signed.content_type not in (oids.ICAO_LDS_SECURITY_OBJECT, *OLD_CONTENT_TYPES):
        raise MalformedDataError("EF.SOD signs something else than the hashes of data groups")
    return signed, parse_lds_security_object(signed.econtent)


@lru_cache(maxsize=128)
def _remembered_forms(length: int, middle: bytes) -> list[SODForm]:  # noqa: ARG001 - what tells signers apart quickly
    """Forms of files of this length and with these bytes in their middle, which is in the certificate: filled later."""
    return []


def build_sod(signed_data: bytes) -> bytes:
    """Put the CMS envelope into the file."""
    return tlv.encode(TAG, signed_data)
