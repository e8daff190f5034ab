"""DG2: the portrait in its biometric templates (ICAO Doc 9303-10 §4.7.2, ISO/IEC 7816-11 and ISO/IEC 19794-5:2005).

The record inside each template is read by :mod:`chipid.lds.face_record`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chipid.lds.biometric_templates import Modality, build_templates, header_deviations, parse_templates
from chipid.lds.face_record import (
    FaceImage,
    build_face_record,
    face_deviations,
    face_record_deviations,
    parse_face_record,
)

TAG = 0x75


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceTemplate:
    """One biometric information template: its header as it came, and the images of its record."""

    header: bytes = field(repr=False)
    record: bytes = field(repr=False)
    images: tuple[FaceImage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DG2:
    raw: bytes = field(repr=False)
    templates: tuple[FaceTemplate, ...]

    @property
    def images(self) -> tuple[FaceImage, ...]:
        """The images of all templates; the first is the displayed portrait."""
        return tuple(image for template in self.templates for image in template.images)

    @property
    def deviations(self) -> tuple[str, ...]:
        """What headers and records say otherwise than their standards allow, by name."""
        headers = (name for one in self.templates for name in header_deviations(one.header, Modality.FACE))
        images = (name for image in self.images for name in face_deviations(image))
        return tuple(dict.fromkeys((*headers, *images)))


def parse_dg2(raw: bytes) -> DG2:
    """Read DG2 with any number of templates from none to nine.

    Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for an ISO/IEC 39794 or other record.
    """
    templates = (
        FaceTemplate(header=one.header, record=one.record, images=parse_face_record(one.record))
        for one in parse_templates(raw, TAG)
    )
    return DG2(raw=raw, templates=tuple(templates))


def dg2_deviations(raw: bytes) -> tuple[str, ...]:
    """The deviations of a file, without making its images; raises as :func:`parse_dg2`."""
    templates = parse_templates(raw, TAG)
    headers = (name for one in templates for name in header_deviations(one.header, Modality.FACE))
    images = [name for one in templates for name in face_record_deviations(one.record)]
    return tuple(dict.fromkeys((*headers, *images)))


def build_dg2(images: Sequence[FaceImage]) -> bytes:
    """Write DG2 with one template for each image."""
    return build_templates(TAG, Modality.FACE, ((0, build_face_record([image])) for image in images))
