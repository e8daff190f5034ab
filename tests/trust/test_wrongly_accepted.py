"""The worst bug is to accept what must not be accepted. Each way is built as a file here and must be refused."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apdu.errors import ToolkitError
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.keys import ECPublicKey, encode_public_key
from chipid.crypto.points import Point, multiply
from chipid.errors import SignatureError, TrustStoreError, UnsupportedError
from chipid.pki.certificate import parse_certificate
from chipid.pki.path import IssuerUnknownError
from chipid.trust import directory
from chipid.trust.approval import Approval
from chipid.trust.errors import Refusal, TrustRefusedError
from chipid.trust.imports import import_certificates, import_crl, import_master_list
from chipid.trust.operations import import_files
from chipid.trust.store import TrustStore
from tests.support import issuing
from tests.support.hostile import mutations
from tests.support.issuing import Form, Issued, Key
from tests.trust.support import EMPTY, approve, delivery, fingerprints

DE, VN = issuing.csca("DE"), issuing.csca("VN")
SIGNER = issuing.list_signer(DE, "DE")
CONTENT = issuing.list_content([VN.raw])
P256 = CURVES["secp256r1"]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store in which the owner trusts the German CSCA and nothing else."""
    folder = tmp_path / "store"
    directory.save(folder, approve(EMPTY, DE).contents())
    return folder


def refusal(store: Path, data: bytes, approval: Approval | None = None) -> Refusal:
    """Import a file, which must be refused and leave the store as it is."""
    before = (store / directory.MANIFEST).read_bytes()
    file = store.parent / "file"
    file.write_bytes(data)
    with pytest.raises(TrustRefusedError) as caught:
        import_files(store, [file], approval or Approval(by="Nguyễn Văn A"), issuing.NOW)
    assert (store / directory.MANIFEST).read_bytes() == before
    return caught.value.refusal


def test_the_right_list_is_accepted(store: Path) -> None:
    file = store.parent / "file"
    file.write_bytes(issuing.sign_list(CONTENT, SIGNER))
    import_files(store, [file], Approval(by="Nguyễn Văn A"), issuing.NOW)
    assert VN.fingerprint in fingerprints(TrustStore.from_directory(store))


# Unsigned content


def test_content_without_a_signer_is_refused(store: Path) -> None:
    data = issuing.envelope(CONTENT, oids.ICAO_CSCA_MASTER_LIST, [SIGNER.raw], [])
    assert refusal(store, data) is Refusal.MALFORMED


def test_content_without_its_envelope_is_refused(store: Path) -> None:
    file = store.parent / "file"
    file.write_bytes(CONTENT)
    with pytest.raises(TrustStoreError):
        import_files(store, [file], Approval(by="Nguyễn Văn A"), issuing.NOW)


def test_content_put_into_an_envelope_signed_over_another_is_refused(store: Path) -> None:
    for attributes in (True, False):
        other = issuing.list_content([issuing.csca("FR").raw])
        data = issuing.sign_list(CONTENT, SIGNER, attributes=attributes, enclosed=other)
        assert refusal(store, data) is Refusal.SIGNATURE_WRONG


def test_content_signed_as_something_else_is_refused(store: Path) -> None:
    data = issuing.sign_list(CONTENT, SIGNER, content_type=oids.ICAO_LDS_SECURITY_OBJECT)
    lds, listed = der.encode_oid(oids.ICAO_LDS_SECURITY_OBJECT), der.encode_oid(oids.ICAO_CSCA_MASTER_LIST)
    assert refusal(store, data) is Refusal.MALFORMED
    assert refusal(store, data.replace(lds, listed, 1)) is Refusal.SIGNATURE_WRONG


@pytest.mark.parametrize(
    "signature", [b"", bytes(64), der.encode_sequence(der.encode_integer(0), der.encode_integer(0))]
)
def test_an_empty_signature_is_refused(store: Path, signature: bytes) -> None:
    assert refusal(store, issuing.sign_list(CONTENT, SIGNER, signature=signature)) is Refusal.SIGNATURE_WRONG


# A list signed by somebody else


def impostor() -> Issued:
    """A CSCA with the names and key identifiers of the German one, and another key."""
    form = Form(ski=DE.key.identifier, aki=DE.key.identifier)
    return issuing.issue(DE.subject, issuing.ec_key("impostor"), form)


def test_a_list_under_an_impostor_that_comes_along_is_refused(store: Path) -> None:
    false = impostor()
    form = replace(issuing.LIST_SIGNER, aki=DE.key.identifier)
    signer = issuing.list_signer(false, "DE", "false", form)
    for embedded in ([signer.raw], [signer.raw, false.raw], [signer.raw, DE.raw], [DE.raw, false.raw, signer.raw]):
        assert refusal(store, issuing.sign_list(CONTENT, signer, embedded=embedded)) is Refusal.SIGNATURE_WRONG


def test_a_list_under_a_csca_of_another_state_is_refused(store: Path) -> None:
    for country in ("DE", "FR"):
        signer = issuing.list_signer(issuing.csca("FR"), country, "of France")
        assert refusal(store, issuing.sign_list(CONTENT, signer)) is Refusal.SIGNER_NOT_TRUSTED


@pytest.mark.parametrize(
    "form",
    [
        issuing.DS,
        issuing.DEVIATION_SIGNER,
        replace(issuing.LIST_SIGNER, key_usage=issuing.KEY_CERT_SIGN),
        replace(issuing.LIST_SIGNER, key_usage=b"\x03\x04\x01\x06\x00\x00"),  # damaged
    ],
)
def test_a_list_by_another_kind_of_signer_of_the_right_csca_is_refused(store: Path, form: Form) -> None:
    signer = issuing.list_signer(DE, "DE", "other kind", form)
    assert refusal(store, issuing.sign_list(CONTENT, signer)) is Refusal.SIGNER_PROFILE


def test_a_list_that_the_csca_signed_itself_is_refused(store: Path) -> None:
    assert refusal(store, issuing.sign_list(CONTENT, DE)) is Refusal.SIGNER_PROFILE


def test_the_certificate_of_the_right_signer_beside_the_signature_of_another_is_refused(store: Path) -> None:
    other = replace(SIGNER, key=issuing.ec_key("other"))
    data = issuing.sign_list(CONTENT, other)
    assert refusal(store, data) is Refusal.SIGNATURE_WRONG
    assert refusal(store, issuing.sign_list(CONTENT, other, embedded=[])) is Refusal.SIGNER_NOT_FOUND


def test_a_signer_below_a_list_signer_is_refused(store: Path) -> None:
    below = issuing.list_signer(SIGNER, "DE", "below")
    data = issuing.sign_list(CONTENT, below, embedded=[below.raw, SIGNER.raw])
    assert refusal(store, data) is Refusal.SIGNER_NOT_TRUSTED


def test_another_accepted_fingerprint_does_not_help(store: Path) -> None:
    signer = issuing.list_signer(issuing.csca("FR"), "FR")
    approval = Approval(by="Nguyễn Văn A", list_signers=[SIGNER.fingerprint], certificates=[signer.fingerprint])
    assert refusal(store, issuing.sign_list(CONTENT, signer), approval) is Refusal.SIGNER_NOT_TRUSTED


# Curve parameters that differ in one integer (CVE-2020-0601)

CHANGES: dict[str, Callable[[Curve], Curve]] = {
    "p": lambda curve: replace(curve, p=curve.p - 2),
    "a": lambda curve: replace(curve, a=curve.a + 1),
    "b": lambda curve: replace(curve, b=curve.b ^ 1),
    "x": lambda curve: replace(curve, x=curve.x ^ 1),
    "y": lambda curve: replace(curve, y=curve.p - curve.y),
    "n": lambda curve: replace(curve, n=curve.n + 2),
    "h": lambda curve: replace(curve, h=2),
}


def point_of(key: Key) -> Point:
    assert isinstance(key.private, ec.EllipticCurvePrivateKey)
    numbers = key.private.public_key().public_numbers()
    return Point(x=numbers.x, y=numbers.y)


def with_curve(issued: Issued, curve: Curve) -> Issued:
    """A CSCA like the given one whose key says that it is on another curve."""
    spki = encode_public_key(ECPublicKey(curve=curve, point=point_of(issued.key), explicit=True))
    return issuing.issue(issued.subject, issued.key, Form(spki=spki))


def test_the_right_parameters_are_accepted(store: Path) -> None:
    file = store.parent / "file"
    explicit = with_curve(VN, P256)
    file.write_bytes(explicit.raw)
    import_files(store, [file], Approval(by="Nguyễn Văn A", certificates=[explicit.fingerprint]), issuing.NOW)
    assert explicit.fingerprint in fingerprints(TrustStore.from_directory(store))


@pytest.mark.parametrize("changed", CHANGES)
def test_a_curve_that_differs_in_one_integer_is_refused_whoever_approves_it(store: Path, changed: str) -> None:
    false = with_curve(VN, CHANGES[changed](P256))
    approval = Approval(by="Nguyễn Văn A", certificates=[false.fingerprint])
    assert refusal(store, false.raw, approval) is Refusal.KEY_UNUSABLE


@pytest.mark.parametrize("changed", CHANGES)
def test_such_a_curve_on_a_list_is_left_out(store: Path, changed: str) -> None:
    false = with_curve(VN, CHANGES[changed](P256))
    file = store.parent / "file"
    file.write_bytes(issuing.sign_list(issuing.list_content([false.raw, VN.raw]), SIGNER))
    (report,) = import_files(store, [file], Approval(by="Nguyễn Văn A"), issuing.NOW).files
    assert [(one.fingerprint, one.refusal) for one in report.refused] == [(false.fingerprint, Refusal.KEY_UNUSABLE)]
    assert false.fingerprint not in fingerprints(TrustStore.from_directory(store))


def twin() -> tuple[Issued, Issued]:
    """The German CSCA's public point as generator, so that its secret is 1, and a list signer that it issued."""
    generator = point_of(DE.key)
    false = with_curve(DE, replace(P256, x=generator.x, y=generator.y))
    honest = issuing.list_signer(DE, "DE", "twin")
    body, algorithm, _ = der.parse_sequence(honest.raw)
    k = 0x1234567
    r = multiply(P256, k, generator).x % P256.n
    h = int.from_bytes(hashlib.sha256(body.raw).digest(), "big")
    s = pow(k, -1, P256.n) * (h + r) % P256.n
    signature = der.encode_sequence(der.encode_integer(r), der.encode_integer(s))
    raw = der.encode_sequence(body.raw, algorithm.raw, der.encode_bit_string(signature))
    return false, replace(honest, raw=raw)


def test_a_csca_with_the_public_point_as_generator_signs_nothing(store: Path) -> None:
    false, signer = twin()
    for embedded in ([signer.raw], [signer.raw, false.raw]):
        assert refusal(store, issuing.sign_list(CONTENT, signer, embedded=embedded)) is Refusal.SIGNATURE_WRONG
    pinned = store.parent / "pinned.cer"
    pinned.write_bytes(false.raw)
    new = store.parent / "new"
    with pytest.raises(ToolkitError):
        import_files(new, [_file(store, issuing.sign_list(CONTENT, signer))], _pin(pinned), issuing.NOW)
    assert not new.exists()


def _file(store: Path, data: bytes) -> Path:
    file = store.parent / "file"
    file.write_bytes(data)
    return file


def _pin(path: Path) -> Approval:
    return Approval(by="Nguyễn Văn A", pinned=[path])


# RSA padding with trailing garbage

SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def sloppy_signature(key: Key, message: bytes) -> bytes:
    """A block that begins like PKCS#1 v1.5 and goes on with garbage; who looks only at its beginning takes it."""
    assert isinstance(key.private, rsa.RSAPrivateKey)
    numbers = key.private.private_numbers()
    size = (numbers.public_numbers.n.bit_length() + 7) // 8
    start = b"\x00\x01" + b"\xff" * 8 + b"\x00" + SHA256_PREFIX + hashlib.sha256(message).digest()
    block = start + b"\x5a" * (size - len(start))
    return pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")


RSA_CSCA = issuing.issue(issuing.name("DE", "CSCA RSA"), issuing.rsa_key("CSCA", 3))


def resigned(raw: bytes, key: Key) -> bytes:
    """A certificate or CRL with a sloppy signature."""
    body, algorithm, _ = der.parse_sequence(raw)
    return der.encode_sequence(body.raw, algorithm.raw, der.encode_bit_string(sloppy_signature(key, body.raw)))


@pytest.fixture
def rsa_store(tmp_path: Path) -> Path:
    folder = tmp_path / "rsa"
    directory.save(folder, approve(EMPTY, RSA_CSCA).contents())
    return folder


def test_garbage_behind_the_padding_of_a_list_is_refused(rsa_store: Path) -> None:
    signer = issuing.issue(
        issuing.name("DE", "List Signer"), issuing.rsa_key("MLS", 3), issuing.LIST_SIGNER, by=RSA_CSCA
    )
    right = issuing.sign_list(CONTENT, signer)
    import_files(rsa_store, [_file(rsa_store, right)], Approval(by="Nguyễn Văn A"), issuing.NOW)
    _, explicit = der.parse_sequence(right)
    info = explicit.children()[0].children()[-1].children()[0]
    signed = b"\x31" + info.children()[3].raw[1:]
    wrong = issuing.sign_list(CONTENT, signer, signature=sloppy_signature(signer.key, signed))
    assert refusal(rsa_store, wrong) is Refusal.SIGNATURE_WRONG


def test_garbage_behind_the_padding_of_a_certificate_or_crl_is_refused(rsa_store: Path) -> None:
    signer = issuing.document_signer(RSA_CSCA, "DE", "RSA")
    assert refusal(rsa_store, resigned(signer.raw, RSA_CSCA.key)) is Refusal.ISSUER_UNKNOWN
    crl = resigned(issuing.revoke(RSA_CSCA, []), RSA_CSCA.key)
    assert refusal(rsa_store, crl) is Refusal.SIGNATURE_WRONG
    root = resigned(RSA_CSCA.raw, RSA_CSCA.key)
    assert parse_certificate(root).deviations == parse_certificate(RSA_CSCA.raw).deviations
    forged = hashlib.sha256(root).hexdigest()
    # It is not self-signed, and so a link without a parent: only its owner's word could bring it in.
    assert refusal(rsa_store, root) is Refusal.ISSUER_UNKNOWN
    assert forged not in fingerprints(TrustStore.from_directory(rsa_store))


# Looking up


def test_a_document_signer_of_an_impostor_finds_no_path() -> None:
    store = approve(EMPTY, DE)
    false = issuing.document_signer(impostor(), "DE", "false", replace(issuing.DS, aki=DE.key.identifier))
    with pytest.raises(SignatureError):
        store.path(parse_certificate(false.raw))
    stranger = issuing.document_signer(issuing.csca("DE", "stranger"), "DE", "stranger")
    with pytest.raises(IssuerUnknownError):
        store.path(parse_certificate(stranger.raw))


def test_a_document_signer_does_not_issue_document_signers(tmp_path: Path) -> None:
    signer = issuing.document_signer(DE, "DE", "issuing")
    (tmp_path / "csca.cer").write_bytes(DE.raw)
    (tmp_path / "signer.cer").write_bytes(signer.raw)
    store = TrustStore.from_directory(tmp_path)
    assert [one.fingerprint for one in store.anchors] == [DE.fingerprint]
    below = issuing.document_signer(signer, "DE", "below")
    assert all(one.fingerprint != signer.fingerprint for one in store.candidates(parse_certificate(below.raw)))
    with pytest.raises((UnsupportedError, SignatureError)):
        store.path(parse_certificate(below.raw))


def test_a_document_signer_without_any_mark_is_no_issuer_either(tmp_path: Path) -> None:
    """Neither KeyUsage nor BasicConstraints: documents with such signers are in use, and a desk may keep them."""
    bare = issuing.issue(issuing.name("VN", "DS"), issuing.ec_key("bare"), Form(key_usage=None, is_issuer=None), by=VN)
    child = parse_certificate(issuing.document_signer(bare, "VN").raw)
    for number, one in enumerate((VN, bare)):
        (tmp_path / f"{number}.cer").write_bytes(one.raw)
    with pytest.raises(IssuerUnknownError):
        TrustStore.from_directory(tmp_path).path(child)
    imported, _ = import_certificates(approve(EMPTY, VN), [bare.raw], delivery())
    assert [one.fingerprint for one in imported.signers] == [bare.fingerprint]


def test_a_store_whose_bytes_were_exchanged_is_refused(store: Path) -> None:
    (bundle,) = (store / directory.OBJECTS).glob("*.der")
    assert bundle.read_bytes() == DE.raw
    other = issuing.issue(DE.subject, issuing.ec_key("exchanged"))
    bundle.write_bytes(other.raw.ljust(len(DE.raw), b"\x00")[: len(DE.raw)])
    opened = TrustStore.from_directory(store)
    with pytest.raises(TrustStoreError, match="damaged"):
        _ = opened.anchors[0].blob.read()
    with pytest.raises(TrustStoreError, match="damaged"):
        directory.save(store.parent / "copy", replace(opened.contents(), generation=0))


# Any change at all


def changed_everywhere(right: bytes, bring: Callable[[bytes], TrustStore], *, step: int) -> set[frozenset[str]]:
    """What a store holds after each changed file that was taken; every other one raised a refusal."""
    outcomes = set()
    for data in mutations(right, step=step):
        try:
            store = bring(data)
        except TrustRefusedError:
            continue
        outcomes.add(frozenset(fingerprints(store)))
    return outcomes


def test_no_changed_list_brings_anything_else_than_the_right_one() -> None:
    pinned = approve(EMPTY, DE)

    def bring(data: bytes) -> TrustStore:
        return import_master_list(pinned, data, delivery())[0]

    right = issuing.sign_list(CONTENT, SIGNER)
    # Fields that nobody signs, such as versions, may change; what comes in may not.
    assert changed_everywhere(right, bring, step=4) <= {frozenset(fingerprints(bring(right)))}


def test_no_changed_certificate_or_crl_is_taken() -> None:
    trusted = approve(EMPTY, DE)
    ds = issuing.document_signer(DE, "DE", "changed").raw
    assert changed_everywhere(ds, lambda data: import_certificates(trusted, [data], delivery())[0], step=2) == set()
    crl = issuing.revoke(DE, [5])
    assert changed_everywhere(crl, lambda data: import_crl(trusted, data, delivery())[0], step=2) == set()
