"""A folder with a trust store, and a simulated card where the examples expect one on a reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from apdu.transport import Transport
from tests.scenarios import readings


class ConnectedCard:
    """What ``open_reader`` gives: a transport that also knows transactions."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        yield


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a desk, with the issuer of the genuine card in the folder ``trust``."""
    (tmp_path / "trust").mkdir()
    for number, certificate in enumerate(readings.card("genuine").trust_anchors):
        (tmp_path / "trust" / f"csca-{number}.cer").write_bytes(certificate)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def lay_card(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lay the card of a scenario on the only reader."""

    def lay(scenario: str) -> None:
        @contextmanager
        def open_reader(_name: str | None = None, **_: object) -> Iterator[ConnectedCard]:
            yield ConnectedCard(readings.card(scenario).transport())

        monkeypatch.setattr("reader.pcsc.open_reader", open_reader)

    return lay
