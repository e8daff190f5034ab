"""Keys and certificates for Terminal Authentication with simulated chips, of every algorithm."""

from __future__ import annotations

from datetime import date
from functools import cache

from chipid.asn1 import oids
from chipid.conformance.terminal_certificates import Mechanism, Signer, TerminalCredentials
from chipid.crypto.domain_parameters import CURVES
from chipid.crypto.signatures import SignatureScheme
from chipid.pki.chat import Role
from chipid.pki.cv_public_key import ALGORITHMS, TerminalPublicKey
from simulator.chip import TerminalAuthentication
from simulator.personalisation.terminal_pki import VALIDITY
from simulator.pki.cv_issuer import CVKey, CVRequest, certify, trust_point
from simulator.pki.signing import KeyKind, PrivateKey, generate_key
from simulator.randomness import SeededEntropy

HORIZON = date(2035, 1, 1)
PERSONALISED = date(2024, 6, 1)
RSA, EC = KeyKind(bits=2048), KeyKind(curve=CURVES["brainpoolP256r1"])
SHORT_RSA, SHORT_EC = KeyKind(bits=1280), KeyKind(curve=CURVES["secp224r1"])
ECDSA = oids.ID_TA_ECDSA_SHA_256


@cache
def _private(kind: KeyKind, name: str) -> PrivateKey:
    return generate_key(kind, SeededEntropy(name.encode()))


def _key(oid: str, name: str, *, is_short: bool = False) -> CVKey:
    is_rsa = ALGORITHMS[oid].scheme in (SignatureScheme.RSA_PKCS1, SignatureScheme.RSA_PSS)
    kind = (SHORT_RSA if is_short else RSA) if is_rsa else (SHORT_EC if is_short else EC)
    private = _private(kind, name)
    return CVKey(private=private, public=TerminalPublicKey(oid=oid, key=private.public))


def signer(reference: str, key: CVKey) -> Signer:
    """It remembers what it has signed: most certificates of the cases are the same ones."""
    return Signer(
        reference=reference,
        public_key=key.public,
        sign=cache(lambda data: key.sign(data, SeededEntropy(data))),
    )


def credentials(oid: str, *, migrates_to: str | None = None) -> TerminalCredentials:
    """A CVCA that signs with an algorithm, and what the cases need besides."""
    migration = None
    if migrates_to is not None:
        migration = Mechanism(
            cvca=signer("XXOTHERCVSEQ01", _key(migrates_to, "CVCA")),
            verifier=signer("XXOTHERDVSEQ01", _key(migrates_to, "DV")),
            terminal=signer("XXOTHERISSEQ01", _key(migrates_to, "IS")),
        )
    return TerminalCredentials(
        cvca=signer("XXTESTCVCSEQ01", _key(oid, "CVCA")),
        verifier=signer("XXTESTDVSEQ01", _key(oid, "DV")),
        terminal=signer("XXTESTISSEQ01", _key(oid, "IS")),
        first=VALIDITY.first,
        last=VALIDITY.last,
        horizon=HORIZON,
        successors=tuple(
            signer(f"XXTESTCVCASEQ0{number}", _key(oid, f"CVCA {number}" if migrates_to else "DV"))
            for number in (2, 3, 4)
        ),
        migration=migration,
        shorter=signer("XXSHORTSEQ01", _key(oid, "short", is_short=True)),
    )


def trusting(oid: str) -> TerminalAuthentication:
    """What personalisation leaves in a chip that trusts the CVCA of these credentials."""
    key = _key(oid, "CVCA")
    request = CVRequest(reference="XXTESTCVCSEQ01", role=Role.CVCA, validity=VALIDITY)
    root = certify(key, request.reference, key, request, SeededEntropy(b"root"))
    return TerminalAuthentication(trust_points=(trust_point(root),), personalised_on=PERSONALISED)
