"""Generated pictures: flat illustrations, drawn from a scene's name and a seed."""

from collections.abc import Callable
from random import Random

from .canvas import PALETTES, Canvas
from .indoors import chart, circuit, laboratory
from .landscapes import fields, forest, mountains, sea, turbines
from .places import harbour, parliament, runway, skyline

SCENES: dict[str, Callable[[Canvas], None]] = {
    scene.__name__: scene
    for scene in (
        harbour,
        skyline,
        mountains,
        sea,
        forest,
        circuit,
        chart,
        turbines,
        parliament,
        runway,
        laboratory,
        fields,
    )
}


def picture(scene: str, seed: str) -> bytes:
    """A JPEG of 1200 by 800 pixels, the same for the same scene and seed.

    ``scene`` is one of SCENES (KeyError otherwise); ``seed``, any text, chooses
    the hour of the day and where things stand. Under 120 KB, in about 0.1 s.
    """
    draw = SCENES[scene]
    rng = Random(f"{scene}/{seed}")
    canvas = Canvas(rng, rng.choice(PALETTES))
    draw(canvas)
    return canvas.jpeg()
