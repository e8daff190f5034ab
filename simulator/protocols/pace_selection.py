"""MSE:Set AT of PACE: the terminal chooses algorithm, password and domain parameters (ICAO Doc 9303-11 §4.4.4.1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from apdu.status import REFERENCE_NOT_FOUND, WRONG_DATA
from chipid.asn1 import der, oids
from simulator.access_rules import PasswordId
from simulator.calls import Call, Outcome, RefusalError, data_objects
from simulator.chip import PACEConfiguration, PACEOffer
from simulator.protocols.passwords import announced_status, configuration_of
from simulator.state import Pending, Situation

ALGORITHM, PASSWORD, PARAMETERS = 0x80, 0x83, 0x84
HOLDER_AUTHORISATION = 0x7F4C
ROLE, RIGHTS = 0x06, 0x53
# An inspection system shows what is printed on the document; PIN and PUK are for other terminals.
INSPECTION_PASSWORDS = frozenset({PasswordId.MRZ, PasswordId.CAN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the terminal chose; ``wants_references`` says that it asked for those of the CVCA in the last answer."""

    offer: PACEOffer
    password: PasswordId
    wants_references: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected(Pending):
    """MSE:Set AT was accepted."""

    situation: ClassVar[Situation] = Situation.PACE_SELECTED
    choice: Choice


def set_at(call: Call) -> Outcome:
    """MSE:Set AT C1A4: DO'80' algorithm, DO'83' password, DO'84' parameters where they are ambiguous, 7F4C terminal.

    Other objects are ignored. 6A81 without PACE, 6A80 for anything malformed or an unknown algorithm, 6A88 for an
    unknown password or parameter set; 6283 and 63Cx tell the state of the password.
    """
    configuration = configuration_of(call)
    objects = data_objects(call.command.data)
    if not {ALGORITHM, PASSWORD} <= set(objects):
        raise RefusalError(WRONG_DATA)
    if len(objects[PASSWORD]) != 1 or len(objects.get(PARAMETERS, b"\x00")) != 1:
        raise RefusalError(WRONG_DATA)
    offer = _choose_offer(configuration, objects[ALGORITHM], objects.get(PARAMETERS))
    password = next((one for one in configuration.passwords if one == objects[PASSWORD][0]), None)
    if password is None:
        raise RefusalError(REFERENCE_NOT_FOUND)
    authorisation = objects.get(HOLDER_AUTHORISATION)
    if authorisation is not None:
        _check_terminal_type(authorisation, password)
    choice = Choice(offer=offer, password=password, wants_references=authorisation is not None)
    state = replace(call.state, pending=Selected(choice=choice))
    return Outcome(state=state, sw=announced_status(call, password))


def _choose_offer(configuration: PACEConfiguration, algorithm: bytes, parameters: bytes | None) -> PACEOffer:
    offers = [one for one in configuration.offers if der.oid_value(one.oid) == algorithm]
    if not offers:
        raise RefusalError(WRONG_DATA)
    if parameters is not None:
        offers = [one for one in offers if one.parameter_id == parameters[0]]
        if not offers:
            raise RefusalError(REFERENCE_NOT_FOUND)
    if len(offers) > 1:
        raise RefusalError(WRONG_DATA)  # ambiguous without DO'84'
    return offers[0]


def _check_terminal_type(authorisation: bytes, password: PasswordId) -> None:
    objects = data_objects(authorisation)
    is_inspection_system = objects.get(ROLE) == der.oid_value(oids.ID_IS) and RIGHTS in objects
    if not is_inspection_system or password not in INSPECTION_PASSWORDS:
        raise RefusalError(WRONG_DATA)
