"""ISO7816_E: Terminal Authentication, after which fingerprints and irises are read.

A terminal that the chip does not let in leaves the check ``terminal-authentication`` open, which ``strict`` rejects:
what the terminal came for was not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES, DH_GROUPS
from chipid.lds.details import build_details
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.ef_cvca import LENGTH, build_ef_cvca
from chipid.lds.files import FileId
from chipid.lds.security_infos import SecurityInfo, TerminalAuthenticationInfo
from chipid.pki.chat import InspectionRight
from simulator.access_rules import AccessStatus, Never
from simulator.file_system import DedicatedFile, FileSystem
from simulator.personalisation.protocol_plans import ChipAuthenticationPlan
from simulator.pki.certificates import Period
from simulator.pki.signing import KeyKind
from tests.inspection.cards import with_rules
from tests.reader_cases.bent import GET_CHALLENGE, BentCard, answers, bend, flipped
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.documents import Groups
from tests.reader_cases.iso_pace_mapping import mapping_document
from tests.reader_cases.terminals import (
    CURVE,
    OPEN_ERROR,
    Chain,
    chain,
    eac_document,
    kept_out,
    let_in,
    linked,
    present,
    presented,
    trusting,
)

RSA = KeyKind(bits=2048)
CA_AES = oids.ID_CA_ECDH_AES_CBC_CMAC_128


def with_algorithm(kind: KeyKind, oid: str) -> Iterator[Outcome]:
    """A chain of that algorithm, before chips that open with PACE and with BAC."""
    made = chain(kind, oid)
    for bac in (False, True):
        yield let_in(present(eac_document(made, bac=bac), made.key(), bac=bac))


@reader_case("ISO7816_E_01", Demand.PASS, stated=True)
def rsa_sha1() -> Iterator[Outcome]:
    """RSA v1.5 with SHA-1"""
    yield from with_algorithm(RSA, oids.ID_TA_RSA_V1_5_SHA_1)


@reader_case("ISO7816_E_02", Demand.PASS, stated=True)
def rsa_sha256() -> Iterator[Outcome]:
    """RSA v1.5 with SHA-256"""
    yield from with_algorithm(RSA, oids.ID_TA_RSA_V1_5_SHA_256)


@reader_case("ISO7816_E_03", Demand.PASS, stated=True)
def pss_sha1() -> Iterator[Outcome]:
    """RSA-PSS with SHA-1"""
    yield from with_algorithm(RSA, oids.ID_TA_RSA_PSS_SHA_1)


@reader_case("ISO7816_E_04", Demand.PASS, stated=True)
def pss_sha256() -> Iterator[Outcome]:
    """RSA-PSS with SHA-256"""
    yield from with_algorithm(RSA, oids.ID_TA_RSA_PSS_SHA_256)


@reader_case("ISO7816_E_05", Demand.PASS, stated=True)
def ecdsa_sha1() -> Iterator[Outcome]:
    """ECDSA with SHA-1"""
    yield from with_algorithm(CURVE, oids.ID_TA_ECDSA_SHA_1)


@reader_case("ISO7816_E_06", Demand.PASS, stated=True)
def ecdsa_sha224() -> Iterator[Outcome]:
    """ECDSA with SHA-224"""
    yield from with_algorithm(CURVE, oids.ID_TA_ECDSA_SHA_224)


@reader_case("ISO7816_E_07", Demand.PASS, stated=True)
def ecdsa_sha256() -> Iterator[Outcome]:
    """ECDSA with SHA-256"""
    yield from with_algorithm(CURVE, oids.ID_TA_ECDSA_SHA_256)


def with_cvca(content: bytes) -> Outcome:
    """A chip whose EF.CVCA says this, whatever keys the chip trusts."""
    made = chain()
    document = eac_document(made, bac=True)
    system = document.chip.files
    (application,) = system.applications
    files = [
        replace(one, content=content, live=None) if one.fid == FileId.CVCA.fid else one for one in application.files
    ]
    changed = DedicatedFile(aid=application.aid, rule=application.rule, files=files)
    system = FileSystem(master_file=system.master_file, applications=(changed,))
    return present(document.with_chip(files=system), made.key(), bac=True)


@reader_case("ISO7816_E_08", Demand.FAIL, stated=True, found=OPEN_ERROR)
def wrong_reference() -> Iterator[Outcome]:
    """EF.CVCA names another key than the terminal's chain begins with"""
    for reference in ("UTCVCA99999", "DECVCA00001"):
        yield kept_out(with_cvca(build_ef_cvca(reference)))


@reader_case("ISO7816_E_09", Demand.FAIL, stated=True, found=OPEN_ERROR)
def missing_reference() -> Iterator[Outcome]:
    """EF.CVCA names no key"""
    for content in (bytes(LENGTH), b"\x42\x00".ljust(LENGTH, b"\x00"), b"\x42".ljust(LENGTH, b"\x00")):
        yield kept_out(with_cvca(content))


@reader_case("ISO7816_E_10", Demand.OPERATIONAL, stated=True)
def three_references() -> Iterator[Outcome]:
    """EF.CVCA names three keys"""
    names = [b"\x42\x0aUTCA000001", b"\x42\x0aUTCA000002", b"\x42\x0aUTCA000003"]
    yield with_cvca(b"".join(names))
    yield with_cvca(b"".join((b"\x42\x0bUTCVCA00001", names[1], b"\x42\x08UTCA0003")).ljust(LENGTH, b"\x00"))


@reader_case("ISO7816_E_11", Demand.FAIL, stated=True, found=OPEN_ERROR)
def wrong_document_number() -> Outcome:
    """The terminal signs another document number than the chip has"""
    made = chain()
    document = eac_document(made, bac=True)
    other = flipped(document.chip.document_number, 0)
    return kept_out(present(document.with_chip(document_number=other), made.key(), bac=True))


def with_challenge(length: int) -> Outcome:
    """A chip whose challenge in a session has that length."""
    made = chain()
    change = answers(GET_CHALLENGE, lambda data: (data + bytes(length))[:length])
    return kept_out(present(bend(eac_document(made), after=change), made.key()))


@reader_case("ISO7816_E_12", Demand.FAIL, stated=True, found=OPEN_ERROR)
def short_challenge() -> Outcome:
    """The chip's challenge has seven bytes"""
    return with_challenge(7)


@reader_case("ISO7816_E_13", Demand.FAIL, stated=True, found=OPEN_ERROR)
def long_challenge() -> Outcome:
    """The chip's challenge has nine bytes"""
    return with_challenge(9)


def denying(*files: FileId) -> Iterator[Outcome]:
    """The chip keeps groups to itself, or the certificates do not reach so far and the reader does not ask."""
    made = chain()
    document = eac_document(made)
    closed = replace(document, chip=with_rules(document.chip, dict.fromkeys(files, Never())))
    labels = tuple(file.label for file in files)
    yield let_in(present(closed, made.key()), {"DG3", "DG4"} - set(labels))
    rights = {FileId.DG3: InspectionRight.READ_DG3, FileId.DG4: InspectionRight.READ_DG4}
    fewer = chain(rights=[right for file, right in rights.items() if file not in files])
    outcome = let_in(present(eac_document(fewer), fewer.key()), {"DG3", "DG4"} - set(labels))
    assert outcome.evidence is not None
    assert all(outcome.evidence.record(file) is None for file in files)
    yield replace(outcome, denied=labels)


@reader_case("ISO7816_E_14", Demand.PASS_WITHOUT_DENIED, stated=True, found="DG3")
def denied_fingers() -> Iterator[Outcome]:
    """The terminal may not read DG3"""
    yield from denying(FileId.DG3)


@reader_case("ISO7816_E_15", Demand.PASS_WITHOUT_DENIED, stated=True, found="DG4")
def denied_irises() -> Iterator[Outcome]:
    """The terminal may not read DG4"""
    yield from denying(FileId.DG4)


@reader_case("ISO7816_E_16", Demand.PASS_WITHOUT_DENIED, stated=True, found="DG3, DG4")
def denied_both() -> Iterator[Outcome]:
    """The terminal may read neither DG3 nor DG4"""
    yield from denying(FileId.DG3, FileId.DG4)


@reader_case("ISO7816_E_17", Demand.FAIL, stated=True, found=OPEN_ERROR)
def wrong_verifier_signature() -> Outcome:
    """The signature of the document verifier's certificate is wrong"""
    made = chain()
    return kept_out(present(eac_document(made), made.key(flipped(made.verifier.certificate.raw))))


@reader_case("ISO7816_E_18", Demand.FAIL, stated=True, found=OPEN_ERROR)
def wrong_terminal_signature() -> Outcome:
    """The signature of the inspection system's certificate is wrong"""
    made = chain()
    key = made.key_with(flipped(made.terminal.certificate.raw), made.verifier)
    return kept_out(present(eac_document(made), key))


@reader_case("ISO7816_E_19", Demand.FAIL, stated=True, found=OPEN_ERROR)
def expired_chain() -> Iterator[Outcome]:
    """The certificates have expired, all of them or the inspection system's"""
    past = Period(first=date(2020, 1, 1), last=date(2020, 12, 31))
    for made in (chain(verifier_validity=past, terminal_validity=past), chain(terminal_validity=past)):
        yield kept_out(present(eac_document(made), made.key()))


def announcing(fid: int, sfi: int | None) -> Outcome:
    """DG14 says that EF.CVCA is a file with these identifiers."""

    def change(groups: Groups) -> Groups:
        infos: list[SecurityInfo] = [
            TerminalAuthenticationInfo(cvca_fid=fid, cvca_sfi=sfi)
            if isinstance(one, TerminalAuthenticationInfo)
            else one
            for one in parse_dg14(groups[14]).security_infos.infos
        ]
        return {**groups, 14: build_dg14(infos)}

    made = chain()
    return present(eac_document(made, change=change, bac=True), made.key(), bac=True)


@reader_case("ISO7816_E_22", Demand.FAIL, stated=True, found=OPEN_ERROR)
def wrong_file_identifier() -> Iterator[Outcome]:
    """TerminalAuthenticationInfo names a file that is not EF.CVCA, or no file"""
    for fid in (0x011B, 0x0101, FileId.COM.fid):
        yield kept_out(announcing(fid, None))


@reader_case("ISO7816_E_23", Demand.FAIL, stated=True, found=OPEN_ERROR)
def wrong_short_identifier() -> Iterator[Outcome]:
    """TerminalAuthenticationInfo names a short identifier that is not EF.CVCA's"""
    for sfi in (0x1B, 0x01):
        yield kept_out(announcing(FileId.CVCA.fid, sfi))


@reader_case("ISO7816_E_24", Demand.FAIL, stated=True, found=OPEN_ERROR)
def missing_certificates() -> Iterator[Outcome]:
    """The terminal lacks the certificate of its document verifier, or the link from the key that the chip trusts"""
    old, new = chain(number=1), chain(number=2)
    yield kept_out(present(eac_document(old), old.key(old.cvca)))
    yield kept_out(present(eac_document(old), new.key(new.verifier)))


@reader_case("ISO7816_E_26", Demand.PASS, stated=True)
def more_groups() -> Outcome:
    """The document has DG11 and DG12 besides"""

    def more(groups: Groups) -> Groups:
        return {
            **groups,
            11: build_details(0x6B, ((0x5F0E, b"NGUYEN<<VAN<A"),), ()),
            12: build_details(0x6C, ((0x5F19, b"SIMULATED OFFICE"),), ()),
        }

    made = chain()
    outcome = let_in(present(eac_document(made, change=more), made.key()))
    assert outcome.evidence is not None
    assert outcome.evidence.content(FileId.DG11)
    assert outcome.evidence.content(FileId.DG12)
    return outcome


@reader_case("ISO7816_E_27", Demand.PASS, stated=True)
def other_sizes_of_rsa() -> Outcome:
    """Chip Authentication with 2048 bits, Terminal Authentication with RSA of 1024"""
    made = chain(KeyKind(bits=1024), oids.ID_TA_RSA_V1_5_SHA_256)
    plan = ChipAuthenticationPlan(
        domain=DH_GROUPS["modp2048-256"],
        protocols=(oids.ID_CA_DH_AES_CBC_CMAC_128,),
        key_id=None,
        is_announced=True,
    )
    return let_in(present(eac_document(made, plan=plan), made.key()))


@reader_case("ISO7816_E_28", Demand.PASS, stated=True)
def other_sizes_of_curves() -> Iterator[Outcome]:
    """Chip Authentication over a curve of 224 bits, Terminal Authentication over one of 256"""
    made = chain()
    for name in ("secp224r1", "brainpoolP224r1"):
        plan = ChipAuthenticationPlan(domain=CURVES[name], protocols=(CA_AES,), key_id=None, is_announced=True)
        yield let_in(present(eac_document(made, plan=plan), made.key()))


@reader_case("ISO7816_E_29", Demand.PASS, stated=True)
def fingers_alone() -> Outcome:
    """The document has DG3 and no DG4"""
    made = chain()
    return let_in(present(eac_document(made, groups=(1, 2, 3, 13, 14)), made.key()), {"DG3"})


@reader_case("ISO7816_E_30", Demand.PASS, stated=True)
def irises_alone() -> Outcome:
    """The document has DG4 and no DG3"""
    made = chain()
    return let_in(present(eac_document(made, groups=(1, 2, 4, 13, 14)), made.key()), {"DG4"})


class OtherSession(BentCard):
    """It binds the terminal's proof to another run of PACE."""

    def _renew_keys(self, outcome: object) -> None:
        super()._renew_keys(outcome)  # type: ignore[arg-type]
        if self.state.terminal.status is AccessStatus.PACE:
            terminal = replace(self.state.terminal, id_ic=bytes(32))
            self.state = replace(self.state, terminal=terminal)


@reader_case("ISO7816_E_31", Demand.PASS, stated=True)
def bound_to_pace() -> Iterator[Outcome]:
    """The terminal's proof is bound to this run of PACE, with Generic Mapping and with Chip Authentication Mapping"""
    made = chain()
    document = eac_document(made)
    yield let_in(present(document, made.key()))
    assert not present(OtherSession(document.chip), made.key()).is_pass
    proven = trusting(mapping_document(groups=(1, 2, 3, 4, 13, 14), proves_otherwise=False), made)
    outcome = let_in(present(proven, made.key()))
    assert outcome.evidence is not None
    assert outcome.evidence.chip_authentication is None
    yield outcome
    assert not present(OtherSession(proven.chip), made.key()).is_pass


def updated(*older: Chain, newest: Chain, expected: int) -> Outcome:
    """A chip that trusts the oldest key, and a terminal of the newest; the certificates that the chip is shown."""
    terminal = linked(*older, newest=newest)
    card = bend(eac_document(older[0]))
    outcome = let_in(present(card, terminal.key()))
    assert presented(card) == expected
    assert card.state.memory.trust_points[0].reference == newest.cvca.reference
    return outcome


@reader_case("ISO7816_E_32", Demand.PASS, stated=True)
def trust_point_update() -> Outcome:
    """The chip trusts an older key of the CVCA: the terminal presents the link, and the chip keeps the new key"""
    return updated(chain(number=1), newest=chain(number=2), expected=3)


@reader_case("ISO7816_E_33", Demand.PASS)
def two_trust_point_updates() -> Outcome:
    """The chip trusts a key of the CVCA two links ago"""
    return updated(chain(number=1), chain(number=2), newest=chain(number=3), expected=4)


@reader_case("ISO7816_E_34", Demand.PASS, stated=True)
def update_not_needed() -> Outcome:
    """The terminal has a link that this chip does not need, and does not present it"""
    terminal = linked(chain(number=1), newest=chain(number=2))
    card = bend(eac_document(terminal, chain(number=1)))
    outcome = let_in(present(card, terminal.key()))
    assert presented(card) == 2
    return outcome


@reader_case("ISO7816_E_35", Demand.PASS)
def rsa_sha512() -> Iterator[Outcome]:
    """RSA v1.5 with SHA-512"""
    yield from with_algorithm(RSA, oids.ID_TA_RSA_V1_5_SHA_512)


@reader_case("ISO7816_E_36", Demand.PASS, stated=True)
def pss_sha512() -> Iterator[Outcome]:
    """RSA-PSS with SHA-512"""
    yield from with_algorithm(RSA, oids.ID_TA_RSA_PSS_SHA_512)


@reader_case("ISO7816_E_37", Demand.PASS, stated=True)
def ecdsa_sha384() -> Iterator[Outcome]:
    """ECDSA with SHA-384"""
    yield from with_algorithm(CURVE, oids.ID_TA_ECDSA_SHA_384)


@reader_case("ISO7816_E_38", Demand.PASS, stated=True)
def ecdsa_sha512() -> Iterator[Outcome]:
    """ECDSA with SHA-512"""
    yield from with_algorithm(CURVE, oids.ID_TA_ECDSA_SHA_512)
