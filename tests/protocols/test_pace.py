"""PACE: Doc 9303-11 appendix G.1 to the byte, DO'84' and the passwords."""

from __future__ import annotations

import pytest

from apdu.ciphers import CipherSuite
from apdu.errors import CardError, StatusError
from apdu.response import ResponseAPDU
from apdu.status import REFERENCE_NOT_FOUND
from chipid.errors import PasswordMissingError
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.protocols import pace
from tests.protocols.pace_card import PACECard, pace_choice
from tests.protocols.pace_example import ACCESS_KEY, CHOICE, CURVE, EXCHANGES, PK_IC, SET_AT, VECTOR, entropy
from tests.support.script_card import ListedEntropy, drive, no_entropy, run

NAMED = "0022C1A4 12 800A04007F00070202040202 830101 84010D"
UNNAMED = VECTOR["apdus"][SET_AT]["C"]


def test_the_worked_example_is_reproduced_to_the_byte() -> None:
    source = entropy()
    result = run(pace.authenticate(CHOICE, ACCESS_KEY, source, name_parameters=False), *EXCHANGES)
    assert source.is_used_up
    assert result.keys.suite is CipherSuite.AES_128
    assert result.keys.ks_enc.hex().upper() == VECTOR["KSEnc"]
    assert result.keys.ks_mac.hex().upper() == VECTOR["KSMAC"]
    assert result.keys.ssc == 0
    assert result.pk_ic == PK_IC
    assert result.quirks == ()


def test_the_domain_parameters_are_named_unless_told_otherwise() -> None:
    script = pace.authenticate(CHOICE, ACCESS_KEY, entropy())
    result = run(script, (NAMED, "9000"), *EXCHANGES[1:])
    assert result.keys.ks_enc.hex().upper() == VECTOR["KSEnc"]
    assert result.quirks == ()


@pytest.mark.parametrize("sw", ["6A80", "6A87", "6A88"])
def test_a_chip_that_refuses_to_have_its_parameters_named_is_asked_once_more_without(sw: str) -> None:
    script = pace.authenticate(CHOICE, ACCESS_KEY, entropy())
    result = run(script, (NAMED, sw), (UNNAMED, "9000"), *EXCHANGES[1:])
    assert result.keys.ks_enc.hex().upper() == VECTOR["KSEnc"]
    assert result.quirks == (pace.QUIRK_PARAMETERS_REFUSED,)


def test_a_second_refusal_without_named_parameters_is_a_status_error() -> None:
    with pytest.raises(StatusError) as caught:
        run(pace.authenticate(CHOICE, ACCESS_KEY, no_entropy), (NAMED, "6A80"), (UNNAMED, "6A88"))
    assert caught.value.sw == 0x6A88


@pytest.mark.parametrize("sw", ["6300", "6283", "6700", "6982", "6985", "6A81", "6A86", "6D00", "6E00", "6F00"])
@pytest.mark.parametrize("name_parameters", [True, False])
def test_another_refusal_of_the_template_is_a_status_error_without_a_second_try(sw: str, name_parameters: bool) -> None:
    script = pace.authenticate(CHOICE, ACCESS_KEY, no_entropy, name_parameters=name_parameters)
    with pytest.raises(StatusError) as caught:
        run(script, (NAMED if name_parameters else UNNAMED, sw))
    assert caught.value.sw == int(sw, 16)


@pytest.mark.parametrize("sw", ["63C0", "63C1", "63C3"])
def test_a_retry_counter_in_the_answer_to_the_template_does_not_stop_the_protocol(sw: str) -> None:
    assert run(pace.authenticate(CHOICE, ACCESS_KEY, entropy()), (NAMED, sw), *EXCHANGES[1:]).quirks == ()
    unnamed = pace.authenticate(CHOICE, ACCESS_KEY, entropy())
    assert run(unnamed, (NAMED, "6A80"), (UNNAMED, sw), *EXCHANGES[1:]).quirks == (pace.QUIRK_PARAMETERS_REFUSED,)
    untold = pace.authenticate(CHOICE, ACCESS_KEY, entropy(), name_parameters=False)
    assert run(untold, (UNNAMED, sw), *EXCHANGES[1:]).quirks == ()


@pytest.mark.parametrize(
    ("access_key", "reference"), [(ACCESS_KEY, 0x01), (AccessKey.from_can("123456"), 0x02)], ids=["MRZ", "CAN"]
)
@pytest.mark.parametrize("suite", CipherSuite)
def test_either_password_opens_a_card_that_knows_it(access_key: AccessKey, reference: int, suite: CipherSuite) -> None:
    password = bytes.fromhex(VECTOR["password"]["K"]) if reference == 0x01 else b"123456"
    card = PACECard(CURVE, suite, password=password, reference=reference, s=bytes(range(16)), scalars=(77, 99))
    source = ListedEntropy(VECTOR["map"]["SK_IFD"], VECTOR["ka"]["SK_IFD"])
    result = drive(pace.authenticate(pace_choice(CURVE, suite), access_key, source), card)
    assert result.pk_ic == card.pk_ic
    assert result.keys.suite is suite


def test_the_result_shows_no_key() -> None:
    result = run(pace.authenticate(CHOICE, ACCESS_KEY, entropy(), name_parameters=False), *EXCHANGES)
    assert "keys" not in repr(result)
    assert repr(result.keys.ks_enc) not in repr(result)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (AccessKey.from_can("123456"), PasswordMissingError),
        (AccessKey.from_pin("123456"), PasswordMissingError),
        (AccessKey.from_puk("1234567890"), PasswordMissingError),
        (ACCESS_KEY, StatusError),
    ],
)
def test_a_password_that_the_chip_does_not_have_is_named(key: AccessKey, error: type[CardError]) -> None:
    assert ACCESS_KEY.kind is AccessKeyKind.MRZ
    script = pace.authenticate(CHOICE, key, no_entropy, name_parameters=False)
    next(script)
    with pytest.raises(error):
        script.send(ResponseAPDU(data=b"", sw=REFERENCE_NOT_FOUND))
