"""A portrait that the program draws: a plain friendly face, the same for the same seed, of nobody.

Pillow is imported when a portrait is drawn and not before.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chipid.errors import ConfigurationError
from chipid.lds.face_record import FaceImage, ImageFormat
from simulator.randomness import SeededEntropy

if TYPE_CHECKING:
    from PIL import Image, ImageDraw

WIDTH, HEIGHT = 300, 400
JPEG_QUALITY = 78
JPEG_2000_RATIO = 24  # of the raw picture's size
GRAIN = 0.05  # as much film grain as makes the picture weigh what a photograph weighs

_SKINS = ("#f3d3b3", "#eac29a", "#dcae85", "#c99a72")
_HAIR = ("#1b1512", "#2a1f19", "#3a2b22", "#5b5552")
_SHIRTS = ("#f4f4f4", "#cfe0ee", "#dfe8d4", "#e8d9c9", "#c5cede")
_BACKGROUND = "#e9eff5"
_INK = "#2b2320"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """An encoded picture of :data:`WIDTH` by :data:`HEIGHT` points."""

    image: bytes = field(repr=False)
    format: ImageFormat

    def face_image(self, sex: str) -> FaceImage:
        """The picture as DG2 carries it: full frontal, from a digital camera, 24 bit colour."""
        return FaceImage(
            image=self.image,
            width=WIDTH,
            height=HEIGHT,
            image_data_type=0 if self.format is ImageFormat.JPEG else 1,
            gender={"M": 1, "F": 2}.get(sex, 0),
            colour_space=1,
            source_type=2,
        )


def draw_portrait(seed: str, sex: str, kind: ImageFormat) -> Portrait:
    """Draw and encode the face of ``seed``.

    ``kind`` is JPEG or JPEG 2000. Raises :class:`ConfigurationError` if Pillow is not installed.
    """
    try:
        from PIL import Image, ImageDraw  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError("drawing a portrait takes Pillow: install chipid[simulator]") from error
    random = SeededEntropy(b"portrait").fork(seed)
    picture = Image.new("RGB", (WIDTH, HEIGHT), _BACKGROUND)
    _draw(ImageDraw.Draw(picture), random, sex)
    picture = _grain(picture, Image.frombytes("L", (WIDTH, HEIGHT), random(WIDTH * HEIGHT)))
    buffer = io.BytesIO()
    if kind is ImageFormat.JPEG:
        picture.save(buffer, "JPEG", quality=JPEG_QUALITY)
    else:
        picture.save(buffer, "JPEG2000", quality_mode="rates", quality_layers=[JPEG_2000_RATIO])
    return Portrait(image=buffer.getvalue(), format=kind)


def _grain(picture: Image.Image, noise: Image.Image) -> Image.Image:
    from PIL import Image as Pillow  # noqa: PLC0415

    return Pillow.blend(picture, noise.convert("RGB"), GRAIN)


def _draw(draw: ImageDraw.ImageDraw, random: SeededEntropy, sex: str) -> None:
    dice = random(8)
    skin, hair = _SKINS[dice[0] % len(_SKINS)], _HAIR[dice[1] % len(_HAIR)]
    shirt = _SHIRTS[dice[2] % len(_SHIRTS)]
    middle, top, width = WIDTH // 2, 96 + dice[3] % 12, 74 + dice[4] % 12
    bottom = top + 2 * width + 34
    if sex == "F":  # long hair behind the head
        draw.rounded_rectangle(
            (middle - width - 22, top - 18, middle + width + 22, bottom + 40), radius=width, fill=hair
        )
    draw.ellipse((middle - 150, bottom + 16, middle + 150, bottom + 240), fill=shirt)
    draw.rounded_rectangle((middle - 30, bottom - 40, middle + 30, bottom + 44), radius=24, fill=skin)
    for side in (-1, 1):
        ear = middle + side * width
        draw.ellipse((ear - 14, top + width - 12, ear + 14, top + width + 30), fill=skin)
    draw.ellipse((middle - width, top, middle + width, bottom), fill=skin)
    draw.chord((middle - width - 2, top - 14, middle + width + 2, top + 2 * width), 205, 335, fill=hair)
    _draw_features(draw, middle, top + width + 6, has_glasses=dice[5] % 3 == 0)


def _draw_features(draw: ImageDraw.ImageDraw, middle: int, level: int, *, has_glasses: bool) -> None:
    """Eyes, brows, nose and mouth around the line of the eyes."""
    for side in (-1, 1):
        eye = middle + side * 31
        draw.arc((eye - 17, level - 24, eye + 17, level - 2), 200, 340, fill=_INK, width=4)
        draw.ellipse((eye - 12, level - 6, eye + 12, level + 9), fill="#ffffff")
        draw.ellipse((eye - 6, level - 5, eye + 6, level + 8), fill=_INK)
        if has_glasses:
            draw.rounded_rectangle((eye - 24, level - 14, eye + 24, level + 18), radius=12, outline=_INK, width=3)
    if has_glasses:
        draw.line((middle - 8, level, middle + 8, level), fill=_INK, width=3)
    draw.arc((middle - 11, level + 22, middle + 11, level + 42), 20, 160, fill=_INK, width=3)
    draw.arc((middle - 30, level + 36, middle + 30, level + 72), 25, 155, fill="#a5473d", width=5)
