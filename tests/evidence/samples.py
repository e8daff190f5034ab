"""Evidence of invented readings, by hand and by strategy."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from chipid.asn1 import oids
from chipid.evidence.evidence import (
    REDACTABLE,
    AccessProtocol,
    AccessRecord,
    ActiveAuthenticationRecord,
    ChipAuthenticationRecord,
    Evidence,
    FileOutcome,
    FileRecord,
    MappingRecord,
    ProofOutcome,
    StepRecord,
    TerminalAuthenticationRecord,
)
from chipid.lds.files import FileId

FULL = Evidence(
    atr=bytes.fromhex("3B8880010000000000000000"),
    reader="Đầu đọc thử 00 00",
    started_at=datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
    finished_at=datetime(2026, 1, 2, 3, 4, 9, tzinfo=UTC),
    access=AccessRecord(
        protocol=AccessProtocol.PACE,
        password="CAN",  # the kind
        suite="AES-CBC-CMAC-128",
        oid=oids.ID_PACE_ECDH_GM_AES_CBC_CMAC_128,
        parameter_id=13,
        pace_skipped=None,
    ),
    files=(
        FileRecord(file=FileId.CARD_ACCESS, outcome=FileOutcome.READ, content=b"invented CardAccess"),
        FileRecord(file=FileId.COM, outcome=FileOutcome.READ, content=bytes(range(256))),
        FileRecord(file=FileId.DG3, outcome=FileOutcome.DENIED, sw=0x6982),
        FileRecord(file=FileId.DG11, outcome=FileOutcome.ABSENT, sw=0x6A82),
        FileRecord(file=FileId.DG12, outcome=FileOutcome.FAILED),
    ),
    chip_authentication=ChipAuthenticationRecord(
        outcome=ProofOutcome.COMPLETED,
        protocol=oids.ID_CA_ECDH_AES_CBC_CMAC_128,
        public_key=b"invented SubjectPublicKeyInfo",
        terminal_public_key=b"invented point",
        key_id=1,
    ),
    active_authentication=ActiveAuthenticationRecord(
        outcome=ProofOutcome.ABORTED, challenge=bytes(range(8)), response=b"invented signature", sw=0x6985
    ),
    chip_authentication_mapping=MappingRecord(
        mapping_public_key=b"invented mapping key", chip_authentication_data=b"invented scalar"
    ),
    terminal_authentication=TerminalAuthenticationRecord(
        outcome=ProofOutcome.COMPLETED,
        terminal="UTIS00001",
        rights=b"\x01",
        certificates=(b"invented verifier", b"invented terminal"),
    ),
    quirks=("pace-parameter-reference-refused", "read-length-limited"),
    steps=(StepRecord(name="access", milliseconds=812.5), StepRecord(name="files", milliseconds=3000.0)),
)

SMALL = Evidence(
    atr=b"",
    reader="",
    started_at=datetime(2026, 1, 2, tzinfo=UTC),
    finished_at=datetime(2026, 1, 2, tzinfo=UTC),
    access=AccessRecord(protocol=AccessProtocol.BAC, password="MRZ", suite="3DES-CBC-CBC", pace_skipped="unsupported"),
    files=(),
)

_texts = st.text(alphabet='aZ09 "\\\n\x00\x7f/đễ\u2028\ufeff\U0001f0a1', max_size=12)
_optional_integers = st.none() | st.integers(0, 2**64 - 1)
_status_words = st.none() | st.integers(0, 0xFFFF)
_times = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda time: time.replace(microsecond=time.microsecond // 1000 * 1000)
)
_access = st.builds(
    AccessRecord,
    protocol=st.sampled_from(AccessProtocol),
    password=_texts,
    suite=_texts,
    oid=st.none() | _texts,
    parameter_id=_optional_integers,
    pace_skipped=st.none() | _texts,
)
_files = st.lists(
    st.builds(
        FileRecord,
        file=st.sampled_from(FileId),
        outcome=st.sampled_from(sorted(set(FileOutcome) - {FileOutcome.REDACTED}, key=lambda one: one.value)),
        content=st.binary(max_size=40),
        sw=_status_words,
    )
    | st.builds(
        FileRecord,
        file=st.sampled_from(sorted(REDACTABLE, key=lambda one: one.label)),
        outcome=st.just(FileOutcome.REDACTED),
        digest=st.binary(min_size=20, max_size=64),
    ),
    max_size=6,
    unique_by=lambda record: record.file,
).map(tuple)
_chip = st.builds(
    ChipAuthenticationRecord,
    outcome=st.sampled_from(ProofOutcome),
    protocol=_texts,
    public_key=st.binary(max_size=20),
    terminal_public_key=st.binary(max_size=20),
    key_id=_optional_integers,
    sw=_status_words,
)
_active = st.builds(
    ActiveAuthenticationRecord,
    outcome=st.sampled_from(ProofOutcome),
    challenge=st.binary(max_size=8),
    response=st.binary(max_size=20),
    sw=_status_words,
)
_mapping = st.builds(
    MappingRecord, mapping_public_key=st.binary(max_size=20), chip_authentication_data=st.binary(max_size=20)
)
_terminal = st.builds(
    TerminalAuthenticationRecord,
    outcome=st.sampled_from(ProofOutcome),
    terminal=_texts,
    rights=st.binary(max_size=5),
    certificates=st.lists(st.binary(max_size=20), max_size=3).map(tuple),
    detail=_texts,
    sw=_status_words,
)
_milliseconds = st.floats(allow_nan=False, allow_infinity=False)
_steps = st.lists(st.builds(StepRecord, name=_texts, milliseconds=_milliseconds), max_size=4).map(tuple)

evidences = st.builds(
    Evidence,
    atr=st.binary(max_size=33),
    reader=_texts,
    started_at=_times,
    finished_at=_times,
    access=_access,
    files=_files,
    chip_authentication=st.none() | _chip,
    active_authentication=st.none() | _active,
    chip_authentication_mapping=st.none() | _mapping,
    terminal_authentication=st.none() | _terminal,
    quirks=st.lists(_texts, max_size=4).map(tuple),
    steps=_steps,
).map(lambda one: replace(one, redacted_from="ab" * 32) if one.redacted else one)
