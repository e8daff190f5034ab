"""LDS_H_01 to 15, 70 to 83 and 94 to 98: the algorithms that EF.SOD and the certificates above it are signed with.

What uses SHA-1 or SHA-224 anywhere is judged under the policy ``default``, since ``strict`` takes neither; signatures
with SHA-1 are dated to when they were good.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from chipid.verification.policy_file import DEFAULT_POLICY
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.inspection import STRICT
from tests.reader_cases.signing import (
    SIGNED_AT,
    WHEN_SHA1_WAS_GOOD,
    Issuer,
    Party,
    Sealing,
    dsa_issuer,
    dsa_scheme,
    ec_issuer,
    ec_key,
    ecdsa,
    inspect_sealed,
    pkcs1,
    pss,
    rsa_issuer,
)

OLD = "Judged under `default`, as of a signature of 2012: `strict` takes no SHA-1."
WEAK = "Judged under `default`: `strict` takes no SHA-224."
BITS = {"sha1": (256, 224), "sha224": (256, 224), "sha256": (256, 256), "sha384": (384, 384), "sha512": (512, 512)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithms:
    """One case: how the document is signed, the hash functions of content and groups, and the weakest of them all."""

    id: str
    purpose: str
    issuer: Callable[[], Issuer]
    hash_name: str
    group_hash_name: str = ""
    weakest: str = ""
    is_stored: bool = False
    stated: bool = True

    def inspect(self) -> Outcome:
        """Inspect a document that is signed so; ``is_stored`` puts the signer into the store instead of EF.SOD."""
        issuer, weakest = self.issuer(), self.weakest or self.hash_name
        sealing = Sealing(
            issuer=issuer,
            certificate=b"" if self.is_stored else None,
            hash_name=self.hash_name,
            group_hash_name=self.group_hash_name,
            signed_at=WHEN_SHA1_WAS_GOOD if weakest == "sha1" else SIGNED_AT,
        )
        policy = DEFAULT_POLICY if weakest in ("sha1", "sha224") else STRICT
        return inspect_sealed(sealing, policy=policy, stored=[issuer.signer_certificate()] if self.is_stored else [])


def rsa_of(scheme: Callable[[str], object], hash_name: str) -> Callable[[], Issuer]:
    return lambda: rsa_issuer(scheme(hash_name))  # type: ignore[arg-type]


def on_curves(hash_name: str, *, plain: bool = False) -> Callable[[], Issuer]:
    csca_bits, signer_bits = BITS[hash_name]
    return lambda: ec_issuer(ecdsa(hash_name, plain=plain), csca_bits, signer_bits)


def as_key_kind(hash_name: str) -> Callable[[], Issuer]:
    """EF.SOD names rsaEncryption, the certificates the whole algorithm."""
    return lambda: rsa_issuer(pkcs1(hash_name, as_key_kind=True), pkcs1(hash_name))


def under_a_curve() -> Issuer:
    """A CSCA on a curve over a signer with an RSA key."""
    csca = Party(ec_key("csca"), "Invented CSCA")
    return replace(rsa_issuer(pkcs1("sha256")), csca=csca, csca_scheme=ecdsa("sha224"))


def _named(hash_name: str) -> str:
    return f"SHA-{hash_name[3:]}"


def _table() -> list[Algorithms]:
    case = Algorithms
    found = [
        *(
            case(
                id=f"LDS_H_{number:02}",
                purpose=f"RSASSA-PKCS1-v1_5 with {_named(name)}",
                issuer=rsa_of(pkcs1, name),
                hash_name=name,
            )
            for number, name in ((1, "sha1"), (4, "sha224"), (5, "sha256"), (6, "sha384"), (7, "sha512"))
        ),
        *(
            case(
                id=f"LDS_H_{number:02}",
                purpose=f"RSASSA-PSS with {_named(name)}",
                issuer=rsa_of(pss, name),
                hash_name=name,
            )
            for number, name in ((2, "sha1"), (3, "sha256"), (94, "sha224"), (95, "sha384"), (96, "sha512"))
        ),
        *(
            case(
                id=f"LDS_H_{number:02}",
                purpose=f"DSA with {_named(name)}",
                issuer=partial(lambda one: dsa_issuer(dsa_scheme(one)), name),
                hash_name=name,
                stated=number != 8,
            )
            for number, name in ((8, "sha1"), (97, "sha224"), (98, "sha256"))
        ),
        *(
            case(
                id=f"LDS_H_{number:02}",
                purpose=f"Plain ECDSA (BSI's identifier) with {_named(name)}",
                issuer=on_curves(name, plain=True),
                hash_name=name,
            )
            for number, name in ((10, "sha1"), (11, "sha224"), (12, "sha256"), (13, "sha384"), (14, "sha512"))
        ),
        *(
            case(
                id=f"LDS_H_{number:02}",
                purpose=f"ECDSA (ANSI's identifier) with {_named(name)}",
                issuer=on_curves(name),
                hash_name=name,
            )
            for number, name in ((9, "sha1"), (70, "sha224"), (71, "sha256"), (72, "sha384"), (73, "sha512"))
        ),
        *(
            case(
                id=f"LDS_H_{number:02}",
                purpose=f"RSASSA-PKCS1-v1_5 with {_named(name)}, called rsaEncryption in EF.SOD",
                issuer=as_key_kind(name),
                hash_name=name,
            )
            for number, name in ((79, "sha1"), (80, "sha224"), (81, "sha256"), (82, "sha384"), (83, "sha512"))
        ),
        case(
            id="LDS_H_15",
            purpose="RSASSA-PKCS1-v1_5 with SHA-256, the signer's certificate not in EF.SOD",
            issuer=rsa_of(pkcs1, "sha256"),
            hash_name="sha256",
            is_stored=True,
        ),
        case(
            id="LDS_H_74",
            purpose="SHA-224 for the groups, SHA-256 for the content",
            issuer=rsa_of(pss, "sha256"),
            hash_name="sha256",
            group_hash_name="sha224",
            weakest="sha224",
        ),
        case(
            id="LDS_H_75",
            purpose="RSASSA-PSS with SHA-256 over hashes of SHA-224",
            issuer=rsa_of(pss, "sha256"),
            hash_name="sha224",
        ),
        case(
            id="LDS_H_76",
            purpose="RSA with SHA-256 under a CSCA with ECDSA and SHA-224",
            issuer=under_a_curve,
            hash_name="sha224",
        ),
        case(
            id="LDS_H_77",
            purpose="RSASSA-PSS with SHA-256 under a CSCA with SHA-224",
            issuer=lambda: rsa_issuer(pss("sha256"), pss("sha224")),
            hash_name="sha256",
            weakest="sha224",
        ),
        case(
            id="LDS_H_78",
            purpose="RSASSA-PSS under a CSCA with RSASSA-PKCS1-v1_5",
            issuer=lambda: rsa_issuer(pss("sha256"), pkcs1("sha256")),
            hash_name="sha256",
        ),
    ]
    return sorted(found, key=lambda one: one.id)


def _register(algorithms: Algorithms) -> None:
    def inspect() -> Outcome:
        return algorithms.inspect()

    inspect.__doc__ = f"{algorithms.purpose}."
    note = {"sha1": OLD, "sha224": WEAK}.get(algorithms.weakest or algorithms.hash_name, "")
    reader_case(algorithms.id, Demand.PASS, stated=algorithms.stated, note=note)(inspect)


for _one in _table():
    _register(_one)
