"""What an issuing state publishes, as files: DER and PEM certificates, CRL, master list, and LDIF as of the PKD.

ICAO Doc 9303-12 §10 has the directory's attributes, RFC 2849 the form of LDIF, RFC 7468 that of PEM.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime, time
from textwrap import wrap
from typing import Final

from chipid.pki.certificate import parse_certificate
from simulator.pki.issuer import SIGNER_VALIDITY, IssuingAuthority

_PEM_WIDTH: Final = 64
_LDIF_WIDTH: Final = 76


def published_files(issuer: IssuingAuthority) -> dict[str, bytes]:
    """Everything that the state publishes, by file name; the same bytes every time."""
    signed_at = datetime.combine(issuer.issued_on, time(12), tzinfo=UTC)
    certificates = {name: one.certificate for name, one in issuer.cscas.items()} | issuer.links
    files: dict[str, bytes] = {}
    for name, der in certificates.items():
        files[f"{name}.cer"] = der
        files[f"{name}.pem"] = encode_pem("CERTIFICATE", der)
    signers = {name: one.certificate for name, one in issuer.signers.items()}
    crl = issuer.revocation_list(issuer.issued_on, life=SIGNER_VALIDITY)
    master_list = issuer.master_list(signed_at)
    files |= {f"signer-{name}.der": der for name, der in signers.items()}
    files["revocation.crl"] = crl
    files["masterlist.ml"] = master_list
    files["pkd-signers.ldif"] = encode_signers_ldif(issuer.authority.country, signers, crl)
    files["pkd-masterlist.ldif"] = encode_master_list_ldif(issuer.authority.country, master_list)
    return files


def encode_pem(label: str, der: bytes) -> bytes:
    """One object in PEM."""
    lines = wrap(base64.b64encode(der).decode("ascii"), _PEM_WIDTH)
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]).encode("ascii")


def encode_signers_ldif(country: str, signers: Mapping[str, bytes], crl: bytes) -> bytes:
    """Document signers and the CRL of one state, as the directory's download has them."""
    entries = [
        _entry(
            f"cn={parse_certificate(der).fingerprint},o=dsc,c={country},dc=data,dc=download,dc=pkd,dc=simulated",
            {"objectClass": ["inetOrgPerson", "pkdDownload"], "cn": [name]},
            {"userCertificate;binary": der},
        )
        for name, der in signers.items()
    ]
    entries.append(
        _entry(
            f"cn=crl,o=crl,c={country},dc=data,dc=download,dc=pkd,dc=simulated",
            {"objectClass": ["cRLDistributionPoint", "pkdDownload"], "cn": ["crl"]},
            {"certificateRevocationList;binary": crl},
        )
    )
    return "\n".join(["version: 1", "", *entries]).encode("ascii")


def encode_master_list_ldif(country: str, master_list: bytes) -> bytes:
    """The master list of one state, as the directory's download has it."""
    entry = _entry(
        f"cn=masterlist,o=ml,c={country},dc=data,dc=download,dc=pkd,dc=simulated",
        {"objectClass": ["pkdMasterList", "pkdDownload"], "cn": ["masterlist"]},
        {"pkdMasterListContent": master_list},
    )
    return "\n".join(["version: 1", "", entry]).encode("ascii")


def _entry(dn: str, texts: Mapping[str, list[str]], values: Mapping[str, bytes]) -> str:
    lines = [f"dn: {dn}"]
    lines += [f"{name}: {text}" for name, several in texts.items() for text in several]
    lines += [f"{name}:: {base64.b64encode(value).decode('ascii')}" for name, value in values.items()]
    return "\n".join(folded for line in lines for folded in _fold(line)) + "\n"


def _fold(line: str) -> list[str]:
    """A long line goes on after one space (RFC 2849 note 2)."""
    first, rest = line[:_LDIF_WIDTH], line[_LDIF_WIDTH:]
    step = _LDIF_WIDTH - 1
    return [first, *(f" {rest[start : start + step]}" for start in range(0, len(rest), step))]
