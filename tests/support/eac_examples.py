"""The two worked examples of Extended Access Control, over a curve and over a group, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apdu import instructions, tlv
from apdu.ciphers import CipherSuite, MessageAuthentication
from apdu.command import CommandAPDU
from chipid.asn1 import der
from chipid.crypto.domain_parameters import Curve, DHGroup, domain_by_parameter_id
from chipid.pki.cv_certificate import CVCertificate, parse_cv_certificate
from chipid.protocols.key_agreement import compress_public_key
from tests.support.vectors import load

SUITE = CipherSuite.AES_128
PASSWORD = load("eac_worked_examples")["_meta"]["password"]


@dataclass(frozen=True)
class EACExample:
    """One example; ``printed`` is its entry in the vector file."""

    name: str
    printed: dict[str, Any]

    def __str__(self) -> str:
        return self.name

    @property
    def domain(self) -> Curve | DHGroup:
        return domain_by_parameter_id(self.printed["parameter_id"])

    def value(self, protocol: str, *names: str) -> bytes:
        found = self.printed[protocol]
        for name in names:
            found = found[name]
        return bytes.fromhex(found)

    def secret(self, protocol: str, *names: str) -> bytes:
        """A private key as a random source gives it: as long as the order; DH keys are printed longer than that."""
        domain = self.domain
        order = domain.n if isinstance(domain, Curve) else domain.q
        assert order is not None
        number = int.from_bytes(self.value(protocol, *names), "big") % order
        return number.to_bytes((order.bit_length() + 7) // 8, "big")

    def certificate(self, name: str) -> CVCertificate:
        return parse_cv_certificate(self.value("ta", name))

    def token(self, key: bytes, oid: str, public: bytes) -> bytes:
        """An authentication token: the checksum of a public key data object (BSI TR-03110-3 §B.1 and §D.3)."""
        tag = 0x86 if isinstance(self.domain, Curve) else 0x84
        return MessageAuthentication(SUITE, key).compute(
            tlv.encode(0x7F49, der.encode_oid(oid), tlv.encode(tag, public))
        )

    def terminal_commands(self) -> dict[str, CommandAPDU]:
        """The commands of Terminal Authentication version 2 up to the challenge, unprotected, by their names."""
        dv, terminal = self.certificate("dv"), self.certificate("terminal")
        references = [tlv.encode(0x83, one.authority_reference.encode()) for one in (dv, terminal)]
        set_at = (
            tlv.encode(0x80, der.oid_value(terminal.public_key.oid)),
            tlv.encode(0x83, terminal.holder_reference.encode()),
            tlv.encode(0x91, compress_public_key(self.domain, self.value("ca", "PK_PCD"))),
        )
        return {
            "set-dst-dv": instructions.set_dst(references[0]),
            "verify-dv": instructions.verify_certificate(dv.value),
            "set-dst-terminal": instructions.set_dst(references[1]),
            "verify-terminal": instructions.verify_certificate(terminal.value),
            "set-at": instructions.set_at_external_authentication(b"".join(set_at)),
            "get-challenge": instructions.get_challenge(),
        }

    def pace_exchanges(self, set_at: bytes) -> tuple[tuple[bytes, bytes], ...]:
        """The conversation that the printed values make."""
        steps = [(b"", tlv.encode(0x80, self.value("pace", "z")))]
        for tag, stage in ((0x81, "map"), (0x83, "ka")):
            public_keys = (self.value("pace", stage, name) for name in ("PK_IFD", "PK_IC"))
            command, answer = (tlv.encode(tag + side, key) for side, key in enumerate(public_keys))
            steps.append((command, answer))
        steps.append((tlv.encode(0x85, self.value("pace", "T_IFD")), tlv.encode(0x86, self.value("pace", "T_IC"))))
        last = len(steps) - 1
        return (
            (instructions.set_at_mutual_authentication(set_at).encode(), b"\x90\x00"),
            *(
                (
                    instructions.general_authenticate(command, last=number == last).encode(),
                    tlv.encode(0x7C, answer) + b"\x90\x00",
                )
                for number, (command, answer) in enumerate(steps)
            ),
        )


EXAMPLES = tuple(EACExample(name=name, printed=load("eac_worked_examples")[name]) for name in ("ecdh", "dh"))
