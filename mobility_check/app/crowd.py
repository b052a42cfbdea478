"""The picture with a numbered box round each person, from which the user chooses who kicks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mobility_check.pipeline import default_backend
from mobility_check.results.result import Person
from mobility_check.video.blur import blur_faces
from mobility_check.video.source import ClipReader

HEIGHT_PX = 720
MOST_PEOPLE = 6
LINE_PX = 4


def draw_people(clip: Path, person: Person, target: Path) -> None:
    """Write the frame in which the measured person and the others were told apart; faces blurred."""
    reader = ClipReader(clip)
    at = int(np.abs(reader.time_s - person.shown_s).argmin())
    image = next(iter(reader.frames_at([at], max_height_px=HEIGHT_PX))).image
    with default_backend().stills("full", max_people=MOST_PEOPLE) as estimator:
        found = estimator.estimate(image, 0.0)
    if found:
        image = blur_faces(image, np.array([p.xy_px for p in found]))
    picture = Image.fromarray(image)
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(HEIGHT_PX // 15)
    for number, box in [(person.number, person.box), *((o.number, o.box) for o in person.others)]:
        left, top, right, bottom = (round(share * size) for share, size in zip(box, picture.size * 2, strict=True))
        pen.rectangle((left, top, right, bottom), outline="#0b62c1", width=LINE_PX)
        _, _, width, height = (x + 2 * LINE_PX for x in pen.textbbox((LINE_PX, 0), str(number), font=font))
        above = max(0, top - height)
        pen.rectangle((left, above, left + width, above + height), fill="#0b62c1")
        pen.text((left + 2 * LINE_PX, above), str(number), fill="white", font=font)
    picture.save(target, "JPEG", quality=85)
