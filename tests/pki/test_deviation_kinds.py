from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.asn1 import der, oids
from chipid.pki.deviation_kinds import DeviationKind, kind_of, subject_of


def test_every_kind_of_the_standard_has_its_identifier() -> None:
    named = {value for name, value in vars(oids).items() if name.startswith("ICAO_DEVIATION_") and "LIST" not in name}
    assert {kind_of(oid) for oid in named} == set(DeviationKind) - {DeviationKind.UNKNOWN}
    assert kind_of("2.23.136.1.1.7.99") is DeviationKind.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "parameters", "subject"),
    [
        (DeviationKind.DG_HASH_WRONG, der.encode_integer(12), "DG12"),
        (DeviationKind.DG_MALFORMED, der.encode_integer(20), "EF.SOD"),
        (DeviationKind.DG_MALFORMED, der.encode_integer(21), "EF.COM"),
        (DeviationKind.DG_MALFORMED, der.encode_integer(17), ""),
        (DeviationKind.DG_HASH_WRONG, None, ""),
        (DeviationKind.DG_HASH_WRONG, der.encode_null(), ""),
        (DeviationKind.DG_HASH_WRONG, b"", ""),
        (DeviationKind.MRZ_CHECK_DIGIT_WRONG, der.encode_integer(4), "document_number"),
        (DeviationKind.MRZ_CHECK_DIGIT_WRONG, der.encode_integer(0), ""),
        (DeviationKind.MRZ_DATA_WRONG, der.encode_integer(6), "birth_date"),
        (DeviationKind.DS_ENCODING, der.encode_integer(5), "validity"),
        (DeviationKind.CSCA_ENCODING, der.encode_oid(oids.KEY_USAGE), "KEY-USAGE"),
        (DeviationKind.DG_HASH_WRONG, der.encode_oid(oids.KEY_USAGE), ""),
        (DeviationKind.CHIP, der.encode_integer(1), ""),
    ],
)
def test_parameters_name_what_is_wrong(kind: DeviationKind, parameters: bytes | None, subject: str) -> None:
    assert subject_of(kind, parameters) == subject


@given(st.sampled_from(DeviationKind), st.binary(max_size=12))
def test_any_parameters_name_something_or_nothing(kind: DeviationKind, parameters: bytes) -> None:
    assert isinstance(subject_of(kind, parameters), str)
