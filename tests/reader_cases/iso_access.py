"""ISO7816_A to C: selecting the application, Basic Access Control, secure messaging, reading files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from apdu.ciphers import CipherSuite, MessageAuthentication
from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU
from apdu.status import StatusWord
from chipid.lds.dg2 import build_dg2, parse_dg2
from chipid.lds.files import FileId
from simulator.access_rules import Always
from simulator.calls import Outcome as CardOutcome
from simulator.card_os import CardOS
from simulator.chip import EndOfFile
from simulator.file_system import DedicatedFile, FileSystem
from simulator.personalisation.contents import _lengthen_portrait
from simulator.quirks import find_quirk
from simulator.quirky_card import QuirkyCard
from simulator.randomness import SeededEntropy
from simulator.scenarios import build_card
from tests.reader_cases.bent import (
    CRYPTOGRAM,
    EXTERNAL_AUTHENTICATE,
    GET_CHALLENGE,
    PROCESSING_STATUS,
    READ_BINARY,
    READ_BINARY_ODD,
    SELECT,
    BentCard,
    answers,
    bend,
    flipped,
    flipping,
    refuse,
    without,
)
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.documents import Document, Groups, issue, mrz_key, profile
from tests.reader_cases.inspection import STRICT_WITH_BAC, inspect
from tests.scenarios import readings

PORTRAIT = 30_000  # below the offsets that an even INS reaches
LARGE_PORTRAIT = 40_000


def bac_document() -> Document:
    """A document that opens with Basic Access Control only."""
    return issue(profile(pace=()))


def bac(card: Document | CardOS) -> Outcome:
    return inspect(card, mrz_key(), policy=STRICT_WITH_BAC)


def portrait_of(size: int) -> Callable[[Groups], Groups]:
    """DG2 with a portrait of that many bytes."""
    return lambda groups: {**groups, 2: _lengthen_portrait(groups[2], size)}


# Group A, the application


@reader_case(
    "ISO7816_A_01",
    Demand.FAIL,
    found="unsupported",
    note="Decided against the suggestion. Documents without access control are those of the first years, which have "
    "expired; a chip that answers anybody is none that this reader is for, and it says so without reading a file.",
)
def unprotected_document() -> Outcome:
    """Document without any access control"""
    document = bac_document()
    (application,) = document.chip.files.applications
    files = [replace(one, rule=Always()) for one in application.files]
    opened = DedicatedFile(aid=application.aid, rule=Always(), files=files)
    system = FileSystem(master_file=document.chip.files.master_file, applications=(opened,))
    unknown = refuse(0x6D00, lambda command: command.ins in (GET_CHALLENGE, EXTERNAL_AUTHENTICATE))
    return bac(bend(document.with_chip(files=system, bac=None), after=unknown))


@reader_case("ISO7816_A_02", Demand.PASS, note="The policy is `strict`, but for allowing Basic Access Control.")
def document_with_bac() -> Outcome:
    """Document with Basic Access Control, as it should be"""
    return bac(bac_document())


@reader_case("ISO7816_A_03", Demand.FAIL, found="unexpected-status")
def application_not_selected() -> Iterator[Outcome]:
    """SELECT of the application fails, before BAC and after PACE"""
    for sw in (0x6A82, 0x6A81, 0x6999, 0x6F00):
        after = refuse(sw, lambda command: command.ins == SELECT and command.p1 == 0x04)
        yield bac(bend(bac_document(), after=after))
        yield inspect(bend(issue(), after=after))


# Group B, Basic Access Control, secure messaging, revocation


@reader_case("ISO7816_B_01", Demand.FAIL, found="protocol-violation")
def wrong_checksum_of_mutual_authentication() -> Iterator[Outcome]:
    """The checksum in the answer to MUTUAL AUTHENTICATE is wrong"""
    for place in (-1, -8):
        yield bac(bend(bac_document(), after=answers(EXTERNAL_AUTHENTICATE, flipping(place))))


@reader_case("ISO7816_B_02", Demand.FAIL, found="protocol-violation")
def wrong_cryptogram_of_mutual_authentication() -> Iterator[Outcome]:
    """The cryptogram in the answer to MUTUAL AUTHENTICATE holds other nonces, under a right checksum"""
    document = bac_document()
    keys = document.chip.bac
    assert keys is not None
    mac = MessageAuthentication(CipherSuite.TDES, keys.k_mac)
    for place in (0, 8):  # RND.IC, RND.IFD

        def wrong(data: bytes, place: int = place) -> bytes:
            cryptogram = flipped(data[:32], place)
            return cryptogram + mac.compute(cryptogram)

        yield bac(bend(document, after=answers(EXTERNAL_AUTHENTICATE, wrong)))


@reader_case("ISO7816_B_03", Demand.FAIL, found="wrong-access-key or unexpected-status")
def refused_mutual_authentication() -> Iterator[Outcome]:
    """MUTUAL AUTHENTICATE is refused"""
    for sw in (0x6300, 0x6982, 0x6985, 0x6700, 0x6F00):
        yield bac(bend(bac_document(), after=refuse(sw, lambda command: command.ins == EXTERNAL_AUTHENTICATE)))


def both_sessions(**hooks: object) -> Iterator[Outcome]:
    """The same chip under the 3DES session of BAC and the AES session of PACE."""
    yield bac(bend(bac_document(), **hooks))
    yield inspect(bend(issue(), **hooks))


@reader_case("ISO7816_B_04", Demand.FAIL, found="secure-messaging")
def session_broken_by_the_chip() -> Iterator[Outcome]:
    """The chip answers a protected command with an error of secure messaging, in the clear"""
    for sw in (0x6987, 0x6988, 0x6882):
        naked = ResponseAPDU(sw=StatusWord(sw))
        yield from both_sessions(wire=partial(_instead, naked))


def _instead(naked: ResponseAPDU, _: ResponseAPDU) -> ResponseAPDU:
    return naked


@reader_case("ISO7816_B_05", Demand.FAIL, found="secure-messaging")
def answer_without_checksum() -> Iterator[Outcome]:
    """A protected answer has no checksum (DO'8E')"""
    yield from both_sessions(wire=lambda answer: replace(answer, data=without(answer.data, 0x8E)))


@reader_case("ISO7816_B_06", Demand.FAIL, found="group-hash/group-malformed")
def answer_without_cryptogram() -> Iterator[Outcome]:
    """A protected answer has no cryptogram (DO'87')"""
    yield from both_sessions(sealed=lambda objects: without(objects, CRYPTOGRAM))


@reader_case("ISO7816_B_07", Demand.FAIL, found="secure-messaging")
def answer_without_status() -> Iterator[Outcome]:
    """A protected answer has no status bytes (DO'99')"""
    yield from both_sessions(sealed=lambda objects: without(objects, PROCESSING_STATUS))


@reader_case("ISO7816_B_08", Demand.FAIL, found="secure-messaging")
def answer_with_wrong_checksum() -> Iterator[Outcome]:
    """A protected answer has a wrong checksum"""
    yield from both_sessions(wire=lambda answer: replace(answer, data=flipped(answer.data)))


@reader_case("ISO7816_B_09", Demand.FAIL, found="secure-messaging")
def answer_with_wrong_cryptogram() -> Iterator[Outcome]:
    """A protected answer has a wrong cryptogram, under a right checksum"""

    def wrong(objects: bytes) -> bytes:
        # The last byte of the cryptogram decides on the padding.
        return flipped(objects, objects.rindex(b"\x99\x02") - 1)

    yield from both_sessions(sealed=wrong)


@reader_case("ISO7816_B_10", Demand.FAIL, found="signer-revocation/signer-revoked")
def revoked_signer() -> Outcome:
    """The revocation list names the document signer"""
    card = build_card("revoked-signer")
    return inspect(card, card.access_key, trust=readings.trust_of(card))


# Group C, the reading of files


@reader_case("ISO7816_C_01", Demand.FAIL, found="group-hash/group-missing or sod-signature/sod-missing")
def file_not_selected() -> Iterator[Outcome]:
    """SELECT of a file that the document lists, or of EF.SOD, fails"""
    for file in (FileId.SOD, FileId.DG1, FileId.DG2, FileId.DG14):
        fid = file.fid.to_bytes(2, "big")
        after = refuse(0x6A82, lambda command, fid=fid: command.ins == SELECT and command.data == fid)  # type: ignore[misc]
        yield inspect(bend(issue(), after=after))


@reader_case("ISO7816_C_02", Demand.PASS)
def large_files() -> Iterator[Outcome]:
    """A portrait of 30,000 bytes, with short and with extended APDUs"""
    for extended in (False, True):
        yield inspect(issue(profile(extended_length=extended), groups=portrait_of(PORTRAIT)))


@reader_case("ISO7816_C_03", Demand.OPERATIONAL, found="group-hash/group-malformed or group-hash/file-unreadable")
def end_before_the_stated_length() -> Iterator[Outcome]:
    """A file ends before the length that it states, whatever the chip answers there"""
    for end in EndOfFile:
        document = issue(profile(end_of_file=end))
        content = document.content(FileId.DG2)
        for length in (len(content) - 1, len(content) // 2, 5, 3):
            yield inspect(document.with_files({FileId.DG2: content[:length]}))


@reader_case("ISO7816_C_04", Demand.PASS)
def end_with_6b00() -> Iterator[Outcome]:
    """A read across the end of a file is answered with 6B00"""
    yield inspect(issue(profile(end_of_file=EndOfFile.WRONG_OFFSET)))
    yield inspect(_quirky("end-refused"))


@reader_case("ISO7816_C_05", Demand.PASS)
def end_with_6282() -> Iterator[Outcome]:
    """A read across the end of a file, or to it, is answered with 6282"""
    yield inspect(issue(profile(end_of_file=EndOfFile.WARNING)))
    yield inspect(_quirky("padded-end"))

    def warned(card: BentCard, command: CommandAPDU, outcome: CardOutcome) -> CardOutcome:
        ef = card.state.ef
        if command.ins != READ_BINARY or ef is None or not outcome.sw.is_ok:
            return outcome
        at_end = command.p1 < 0x80 and (command.p1 << 8 | command.p2) + len(outcome.data) == len(ef.content)
        return replace(outcome, sw=StatusWord(0x6282)) if at_end else outcome

    card = bend(issue(), after=warned)
    yield inspect(card)


@reader_case("ISO7816_C_06", Demand.PASS)
def end_with_6cxx() -> Iterator[Outcome]:
    """A read across the end of a file, or with any other Le than the exact one, is answered with 6Cxx"""
    yield inspect(issue(profile(end_of_file=EndOfFile.WRONG_LENGTH)))
    yield inspect(_quirky("exact-length"))


@reader_case("ISO7816_C_07", Demand.PASS)
def odd_instruction() -> Outcome:
    """A portrait that only READ BINARY with an odd INS reads to its end"""
    card = bend(issue(profile(extended_length=False), groups=portrait_of(LARGE_PORTRAIT)))
    outcome = inspect(card)
    assert READ_BINARY_ODD in {command.ins for command in card.heard}
    return outcome


@reader_case("ISO7816_C_08", Demand.FAIL, found="group-format/group-malformed")
def empty_portrait() -> Outcome:
    """DG2 holds a portrait of no bytes"""

    def empty(groups: Groups) -> Groups:
        (image,) = parse_dg2(groups[2]).images
        return {**groups, 2: build_dg2([replace(image, image=b"")])}

    return inspect(issue(groups=empty))


def _quirky(name: str) -> QuirkyCard:
    return QuirkyCard(issue().chip, entropy=SeededEntropy(b"quirky"), quirks=find_quirk(name).quirks)
