"""Policies as TOML files: the shipped ones by name, and those that a relying party writes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from chipid.errors import PolicyError
from chipid.toml_table import MAX_SIZE, Table, parse_table
from chipid.verification.deviation_names import CONTENTS, SIGNING
from chipid.verification.known_deviations import EXCUSABLE
from chipid.verification.policy import AlgorithmRule, Policy
from chipid.verification.report import Check, Verdict

SHIPPED: Final = ("default", "offline-counter", "strict")
# What no policy may do without: who signed, by whose authority, and that the data is what was signed.
FLOOR: Final = (Check.SOD_SIGNATURE, Check.SIGNER_CHAIN, Check.GROUP_HASH)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}", re.ASCII)
LEAST_RSA_BITS: Final = 1024  # what documents of 2006 were signed with
LEAST_EC_BITS: Final = 160
MAX_CRL_DAYS: Final = 36_500  # a century

_CHECKS: Final = {check.label: check for check in Check}
_EXCUSABLE: Final = {check.label: check for check in sorted(EXCUSABLE, key=lambda one: one.number)}
_WHEN_OPEN: Final = {verdict.value: verdict for verdict in (Verdict.UNDECIDED, Verdict.REJECTED)}
_HASHES: Final = {name: name for name in ("sha1", "sha224", "sha256", "sha384", "sha512")}


@cache
def shipped_policy(name: str) -> Policy:
    """One of :data:`SHIPPED`. Raises :class:`PolicyError` for another name."""
    if name not in SHIPPED:
        raise PolicyError(f"there is no policy of this name; shipped are {', '.join(SHIPPED)}")
    text = resources.files(__package__).joinpath("policies", f"{name}.toml").read_text(encoding="utf-8")
    return _parse(text, f"{name}.toml")


def load_policy(path: Path) -> Policy:
    """A policy file. Raises :class:`PolicyError`, naming file, line and key, and OSError for one that is not there."""
    with path.open("rb") as file:
        content = file.read(MAX_SIZE + 1)
    if len(content) > MAX_SIZE:
        raise PolicyError(f"{path.name} is larger than {MAX_SIZE} bytes")
    try:
        return parse_policy(content.decode("utf-8"), path.name)
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path.name} is not UTF-8") from error


def parse_policy(text: str, name: str) -> Policy:
    """A policy from the text of its file; ``name`` is how errors call it. Raises :class:`PolicyError`.

    It must have a name of its own: a report that says ``strict`` means the shipped policy.
    """
    policy = _parse(text, name)
    shipped = policy.name.casefold().strip(" ._-")
    if shipped in SHIPPED and policy != shipped_policy(shipped):
        root = parse_table(text, name, error_class=PolicyError)
        raise root.error("name", "this is the name of a shipped policy; a policy of your own needs another")
    return policy


def _parse(text: str, name: str) -> Policy:
    root = parse_table(text, name, error_class=PolicyError)
    with root.table("access") as access, root.table("checks") as checks, root.table("signer") as signer:
        required, tolerated = _demands(checks)
        policy = Policy(
            name=_name(root),
            required=required,
            settled=frozenset(checks.choices("settled", _CHECKS)),
            tolerated=tolerated,
            when_open=checks.choice("when-open", _WHEN_OPEN),
            chip_proof=checks.flag("chip-proof"),
            bac=access.flag("bac"),
            expired_signer=signer.flag("expired"),
            refused_deviations=_deviations(signer, SIGNING),
            algorithms=tuple(_algorithm_rules(root)),
            refused_contents=_refused_contents(root),
            crl_days=_crl_days(root),
            excusable=frozenset(checks.choices("excusable", _EXCUSABLE)) if checks.has("excusable") else frozenset(),
            sha256=hashlib.sha256(text.encode()).hexdigest(),
        )
    root.close()
    return policy


def _name(root: Table) -> str:
    """A name that stands in reports, and can be confused with no other one there."""
    name = root.text("name")
    if not _NAME.fullmatch(name):
        raise root.error("name", "1 to 64 letters (A to Z), digits, blanks and . _ - are expected")
    return name


def _demands(checks: Table) -> tuple[frozenset[Check], frozenset[Check]]:
    """What is required and what is tolerated: nothing is both, and no policy does without the State's signature."""
    required = frozenset(checks.choices("required", _CHECKS))
    for check in FLOOR:
        if check not in required:
            raise checks.error("required", f"{check.label} is missing: without it nothing proves who made the card")
    tolerated = frozenset(checks.choices("tolerated", _CHECKS))
    for check in Check:
        if check in required & tolerated:
            raise checks.error("tolerated", f"{check.label} is required, so its failure cannot be tolerated")
    return required, tolerated


def _crl_days(root: Table) -> int | None:
    """The limit of the table of freshness; without it a list is fresh until it says that the next one comes."""
    if not root.has("freshness"):
        return None
    with root.table("freshness") as freshness:
        days = freshness.number("crl-days")
        if not 1 <= days <= MAX_CRL_DAYS:
            raise freshness.error("crl-days", f"a number from 1 to {MAX_CRL_DAYS} is expected")
        return days


def _refused_contents(root: Table) -> frozenset[str]:
    """The deviations that the table of the files refuses; a policy without this table refuses none."""
    if not root.has("files"):
        return frozenset()
    with root.table("files") as files:
        return _deviations(files, CONTENTS)


def _deviations(table: Table, known: frozenset[str]) -> frozenset[str]:
    """Names of deviations; one that does not exist would refuse nothing, and nobody would notice."""
    key = "refused-deviations"
    names = table.texts(key)
    for name in names:
        if name not in known:
            raise table.error(key, f"there is no deviation of the name {name!r} here")
    return frozenset(names)


def _algorithm_rules(root: Table) -> Iterator[AlgorithmRule]:
    """The rules in ascending order of their days; only the last one may hold from then on."""
    before: date | None = date.min
    for table in root.tables("algorithms"):
        until = table.optional_day("until")
        if before is None or (until is not None and until <= before):
            raise table.error("until", "the rules must be in the order of their days, the open one last")
        yield AlgorithmRule(
            until=until,
            hashes=frozenset(table.choices("hashes", _HASHES)),
            rsa_bits=_bits(table, "rsa-bits", LEAST_RSA_BITS),
            ec_bits=_bits(table, "ec-bits", LEAST_EC_BITS),
        )
        before = until


def _bits(table: Table, key: str, least: int) -> int:
    bits = table.number(key)
    if bits < least:
        raise table.error(key, f"a number from {least} on is expected")
    return bits


DEFAULT_POLICY: Final = shipped_policy("default")
