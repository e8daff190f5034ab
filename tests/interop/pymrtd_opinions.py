"""What pymrtd makes of signed things. Run by an interpreter that has it, and nothing of ours.

Standard input: a JSON list of cases, each with ``kind``, ``name`` and hexadecimal ``data``, and ``signer`` where the
key does not come along. Standard output: a JSON object from name to ``"verified"``, ``"wrong"`` or why it gave up.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pymrtd.ef.sod import SOD
from pymrtd.pki.crl import CertificateRevocationList
from pymrtd.pki.ml import CscaMasterList
from pymrtd.pki.x509 import CscaCertificate, DocumentSignerCertificate, MasterListSignerCertificate

WRONG = ("Signature verification failed", "digest doesn't match")


def judge_sod(data: bytes, signer: bytes | None) -> None:
    sod = SOD.load(data)
    info = sod.signers[0]
    certificate = DocumentSignerCertificate.load(signer) if signer is not None else sod.getDscCertificate(info)
    sod.verify(info, certificate)


def judge_certificate(data: bytes, signer: bytes | None) -> None:
    issuer = None if signer is None else CscaCertificate.load(signer)
    CscaCertificate.load(data).verify(issuer)


def judge_list(data: bytes, signer: bytes | None) -> None:
    found = CscaMasterList.load(data)
    info = found.signers[0]
    found.verify(info, found.getSignerCertificate(info))
    if signer is not None:
        MasterListSignerCertificate.load(found.getSignerCertificate(info).dump()).verify(CscaCertificate.load(signer))


def judge_crl(data: bytes, signer: bytes | None) -> None:
    CertificateRevocationList.load(data).verify(CscaCertificate.load(signer))


JUDGES = {"sod": judge_sod, "certificate": judge_certificate, "list": judge_list, "crl": judge_crl}


def opinion(case: dict[str, Any]) -> str:
    signer = case.get("signer")
    try:
        JUDGES[case["kind"]](bytes.fromhex(case["data"]), None if signer is None else bytes.fromhex(signer))
    except Exception as error:  # noqa: BLE001 - whatever it raises is its opinion
        text = f"{type(error).__name__}: {error}".splitlines()[0][:160]
        return "wrong" if any(word in text for word in WRONG) else text
    return "verified"


if __name__ == "__main__":
    json.dump({case["name"]: opinion(case) for case in json.load(sys.stdin)}, sys.stdout)
