"""Who may read the fingers and irises of a simulated card: its CVCA, a document verifier, an inspection system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from chipid.pki.chat import Role
from simulator.pki.certificates import Period
from simulator.pki.cv_issuer import CVAlgorithm, CVHolder, CVRequest, establish_cvca, issue, trust_point
from simulator.randomness import SeededEntropy
from simulator.trust_points import ImportedKey

# Certificates of terminals live for weeks; those of simulated ones are good whenever they are needed.
VALIDITY = Period(first=date(2020, 1, 1), last=date(2049, 12, 31))
CVCA_REFERENCE = "VNSIMCVCA00001"
VERIFIER_REFERENCE = "VNSIMDV00001"
TERMINAL_REFERENCE = "VNSIMIS00001"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalPKI:
    """The holders of one chain; the inspection system has every right."""

    cvca: CVHolder
    verifier: CVHolder
    terminal: CVHolder

    @property
    def trust_points(self) -> tuple[ImportedKey, ...]:
        """What personalisation writes into the chip."""
        return (trust_point(self.cvca),)

    @property
    def chain(self) -> tuple[bytes, ...]:
        """What the inspection system presents: certificates with their tag, the document verifier's first."""
        return self.verifier.certificate.raw, self.terminal.certificate.raw


def establish_terminals(algorithm: CVAlgorithm, entropy: SeededEntropy) -> TerminalPKI:
    """Make the keys and certificates."""

    def request(reference: str, role: Role) -> CVRequest:
        return CVRequest(reference=reference, role=role, validity=VALIDITY)

    cvca = establish_cvca(algorithm, request(CVCA_REFERENCE, Role.CVCA), entropy.fork("CVCA"))
    verifier = issue(cvca, algorithm, request(VERIFIER_REFERENCE, Role.DV_DOMESTIC), entropy.fork("DV"))
    terminal = issue(verifier, algorithm, request(TERMINAL_REFERENCE, Role.TERMINAL), entropy.fork("IS"))
    return TerminalPKI(cvca=cvca, verifier=verifier, terminal=terminal)
