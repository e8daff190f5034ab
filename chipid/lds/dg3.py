"""DG3: fingerprints in their biometric templates, locked by Terminal Authentication (ICAO Doc 9303-10 §4.7.3).

The record inside each template is read by :mod:`chipid.lds.finger_record`.
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
from chipid.lds.finger_record import FingerImage, build_finger_record, finger_deviations, parse_finger_record

TAG = 0x63
_RIGHT, _LEFT = 1, 2
_FINGERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DG3:
    """The file; ``images`` are the views of all templates in their order."""

    raw: bytes = field(repr=False)
    templates: tuple[BiometricTemplate, ...] = field(repr=False)
    images: tuple[FingerImage, ...]

    @property
    def deviations(self) -> tuple[str, ...]:
        """What headers and records say otherwise than their standards allow, by name."""
        headers = (name for one in self.templates for name in header_deviations(one.header, Modality.FINGER))
        images = (name for image in self.images for name in finger_deviations(image))
        return tuple(dict.fromkeys((*headers, *images)))


def parse_dg3(raw: bytes) -> DG3:
    """Read DG3; no template stands for a holder whose fingers could not be taken (§4.7.3.2.2).

    Raises :class:`MalformedDataError` children, :class:`UnsupportedError` for another record than a finger image.
    """
    templates = parse_templates(raw, TAG)
    images = (image for one in templates for image in parse_finger_record(one.record))
    return DG3(raw=raw, templates=templates, images=tuple(images))


def build_dg3(images: Sequence[FingerImage]) -> bytes:
    """Write DG3 with one template for each view."""
    return build_templates(
        TAG, Modality.FINGER, ((_subtype(image.position), build_finger_record([image])) for image in images)
    )


def _subtype(position: int) -> int:
    """The subtype of Table 49 for a finger position of the record; 0 where that is no single finger."""
    if not 1 <= position <= 2 * _FINGERS:
        return 0
    side, finger = (_RIGHT, position) if position <= _FINGERS else (_LEFT, position - _FINGERS)
    return side | finger << 2
