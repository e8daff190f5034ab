"""Certificate revocation lists of a CSCA (ICAO Doc 9303-12 §7.2, RFC 5280 §5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from asn1crypto import algos, core, crl, x509

from chipid.asn1 import der
from chipid.crypto.entropy import Entropy
from simulator.pki.certificates import Authority, Issuer, Period, certificate_name, key_identifier
from simulator.pki.signing import encode_signature_algorithm, sign

REASON = "key_compromise"


def issue_crl(
    authority: Authority,
    issuer: Issuer,
    *,
    revoked: Mapping[int, date],
    validity: Period,
    number: int,
    entropy: Entropy,
) -> bytes:
    """A complete CRL in DER: the revoked serial numbers with their days, from this update to the next."""
    algorithm = algos.SignedDigestAlgorithm.load(encode_signature_algorithm(issuer.algorithm))
    identifier = x509.AuthorityKeyIdentifier({"key_identifier": key_identifier(issuer.key.public)})
    fields = {
        "version": "v2",
        "signature": algorithm,
        "issuer": certificate_name(authority, issuer.common_name, issuer.serial_name),
        "this_update": x509.Time("utc_time", validity.start),
        "next_update": x509.Time("utc_time", validity.end),
        "crl_extensions": [
            {"extn_id": "authority_key_identifier", "extn_value": identifier},
            {"extn_id": "crl_number", "extn_value": core.Integer(number)},
        ],
    }
    entries = [_entry(serial, day) for serial, day in sorted(revoked.items())]
    if entries:  # an empty list is left out (RFC 5280 §5.1.2.6)
        fields["revoked_certificates"] = entries
    body = crl.TbsCertList(fields).dump()
    signature = sign(issuer.key, issuer.algorithm, body, entropy)
    return der.encode_sequence(body, algorithm.dump(), der.encode_bit_string(signature))


def _entry(serial: int, day: date) -> dict[str, object]:
    return {
        "user_certificate": serial,
        "revocation_date": x509.Time("utc_time", datetime.combine(day, time(tzinfo=UTC))),
        "crl_entry_extensions": [{"extn_id": "crl_reason", "extn_value": crl.CRLReason(REASON)}],
    }
