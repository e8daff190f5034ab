"""UTCTime and GeneralizedTime in the forms that certificates have."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu import tlv
from apdu.errors import MalformedDataError, ToolkitError
from apdu.tlv import TLV
from chipid.asn1.times import LAST_MOMENT, decode_fractional_time, decode_time, encode_time, is_strict_time, later


def _time(tag: int, text: str) -> TLV:
    return tlv.parse_one(tlv.encode(tag, text.encode()))


@pytest.mark.parametrize(
    ("tag", "text", "moment", "strict"),
    [
        (0x17, "210304050607Z", datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC), True),
        (0x17, "500101000000Z", datetime(1950, 1, 1, tzinfo=UTC), True),
        (0x17, "491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), True),
        (0x17, "2103040506Z", datetime(2021, 3, 4, 5, 6, tzinfo=UTC), False),
        (0x17, "210304050607+0700", datetime(2021, 3, 3, 22, 6, 7, tzinfo=UTC), False),
        (0x17, "210304050607-0130", datetime(2021, 3, 4, 6, 36, 7, tzinfo=UTC), False),
        (0x18, "20510304050607Z", datetime(2051, 3, 4, 5, 6, 7, tzinfo=UTC), True),
        (0x18, "20210304050607Z", datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC), False),
        (0x18, "20210304050607", datetime(2021, 3, 4, 5, 6, 7, tzinfo=UTC), False),
    ],
)
def test_times_are_read_in_every_form_of_the_field(tag: int, text: str, moment: datetime, strict: bool) -> None:
    assert decode_time(_time(tag, text)) == moment
    assert is_strict_time(_time(tag, text)) is strict


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (0x17, ""),
        (0x17, "211304050607Z"),
        (0x17, "210230050607Z"),
        (0x17, "20210304050607Z"),
        (0x18, "210304050607Z"),
        (0x18, "00000101000000Z"),
        (0x18, "00010101000000+0100"),
        (0x18, "20210304050607.5Z"),
        (0x17, "२१0304050607Z"),
        (0x04, "210304050607Z"),
    ],
)
def test_what_is_no_moment_is_refused(tag: int, text: str) -> None:
    with pytest.raises(MalformedDataError):
        decode_time(_time(tag, text))


@given(st.integers(min_value=-(2**34), max_value=2**34).map(lambda s: datetime.fromtimestamp(s, UTC)))
def test_every_second_survives_the_round_trip(moment: datetime) -> None:
    encoded = tlv.parse_one(encode_time(moment))
    assert decode_time(encoded) == moment


@given(st.sampled_from([0x17, 0x18]), st.binary(max_size=20))
def test_any_bytes_give_a_moment_or_a_toolkit_error(tag: int, value: bytes) -> None:
    try:
        decode_time(tlv.parse_one(tlv.encode(tag, value)))
    except ToolkitError:
        return


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20180205235959.999Z", datetime(2018, 2, 5, 23, 59, 59, tzinfo=UTC)),
        ("20180205235959,5Z", datetime(2018, 2, 5, 23, 59, 59, tzinfo=UTC)),
        ("20180205235959Z", datetime(2018, 2, 5, 23, 59, 59, tzinfo=UTC)),
        ("20180205235959.Z", None),
        ("20180205235959.9", None),
        ("2018020523.5Z", None),
        ("180205235959.9Z", None),
    ],
)
def test_fractions_of_a_second_are_read_where_they_are_asked_for(text: str, moment: datetime | None) -> None:
    found = _time(0x18, text)
    if moment is None:
        with pytest.raises(MalformedDataError):
            decode_fractional_time(found)
    else:
        assert decode_fractional_time(found) == moment


def test_a_span_that_leads_beyond_the_last_moment_ends_there() -> None:
    end = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert later(end, timedelta(days=90)) == LAST_MOMENT
    assert later(end - timedelta(days=90), timedelta(days=90)) == end
    assert later(LAST_MOMENT, timedelta(0)) == LAST_MOMENT
    assert later(datetime(2026, 1, 1, tzinfo=UTC), timedelta.max) == LAST_MOMENT
    west = datetime(9999, 12, 31, 20, tzinfo=timezone(timedelta(hours=-7)))
    assert later(west, timedelta(hours=5)) == LAST_MOMENT


@given(
    st.datetimes(timezones=st.timezones(), min_value=datetime(2, 1, 1), max_value=datetime(9999, 12, 30)),  # noqa: DTZ001
    st.timedeltas(min_value=timedelta(0)),
)
def test_a_moment_later_is_never_before_and_never_fails(moment: datetime, span: timedelta) -> None:
    found = later(moment, span)
    assert found >= moment
    assert found == LAST_MOMENT or found - moment == span
