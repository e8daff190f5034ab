"""What the EF.SODs of one document signer have in common, so that the next one need not be walked again.

A signer fills in a form: from one document to the next only the hashes, the time and the signature change, and they
stand in the same places. To read a file whose other bytes are known already comes to the same as to parse it, because
what may change are values that the parser takes as they are: they are cut out, and the time is decoded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter

from apdu import tlv
from apdu.errors import TLVError
from apdu.tlv import TLV
from chipid.asn1 import der, oids
from chipid.asn1.times import decode_time, encode_time
from chipid.lds.lds_security_object import LDSSecurityObject
from chipid.pki.cms import SignedAttributes, SignedData, SignerInfo

_Cut = Callable[[bytes], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SODForm:
    """Where the values of a file stand, and all bytes beside them; made of one file that was parsed.

    ``likeness`` is the same object for all files of the form, and for no others.
    """

    length: int
    signed_data: SignedData
    attributes: SignedAttributes
    security_object: LDSSecurityObject
    constant: tuple[bytes, ...] = field(repr=False)
    numbers: tuple[int, ...]
    cut_constant: _Cut
    cut_values: _Cut
    likeness: object = field(default_factory=object, repr=False, compare=False)

    @classmethod
    def of(cls, raw: bytes, signed: SignedData, security_object: LDSSecurityObject) -> SODForm | None:
        """The form of a parsed file; None where a value cannot be told from others, and for unusual envelopes."""
        attributes = signed.signer.attributes
        if len(signed.signers) != 1 or attributes is None or attributes.message_digest is None:
            return None
        try:
            if der.normalise_ber(signed.raw) != signed.raw:
                return None  # what was joined of pieces may stand elsewhere once more, where nobody reads it
            content = _place(raw, signed.econtent)
            hashes = [_place(raw, value, content) for _, value in security_object.hashes]
            signature = _place(raw, signed.signer.signature)
            in_attributes = _place(raw, attributes.raw[1:])  # what is signed has another tag (RFC 5652 §5.4)
            message_digest = _place(raw, attributes.message_digest, in_attributes)
            time = _place_of_time(attributes, in_attributes)
        except (LookupError, TLVError):
            return None
        changing = sorted((signature, message_digest, time, *hashes), key=lambda place: place.start)
        edges = [0, *(edge for place in changing for edge in (place.start, place.stop)), len(raw)]
        cut_constant = itemgetter(*(slice(*edges[at : at + 2]) for at in range(0, len(edges), 2)))
        return cls(
            length=len(raw),
            signed_data=signed,
            attributes=attributes,
            security_object=security_object,
            constant=cut_constant(raw),
            numbers=tuple(number for number, _ in security_object.hashes),
            cut_constant=cut_constant,
            cut_values=itemgetter(content, in_attributes, message_digest, time, signature, *hashes),
        )

    def read(self, raw: bytes) -> tuple[SignedData, LDSSecurityObject] | None:
        """What parsing ``raw`` gives, None if the file has another form.

        Raises :class:`MalformedDataError` for an impossible time, as parsing does.
        """
        if len(raw) != self.length or self.cut_constant(raw) != self.constant:
            return None
        content, in_attributes, message_digest, time, signature, *hashes = self.cut_values(raw)
        signed, info, listed = self.signed_data, self.signed_data.signer, self.security_object
        attributes = SignedAttributes(
            raw=bytes((der.SET,)) + in_attributes,
            content_type=self.attributes.content_type,
            message_digest=message_digest,
            signing_time=decode_time(TLV(_TIME_TAGS[len(time)], time, time)) if time else None,
        )
        signer = SignerInfo(
            version=info.version,
            sid=info.sid,
            digest_algorithm=info.digest_algorithm,
            attributes=attributes,
            signature_algorithm=info.signature_algorithm,
            signature=signature,
        )
        envelope = SignedData(
            raw=raw[-len(signed.raw) :],
            version=signed.version,
            content_type=signed.content_type,
            econtent=content,
            certificates=signed.certificates,
            signers=(signer,),
            digest_algorithms=signed.digest_algorithms,
        )
        security_object = LDSSecurityObject(
            raw=content,
            version=listed.version,
            hash_algorithm=listed.hash_algorithm,
            hashes=tuple(zip(self.numbers, hashes, strict=True)),
            lds_version=listed.lds_version,
            unicode_version=listed.unicode_version,
        )
        return envelope, security_object


_TIME_TAGS = {13: der.UTC_TIME, 15: der.GENERALIZED_TIME}


def _place(raw: bytes, value: bytes, within: slice | None = None) -> slice:
    """Where ``value`` stands; raises :class:`LookupError` if it stands nowhere or in more than one place."""
    start, stop = (0, len(raw)) if within is None else (within.start, within.stop)
    at = raw.find(value, start, stop)
    if not value or at < 0 or raw.find(value, at + 1, stop) >= 0:
        raise LookupError("a value does not stand in exactly one place")
    return slice(at, at + len(value))


def _place_of_time(attributes: SignedAttributes, within: slice) -> slice:
    """Where the signing time stands, empty if there is none; raises :class:`LookupError` if it is written unusually."""
    if attributes.signing_time is None:
        return slice(within.stop, within.stop)
    time = encode_time(attributes.signing_time)
    wanted = der.encode_sequence(der.encode_oid(oids.ATTRIBUTE_SIGNING_TIME), tlv.encode(der.SET, time))
    end = within.stop
    for attribute in reversed(tlv.parse_one(attributes.raw).children()):
        if attribute.raw == wanted:
            return slice(end - len(tlv.parse_one(time).value), end)
        end -= len(attribute.raw)
    raise LookupError("the signing time is written in another way")
