"""Certificate architectures: what each issues, judged by the library that has to live with them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from cryptography import x509 as openssl

from chipid.crypto.keys import ECPublicKey, RSAPublicKey
from chipid.errors import ConfigurationError, SignatureError
from chipid.pki.certificate import Certificate, parse_certificate, verify_issued_by
from chipid.pki.crl import parse_crl, verify_crl
from chipid.pki.extensions import KeyUsage
from chipid.pki.master_list import parse_master_list
from chipid.toml_table import parse_table
from simulator.personalisation.profile import load_profile
from simulator.pki.architecture import find_architecture, load_architectures, read_architectures
from simulator.pki.deviations import Deviation
from simulator.pki.issuer import IssuingAuthority, establish
from simulator.randomness import SeededEntropy

DAY = date(2023, 6, 1)
# Keys of 3072 bits and more take seconds to draw.
SLOW = {"rsa-pss", "rsa-pkcs1"}


def _issuer(name: str, seed: bytes = b"architecture") -> IssuingAuthority:
    return establish(load_profile("cccd-2021").issuer, entropy=SeededEntropy(seed), issued_on=DAY, architecture=name)


def _signer(issuer: IssuingAuthority) -> Certificate:
    return parse_certificate(issuer.signer.certificate)


@pytest.mark.parametrize("name", sorted(set(load_architectures()) - SLOW))
def test_the_first_signer_is_issued_by_its_csca_but_for_the_forged_one(name: str) -> None:
    issuer = _issuer(name)
    csca = parse_certificate(issuer.csca_certificate)
    if name == "wrong-signature":
        with pytest.raises(SignatureError):
            verify_issued_by(_signer(issuer), csca)
    else:
        verify_issued_by(_signer(issuer), csca)
    verify_issued_by(csca, csca)
    assert len(issuer.trust_anchors) == len(issuer.architecture.trusted)


@pytest.mark.parametrize("name", ["rollover", "renamed", "missing-link"])
def test_a_link_carries_the_new_key_under_the_old_signature(name: str) -> None:
    issuer = _issuer(name)
    (link,) = (parse_certificate(one) for one in issuer.links.values())
    old, new = (parse_certificate(issuer.cscas[one].certificate) for one in ("old-csca", "csca"))
    verify_issued_by(link, old)
    assert (link.spki, link.ski, link.aki) == (new.spki, new.ski, old.ski)
    assert link.subject_name.matches(new.subject_name)
    verify_issued_by(_signer(issuer), link)
    with pytest.raises(SignatureError):
        verify_issued_by(_signer(issuer), old)


def test_a_link_to_a_renamed_csca_says_so() -> None:
    names = [openssl.load_der_x509_certificate(_issuer(one).links["link"]) for one in ("rollover", "renamed")]
    marked = [any(one.oid.dotted_string == "2.23.136.1.1.6.1" for one in each.extensions) for each in names]
    assert marked == [False, True]


def test_a_state_has_several_signers() -> None:
    issuer = _issuer("several-signers")
    signers = [parse_certificate(one.certificate) for one in issuer.signers.values()]
    assert len({one.spki for one in signers}) == 3
    assert len({one.serial for one in signers}) == 3
    assert signers[2].not_after < datetime(2023, 6, 1, tzinfo=UTC)


def test_another_quarter_has_another_signer_of_the_same_csca() -> None:
    issuer = _issuer("plain")
    later = [parse_certificate(issuer.signer_on(day).certificate) for day in (date(2024, 2, 3), date(2024, 3, 31))]
    assert later[0] == later[1]
    assert later[0].spki != _signer(issuer).spki
    verify_issued_by(later[0], parse_certificate(issuer.csca_certificate))
    assert later[0].is_valid_at(datetime(2024, 3, 31, tzinfo=UTC))


def test_the_revocation_list_names_the_revoked_signer_and_no_other() -> None:
    issuer = _issuer("revoked-signer")
    crl = parse_crl(issuer.revocation_list(DAY))
    verify_crl(crl, parse_certificate(issuer.csca_certificate))
    assert set(crl.serials()) == {_signer(issuer).serial}
    assert crl.deviations == ()
    assert (crl.this_update, crl.number) == (datetime(2023, 6, 1, tzinfo=UTC), 1)
    empty = parse_crl(_issuer("plain").revocation_list(DAY))
    assert list(empty.serials()) == []
    assert openssl.load_der_x509_crl(crl.raw).is_signature_valid is not None


def test_the_master_list_holds_csca_and_link_certificates() -> None:
    issuer = _issuer("rollover")
    listed = parse_master_list(
        issuer.master_list(datetime(2023, 6, 1, tzinfo=UTC), others=(_issuer("plain").csca_certificate,))
    )
    assert set(listed.certificates) == {*issuer.csca_certificates, _issuer("plain").csca_certificate}
    signer, csca = (parse_certificate(one) for one in listed.signed.certificates)
    verify_issued_by(signer, csca)
    assert csca.raw == issuer.csca_certificate
    assert signer.extended_key_usage == ("2.23.136.1.1.3",)
    assert signer.key_usage == KeyUsage.DIGITAL_SIGNATURE


# Those that the library names alike.
NAMED_ALIKE = [
    Deviation.AKI_MISSING,
    Deviation.SKI_MISSING,
    Deviation.ZERO_SERIAL,
    Deviation.NEGATIVE_SERIAL,
    Deviation.LONG_SERIAL,
    Deviation.COUNTRIES_DIFFER,
    Deviation.UNKNOWN_CRITICAL_EXTENSION,
    Deviation.SIGNATURE_ALGORITHMS_DIFFER,
    Deviation.ECDSA_NULL_PARAMETERS,
    Deviation.TIME_FORMAT,
]
TEMPLATE = """
[[architecture]]
name = "made"
description = "made for a test"
trusted = ["csca"]
csca = [{ name = "csca"CSCA }]
signer = [{ name = "signer", issued_by = "csca"SIGNER }]
"""


def _made(csca: str = "", signer: str = "") -> IssuingAuthority:
    text = TEMPLATE.replace("SIGNER", signer).replace("CSCA", csca)
    (architecture,) = read_architectures(parse_table(text, "made.toml")).values()
    plan = load_profile("cccd-2021").issuer
    return IssuingAuthority(plan, architecture, entropy=SeededEntropy(b"made"), issued_on=DAY)


@pytest.mark.parametrize("deviation", NAMED_ALIKE)
def test_a_deviation_is_issued_and_recognised(deviation: Deviation) -> None:
    issuer = _made(signer=f', deviations = ["{deviation.value}"]')
    signer = _signer(issuer)
    assert deviation.value in signer.deviations
    assert deviation.value not in _signer(_made()).deviations
    verify_issued_by(signer, parse_certificate(issuer.csca_certificate))


def test_deviations_that_have_no_name_in_a_certificate_are_there() -> None:
    def signer(deviation: Deviation) -> Certificate:
        return _signer(_made(signer=f', deviations = ["{deviation.value}"]'))

    plain = _signer(_made())
    assert signer(Deviation.KEY_USAGE_MISSING).key_usage is None
    assert signer(Deviation.USAGE_PERIOD_MISSING).private_key_usage_period is None
    assert signer(Deviation.DOCUMENT_TYPES_MISSING).document_types is None
    assert signer(Deviation.AKI_OF_ANOTHER_KEY).aki != plain.aki
    printable = signer(Deviation.PRINTABLE_NAMES)
    assert printable.issuer_name.matches(plain.issuer_name)
    assert printable.issuer_name != plain.issuer_name
    csca = parse_certificate(_made(csca=', deviations = ["pathlen-without-ca"]').csca_certificate)
    assert "pathlen-without-ca" in csca.deviations
    bare = parse_certificate(_made(csca=', deviations = ["basic-constraints-missing"]').csca_certificate)
    assert bare.basic_constraints is None


@pytest.mark.parametrize(
    ("key", "described"),
    [
        ('key = "RSA-2048", pss = true, hash = "sha256"', "RSA-2048"),
        ('key = "RSA-2048", exponent = 3, hash = "sha1"', "RSA-2048"),
        ('key = "secp256r1", parameters = "named", hash = "sha512"', "secp256r1 named"),
        ('key = "brainpoolP512r1", parameters = "explicit"', "brainpoolP512r1 explicit"),
    ],
)
def test_keys_and_signatures_are_as_asked(key: str, described: str) -> None:
    issuer = _made(signer=f", {key}")
    public = _signer(issuer).public_key
    if isinstance(public, RSAPublicKey):
        assert f"RSA-{public.n.bit_length()}" == described
        assert public.e == (3 if "exponent" in key else 65537)
    else:
        assert isinstance(public, ECPublicKey)
        assert f"{public.curve.name} {'explicit' if public.explicit else 'named'}" == described


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(SLOW))
def test_long_rsa_keys_make_a_chain(name: str) -> None:
    issuer = _issuer(name)
    verify_issued_by(_signer(issuer), parse_certificate(issuer.csca_certificate))


def test_the_same_seed_gives_the_same_bytes_in_any_order() -> None:
    first, second = _issuer("rollover"), _issuer("rollover")
    moment = datetime(2023, 6, 1, tzinfo=UTC)
    late = (second.master_list(moment), second.revocation_list(DAY), second.links, second.signer.certificate)
    early = (first.signer.certificate, first.links, first.revocation_list(DAY), first.master_list(moment))
    assert early == late[::-1]
    assert _issuer("rollover", b"other").csca_certificate != first.csca_certificate


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            'issued_by = "csca"',
            'issued_by = "cvca"',
            r"made.toml line 7: architecture\[1\].signer\[1\].issued_by: one of csca",
        ),
        ('trusted = ["csca"]', 'trusted = ["ds"]', r"line 5: architecture\[1\].trusted: there is no CSCA or link 'ds'"),
        ("CSCA", ', key = "RSA-512"', r"csca\[1\].key: RSA-1024"),
        ("CSCA", ", validity = [5, 1]", r"csca\[1\].validity: two numbers of days"),
        ("CSCA", ", colour = 1", r"csca\[1\].colour: this key is unknown"),
        ("SIGNER", ', deviations = ["nice"]', r"signer\[1\].deviations: one of"),
        ('signer = [{ name = "signer", issued_by = "csca"SIGNER }]', "", r"architecture\[1\].signer: at least one"),
        ('description = "made for a test"', "", r"architecture\[1\].description: this key is missing"),
    ],
)
def test_a_mistake_is_named_by_file_line_and_key(old: str, new: str, complaint: str) -> None:
    text = TEMPLATE.replace(old, new, 1).replace("SIGNER", "").replace("CSCA", "")
    with pytest.raises(ConfigurationError, match=complaint):
        read_architectures(parse_table(text, "made.toml"))


def test_a_name_is_used_once_and_must_exist() -> None:
    text = TEMPLATE.replace("SIGNER", "").replace("CSCA", "")
    with pytest.raises(ConfigurationError, match="used twice"):
        read_architectures(parse_table(text + text, "made.toml"))
    with pytest.raises(ConfigurationError, match="rollover"):
        find_architecture("none")
