"""Files with a wrong outermost tag or length: what every group of cases begins with."""

from __future__ import annotations

from collections.abc import Callable

from apdu import tlv
from apdu.tlv import TLV
from chipid.lds.files import FileId
from tests.reader_cases.case import Outcome
from tests.reader_cases.documents import Groups, issue
from tests.reader_cases.inspection import inspect


def retagged(raw: bytes, tag: int) -> bytes:
    """The object under another tag of one byte."""
    return bytes((tag,)) + raw[1:]


def relengthened(raw: bytes, difference: int) -> bytes:
    """The object whose length field says more or less than is there."""
    tag, header, length = tlv.read_header(raw)
    wrong = tlv.encode(tag, bytes(length + difference))
    return wrong[: tlv.read_header(wrong)[1]] + raw[header:]


def with_group(number: int, change: Callable[[bytes], bytes]) -> Callable[[Groups], Groups]:
    """What :func:`tests.reader_cases.documents.issue` takes: one data group changed before it is signed."""
    return lambda groups: {**groups, number: change(groups[number])}


def inspect_group(number: int, change: Callable[[bytes], bytes]) -> Outcome:
    """Inspect the genuine document with one data group changed, and signed so."""
    return inspect(issue(groups=with_group(number, change)))


def inspect_file(file: FileId, change: Callable[[bytes], bytes]) -> Outcome:
    """Inspect the genuine document with one file changed that no signature covers."""
    document = issue()
    return inspect(document.with_files({file: change(document.content(file))}))


def rewritten(raw: bytes, tag: int, change: Callable[[TLV], bytes], *, place: int = 1) -> bytes:
    """The file with the ``place``-th object of this tag replaced, wherever it stands; lengths around it follow."""
    seen = 0

    def write(found: TLV) -> bytes:
        nonlocal seen
        if found.tag == tag:
            seen += 1
            return change(found) if seen == place else found.raw
        if not found.is_constructed:
            return found.raw
        return tlv.encode(found.tag, *(write(one) for one in found.children()))

    return write(tlv.parse_one(raw))
