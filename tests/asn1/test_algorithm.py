"""AlgorithmIdentifier with, without and with wrong parameters."""

from __future__ import annotations

import pytest

from apdu.errors import TLVError
from chipid.asn1 import der, oids
from chipid.asn1.algorithm import encode_algorithm_identifier, parse_algorithm_identifier


def test_absent_and_null_parameters_are_told_apart_and_both_are_none() -> None:
    absent = parse_algorithm_identifier(encode_algorithm_identifier(oids.SHA256))
    null = parse_algorithm_identifier(encode_algorithm_identifier(oids.SHA256, der.encode_null()))
    assert (absent.oid, absent.parameters, absent.describe()) == (oids.SHA256, None, "SHA256")
    assert (null.oid, null.parameters) == (oids.SHA256, b"\x05\x00")
    assert absent.has_no_parameters
    assert null.has_no_parameters


def test_parameters_are_kept_as_they_came() -> None:
    parameters = der.encode_sequence(der.encode_integer(13))
    parsed = parse_algorithm_identifier(encode_algorithm_identifier(oids.EC_PUBLIC_KEY, parameters))
    assert parsed.parameters == parameters
    assert not parsed.has_no_parameters


@pytest.mark.parametrize("data", ["", "3000", "30020500", "300905000603550406" + "0500", "3007060355040605000500"])
def test_other_shapes_are_refused(data: str) -> None:
    with pytest.raises(TLVError):
        parse_algorithm_identifier(bytes.fromhex(data))
