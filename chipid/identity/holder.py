"""The holder of a card, as far as a report vouches for what the card says.

A holder can be built from nothing but a report. Every attribute names the group it stands in and whether
Passive Authentication vouches for that group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Generic, TypeVar

from apdu.errors import MalformedDataError, ToolkitError
from chipid.errors import NotAcceptedError
from chipid.evidence.evidence import Evidence
from chipid.lds.dg1 import parse_dg1
from chipid.lds.dg2 import parse_dg2
from chipid.lds.dg13 import CitizenDetails, parse_dg13
from chipid.lds.face_record import FaceImage
from chipid.lds.files import FileId
from chipid.lds.printed_dates import is_no_expiry, parse_printed_date
from chipid.mrz.dates import expiry_date, resolve_birth_date
from chipid.mrz.mrz import MRZ
from chipid.verification.plausibility import VIETNAM
from chipid.verification.report import Report, Verdict

T = TypeVar("T")


class Sex(Enum):
    """Sex as the MRZ codes it (ICAO Doc 9303-3 §4.7)."""

    MALE = "M"
    FEMALE = "F"
    UNSPECIFIED = "X"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute(Generic[T]):
    """One value, the data group that it stands in, and whether the state's signature vouches for that group."""

    value: T = field(repr=False)
    group: FileId
    vouched: bool


Text = Attribute[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The person of the card. None means that the card does not say, or that the reading did not ask.

    Names, places and words are as the card writes them; ``mrz_name`` is primary and secondary identifier.
    ``expiry_date`` holds None as its value for a card for life. ``portrait`` is the image as it came.
    """

    verdict: Verdict
    personal_number: Text | None = None
    document_number: Text | None = None
    full_name: Text | None = None
    mrz_name: Text | None = None
    birth_date: Attribute[date] | None = None
    sex: Attribute[Sex] | None = None
    nationality: Text | None = None
    ethnicity: Text | None = None
    religion: Text | None = None
    place_of_origin: Text | None = None
    residence: Text | None = None
    identifying_marks: Text | None = None
    issue_date: Attribute[date] | None = None
    expiry_date: Attribute[date | None] | None = None
    father: Text | None = None
    mother: Text | None = None
    spouse: Text | None = None
    old_number: Text | None = None
    portrait: Attribute[FaceImage] | None = None

    @classmethod
    def from_report(cls, report: Report, *, allow_undecided: bool = False) -> Holder:
        """The holder that ``report`` speaks of.

        Raises :class:`NotAcceptedError` for a rejected card always, and for an undecided one unless the
        caller says that unverified attributes are wanted; those then carry ``vouched=False``.
        """
        if report.verdict is Verdict.REJECTED:
            raise NotAcceptedError("a rejected card has no holder")
        if report.verdict is Verdict.UNDECIDED and not allow_undecided:
            raise NotAcceptedError("the card was not fully checked")
        return _Source(report).holder()


class _Source:
    """Where the attributes come from: the parsed groups of one report's evidence."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._mrz = _mrz(report.evidence)
        # DG13 is each State's own (Doc 9303-10 §4.7.13): only that of Viet Nam is known.
        foreign = self._mrz is not None and self._mrz.issuer != VIETNAM
        self._national = (None if foreign else _dg13(report.evidence)) or CitizenDetails()

    def holder(self) -> Holder:
        national, zone = self._national, self._mrz
        return Holder(
            verdict=self._report.verdict,
            personal_number=self._text(national.personal_number, FileId.DG13),
            document_number=self._text(None if zone is None else zone.document_number, FileId.DG1),
            full_name=self._text(national.full_name, FileId.DG13),
            mrz_name=self._text(
                None if zone is None else f"{zone.primary_name} {zone.secondary_name}".strip(), FileId.DG1
            ),
            birth_date=self._birth_date(),
            sex=self._sex(),
            nationality=self._text(national.nationality, FileId.DG13)
            or self._text(None if zone is None else zone.nationality, FileId.DG1),
            ethnicity=self._text(national.ethnicity, FileId.DG13),
            religion=self._text(national.religion, FileId.DG13),
            place_of_origin=self._text(national.place_of_origin, FileId.DG13),
            residence=self._text(national.residence, FileId.DG13),
            identifying_marks=self._text(national.identifying_marks, FileId.DG13),
            issue_date=self._printed(national.issue_date),
            expiry_date=self._expiry_date(),
            father=self._text(national.father, FileId.DG13),
            mother=self._text(national.mother, FileId.DG13),
            spouse=self._text(national.spouse, FileId.DG13),
            old_number=self._text(national.old_number, FileId.DG13),
            portrait=self._portrait(),
        )

    def _attribute(self, value: T, group: FileId) -> Attribute[T]:
        return Attribute(value=value, group=group, vouched=self._report.vouches_for(group))

    def _text(self, value: str | None, group: FileId) -> Text | None:
        return None if value is None else self._attribute(value, group)

    def _birth_date(self) -> Attribute[date] | None:
        """DG13 writes the century; the MRZ leaves it to be concluded."""
        found = self._printed(self._national.birth_date)
        if found is not None or self._mrz is None:
            return found
        try:
            resolved = resolve_birth_date(self._mrz.birth_date, reference=self._report.judged_at.date()).complete
        except MalformedDataError:
            return None
        return None if resolved is None else self._attribute(resolved, FileId.DG1)

    def _sex(self) -> Attribute[Sex] | None:
        if self._mrz is not None:
            known = self._mrz.sex in ("M", "F")
            return self._attribute(Sex(self._mrz.sex) if known else Sex.UNSPECIFIED, FileId.DG1)
        words = {"nam": Sex.MALE, "nữ": Sex.FEMALE}
        stated = self._national.sex
        return (
            None
            if stated is None
            else self._attribute(words.get(stated.strip().casefold(), Sex.UNSPECIFIED), FileId.DG13)
        )

    def _printed(self, text: str | None) -> Attribute[date] | None:
        try:
            return None if text is None else self._attribute(parse_printed_date(text), FileId.DG13)
        except MalformedDataError:
            return None

    def _expiry_date(self) -> Attribute[date | None] | None:
        if self._mrz is not None:
            try:
                resolved = expiry_date(self._mrz, reference=self._report.judged_at.date())
            except MalformedDataError:
                return None
            return self._attribute(resolved, FileId.DG1)
        text = self._national.expiry_date
        if text is None:
            return None
        if is_no_expiry(text):
            return self._attribute(None, FileId.DG13)
        try:
            return self._attribute(parse_printed_date(text), FileId.DG13)
        except MalformedDataError:
            return None

    def _portrait(self) -> Attribute[FaceImage] | None:
        content = self._report.evidence.content(FileId.DG2)
        try:
            images = () if content is None else parse_dg2(content).images
        except ToolkitError:
            return None
        return self._attribute(images[0], FileId.DG2) if images else None


def _mrz(evidence: Evidence) -> MRZ | None:
    content = evidence.content(FileId.DG1)
    try:
        return None if content is None else parse_dg1(content).mrz
    except ToolkitError:
        return None


def _dg13(evidence: Evidence) -> CitizenDetails | None:
    content = evidence.content(FileId.DG13)
    try:
        return None if content is None else parse_dg13(content)
    except ToolkitError:
        return None
