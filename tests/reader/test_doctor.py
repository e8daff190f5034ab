from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

import pytest
from pytest_mock import MockerFixture

from reader import doctor, errors
from reader.doctor import Finding, Severity
from tests.reader.double import ATR, SCardDouble, Slot


def brief(findings: list[Finding]) -> list[tuple[Severity, str]]:
    return [(finding.severity, finding.code) for finding in findings]


def test_a_healthy_machine_has_findings_without_failures(scard: SCardDouble) -> None:
    scard.readers["left"].insert()
    findings = doctor.diagnose()
    assert (Severity.OK, "packages") in brief(findings)
    assert brief(findings)[-5:] == [
        (Severity.OK, "pcsc-service"),
        (Severity.OK, "reader"),
        (Severity.OK, "card"),
        (Severity.OK, "reader"),
        (Severity.WARN, "no-card"),
    ]
    assert all(ATR.hex() not in finding.text.lower() for finding in findings)


def test_a_mute_card_is_a_warning(scard: SCardDouble) -> None:
    scard.readers = {"only": Slot(atr=ATR, flags=0x200)}
    assert brief(list(doctor.check_pcsc()))[-1] == (Severity.WARN, "card-mute")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errors.E_NO_SERVICE, "pcsc-service-down"),
        (0x8010006A, "pcsc-permission-denied"),
        (0x80100001, "transport-failed"),
    ],
)
def test_a_service_that_does_not_let_us_in_is_a_failure_with_a_hint(
    scard: SCardDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: int, expected: str
) -> None:
    monkeypatch.setenv(doctor.SOCKET_VARIABLE, str(tmp_path / "none"))
    scard.failing("SCardEstablishContext", code)
    (finding,) = doctor.check_pcsc()
    assert (finding.severity, finding.code) == (Severity.FAIL, expected)
    assert finding.hint


def test_a_socket_that_shuts_this_user_out_is_a_matter_of_permission(
    scard: SCardDouble, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mocker: MockerFixture
) -> None:
    socket = tmp_path / "pcscd.comm"
    socket.touch()
    monkeypatch.setenv(doctor.SOCKET_VARIABLE, str(socket))
    mocker.patch("reader.doctor.os.access", return_value=False)
    scard.failing("SCardEstablishContext", errors.E_NO_SERVICE)
    assert brief(list(doctor.check_pcsc())) == [(Severity.FAIL, "pcsc-permission-denied")]


def test_no_reader_and_no_pyscard_are_failures(scard: SCardDouble, mocker: MockerFixture) -> None:
    scard.readers.clear()
    assert brief(list(doctor.check_pcsc())) == [(Severity.OK, "pcsc-service"), (Severity.FAIL, "no-reader")]
    mocker.patch.dict(sys.modules, {"smartcard": None})
    assert brief(list(doctor.check_pcsc())) == [(Severity.FAIL, "pyscard-missing")]


def test_a_file_of_the_same_name_before_ours_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reader.py").touch()
    (tmp_path / "simulator").mkdir()
    (tmp_path / "simulator" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    findings = list(doctor.check_packages())
    assert brief(findings) == [(Severity.FAIL, "package-shadowed")] * 2
    assert "'reader'" in findings[0].text
    assert str(tmp_path) in findings[0].text


def test_another_distribution_with_the_same_package_is_a_warning(mocker: MockerFixture) -> None:
    real = metadata.packages_distributions()
    mocker.patch("reader.doctor.packages_distributions", return_value={**real, "cli": ["chipid", "other-cli"]})
    (finding,) = doctor.check_packages()
    assert (finding.severity, finding.code) == (Severity.WARN, "package-clash")
    assert "other-cli" in finding.text


def test_the_kernel_driver_that_takes_readers_away_is_a_warning(tmp_path: Path) -> None:
    assert list(doctor.check_kernel_modules(tmp_path)) == []
    (tmp_path / "pn533_usb").mkdir()
    (finding,) = doctor.check_kernel_modules(tmp_path)
    assert (finding.severity, finding.code) == (Severity.WARN, "kernel-nfc-driver")
