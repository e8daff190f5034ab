"""The elementary files of an eMRTD and how they are addressed (ICAO Doc 9303-10 §3.11 and §4.6 to §4.7)."""

from __future__ import annotations

from enum import Enum

from chipid.errors import UnsupportedError

AID_EMRTD = bytes.fromhex("A0000002471001")


class FileId(Enum):
    """A file: its label, identifier, short identifier, outermost tag, and whether it stands in the master file.

    ``tag`` is None for the transparent files EF.ATR/INFO and EF.CVCA, ``dg_number`` None for all but data groups.
    Identifiers repeat between the master file and the application: look at ``in_mf`` too.
    """

    CARD_ACCESS = ("EF.CardAccess", 0x011C, 0x1C, 0x31, True)
    CARD_SECURITY = ("EF.CardSecurity", 0x011D, 0x1D, 0x30, True)
    DIR = ("EF.DIR", 0x2F00, 0x1E, 0x61, True)
    ATR_INFO = ("EF.ATR/INFO", 0x2F01, 0x01, None, True)
    COM = ("EF.COM", 0x011E, 0x1E, 0x60, False)
    SOD = ("EF.SOD", 0x011D, 0x1D, 0x77, False)
    CVCA = ("EF.CVCA", 0x011C, 0x1C, None, False)
    DG1 = ("DG1", 0x0101, 0x01, 0x61, False)
    DG2 = ("DG2", 0x0102, 0x02, 0x75, False)
    DG3 = ("DG3", 0x0103, 0x03, 0x63, False)
    DG4 = ("DG4", 0x0104, 0x04, 0x76, False)
    DG5 = ("DG5", 0x0105, 0x05, 0x65, False)
    DG6 = ("DG6", 0x0106, 0x06, 0x66, False)
    DG7 = ("DG7", 0x0107, 0x07, 0x67, False)
    DG8 = ("DG8", 0x0108, 0x08, 0x68, False)
    DG9 = ("DG9", 0x0109, 0x09, 0x69, False)
    DG10 = ("DG10", 0x010A, 0x0A, 0x6A, False)
    DG11 = ("DG11", 0x010B, 0x0B, 0x6B, False)
    DG12 = ("DG12", 0x010C, 0x0C, 0x6C, False)
    DG13 = ("DG13", 0x010D, 0x0D, 0x6D, False)
    DG14 = ("DG14", 0x010E, 0x0E, 0x6E, False)
    DG15 = ("DG15", 0x010F, 0x0F, 0x6F, False)
    DG16 = ("DG16", 0x0110, 0x10, 0x70, False)

    def __init__(self, label: str, fid: int, sfi: int, tag: int | None, in_mf: bool) -> None:  # noqa: FBT001
        self.label = label
        self.fid = fid
        self.sfi = sfi
        self.tag = tag
        self.in_mf = in_mf
        self.dg_number = int(label[2:]) if label.startswith("DG") else None

    __hash__ = object.__hash__  # members are singletons; the hash of Enum is that of a name, and slow

    @classmethod
    def data_group(cls, number: int) -> FileId:
        """The data group of this number; :class:`UnsupportedError` outside 1 to 16."""
        return cls.by_label(f"DG{number}")

    @classmethod
    def by_label(cls, label: str) -> FileId:
        """The file of this label (``EF.COM``, ``DG1``); :class:`UnsupportedError` for any other."""
        for one in cls:
            if one.label == label:
                return one
        raise UnsupportedError("there is no such file in the logical data structure")

    @classmethod
    def by_data_group_tag(cls, tag: int) -> FileId | None:
        """The data group whose outermost tag this is, as EF.COM lists them."""
        return _BY_TAG.get(tag)


DATA_GROUPS = tuple(one for one in FileId if one.dg_number is not None)
_BY_TAG = {one.tag: one for one in DATA_GROUPS}
