"""Pictures as JPEG bytes and back, for pages, files and memory."""

from __future__ import annotations

import cv2
import numpy as np

from mobility_check.video.orientation import Image


def encode_jpeg(image: Image, *, height_px: int | None = None, quality: int = 82) -> tuple[bytes, int, int]:
    """JPEG bytes of an (H, W, 3) RGB picture, with the width and height they have; scaled down to ``height_px``."""
    if height_px is not None and image.shape[0] > height_px:
        width_px = max(1, round(image.shape[1] * height_px / image.shape[0]))
        image = np.asarray(cv2.resize(image, (width_px, height_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return jpeg.tobytes(), image.shape[1], image.shape[0]


def decode_jpeg(jpeg: bytes) -> Image:
    """The (H, W, 3) RGB picture of JPEG bytes that :func:`encode_jpeg` gave."""
    bgr = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
