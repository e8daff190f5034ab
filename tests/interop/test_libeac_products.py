"""The terminal of libeac before every product with Generic Mapping: it reads EF.CardAccess and opens the chip."""

from __future__ import annotations

from importlib.resources import files

import pytest

from apdu import instructions, tlv
from chipid.lds.card_access import parse_card_access
from chipid.lds.files import AID_EMRTD, FileId
from chipid.lds.protocols import PACEMapping
from chipid.protocols.pace_choice import PACEChoice, choose
from simulator.scenarios import SimulatedCard, build_card
from tests.interop.libeac import LibEAC
from tests.interop.libeac_chip import LibEACTerminal, Password

NO_PACE, INTEGRATED = "bac-", "pace-im"
PRODUCTS = sorted(
    name
    for name in (one.name.removesuffix(".toml") for one in files("simulator.personalisation.profiles").iterdir())
    if not name.startswith((NO_PACE, INTEGRATED))
)
HEAD, PIECE = 4, 96


@pytest.mark.parametrize("product", PRODUCTS)
def test_libeac_opens_the_product_and_reads_what_is_in_it(libeac: LibEAC, product: str) -> None:
    card = build_card("genuine", profile=product)
    card_access = card.chip.files.master_file.by_fid(FileId.CARD_ACCESS.fid)
    assert card_access is not None
    offered = choose(parse_card_access(card_access.content).security_infos)
    (choice,) = (one for one in offered if one.info.protocol.mapping is PACEMapping.GENERIC)
    for password in (Password(kind=1, secret=card.mrz.encode()), Password(kind=2, secret=card.can.encode())):
        terminal = _open(libeac, card, card_access.content, choice, password)
        assert terminal.secure(instructions.select_application(AID_EMRTD)).sw == 0x9000
        (application,) = card.chip.files.applications
        for file in (FileId.COM, FileId.DG1):
            content = application.by_fid(file.fid)
            assert content is not None
            assert _file(terminal, file) == content.content


def _open(
    libeac: LibEAC, card: SimulatedCard, card_access: bytes, choice: PACEChoice, password: Password
) -> LibEACTerminal:
    for seed in range(100):
        context = libeac.context(b"terminal%d" % seed)
        context.init_card_access(card_access)
        context.password(password.kind, password.secret)
        terminal = LibEACTerminal(context, card.start().process)
        sw = terminal.pace(choice.info, password)
        if len(terminal.shared_secret) == choice.domain.byte_length:  # see test_libeac_pace
            assert sw == 0x9000
            return terminal
    raise AssertionError("no secret had its full length")


def _file(terminal: LibEACTerminal, file: FileId) -> bytes:
    content = terminal.secure(instructions.read_binary_sfi(file.sfi, 0, HEAD)).expect_ok("READ BINARY")
    _, length, header = tlv.read_header(content)
    while (left := header + length - len(content)) > 0:
        response = terminal.secure(instructions.read_binary(len(content), min(left, PIECE)))
        content += response.expect_ok("READ BINARY")
    return content
