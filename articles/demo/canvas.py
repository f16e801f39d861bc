"""What scenes are drawn with: the colours of an hour, and shapes on a canvas.

Scenes are drawn at twice their size and reduced, which smooths every edge.
Positions are in pixels of the finished picture, from its upper left corner.
"""

import math
from dataclasses import dataclass
from io import BytesIO
from random import Random

from PIL import Image, ImageChops, ImageDraw

WIDTH, HEIGHT = 1200, 800
#: JPEG quality: at 82 no scene exceeds 120 KB and no gradient shows its steps.
QUALITY = 82
#: Drawn this many times larger, then reduced.
OVER = 2

Colour = tuple[int, int, int]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one hour of the day."""

    high: Colour
    low: Colour
    sun: Colour
    far: Colour
    near: Colour
    accent: Colour
    lit: Colour
    night: bool = False


def rgb(text: str) -> Colour:
    return int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)


def _palette(colours: str, night: bool = False) -> Palette:
    high, low, sun, far, near, accent, lit = map(rgb, colours.split())
    return Palette(high, low, sun, far, near, accent, lit, night)


#: high sky, low sky, sun, far layer, near layer, accent, lit windows
PALETTES = (
    _palette("f2a07b fde3c0 fff4d6 d99a8b 54334f e8604c ffe9a8"),
    _palette("6fb1d8 e6f3f0 fffbe8 9fc4cf 1f4a5c f2a541 fff3c4"),
    _palette("3b3f7d f5907c ffd9a0 8a6190 251c3f ff7a59 ffd27a"),
    _palette("0d1b3a 35597f e9f0f6 34557a 0a1326 5fb3b3 ffdf8e", night=True),
    _palette("a9c4c3 eef1e6 fdfaf0 a8bfba 2c4a4b d9824b fbeeb6"),
    _palette("e8b04f fbecc3 fffaf0 cfa266 4a3a2c b8452f fff0b8"),
    _palette("4f8fba f7d9c4 fff0dc 8f9fc0 22335c ee6f57 ffe6b0"),
    _palette("28525e b9d8b8 f6f6d2 6c9c91 12303a f0b04d fff0b0"),
)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """``share`` (0 to 1) of ``b`` in ``a``."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


class Canvas:
    """A picture in the making: what scenes are drawn with."""

    def __init__(self, rng: Random, palette: Palette) -> None:
        self.rng = rng
        self.palette = palette
        self.image = Image.new("RGB", (WIDTH * OVER, HEIGHT * OVER))
        self._draw = ImageDraw.Draw(self.image, "RGBA")

    def jpeg(self) -> bytes:
        out = BytesIO()
        self.image.reduce(OVER).save(out, "JPEG", quality=QUALITY, optimize=True)
        return out.getvalue()

    def layer(self, depth: float) -> Colour:
        """The colour of what lies at ``depth``: 0 far in the haze, 1 near."""
        return mix(self.palette.far, self.palette.near, depth)

    def polygon(self, points: list[Point], colour: Colour, alpha: int = 255) -> None:
        self._draw.polygon([(x * OVER, y * OVER) for x, y in points], (*colour, alpha))

    def line(
        self, points: list[Point], colour: Colour, width: float, alpha: int = 255
    ) -> None:
        scaled = [(x * OVER, y * OVER) for x, y in points]
        thick = max(1, round(width * OVER))
        self._draw.line(scaled, (*colour, alpha), thick, joint="curve")

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        colour: Colour,
        alpha: int = 255,
        radius: float = 0,
    ) -> None:
        if width <= 0 or height <= 0:
            return
        corners = (x * OVER, y * OVER, (x + width) * OVER - 1, (y + height) * OVER - 1)
        if radius:
            round_by = min(radius, width / 2, height / 2) * OVER
            self._draw.rounded_rectangle(corners, round_by, (*colour, alpha))
        else:
            self._draw.rectangle(corners, (*colour, alpha))

    def disc(
        self, x: float, y: float, radius: float, colour: Colour, alpha: int = 255
    ) -> None:
        corners = [(c + d) * OVER for d in (-radius, radius) for c in (x, y)]
        self._draw.ellipse(corners, (*colour, alpha))

    def gradient(self, top: float, bottom: float, stops: list[Colour]) -> None:
        """Fill the rows from ``top`` to ``bottom``, even stops from the top down."""
        strip = Image.new("RGB", (1, len(stops)))
        strip.putdata(stops)
        size = (WIDTH * OVER, round((bottom - top) * OVER))
        # Bilinear sampling holds the outer half stops still; the box leaves them out.
        inner = (0, 0.5, 1, len(stops) - 0.5)
        filled = strip.resize((1, size[1]), Image.Resampling.BILINEAR, inner)
        wide = filled.resize(size, Image.Resampling.NEAREST)
        self.image.paste(wide, (0, round(top * OVER)))

    def fade(self, top: float, bottom: float, colour: Colour, alpha: int) -> None:
        """Haze: nothing at ``top``, ``alpha`` of ``colour`` at ``bottom``."""
        size = (WIDTH * OVER, round((bottom - top) * OVER))
        mask = Image.linear_gradient("L").resize((1, size[1])).resize(size)
        mask = mask.point(lambda value: value * alpha // 255)
        self.image.paste(colour, (0, round(top * OVER)), mask)

    def glow(
        self, x: float, y: float, radius: float, colour: Colour, alpha: int
    ) -> None:
        """A soft light that is gone at ``radius``."""
        side = round(radius * 2 * OVER)
        light = ImageChops.invert(Image.radial_gradient("L"))
        # The built-in gradient reaches the corners; what lies outside the circle goes.
        light = light.point([max(0, v - 75) ** 2 * alpha // 180**2 for v in range(256)])
        mask = light.resize((side, side), Image.Resampling.BILINEAR)
        where = (round((x - radius) * OVER), round((y - radius) * OVER))
        self.image.paste(colour, where, mask)

    def ridge(
        self, base: float, swing: float, colour: Colour, rough: float = 1.0
    ) -> list[Point]:
        """Land from side to side, down to the lower edge; its outline comes back."""
        phases = [self.rng.uniform(0, math.tau) for _ in range(6)]
        step = 12
        outline: list[Point] = []
        for x in range(-step, WIDTH + 2 * step, step):
            height = sum(
                math.sin(x / WIDTH * math.tau * (0.6 * 1.9**k) + phase)
                * 0.52**k
                * (rough if k > 2 else 1)
                for k, phase in enumerate(phases)
            )
            outline.append((x, base - swing * height / 1.6))
        self.polygon([*outline, (WIDTH, HEIGHT), (0, HEIGHT)], colour)
        return outline
