"""The chips that issuing states use, each issued, read and judged from the command line, in a table that is printed."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulator.personalisation.profile import profile_names
from tests.cli.conftest import Run

CURVES = ("secp256r1", "secp384r1", "brainpoolP256r1", "brainpoolP320r1", "brainpoolP384r1", "brainpoolP512r1")
SUITES = {128: "AES-CBC-CMAC-128", 256: "AES-CBC-CMAC-256"}
TDES = "3DES-CBC-CBC"
# How each is opened, with which suite, what proves the chip, and what the terminal is let into.
EXPECTED = {
    "bac-only": ("BAC", TDES, "", ""),
    "bac-aa-rsa": ("BAC", TDES, "AA", ""),
    "bac-ca-3des-secp192r1": ("BAC", TDES, "CA", ""),
    "bac-ca-3des-brainpoolP256r1": ("BAC", TDES, "CA", ""),
    "pace-gm-3des": ("PACE", TDES, "", ""),
    **{f"pace-gm-aes{bits}-{curve}": ("PACE", SUITES[bits], "", "") for bits in SUITES for curve in CURVES},
    "pace-im-aes256-brainpoolP256r1": ("PACE", SUITES[256], "", ""),
    "pace-cam-aes256-brainpoolP384r1": ("PACE", SUITES[256], "CA CAM", ""),
    "pace-dh-gm-3des-group2": ("PACE", TDES, "", ""),
    "eac": ("PACE", SUITES[128], "CA", "DG3 DG4"),
}
# Chips of one state, and one with passwords that travel documents do not have.
OTHERS = {"cccd-2021", "cccd-2021-rsa", "eid-pin"}
PROOFS = {"chip-authentication": "CA", "active-authentication": "AA", "chip-authentication-mapping": "CAM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One chip as its reading tells it."""

    chip: str
    access: str
    suite: str
    proofs: str
    locked: str
    verdict: str

    @classmethod
    def from_document(cls, chip: str, document: dict[str, Any]) -> Row:
        checks = {check["check"]: check for check in document["checks"]}
        access = checks["access-protocol"]
        biometrics = document["biometrics"] or {"read": []}
        return cls(
            chip=chip,
            access={"pace-used": "PACE", "bac-used": "BAC"}[access["reason"]],
            suite=next(fact["value"] for fact in access["facts"] if fact["name"] == "suite"),
            proofs=" ".join(name for check, name in PROOFS.items() if checks[check]["result"] == "passed"),
            locked=" ".join(biometrics["read"]),
            verdict=document["verdict"],
        )

    def __str__(self) -> str:
        cells = (self.access, self.suite, self.proofs or "-", self.locked or "-", self.verdict)
        return f"{self.chip:<34}{cells[0]:<6}{cells[1]:<18}{cells[2]:<8}{cells[3]:<9}{cells[4]}"


def issue_and_read(run: Run, folder: Path, chip: str) -> Row:
    assert run("simulate", "issue", folder, "--chip", chip).code == 0
    zone = tomllib.loads((folder / "card.toml").read_text(encoding="utf-8"))["mrz"]
    terminal = ("--terminal-key", folder / "terminal") if (folder / "terminal").exists() else ()
    arguments = ("--reader", f"sim:{folder}", "--key-stdin", "--trust", folder / "trust", "--json", *terminal)
    ending = run("read", *arguments, stdin=zone)
    assert ending.err.count("error") == 0, ending.err
    return Row.from_document(chip, json.loads(ending.out))


def test_the_products_are_those_that_issuing_states_use() -> None:
    assert {*EXPECTED, *OTHERS} == set(profile_names())


def test_every_product_is_opened_proven_and_judged(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [issue_and_read(run, tmp_path / chip, chip) for chip in EXPECTED]
    with capsys.disabled():
        print("", f"{'CHIP':<34}{'OPEN':<6}{'SUITE':<18}{'PROOF':<8}{'LOCKED':<9}VERDICT", *rows, sep="\n")  # noqa: T201
    for row in rows:
        assert (row.access, row.suite, row.proofs, row.locked) == EXPECTED[row.chip]
        # A chip that proves nothing may be a copy: nobody can tell.
        assert row.verdict == ("accepted" if row.proofs else "undecided")
