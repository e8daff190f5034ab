"""Evidence made of files that somebody else read: by another program, on another machine, such as a telephone.

The State's signature, the hashes and the contents can be judged as those of any reading. Nobody saw the chip prove
itself, so such evidence is not accepted by a policy that demands this.
"""

from __future__ import annotations

from collections.abc import Mapping

from chipid.evidence.evidence import UNDATED, AccessProtocol, AccessRecord, Evidence, FileOutcome, FileRecord
from chipid.lds.files import FileId

_ACCESS = AccessRecord(protocol=AccessProtocol.UNKNOWN, password="", suite="")


def evidence_of_files(files: Mapping[FileId, bytes], *, source: str) -> Evidence:
    """The evidence of a reading of which only the bytes of its ``files`` are known.

    ``source`` says where they are from. The same files and source give the same evidence, whenever it is made.
    """
    records = (FileRecord(file=one, outcome=FileOutcome.READ, content=files[one]) for one in FileId if one in files)
    return Evidence(
        atr=b"", reader=source, started_at=UNDATED, finished_at=UNDATED, access=_ACCESS, files=tuple(records)
    )
