"""Writing LDIF as the Public Key Directory does."""

from __future__ import annotations

import base64

DN = "cn=OU\\=Test\\,C\\=VN+sn=1,o=dsc,c=VN,dc=data,dc=download,dc=pkd,dc=icao,dc=int"


def attribute(name: str, value: bytes, *, width: int = 76, newline: str = "\n") -> str:
    """An attribute in Base64, folded as the directory folds it."""
    text = f"{name}:: {base64.b64encode(value).decode()}"
    first, rest = text[:width], text[width:]
    lines = [first, *(" " + rest[start : start + width - 1] for start in range(0, len(rest), width - 1))]
    return newline.join(lines) + newline


def entry(*attributes: str, dn: str = DN, newline: str = "\n") -> str:
    """An entry and the empty line behind it."""
    return f"dn: {dn}{newline}" + "".join(attributes) + newline
