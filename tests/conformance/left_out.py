"""The cases of the test standards that the runner does not have, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

VERSION_2 = "Extended Access Control version 2, which travel documents and ID cards of Doc 9303 do not have"

# Identifiers as ranges; what they are about; why they are left out.
LEFT_OUT: Final[tuple[tuple[str, str, str], ...]] = (
    ("D_19-22", "protected SELECT of further files", "the standard names eighteen files, which D_1 to D_18 select"),
    ("P_39-40", "invalid class byte, withdrawn", "P_4, P_10, P_18, P_37 and P_38 send it with every command of PACE"),
    ("B33 I_1-2", "Chip Authentication with nonce and token", VERSION_2),
    ("B33 K_15", "Terminal Authentication twice with other auxiliary data", VERSION_2),
    ("B33 Q_1-16", "auxiliary data", VERSION_2),
    ("B33 R_1-12", "Restricted Identification", VERSION_2),
    (
        "B34 S_8-17",
        "keys for electronic signatures",
        "travel documents and ID cards of Doc 9303 have no such application",
    ),
)

# All identifiers of the standards that are known, as ranges.
STANDARD: Final = (
    "A_1-3 B_1-54 C_1-3 C_4a C_4b C_6 C_8-14 C_16-18 D_1-22 E_1 E_3-21 E_22 I_1-2 I_10-21 J-1 J-2 J-3 O_1-57",
    "P_1-62 P_64-80 Q_1-4 R_2-7 S_1-8 T_1-4 U_1-4 9303-a 9303-b 9303-c",
    "LDS_A_1-5 LDS_B_1-14 LDS_C_1-19 LDS_D_1-7 LDS_E_1-10 LDS_G_12-15 LDS_H_12-15 LDS_I_1-4 LDS_J_1-5",
    "LDS_K_1-9 LDS_N_1-16",
)
STANDARD_BSI: Final = (
    "B32 H_1-16, B32 J_1-13, B32 J_15, B32 J_17-35, B32 J_37-41, B32 J_43-56, B32 K_1-2, B32 K_4-7, B32 K_10, B32 K_12,"
    " B32 K_14-15, B32 K_17-20, B32 L_1-16, B32 M_1-4, B32 M_6, B32 N_1, B32 LDS_F_1, B32 LDS_G_3-5, B32 LDS_H_3-5,"
    " B33 H_1-6, B33 H_23, B33 H_33-36, B33 I_1-2, B33 I_4-16, B33 K_13-15, B33 P_1-6, B33 P_8, B33 P_8a, B33 P_12-13,"
    " B33 P_16, B33 P_18-19, B33 Q_1-16, B33 R_1-12, B34 S_8-17"
)
_RANGE: Final = re.compile(r"(.*_)(\d+)-(\d+)")


def expand(identifiers: str) -> Iterator[str]:
    """One identifier, or those of a range such as ``LDS_A_1-5``."""
    found = _RANGE.fullmatch(identifiers)
    if found is None:
        yield identifiers
        return
    for number in range(int(found[2]), int(found[3]) + 1):
        yield f"{found[1]}{number}"


def standard_identifiers() -> set[str]:
    """Every identifier that a case of the standards has."""
    ranges = [one for line in STANDARD for one in line.split()] + STANDARD_BSI.split(", ") + ["9303 ext."]
    return {one for identifiers in ranges for one in expand(identifiers.strip(" ,"))}


def left_out_identifiers() -> list[str]:
    return [one for identifiers, _, _ in LEFT_OUT for one in expand(identifiers)]
