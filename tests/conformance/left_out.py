"""The cases of the test standards that the runner does not have, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

PIN = "the runner knows no PIN and PUK, and wrong ones would block them"
VERSION_2 = "Extended Access Control version 2, which travel documents and ID cards of Doc 9303 do not have"
SAME = "the same as {}"
DATES = "it changes the date or the trust points of the chip for good"

# Identifiers as ranges; what they are about; why they are left out.
LEFT_OUT: Final[tuple[tuple[str, str, str], ...]] = (
    ("D_19-22", "protected SELECT of further files", "the standard names eighteen files, which D_1 to D_18 select"),
    ("P_18", "invalid class byte in the mapping", SAME.format("P_10")),
    ("P_37-40", "invalid class byte, withdrawn identifiers", SAME.format("P_4 and P_10")),
    ("O_57", "EF.CardSecurity after a PACE that was not CAM", SAME.format("S_1 to S_4, then O_37")),
    ("B32 J_11", "the certificate of a foreign terminal and the date", DATES),
    ("B32 J_26-27", "certificate: other tags", SAME.format("J_17 and J_18")),
    ("B32 J_29", "certificate: wrong length of the signature", SAME.format("J_31")),
    ("B32 J_32", "signature above the modulus", "certificates are tested with keys on curves only"),
    ("B32 J_39-40", "key without modulus or exponent", "certificates are tested with keys on curves only"),
    ("B32 J_49-54", "further orders of certificates", "J_43 to J_48 stand for them"),
    ("B32 J_55-56", "certificates with shorter keys", "they need further keys in the hands of the terminal"),
    ("B32 L_10", "a chain without a proof, DG4", SAME.format("L_9, which reads both")),
    ("B32 L_12", "a chain with a wrong proof, DG4", SAME.format("L_11, which reads both")),
    ("B32 L_13-16", "access once more after Terminal Authentication", "a plain command ends the session, see J-3"),
    ("B32 M_1-4", "date and trust points", DATES),
    ("B32 M_6", "trust points", DATES),
    ("B32 N_1", "change of the mechanism", DATES),
    ("B33 H_1", "PACE with the CAN", SAME.format("P_2")),
    ("B33 H_2-3", "PACE with PIN and PUK", PIN),
    ("B33 H_4-6", "PACE with an authorization template", VERSION_2),
    ("B33 H_33-36", "unfit ephemeral keys", SAME.format("P_23, P_24, P_29 and P_30")),
    ("B33 P_1-6", "counter of the PIN, suspending and resuming it", PIN),
    ("B33 P_8", "blocked PIN", PIN),
    ("B33 P_8a", "blocked PIN, once more", PIN),
    ("B33 P_12-13", "changing a password without the right", PIN),
    ("B33 P_16", "unblocking a password without the right", PIN),
    ("B33 P_18", "unblocking a password without the right", PIN),
    ("B33 P_19", "deactivated PIN", PIN),
    ("I_13", "Diffie-Hellman value above p", "Chip Authentication is tested with keys on curves only"),
    ("I_15", "Chip Authentication after PACE with CAM", "whether the chip allows it is open"),
    ("B33 I_1-2", "Chip Authentication with nonce and token", VERSION_2),
    ("B33 I_4", "plain Chip Authentication inside a session", SAME.format("I_20")),
    ("B33 I_15", "Diffie-Hellman value above p", "Chip Authentication is tested with keys on curves only"),
    ("B33 K_13-15", "Terminal Authentication twice", VERSION_2),
    ("B33 Q_1-16", "auxiliary data", VERSION_2),
    ("B33 R_1-12", "Restricted Identification", VERSION_2),
    ("B34 S_8-17", "keys for electronic signatures", "no application for signatures"),
    ("LDS_C_11-13", "facial information, feature points, image information", "LDS_C_10 reads the whole record"),
    ("LDS_C_14-19", "faces of ISO/IEC 39794-5", "the content of such records is not parsed"),
    ("LDS_G_12-13", "fingers of ISO/IEC 39794", "fingers are open to terminals of the issuer only"),
    ("LDS_H_12-13", "irises of ISO/IEC 39794", "irises are open to terminals of the issuer only"),
    ("LDS_E_10", "format type and data of the face agree", SAME.format("LDS_C_8 and LDS_C_10")),
    ("LDS_G_15", "format type and data of the fingers agree", "fingers are open to terminals of the issuer only"),
    ("LDS_E_8-9", "TerminalAuthenticationInfo, further rules", SAME.format("LDS_E_7")),
    ("LDS_J_4-5", "algorithm and encoding of the key", "LDS_J_3 parses the key, which has no other encoding"),
    ("LDS_K_7-8", "certificate in EF.CardSecurity", SAME.format("LDS_K_6")),
    ("LDS_N_1-16", "elements of DG11 and DG12", "all are optional, and what a state fills in is its own"),
    ("B32 LDS_G_3-5", "templates of DG3", "fingers are open to terminals of the issuer only"),
    ("B32 LDS_H_3-5", "templates of DG4", "irises are open to terminals of the issuer only"),
)

# All identifiers of the standards that are known, as ranges.
STANDARD: Final = (
    "A_1-3 B_1-54 C_1-3 C_4a C_4b C_6 C_8-14 C_16-18 D_1-22 E_1 E_3-21 E_22 I_1-2 I_10-21 J-1 J-2 J-3 O_1-57",
    "P_1-62 P_64-80 Q_1-4 R_2-7 S_1-8 T_1-4 U_1-4 9303-a 9303-b 9303-c",
    "LDS_A_1-5 LDS_B_1-14 LDS_C_1-19 LDS_D_1-7 LDS_E_1-10 LDS_G_12-13 LDS_G_15 LDS_H_12-13 LDS_I_1-4 LDS_J_1-5",
    "LDS_K_1-8 LDS_N_1-16",
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
