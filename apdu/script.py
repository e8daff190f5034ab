"""A terminal protocol as a generator: it yields commands and is sent responses.

A script knows no reader, no clock and no random source; it reads top to bottom like the standard, composes
with ``yield from``, and is run by :class:`apdu.session.CardSession`, or by a test that plays the card.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

from apdu.command import CommandAPDU
from apdu.response import ResponseAPDU

T = TypeVar("T")

CardScript: TypeAlias = Generator[CommandAPDU, ResponseAPDU, T]
