"""pyscard is replaced in all tests of the reader."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from pytest_mock import MockerFixture

from tests.reader.double import SCardDouble, Slot


@pytest.fixture
def scard(mocker: MockerFixture) -> SCardDouble:
    """Two empty readers, ``left`` and ``right``, behind a double of pyscard."""
    double = SCardDouble(left=Slot(), right=Slot())
    mocker.patch.dict(sys.modules, {"smartcard": SimpleNamespace(scard=double), "smartcard.scard": double})
    return double
