"""Hostile files of one kind each: what a format lets somebody write to make its reader work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from chipid.asn1 import der
from chipid.crypto.domain_parameters import DHGroup
from chipid.crypto.keys import DHPublicKey, encode_public_key
from chipid.evidence.codec import MAX_SIZE, decode_evidence, encode_evidence
from chipid.evidence.evidence import MAX_CONTENT, Evidence, FileOutcome, FileRecord
from chipid.lds.files import FileId
from chipid.pki.certificate import parse_certificate
from chipid.pki.cms import MAX_CERTIFICATES
from chipid.toml_table import MAX_HEADER_DOTS
from chipid.toml_table import MAX_SIZE as TOML_SIZE
from chipid.trust.draft import Delivery
from chipid.trust.files import split_pem
from chipid.trust.imports import import_master_list
from chipid.trust.received import MAX_IMPORT_BYTES
from chipid.trust.store import TrustStore
from chipid.verification.policy_file import parse_policy
from tests.pki import builders
from tests.scenarios import readings
from tests.support import issuing
from tests.verification import forge

Case = tuple[str, Callable[[bytes], object], bytes]


def cases() -> Iterator[Case]:
    """What it is, who reads it, and the file."""
    for name, data in _evidence_files(readings.evidence_of()):
        yield f"evidence, {name}", decode_evidence, data
    for name, text in _toml_files():
        yield f"policy, {name}", lambda data: parse_policy(data.decode(), "policy.toml"), text.encode()
    for name, data in _pem_files():
        yield f"PEM, {name}", lambda data: list(split_pem(data, "file")), data
    yield "certificate, a name of 60 KB", parse_certificate, forge.signer_certificate(issuer=_long_name())
    yield "EF.SOD, Diffie-Hellman keys, judged", _judge_sod, _sod_of_diffie_hellman_keys()
    yield "master list, links in a circle", _import_list, _list_of_circling_links()


def _pem_files() -> Iterator[tuple[str, bytes]]:
    begin, end = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
    yield "words of two letters", begin + b"AA " * (MAX_IMPORT_BYTES // 3 - 30) + end
    yield "empty blocks", (begin + end) * (MAX_IMPORT_BYTES // len(begin + end))


def _long_name() -> bytes:
    return builders.name_der("a " * 30_000, "VN")


def _sod_of_diffie_hellman_keys() -> bytes:
    """As many certificates as are read, each with a key in a made-up group of 4,096 bits."""
    order = (1 << 511) + 111
    p = order * (((1 << 4095) // order) | 1) + 1
    group = DHGroup(name="", p=p, g=2, q=order, parameter_id=None)
    keys = (encode_public_key(DHPublicKey(group=group, y=4 + number)) for number in range(MAX_CERTIFICATES - 1))
    others = [
        forge.signer_certificate(spki=key, serial=der.encode_integer(1000 + number)) for number, key in enumerate(keys)
    ]
    sealed = forge.resigned(forge.genuine(), certificates=[forge.signer_certificate(), *others])
    return sealed.contents[FileId.SOD]


def _judge_sod(data: bytes) -> None:
    readings.judged(forge.with_file(forge.genuine(), FileId.SOD, data), forge.trusting())


@cache
def _store() -> TrustStore:
    return TrustStore.from_certificates([issuing.csca("VN", str(number)).raw for number in range(25)], source="bench")


def _list_of_circling_links() -> bytes:
    """A list whose signer two keys vouch for that vouch for each other, three times over."""
    here, there = issuing.csca("VN", "here"), issuing.csca("VN", "there")
    signer = issuing.list_signer(here, "VN")
    links = [
        issuing.link(new, old, replace(issuing.CSCA, serial=number + 1)).raw
        for number in range(3)
        for new, old in ((here, there), (there, here))
    ]
    return issuing.sign_list(issuing.list_content([here.raw]), signer, embedded=[signer.raw, *links])


def _import_list(data: bytes) -> None:
    delivery = Delivery.of(data, file="list", approved_by="bench", at=issuing.NOW)
    import_master_list(_store(), data, delivery)


def _evidence_files(genuine: Evidence) -> Iterator[tuple[str, bytes]]:
    written = encode_evidence(genuine)

    def filled(before: bytes, filling: bytes) -> bytes:
        return written.replace(before, before + filling * ((MAX_SIZE - len(written)) // len(filling)), 1)

    yield "empty lists", filled(b'"quirks":[', b"[],")
    yield "numbers", filled(b'"quirks":[', b"1" * 4000 + b",")
    yield "a long text", filled(b'"reader":"', b"a")
    yield "escapes", filled(b'"reader":"', b"\\u00e9")
    yield "keys", b"{" + b",".join(b'"%x":0' % number for number in range(330_000))
    portrait = FileRecord(file=FileId.DG2, outcome=FileOutcome.READ, content=bytes(MAX_CONTENT))
    largest = encode_evidence(forge.with_record(forge.without_file(genuine, *FileId), portrait))
    yield "the largest group", largest
    yield (
        "the largest group and a wide character",
        largest.replace(b'"reader":"', b'"reader":"' + "\U0001f0a1".encode()),
    )


def _toml_files() -> Iterator[tuple[str, str]]:
    deep = "[" + ".".join("a" * MAX_HEADER_DOTS) + "]\n"
    yield "blanks behind a bracket", 'a = """\n[' + " " * (TOML_SIZE - 20) + '\n"""'
    yield "a dotted key", ".".join("a" * 1000) + " = 1"
    yield "keys below a deep table", deep + "".join(f"k{number}=0\n" for number in range(7000))
    yield "a list", "a = [" + "0," * 8000 + "]"
    yield "a list of nested tables", "a = [" + ("{a=" * 60 + "0" + "}" * 60 + ",") * 130 + "]"
    yield "tables", "[[a]]\n" * 4000
    yield "a number", "a = " + "1" * (TOML_SIZE - 10)
