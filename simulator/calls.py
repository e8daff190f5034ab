"""What passes between the card OS and the handler of one command."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from apdu import tlv
from apdu.command import CommandAPDU
from apdu.errors import TLVError
from apdu.secure_messaging import SessionKeys
from apdu.status import OK, WRONG_DATA, StatusWord
from chipid.crypto.entropy import Entropy
from simulator.chip import Chip
from simulator.state import SecurityState


class RefusalError(Exception):
    """A handler refuses the command; ``sw`` is the answer and the protocol under way is dropped.

    It never leaves the card: the card OS turns it into a response.
    """

    def __init__(self, sw: StatusWord) -> None:
        super().__init__(str(sw))
        self.sw = sw


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One plain command with everything a handler may look at.

    ``capacity`` is the number of data bytes that the response can carry, whatever Ne says.
    """

    chip: Chip
    state: SecurityState
    command: CommandAPDU
    capacity: int
    entropy: Entropy = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The plain answer, the state that follows, and session keys that hold from the next command on."""

    state: SecurityState
    data: bytes = field(default=b"", repr=False)
    sw: StatusWord = OK
    keys: SessionKeys | None = None


Handler = Callable[[Call], Outcome]


def data_objects(data: bytes) -> dict[int, bytes]:
    """The data objects of a command by tag; anything malformed or repeated is refused with 6A80."""
    try:
        objects = tlv.parse_all(data)
    except TLVError as error:
        raise RefusalError(WRONG_DATA) from error
    found = {one.tag: one.value for one in objects}
    if len(found) != len(objects):
        raise RefusalError(WRONG_DATA)
    return found


def dynamic_authentication_data(data: bytes, tag: int | None) -> bytes:
    """The one object ``tag`` in the template 7C of GENERAL AUTHENTICATE; with None, the template is empty.

    Whatever differs is refused with 6A80.
    """
    template = data_objects(data)
    if set(template) != {0x7C}:
        raise RefusalError(WRONG_DATA)
    objects = data_objects(template[0x7C])
    if set(objects) != (set() if tag is None else {tag}):
        raise RefusalError(WRONG_DATA)
    return b"" if tag is None else objects[tag]
