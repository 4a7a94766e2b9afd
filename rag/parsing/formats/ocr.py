"""Text recognition (OCR) by RapidOCR's models, which its wheel carries: nothing is fetched.

It is the extra `ocr`: without it a scan fails with what to install.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from PIL import Image

from rag.parsing.formats.reading_order import Box, rows_of
from rag.parsing.formats.scans import installed
from rag.parsing.parsed import storable
from rag.parsing.recognised import RECOGNISER, RecognisedLine, RecognisedPage

SIDE_PIXELS = 2000
"""Of the longer side of what is looked at; a larger picture is made smaller. A page of A4 has 170 pixels an inch."""
MIN_CONFIDENCE = 0.5
"""A line that the model is less sure of is left out."""
_MOST_THREADS = 4
_MODELS = {
    "Det": "PP-OCRv6_det_small.onnx",
    "Rec": "PP-OCRv6_rec_small.onnx",
    "Cls": "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
}


def recognised(picture: Image.Image) -> RecognisedPage:
    """Return the lines of text in a picture (RGB, `SIDE_PIXELS` at most), in reading order."""
    # The models were trained on pictures in the order of OpenCV: blue, green, red.
    found = _engine()(np.ascontiguousarray(np.asarray(picture)[:, :, ::-1]))
    boxes = _boxes(found, picture.width, picture.height)
    lines = (
        _line(box, picture.width, picture.height, goes_on=place < len(row) - 1)
        for row in rows_of(boxes)
        for place, box in enumerate(row)
    )
    return RecognisedPage(tuple(lines), f"{RECOGNISER}/{installed()}")


def _boxes(found: Any, width: int, height: int) -> list[Box]:
    if found.txts is None or found.boxes is None:
        return []
    boxes: list[Box] = []
    for text, score, corners in zip(found.txts, found.scores, found.boxes, strict=True):
        words = storable(" ".join(str(text).split()))
        left, top = (float(side) for side in np.clip(corners.min(axis=0), 0, (width, height)))
        right, bottom = (float(side) for side in np.clip(corners.max(axis=0), 0, (width, height)))
        if words and score >= MIN_CONFIDENCE and left < right and top < bottom:
            boxes.append(Box(words, left, top, right, bottom))
    return boxes


def _line(box: Box, width: int, height: int, *, goes_on: bool) -> RecognisedLine:
    return RecognisedLine(
        box.text, round(box.left / width, 5), round(box.top / height, 5), round(box.right / width, 5),
        round(box.bottom / height, 5), goes_on,
    )  # fmt: skip


@cache
def _engine() -> Any:
    """Load the models, once in a process.

    They are named by their paths: RapidOCR would fetch what it does not find.
    """
    import cv2  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]
    import rapidocr  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]

    module = cast(Any, rapidocr)
    cast(Any, cv2).setNumThreads(_MOST_THREADS)
    folder = Path(module.__file__).parent / "models"
    options: dict[str, Any] = {f"{part}.model_path": str(folder / name) for part, name in _MODELS.items()}
    options |= {
        "Global.log_level": "error",
        "Global.text_score": MIN_CONFIDENCE,
        "EngineConfig.onnxruntime.intra_op_num_threads": min(_MOST_THREADS, os.cpu_count() or 1),
    }
    return module.RapidOCR(params=options)
