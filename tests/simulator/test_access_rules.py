"""Access rules and their composition."""

from __future__ import annotations

import pytest

from simulator.access_rules import (
    OPENED_BY_PACE,
    AccessRule,
    AccessStatus,
    AfterAccess,
    AfterChipAuthentication,
    AfterTerminalAuthentication,
    AllOf,
    Always,
    AnyOf,
    Authorisation,
    Never,
    TerminalRight,
)

NOBODY = Authorisation()
BAC = Authorisation(status=AccessStatus.BAC)
PACE = Authorisation(status=AccessStatus.PACE)
AUTHENTICATED = Authorisation(status=AccessStatus.PACE, chip_authenticated=True)
INSPECTION = Authorisation(
    status=AccessStatus.PACE, chip_authenticated=True, terminal_rights=frozenset({TerminalRight.READ_FINGERPRINTS})
)
ALL = (NOBODY, BAC, PACE, AUTHENTICATED, INSPECTION)


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        (Always(), ALL),
        (Never(), ()),
        (AfterAccess(), (BAC, PACE, AUTHENTICATED, INSPECTION)),
        (OPENED_BY_PACE, (PACE, AUTHENTICATED, INSPECTION)),
        (AfterChipAuthentication(), (AUTHENTICATED, INSPECTION)),
        (AfterTerminalAuthentication(TerminalRight.READ_FINGERPRINTS), (INSPECTION,)),
        (AfterTerminalAuthentication(TerminalRight.READ_IRISES), ()),
        (AnyOf((Never(), AfterChipAuthentication())), (AUTHENTICATED, INSPECTION)),
        (AllOf((AfterAccess(), AfterChipAuthentication())), (AUTHENTICATED, INSPECTION)),
        (AnyOf(()), ()),
        (AllOf(()), ALL),
    ],
)
def test_a_rule_allows_exactly_these_terminals(rule: AccessRule, allowed: tuple[Authorisation, ...]) -> None:
    assert tuple(one for one in ALL if rule.allows(one)) == allowed
