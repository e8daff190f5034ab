"""Portraits that the program draws."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from PIL import Image

from chipid.lds.face_record import ImageFormat, image_format
from simulator.personalisation.portrait import HEIGHT, WIDTH, draw_portrait


@pytest.mark.parametrize("kind", [ImageFormat.JPEG, ImageFormat.JPEG_2000])
def test_a_portrait_is_a_picture_of_the_format_asked_for(kind: ImageFormat) -> None:
    portrait = draw_portrait("somebody", "F", kind)
    assert portrait.format is image_format(portrait.image) is kind
    with Image.open(io.BytesIO(portrait.image)) as picture:
        assert picture.size == (WIDTH, HEIGHT)
        assert picture.mode == "RGB"
    assert 10_000 < len(portrait.image) < 20_000


def test_the_same_seed_draws_the_same_face_and_another_one_another() -> None:
    first = draw_portrait("a", "M", ImageFormat.JPEG)
    assert first == draw_portrait("a", "M", ImageFormat.JPEG)
    assert first != draw_portrait("b", "M", ImageFormat.JPEG)


def test_the_face_image_says_what_the_picture_is() -> None:
    face = draw_portrait("a", "F", ImageFormat.JPEG_2000).face_image("F")
    assert (face.width, face.height, face.image_data_type, face.gender, face.face_image_type) == (300, 400, 1, 2, 1)


def test_pillow_is_imported_only_to_draw() -> None:
    code = "import sys, simulator.scenarios; sys.exit('PIL' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
