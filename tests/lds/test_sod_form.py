"""Files of a signer who is known are read by their form, and that must never come to anything else than parsing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import repeat

import pytest

from apdu import tlv
from apdu.errors import ToolkitError
from chipid.asn1 import der
from chipid.asn1.times import encode_time
from chipid.lds import ef_sod
from chipid.lds.ef_sod import SOD, build_sod, parse_sod
from chipid.lds.files import FileId
from chipid.lds.lds_security_object import build_lds_security_object
from chipid.lds.sod_form import SODForm
from tests.pki import builders
from tests.support import sods
from tests.support.vectors import VECTORS
from tests.verification import forge

BSI = (VECTORS / "bsi-tr03105-5" / "EF_SOD.bin").read_bytes()
TIMED = forge.genuine().content(FileId.SOD) or b""  # with a signing time, which the reference file lacks


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    ef_sod._remembered_forms.cache_clear()
    yield
    ef_sod._remembered_forms.cache_clear()


def form(raw: bytes) -> SODForm:
    sod = parse_sod(raw)
    found = SODForm.of(raw, sod.signed_data, sod.security_object)
    assert found is not None
    return found


def outcome(raw: bytes) -> SOD | type[ToolkitError]:
    try:
        return parse_sod(raw)
    except ToolkitError as error:
        return type(error)


def parsed(raw: bytes) -> SOD | type[ToolkitError]:
    """What parsing gives, whatever is remembered."""
    ef_sod._remembered_forms.cache_clear()
    return outcome(raw)


def read_by(found: SODForm, raw: bytes) -> SOD | type[ToolkitError] | None:
    try:
        read = found.read(raw)
    except ToolkitError as error:
        return type(error)
    return None if read is None else SOD(raw=raw, signed_data=read[0], security_object=read[1])


def another_document(raw: bytes) -> bytes:
    """The file with every hash, the time and the signature changed, as another document would have them."""
    sod = parse_sod(raw)
    info = sod.signed_data.signer
    assert info.attributes is not None
    assert info.attributes.message_digest is not None
    changed = raw
    if info.signing_time is not None:
        written = encode_time(info.signing_time)
        changed = changed.replace(written, encode_time(info.signing_time + timedelta(days=3, seconds=7)))
        assert changed != raw
    for value in (*sod.data_group_hashes.values(), info.attributes.message_digest, info.signature):
        assert changed.count(value) == 1
        changed = changed.replace(value, bytes(byte ^ 0xFF for byte in value))
    return changed


@pytest.mark.parametrize("raw", [BSI, TIMED])
def test_another_document_of_the_signer_is_read_by_the_form_as_it_is_parsed(raw: bytes) -> None:
    other = another_document(raw)
    found = read_by(form(raw), other)
    assert isinstance(found, SOD)
    assert found == parsed(other)
    assert found.data_group_hashes != parse_sod(raw).data_group_hashes
    times = [one.signed_data.signer.signing_time for one in (found, parse_sod(raw))]
    assert len(set(times)) == (1 if raw is BSI else 2)


def test_a_known_form_is_used_and_its_files_are_told_apart() -> None:
    other = another_document(BSI)
    expected = [parsed(BSI), parsed(other)]
    ef_sod._remembered_forms.cache_clear()
    assert [outcome(BSI), outcome(other), outcome(BSI)] == [expected[0], expected[1], expected[0]]
    assert ef_sod._remembered_forms.cache_info().currsize == 1


@pytest.mark.parametrize(("raw", "mask"), [(BSI, 0xFF), (BSI, 0x80), (TIMED, 0x01), (TIMED, 0x10)])
def test_no_changed_byte_gives_anything_else_than_parsing(raw: bytes, mask: int) -> None:
    found = form(raw)
    for place in range(len(raw)):
        damaged = raw[:place] + bytes((raw[place] ^ mask,)) + raw[place + 1 :]
        assert read_by(found, damaged) in (None, parsed(damaged)), place


def test_a_file_of_another_length_has_another_form() -> None:
    found = form(BSI)
    assert found.read(BSI[:-1]) is None
    assert found.read(BSI + b"\x00") is None
    assert found.read(b"") is None


def test_values_that_stand_in_two_places_make_no_form() -> None:
    sod = parse_sod(BSI)
    first, second, *_ = sod.data_group_hashes.values()
    twice = BSI.replace(second, first)
    changed = parse_sod(twice)
    assert SODForm.of(twice, changed.signed_data, changed.security_object) is None
    assert outcome(twice) == parsed(twice)


def in_pieces_beside(content: bytes, decoy: bytes, certificate: bytes) -> bytes:
    """A file whose content comes in pieces, with ``decoy`` in one piece where nobody looks, which alone is signed."""
    sign = sods.ecdsa(forge.SIGNER)

    def sign_in_71_bytes(message: bytes) -> bytes:
        return next(signature for _ in repeat(None) if len(signature := sign(message)) == 71)

    certificates = [tlv.encode(0x81, decoy), certificate]
    sid = builders.issuer_and_serial(forge.CSCA)
    envelope = sods.Envelope(certificates=certificates, sid=sid, sign=sign_in_71_bytes)
    sealed = sods.indefinite(envelope.seal(decoy), chunk=50)
    assert sealed.count(pieces_of(decoy)) == 1
    return build_sod(sealed.replace(pieces_of(decoy), pieces_of(content)))


def pieces_of(content: bytes) -> bytes:
    return b"".join(der.encode_octet_string(content[start : start + 50]) for start in range(0, len(content), 50))


def test_what_stands_beside_a_content_in_pieces_is_never_taken_for_it() -> None:
    """Otherwise the first file would decide what the second says, and a wrong signature would become a right one."""
    one, other = (build_lds_security_object("sha256", {1: bytes((seed,)) * 31 + b"!"}) for seed in b"ab")
    certificate = forge.signer_certificate()
    first, second = (in_pieces_beside(one, decoy, certificate) for decoy in (one, other))
    assert len(first) == len(second)
    alone = parsed(second)
    assert isinstance(alone, SOD)
    assert alone.security_object.raw == one
    ef_sod._remembered_forms.cache_clear()
    parse_sod(first)
    assert outcome(second) == alone


def test_as_many_forms_are_remembered_as_the_bound_says() -> None:
    """Files of one length with the same middle, each with other bytes that no value changes."""
    at = BSI.index(parse_sod(BSI).signed_data.certificates[0]) + 60
    files = [BSI[:at] + bytes((number,)) + BSI[at + 1 :] for number in range(ef_sod.FORMS_ALIKE + 3)]
    expected = [parsed(one) for one in files]
    ef_sod._remembered_forms.cache_clear()
    for _ in range(2):
        assert [outcome(one) for one in files] == expected
    forms = ef_sod._remembered_forms(len(BSI), BSI[len(BSI) // 2 :][: ef_sod.PROBE_BYTES])
    assert len(forms) == ef_sod.FORMS_ALIKE
