"""QR codes, drawn by OpenCV's encoder."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def qr_modules(text: str) -> NDArray[np.bool_]:
    """The modules of a QR code, (n, n), true where it is dark, with the quiet zone that readers need around it."""
    image = np.asarray(cv2.QRCodeEncoder.create().encode(text))
    dark = image < 128
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    code = dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return np.pad(code, 4)
