"""Types of documents as certificates and lists name them (ICAO Doc 9303-12 §7.1.1.6)."""

from __future__ import annotations


def is_of_type(document_code: str, kind: str) -> bool:
    """True if the document code of a machine readable zone is of that type.

    A single letter covers every code that begins with it.
    """
    code, kind = document_code.rstrip("<"), kind.rstrip("<")
    return code == kind or (len(kind) == 1 and code.startswith(kind))
