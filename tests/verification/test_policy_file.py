"""A policy file is read strictly: every mistake is named by file, line and key."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chipid
from chipid.errors import PolicyError
from chipid.toml_table import MAX_SIZE
from chipid.verification.policy import AlgorithmRule, Policy
from chipid.verification.policy_file import DEFAULT_POLICY, SHIPPED, load_policy, parse_policy, shipped_policy
from chipid.verification.report import Check, Verdict

CHIPID = Path(chipid.__file__).parent


@cache
def sources() -> str:
    return "".join(path.read_text(encoding="utf-8") for path in sorted(CHIPID.rglob("*.py")))


def refused_names(policy: str) -> frozenset[str]:
    shipped = shipped_policy(policy)
    return shipped.refused_deviations | shipped.refused_contents


TEXT = """\
name = "library"

[access]
bac = true

[checks]
required = ["sod-signature", "signer-chain", "group-hash"]
settled = ["document-type"]
tolerated = ["com-against-sod"]
when-open = "undecided"
chip-proof = false

[signer]
expired = true
refused-deviations = ["sha1-signature"]

[[algorithms]]
until = 2013-12-31
hashes = ["sha1", "sha256"]
rsa-bits = 1024
ec-bits = 192

[[algorithms]]
hashes = ["sha256"]
rsa-bits = 2048
ec-bits = 224
"""
FILE = "library.toml"


def refused(text: str, name: str = FILE) -> str:
    with pytest.raises(PolicyError) as raised:
        parse_policy(text, name)
    return raised.value.message


def line_of(start: str, text: str = TEXT) -> int:
    return next(number for number, line in enumerate(text.splitlines(), start=1) if line.startswith(start))


def test_a_file_says_what_the_policy_is() -> None:
    assert parse_policy(TEXT, FILE) == Policy(
        name="library",
        required=frozenset({Check.SOD_SIGNATURE, Check.SIGNER_CHAIN, Check.GROUP_HASH}),
        settled=frozenset({Check.DOCUMENT_TYPE}),
        tolerated=frozenset({Check.COM_AGAINST_SOD}),
        when_open=Verdict.UNDECIDED,
        chip_proof=False,
        bac=True,
        expired_signer=True,
        refused_deviations=frozenset({"sha1-signature"}),
        algorithms=(
            AlgorithmRule(until=date(2013, 12, 31), hashes=frozenset({"sha1", "sha256"}), rsa_bits=1024, ec_bits=192),
            AlgorithmRule(until=None, hashes=frozenset({"sha256"}), rsa_bits=2048, ec_bits=224),
        ),
        sha256=hashlib.sha256(TEXT.encode()).hexdigest(),
    )


@pytest.mark.parametrize("check", ["sod-signature", "signer-chain", "group-hash"])
def test_no_policy_does_without_the_signature_of_a_state(check: str) -> None:
    message = refused(TEXT.replace(f'"{check}"', '"algorithms"'))
    assert message.startswith(f"{FILE} line {line_of('required')}: checks.required: {check} is missing")


def test_nothing_is_both_required_and_tolerated() -> None:
    message = refused(TEXT.replace('tolerated = ["', 'tolerated = ["signer-chain", "'))
    assert message.startswith(f"{FILE} line {line_of('tolerated')}: checks.tolerated: signer-chain is required")


@pytest.mark.parametrize(("key", "least"), [("rsa-bits", 1024), ("ec-bits", 160)])
@pytest.mark.parametrize("shorter", [1, 0, -1])
def test_a_rule_for_keys_that_anybody_can_break_is_refused(key: str, least: int, shorter: int) -> None:
    bits = min(least - 1, shorter)
    message = refused(re.sub(rf"{key} = \d+", f"{key} = {bits}", TEXT))
    assert message.endswith(f"{key}: a number from {least} on is expected")
    assert parse_policy(re.sub(rf"{key} = \d+", f"{key} = {least}", TEXT), FILE).algorithms


@pytest.mark.parametrize("name", ["strict ", "STRICT", "Strict.", "-strict"])
def test_no_name_looks_like_that_of_a_shipped_policy(name: str) -> None:
    assert refused(TEXT.replace('"library"', f'"{name}"')).startswith(f"{FILE} line 1: name: ")


@pytest.mark.parametrize("name", ["", "strict\\u200b", "\u0455trict", "two\\nlines", "\\u001b[2J", "a" * 65, " a"])
def test_a_name_that_could_be_taken_for_something_else_is_refused(name: str) -> None:
    message = refused(TEXT.replace('"library"', f'"{name}"'))
    assert message == f"{FILE} line 1: name: 1 to 64 letters (A to Z), digits, blanks and . _ - are expected"


@pytest.mark.parametrize("name", SHIPPED)
def test_only_the_shipped_policies_bear_their_names(name: str) -> None:
    message = refused(TEXT.replace('"library"', f'"{name}"'))
    assert message.startswith(f"{FILE} line 1: name: this is the name of a shipped policy")
    shipped = (CHIPID / "verification" / "policies" / f"{name}.toml").read_text(encoding="utf-8")
    assert parse_policy(shipped, FILE) == shipped_policy(name)


def keys_in(text: str) -> list[str]:
    return [match.group(1) for match in re.finditer(r"^([a-z-]+) =", text, re.MULTILINE)]


@pytest.mark.parametrize("key", [key for key in dict.fromkeys(keys_in(TEXT)) if key != "until"])
def test_a_missing_key_is_named_with_the_line_of_its_table(key: str) -> None:
    lines = TEXT.splitlines()
    place = line_of(f"{key} =") - 1
    header = next((number for number in range(place, -1, -1) if lines[number].startswith("[")), None)
    message = refused("\n".join(lines[:place] + lines[place + 1 :]))
    assert message.endswith(f"{key}: this key is missing")
    if header is not None:
        assert message.startswith(f"{FILE} line {header + 1}: ")


@pytest.mark.parametrize("table", ["", "[access]", "[checks]", "[signer]", "[[algorithms]]"])
def test_an_unknown_key_is_named_with_its_line(table: str) -> None:
    start = f"{table}\n" if table else 'name = "library"\n'
    text = TEXT.replace(start, f"{start}novelty = 7\n", 1)
    assert refused(text).startswith(f"{FILE} line {line_of('novelty', text)}: ")
    assert refused(text).endswith("novelty: this key is unknown")


def test_an_unknown_table_is_named_with_its_line() -> None:
    text = TEXT + "\n[fallback]\nto = 1\n"
    assert refused(text) == f"{FILE} line {line_of('[fallback]', text)}: fallback: this key is unknown"


@pytest.mark.parametrize(
    ("line", "value", "expected"),
    [
        ("name", "7", "a text is expected"),
        ("bac", '"yes"', "true or false is expected"),
        ("bac", "1", "true or false is expected"),
        ("required", '"sod-signature"', "a list of texts is expected"),
        ("required", "[1]", "a list of different texts is expected"),
        ("settled", '["document-type", "document-type"]', "a list of different texts is expected"),
        ("tolerated", '["com"]', "one of access-protocol, "),
        ("when-open", '"accepted"', "one of undecided, rejected is expected"),
        ("when-open", "true", "a text is expected"),
        ("chip-proof", "[]", "true or false is expected"),
        ("expired", "2013-12-31", "true or false is expected"),
        ("refused-deviations", "{}", "a list of texts is expected"),
        ("until", '"2013-12-31"', "a date without time, such as 2023-06-01 is expected"),
        ("until", "2013-12-31T00:00:00Z", "a date without time, such as 2023-06-01 is expected"),
        ("hashes", '["md5"]', "one of sha1, sha224, sha256, sha384, sha512 is expected"),
        ("rsa-bits", "1024.0", "a whole number is expected"),
        ("rsa-bits", "true", "a whole number is expected"),
        ("ec-bits", '"192"', "a whole number is expected"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_its_line(line: str, value: str, expected: str) -> None:
    text = re.sub(rf"^{line} = .*$", f"{line} = {value}", TEXT, count=1, flags=re.MULTILINE)
    assert refused(text).startswith(f"{FILE} line {line_of(line)}: ")
    assert f"{line}: {expected}" in refused(text)


EXCUSING = TEXT.replace("tolerated", 'excusable = ["group-hash", "com-against-sod"]\ntolerated', 1)
FRESH = TEXT + "\n[freshness]\ncrl-days = 30\n"


def test_what_a_deviation_list_may_excuse_and_how_old_a_list_may_be_are_said_or_left_away() -> None:
    assert (parse_policy(TEXT, FILE).excusable, parse_policy(TEXT, FILE).crl_days) == (frozenset(), None)
    assert parse_policy(EXCUSING, FILE).excusable == {Check.GROUP_HASH, Check.COM_AGAINST_SOD}
    assert parse_policy(FRESH, FILE).crl_days == 30


@pytest.mark.parametrize(
    "value", ['["sod-signature"]', '["signer-chain"]', '["active-authentication"]', '["group"]', '"group-hash"', "true"]
)
def test_nothing_else_may_be_excused(value: str) -> None:
    text = EXCUSING.replace('["group-hash", "com-against-sod"]', value)
    assert refused(text).startswith(f"{FILE} line {line_of('excusable', text)}: checks.excusable: ")


@pytest.mark.parametrize("name", ["sha1-signatures", "mrz-sex", "", "SHA1-SIGNATURE"])
def test_a_deviation_that_does_not_exist_cannot_be_refused(name: str) -> None:
    text = TEXT.replace('"sha1-signature"', f'"{name}"')
    expected = f"{FILE} line {line_of('refused-deviations', text)}: signer.refused-deviations: there is no deviation"
    assert refused(text).startswith(expected)
    files = f'{TEXT}\n[files]\nrefused-deviations = ["sha1-signature"]\n'
    assert "files.refused-deviations: there is no deviation of the name 'sha1-signature' here" in refused(files)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("crl-days = 0", "a number from 1 to 36500 is expected"),
        ("crl-days = -1", "a number from 1 to 36500 is expected"),
        ("crl-days = 36501", "a number from 1 to 36500 is expected"),
        ("crl-days = 9999999999999", "a number from 1 to 36500 is expected"),
        ('crl-days = "30"', "a whole number is expected"),
        ("crl-days = 1.5", "a whole number is expected"),
        ("days = 30", "crl-days: this key is missing"),
        ("crl-days = 30\nlist-days = 1", "this key is unknown"),
    ],
)
def test_freshness_is_a_number_of_days_and_nothing_else(wrong: str, expected: str) -> None:
    message = refused(FRESH.replace("crl-days = 30", wrong))
    assert message.endswith(expected)
    assert re.match(rf"{FILE} line \d+: freshness", message)


@pytest.mark.parametrize("text", ["name = ", "name = 'a'\nname = 'b'", "[access", "a" * (MAX_SIZE + 1), "[" * 5000])
def test_what_is_no_toml_is_refused(text: str) -> None:
    assert refused(text).startswith(FILE)


HOSTILE = {
    "an integer of many digits": (TEXT + "[freshness]\ncrl-days = " + "1" * 5000, "line [0-9]+: a number has too many"),
    "a dotted key": (".".join("a" * 8000) + " = 1", "more than 1024 times"),
    "tables below a deep one": ("\n\n[" + ".".join("a" * 20) + "]\nx = 1", "line 3: a table is nested too deeply"),
    "nested lists": ("a = " + "[" * 5000, "nested too deeply"),
    "a list": ("a = [" + "0," * 9000 + "]", "more than 8192 times"),
    "a number beyond 64 bits": (
        TEXT.replace("rsa-bits = 1024", "rsa-bits = 0x" + "f" * 5000),
        "line [0-9]+: .* 64 bits",
    ),
    "a header of blanks": (TEXT + 'x = """\n[' + " " * 5000 + '\n"""', "line [0-9]+: .*x: this key is unknown"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_cost_much_is_refused_and_named_by_its_line(name: str) -> None:
    text, expected = HOSTILE[name]
    assert re.search(expected, refused(text))


def test_blanks_around_a_table_and_its_keys_do_not_hide_their_lines() -> None:
    message = refused(TEXT + "\n  [ freshness ]\n   crl-days = 0\n")
    assert re.match(rf"{FILE} line \d+: freshness.crl-days", message)
    assert int(message.split("line ")[1].split(":")[0]) == len(TEXT.splitlines()) + 3


OPEN_RULE = TEXT[TEXT.rindex("[[algorithms]]") :]
DATED_RULE = TEXT[TEXT.index("[[algorithms]]") : TEXT.rindex("[[algorithms]]")]
HEAD = TEXT[: TEXT.index("[[algorithms]]")]


@pytest.mark.parametrize(
    "rules",
    [
        (OPEN_RULE, OPEN_RULE),
        (OPEN_RULE, DATED_RULE),
        (DATED_RULE, DATED_RULE),
        (DATED_RULE.replace("2013", "2020"), DATED_RULE, OPEN_RULE),
    ],
    ids=["two open ones", "the open one first", "one day twice", "a later day first"],
)
def test_the_rules_stand_in_the_order_of_their_days(rules: tuple[str, ...]) -> None:
    message = refused(HEAD + "\n".join(rules))
    assert message.endswith("until: the rules must be in the order of their days, the open one last")
    assert re.match(rf"{FILE} line \d+: ", message)


def test_the_rule_of_a_day_is_the_first_that_has_not_ended() -> None:
    policy = parse_policy(TEXT, FILE)
    assert policy.algorithm_rule(date(1999, 1, 1)) is policy.algorithms[0]
    assert policy.algorithm_rule(date(2013, 12, 31)) is policy.algorithms[0]
    assert policy.algorithm_rule(date(2014, 1, 1)) is policy.algorithms[1]
    ended = parse_policy(HEAD + DATED_RULE, FILE)
    assert ended.algorithm_rule(date(2014, 1, 1)) is None
    assert parse_policy(HEAD, FILE).algorithm_rule(date(2014, 1, 1)) is None


@given(days=st.lists(st.dates(), unique=True, min_size=1, max_size=5), asked=st.dates())
def test_whatever_the_days_are_the_rule_is_the_nearest_end(days: list[date], asked: date) -> None:
    rules = [DATED_RULE.replace("2013-12-31", day.isoformat()) for day in sorted(days)]
    rule = parse_policy(HEAD + "\n".join(rules), FILE).algorithm_rule(asked)
    assert (None if rule is None else rule.until) == min((day for day in days if day >= asked), default=None)


# The shipped ones


def test_the_shipped_policies_have_the_names_of_their_files() -> None:
    assert [shipped_policy(name).name for name in SHIPPED] == ["default", "offline-counter", "strict"]
    assert shipped_policy("default") == DEFAULT_POLICY
    with pytest.raises(PolicyError, match="default, offline-counter, strict"):
        shipped_policy("lenient")


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_policy_demands_what_the_state_signed(name: str) -> None:
    policy = shipped_policy(name)
    demanded = {Check.SOD_SIGNATURE, Check.SIGNER_CHAIN, Check.SIGNER_VALIDITY, Check.ALGORITHMS, Check.GROUP_HASH}
    assert demanded <= policy.required
    assert not policy.tolerated & (demanded | {Check.SIGNER_REVOCATION, Check.CHIP_AUTHENTICATION})
    assert policy.chip_proof
    assert policy.algorithms[-1].until is None
    assert "sha1" not in policy.algorithms[-1].hashes


def test_the_strict_policy_demands_at_least_what_the_default_does() -> None:
    strict, default = shipped_policy("strict"), shipped_policy("default")
    assert default.required <= strict.required
    assert default.settled <= strict.settled | strict.required
    assert {check for check in Check if "authentication" in check.label} <= strict.settled
    assert strict.when_open is Verdict.REJECTED
    assert (strict.bac, strict.expired_signer) == (False, False)
    assert strict.tolerated == frozenset()


def test_the_counter_lets_an_expired_card_name_its_holder() -> None:
    counter = shipped_policy("offline-counter")
    assert Check.DOCUMENT_EXPIRY in counter.tolerated
    assert Check.SIGNER_REVOCATION not in counter.required | counter.settled


# Files of a relying party


def test_a_file_is_read_from_where_it_lies(tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(TEXT, encoding="utf-8")
    assert load_policy(path) == parse_policy(TEXT, FILE)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / FILE
    with pytest.raises(FileNotFoundError):
        load_policy(path)
    with pytest.raises(IsADirectoryError):
        load_policy(tmp_path)
    path.write_bytes(b"name = '\xff'")
    with pytest.raises(PolicyError, match="not UTF-8"):
        load_policy(path)
    path.write_bytes(b"#" * (MAX_SIZE + 1))
    with pytest.raises(PolicyError, match="larger than"):
        load_policy(path)


@given(start=st.integers(0, len(TEXT)), length=st.integers(1, 20), put=st.text(max_size=5))
def test_a_damaged_file_is_refused_as_a_policy_or_is_one(start: int, length: int, put: str) -> None:
    try:
        parse_policy(TEXT[:start] + put + TEXT[start + length :], FILE)
    except PolicyError as error:
        assert error.message.startswith(FILE)  # noqa: PT017 - either is right


def test_the_contents_that_a_policy_refuses_are_a_table_of_their_own() -> None:
    assert parse_policy(TEXT, FILE).refused_contents == frozenset()
    files = '\n[files]\nrefused-deviations = ["mrz-sex"]\n'
    assert parse_policy(TEXT + files, FILE).refused_contents == frozenset({"mrz-sex"})
    text = TEXT + files + "other = 1\n"
    assert refused(text).endswith("files.other: this key is unknown")
    assert refused(TEXT + "\n[files]\n").endswith("files.refused-deviations: this key is missing")


@pytest.mark.parametrize("name", sorted({name for one in SHIPPED for name in refused_names(one)}))
def test_a_shipped_policy_refuses_no_deviation_that_nobody_names(name: str) -> None:
    """A name with a slip of the pen would tolerate in silence what it should refuse."""
    prefix = "security-infos-"
    assert f'"{name.removeprefix(prefix)}"' in sources()
