"""Serves the trained classifier over HTTP, as any model server would: it knows nothing of Kafka.

Usage: serve.py MODEL.joblib        listens on $PORT, default 8080
POST /predict {"pixels": [64 numbers, 0 to 16]} -> {"digit": 7, "probability": 0.98}; 400 {"error": ...} otherwise
"""

import json
import os
import sys

import joblib
import numpy as np
import numpy.typing as npt
from aiohttp import web
from sklearn.linear_model import LogisticRegression

PIXELS = 64
BRIGHTEST = 16


class NotADigit(ValueError):  # noqa: N818 - a verdict on the request
    """The request is no digit; the text says why."""


def parse_pixels(body: bytes) -> npt.NDArray[np.float64]:
    """One row of pixels. Raises `NotADigit`."""
    try:
        request = json.loads(body)
    except ValueError:
        raise NotADigit("the body is not JSON") from None
    pixels = request.get("pixels") if isinstance(request, dict) else None
    if not isinstance(pixels, list):
        raise NotADigit('expected an object with "pixels", a list of numbers')
    if len(pixels) != PIXELS:
        raise NotADigit(f"expected {PIXELS} pixels, found {len(pixels)}")
    if not all(type(pixel) in (int, float) and 0 <= pixel <= BRIGHTEST for pixel in pixels):
        raise NotADigit(f"every pixel is a number from 0 to {BRIGHTEST}")
    return np.array([pixels], dtype=np.float64)


def classify(classifier: LogisticRegression, pixels: npt.NDArray[np.float64]) -> dict[str, object]:
    probabilities = classifier.predict_proba(pixels)[0]
    best = int(probabilities.argmax())
    return {"digit": int(classifier.classes_[best]), "probability": round(float(probabilities[best]), 4)}


def application(classifier: LogisticRegression) -> web.Application:
    async def predict(request: web.Request) -> web.Response:
        try:
            return web.json_response(classify(classifier, parse_pixels(await request.read())))
        except NotADigit as error:
            return web.json_response({"error": str(error)}, status=400)

    served = web.Application()
    served.router.add_post("/predict", predict)
    return served


if __name__ == "__main__":
    web.run_app(
        application(joblib.load(sys.argv[1])),
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8080")),
        print=None,
        access_log=None,
    )
