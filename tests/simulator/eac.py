"""A terminal with certificates, written by hand for the tests of the card."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from apdu import instructions, tlv
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.secure_messaging import TerminalChannel
from chipid.asn1 import der, oids
from chipid.crypto.domain_parameters import CURVES
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.points import KeyPair, encode_point
from chipid.lds.ef_cvca import build_ef_cvca
from chipid.lds.files import FileId
from chipid.pki.chat import InspectionRight, Role
from chipid.pki.cv_certificate import CVCertificate
from simulator.access_rules import AfterAccess
from simulator.card_os import CardOS
from simulator.chip import Chip, TerminalAuthentication
from simulator.file_system import DedicatedFile, ElementaryFile, FileSystem
from simulator.pki.certificates import Period
from simulator.pki.cv_issuer import (
    ALL_RIGHTS,
    CVAlgorithm,
    CVHolder,
    CVRequest,
    establish_cvca,
    issue,
    trust_point,
)
from simulator.pki.signing import KeyKind
from simulator.randomness import SeededEntropy
from simulator.trust_points import references_file
from tests.simulator import cards
from tests.simulator.pace_terminal import PACETerminal
from tests.simulator.terminal import Terminal

TODAY = date(2025, 6, 1)
DOCUMENT_NUMBER = b"T220001293"
ECDSA = CVAlgorithm(kind=KeyKind(curve=CURVES["brainpoolP256r1"]))
EPHEMERAL = KeyPair(cards.BP256, 0x2468_ACE0)
RIGHTS = {FileId.DG3: InspectionRight.READ_DG3, FileId.DG4: InspectionRight.READ_DG4}


def days(first: date, last: date) -> Period:
    return Period(first=first, last=last)


@dataclass
class Authorities:
    """A CVCA and what it issues; every name draws keys of its own."""

    algorithm: CVAlgorithm = ECDSA
    entropy: SeededEntropy = field(default_factory=lambda: SeededEntropy(b"certificates"))
    cvca: CVHolder = field(init=False)

    def __post_init__(self) -> None:
        self.cvca = self.new_cvca("XXCVCA00001", days(date(2025, 1, 1), date(2027, 12, 31)))

    def new_cvca(
        self,
        reference: str,
        validity: Period,
        rights: Collection[InspectionRight] = ALL_RIGHTS,
        algorithm: CVAlgorithm | None = None,
    ) -> CVHolder:
        request = CVRequest(reference=reference, role=Role.CVCA, validity=validity, rights=rights)
        return establish_cvca(algorithm or self.algorithm, request, self.entropy.fork(reference))

    def issue(
        self,
        issuer: CVHolder,
        reference: str,
        role: Role,
        *,
        first: date = TODAY,
        last: date = date(2025, 8, 31),
        rights: Collection[InspectionRight] = ALL_RIGHTS,
        algorithm: CVAlgorithm | None = None,
    ) -> CVHolder:
        request = CVRequest(reference=reference, role=role, validity=days(first, last), rights=rights)
        return issue(issuer, algorithm or self.algorithm, request, self.entropy.fork(reference + role.name))

    def chain(self, *, dv: Role = Role.DV_DOMESTIC, **terminal: Any) -> tuple[CVHolder, CVHolder]:
        """A document verifier and an inspection system."""
        verifier = self.issue(self.cvca, "XXDVDOM00001", dv)
        return verifier, self.issue(verifier, "XXISYS00001", Role.TERMINAL, **terminal)


def chip(authorities: Authorities, *trust_points: CVHolder, **changes: Any) -> Chip:
    """The chip of the other tests, with EF.CVCA and trust points."""
    configuration = TerminalAuthentication(
        trust_points=tuple(trust_point(one) for one in trust_points or (authorities.cvca,)), personalised_on=TODAY
    )
    files = cards.files()
    (application,) = files.applications
    cvca_file = ElementaryFile(
        fid=FileId.CVCA.fid,
        sfi=FileId.CVCA.sfi,
        rule=AfterAccess(),
        content=build_ef_cvca(*(one.reference for one in configuration.trust_points)),
        live=lambda memory: references_file(memory.trust_points),
    )
    with_cvca = DedicatedFile(aid=application.aid, rule=application.rule, files=(*application.files, cvca_file))
    return cards.chip(
        **{
            "files": FileSystem(master_file=files.master_file, applications=(with_cvca,)),
            "terminal_authentication": configuration,
            "document_number": DOCUMENT_NUMBER,
            **changes,
        }
    )


def powered(authorities: Authorities, *trust_points: CVHolder, **changes: Any) -> CardOS:
    return CardOS(chip(authorities, *trust_points, **changes), entropy=SeededEntropy(b"eac"))


class EACTerminal(Terminal):
    """Opens the chip, authenticates it, and presents certificates."""

    def __init__(self, card: CardOS) -> None:
        super().__init__(card)
        self.id_ic = b""
        self.pk_ifd = b""

    def open(self, access: str = "bac") -> None:
        """BAC or PACE, and the application."""
        if access == "bac":
            self.bac()
            self.id_ic = self.card.chip.document_number
            return
        run = PACETerminal(terminal=self, offer=cards.offer()).open()
        self.id_ic = run.pk_ic[1:33]
        assert self.secure_sw("00A4040C07A0000002471001") == 0x9000

    def authenticate_chip(self) -> None:
        algorithm = tlv.encode(0x80, der.oid_value(oids.ID_CA_ECDH_AES_CBC_CMAC_128))
        public = encode_point(cards.BP256, EPHEMERAL.public)
        assert self.secure(instructions.set_at_internal_authentication(algorithm)).sw == 0x9000
        assert self.secure(instructions.general_authenticate(tlv.encode(0x80, public), last=True)).sw == 0x9000
        (key,) = self.card.chip.chip_authentication
        shared = EPHEMERAL.shared_secret(KeyPair(cards.BP256, key.private).public)
        self.channel = TerminalChannel(derive_session_keys(shared, next(iter(key.suites.values()))))
        self.pk_ifd = public[1:33]

    def set_dst(self, reference: str) -> int:
        return int(self.secure(instructions.set_dst(tlv.encode(0x83, reference.encode()))).sw)

    def verify(self, value: bytes) -> int:
        return int(self.chained(instructions.verify_certificate(value)).sw)

    def present(self, *certificates: CVCertificate) -> int:
        """MSE:Set DST and PSO:Verify Certificate for each; the first refusal, or 9000."""
        for one in certificates:
            for sw in (self.set_dst(one.authority_reference), self.verify(one.value)):
                if sw != 0x9000:
                    return sw
        return 0x9000

    def set_at(self, reference: str) -> int:
        return int(self.secure(instructions.set_at_external_authentication(tlv.encode(0x83, reference.encode()))).sw)

    def challenge(self) -> bytes:
        response = self.secure(instructions.get_challenge())
        assert (response.sw, len(response.data)) == (0x9000, 8)
        return response.data

    def answer(self, holder: CVHolder, r_ic: bytes) -> int:
        signature = holder.key.sign(self.id_ic + r_ic + self.pk_ifd, SeededEntropy(b"salt"))
        return int(self.chained(instructions.external_authenticate(signature)).sw)

    def authenticate(self, *holders: CVHolder) -> int:
        """The whole of Terminal Authentication; the first refusal, or 9000."""
        terminal = holders[-1]
        for sw in (self.present(*(one.certificate for one in holders)), self.set_at(terminal.reference)):
            if sw != 0x9000:
                return sw
        return self.answer(terminal, self.challenge())

    def readable(self) -> set[FileId]:
        """Which of DG3 and DG4 the chip gives out."""
        found = set()
        for file in RIGHTS:
            response = self.secure(instructions.read_binary_sfi(file.sfi, 0, 1))
            assert response.sw in (0x9000, 0x6982)
            if response.sw == 0x9000:
                found.add(file)
        return found

    def chained(self, command: CommandAPDU) -> ResponseAPDU:
        """Send protected, in a chain if the command is long."""
        data = command.data
        while len(data) > 200:
            part = replace(command, cla=0x10, data=data[:200], ne=0)
            response = self.secure(part)
            if response.sw != 0x9000:
                return response
            data = data[200:]
        return self.secure(replace(command, data=data))


def ready(card: CardOS, access: str = "bac") -> EACTerminal:
    """A terminal after Chip Authentication."""
    terminal = EACTerminal(card)
    terminal.open(access)
    terminal.authenticate_chip()
    return terminal
