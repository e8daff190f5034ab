import pytest

from apdu import tlv
from apdu.errors import MalformedDataError
from chipid.crypto.keys import RSAPublicKey
from chipid.lds.dg15 import build_dg15, parse_dg15
from tests.support.hostile import assert_survives
from tests.support.vectors import VECTORS

BSI = (VECTORS / "bsi-tr03105-5" / "Datagroup15.bin").read_bytes()


def test_the_bsi_reference_file_holds_an_rsa_key_and_is_written_again() -> None:
    dg15 = parse_dg15(BSI)
    key = dg15.public_key
    assert isinstance(key, RSAPublicKey)
    assert (key.n.bit_length(), key.e) == (1024, 65537)
    assert f"{key.n:0256x}".startswith("8130e120bb785a45")
    assert dg15.spki == BSI[3:]
    assert build_dg15(key) == BSI


@pytest.mark.parametrize("raw", [b"", BSI + b"\x00", tlv.encode(0x6F), tlv.encode(0x6E, BSI[3:]), BSI[:-1]])
def test_another_content_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedDataError):
        parse_dg15(raw)


def test_damaged_files_raise_only_errors_of_the_toolkit() -> None:
    assert_survives(lambda raw: parse_dg15(raw).public_key, BSI)
