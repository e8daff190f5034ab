"""DG4: irises in their biometric templates, locked by Terminal Authentication (ICAO Doc 9303-10 §4.7.4).

The record inside each template is read by :mod:`chipid.lds.iris_record`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chipid.lds.biometric_templates import (
    BiometricTemplate,
    Modality,
    build_templates,
    header_deviations,
    parse_templates,
)
from chipid.lds.iris_record import IrisImage, build_iris_record, iris_deviations, parse_iris_record

TAG = 0x76


@dataclass(frozen=True, slots=True, kw_only=True)
class DG4:
    """The file; ``images`` are those of all templates in their order."""

    raw: bytes = field(repr=False)
    templates: tuple[BiometricTemplate, ...] = field(repr=False)
    images: tuple[IrisImage, ...]

    @property
    def deviations(self) -> tuple[str, ...]:
        """What headers and records say otherwise than their standards allow, by name."""
        headers = (name for one in self.templates for name in header_deviations(one.header, Modality.IRIS))
        images = (name for image in self.images for name in iris_deviations(image))
        return tuple(dict.fromkeys((*headers, *images)))


def parse_dg4(raw: bytes) -> DG4:
    """Read DG4; no template stands for a holder whose irises could not be taken (§4.7.4.2.2).

    Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for another record than an iris image.
    """
    templates = parse_templates(raw, TAG)
    images = (image for one in templates for image in parse_iris_record(one.record))
    return DG4(raw=raw, templates=templates, images=tuple(images))


def build_dg4(images: Sequence[IrisImage]) -> bytes:
    """Write DG4 with one template for each image."""
    return build_templates(TAG, Modality.IRIS, ((image.eye, build_iris_record(image)) for image in images))
