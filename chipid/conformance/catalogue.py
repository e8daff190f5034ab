"""All cases, in the order of the standards."""

from __future__ import annotations

from typing import Final

from chipid.conformance import (
    cases_active_authentication,
    cases_bac,
    cases_chip_authentication,
    cases_eac_files,
    cases_files,
    cases_lds,
    cases_lds_biometrics,
    cases_lds_details,
    cases_lds_security,
    cases_own_authentication,
    cases_own_content,
    cases_own_files,
    cases_own_randomness,
    cases_own_session,
    cases_pace_commands,
    cases_pace_keys,
    cases_passwords,
    cases_secure_messaging,
    cases_terminal_authentication,
    cases_terminal_certificates,
    cases_terminal_changes,
)

CASES: Final = (
    *cases_files.CASES,
    *cases_bac.CASES,
    *cases_secure_messaging.CASES,
    *cases_pace_keys.CASES,
    *cases_pace_commands.CASES,
    *cases_passwords.CASES,
    *cases_chip_authentication.CASES,
    *cases_active_authentication.CASES,
    *cases_eac_files.CASES,
    *cases_terminal_certificates.CASES,
    *cases_terminal_authentication.CASES,
    *cases_lds.CASES,
    *cases_lds_biometrics.CASES,
    *cases_lds_security.CASES,
    *cases_lds_details.CASES,
    *cases_own_randomness.CASES,
    *cases_own_session.CASES,
    *cases_own_files.CASES,
    *cases_own_content.CASES,
    *cases_own_authentication.CASES,
    *cases_terminal_changes.CASES,
)
