"""Scenes of what people built: harbour, skyline, parliament, runway."""

import math
from collections.abc import Iterator

from .canvas import HEIGHT, WIDTH, Canvas, Colour, Point, mix, rgb
from .landscapes import freighter, round_tree, sky, water


def harbour(c: Canvas) -> None:
    horizon = 470.0
    sun_x, _ = sky(c, horizon)
    c.ridge(horizon - 30, 45, c.layer(0.12))
    _buildings(c, horizon, 0.26, (30, 110))
    water(c, horizon, sun_x, 700)
    first, size = c.rng.uniform(180, 330), c.rng.uniform(0.85, 1.1)
    for k in range(c.rng.randint(2, 3)):
        _gantry(c, first + k * 395, 655, size, c.layer(0.6))
    freighter(c, c.rng.uniform(0.35, 0.65) * WIDTH, 600, c.rng.uniform(1.7, 2.2))
    c.box(0, 690, WIDTH, 110, c.palette.near)
    _containers(c, 690)
    c.box(0, 690, WIDTH, 4, mix(c.palette.near, c.palette.lit, 0.3))


def _gantry(c: Canvas, x: float, foot: float, size: float, colour: Colour) -> None:
    s = 300 * size
    for leg in (-0.2, 0.2):
        c.line([(x + leg * s, foot + 40), (x + leg * s * 0.8, foot - s)], colour, 9)
    c.line([(x - 0.19 * s, foot - 0.3 * s), (x + 0.19 * s, foot - 0.3 * s)], colour, 6)
    c.line([(x - 0.19 * s, foot - 0.3 * s), (x + 0.16 * s, foot - s)], colour, 4)
    c.line([(x - 0.75 * s, foot - s), (x + 0.45 * s, foot - s)], colour, 11)
    c.line(
        [(x - 0.7 * s, foot - s), (x, foot - 1.32 * s), (x + 0.4 * s, foot - s)],
        colour,
        4,
    )
    c.line([(x, foot - s), (x, foot - 1.32 * s)], colour, 7)
    hook = x - c.rng.uniform(0.3, 0.6) * s
    drop = foot - c.rng.uniform(0.5, 0.8) * s
    c.line([(hook, foot - s), (hook, drop)], colour, 2)
    c.box(hook - 26, drop, 52, 22, c.palette.accent)


def _containers(c: Canvas, foot: float) -> None:
    p = c.palette
    tints = (p.accent, mix(p.accent, p.near, 0.4), p.far, mix(p.lit, p.far, 0.4))
    for x in range(-10, WIDTH, 76):
        for level in range(c.rng.choice((0, 0, 1, 1, 2, 3))):
            top = foot - 34 * (level + 1)
            tint = mix(c.rng.choice(tints), p.near, 0.18)
            c.box(x, top, 73, 32, tint)
            for rib in range(8, 72, 9):
                c.box(x + rib, top + 4, 2, 24, p.near, 46)


def _buildings(
    c: Canvas, foot: float, depth: float, heights: tuple[float, float]
) -> None:
    colour = c.layer(depth)
    x = -20.0
    while x < WIDTH:
        width = c.rng.uniform(34, 92) * (0.6 + 0.6 * depth)
        height = c.rng.uniform(*heights)
        top = foot - height
        c.box(x, top, width + 1, HEIGHT - top, colour)
        _roof(c, x, top, width, colour)
        if depth > 0.2:
            _windows(c, x, top, width, height, depth)
        x += width + c.rng.choice((0, 0, 3, 14))


def _roof(c: Canvas, x: float, top: float, width: float, colour: Colour) -> None:
    kind = c.rng.randint(0, 5)
    if kind == 0:
        c.line([(x + width / 2, top), (x + width / 2, top - width * 0.7)], colour, 3)
    elif kind == 1:
        c.polygon([(x, top), (x + width, top), (x + width, top - width / 3)], colour)
    elif kind == 2:
        c.box(x + width * 0.25, top - 16, width * 0.5, 17, colour)


def _windows(
    c: Canvas, x: float, top: float, width: float, height: float, depth: float
) -> None:
    share = 0.55 if c.palette.night else 0.3
    wide, high = 5 + 3 * depth, 7 + 4 * depth
    tint = mix(c.layer(depth), c.palette.lit, 0.4 + 0.5 * depth)
    columns = int((width - 10) / (wide * 2))
    for row in range(int((height - 16) / (high * 1.9))):
        for column in range(columns):
            if c.rng.random() < share:
                left = x + 8 + column * wide * 2
                c.box(left, top + 12 + row * high * 1.9, wide, high, tint, 210)


def skyline(c: Canvas) -> None:
    foot = 690.0
    sky(c, foot)
    _buildings(c, foot, 0.0, (150, 330))
    c.fade(380, foot, c.palette.low, 120)
    _buildings(c, foot, 0.4, (110, 390 if c.rng.random() < 0.5 else 300))
    c.fade(470, foot, c.palette.low, 80)
    _buildings(c, foot + 30, 0.8, (60, 220))
    ground = c.layer(1.0)
    c.box(0, 706, WIDTH, 94, ground)
    for _ in range(34):
        round_tree(c, c.rng.uniform(-20, WIDTH), 730, c.rng.uniform(50, 105), ground)


def parliament(c: Canvas) -> None:
    foot = 640.0
    sky(c, foot)
    c.ridge(520, 30, c.layer(0.1))
    _buildings(c, foot, 0.12, (40, 130))
    c.fade(420, foot, c.palette.low, 110)
    stone = mix(c.palette.sun, c.palette.far, 0.34)
    shade = mix(stone, c.palette.near, 0.42)
    centre = WIDTH / 2 + c.rng.uniform(-90, 90)
    for side in (-1, 1):
        left = centre + side * 270 - 190
        _colonnade(c, left, foot, 380, c.rng.choice((128, 146)), stone, shade)
    _colonnade(c, centre - 150, foot, 300, 196, stone, shade)
    c.rng.choice((_dome, _stepped_tower, _clock_tower))(c, centre, 444, stone, shade)
    for k in range(5):
        width = 330 + 46 * k
        tint = mix(stone, c.palette.near, 0.1 + 0.09 * k)
        c.box(centre - width / 2, foot - 10 + 14 * k, width, 15, tint)
    ground = c.layer(0.78)
    c.gradient(foot + 52, HEIGHT, [ground, c.layer(1.0)])
    path: list[Point] = [(centre - 250, foot + 60), (centre + 250, foot + 60)]
    path += [(centre + 520, HEIGHT), (centre - 520, HEIGHT)]
    c.polygon(path, stone, 70)
    for side in (-1, 1):
        for k in range(5):
            x = centre + side * (300 + 105 * k)
            round_tree(c, x, foot + 70 + 8 * k, 92 + 20 * k, c.layer(0.85))


def _colonnade(
    c: Canvas,
    x: float,
    foot: float,
    width: float,
    height: float,
    stone: Colour,
    shade: Colour,
) -> None:
    top = foot - height
    c.box(x, top, width, height, stone)
    c.box(x - 8, top - 8, width + 16, 12, mix(stone, c.palette.sun, 0.5))
    c.box(x + 10, top + 26, width - 20, height - 40, shade)
    count = round(width / 34)
    for k in range(count + 1):
        left = x + 10 + k * (width - 32) / count
        c.box(left, top + 22, 12, height - 34, stone)
    if c.palette.night:
        c.box(x + 10, top + 26, width - 20, height - 40, c.palette.lit, 70)


def _dome(c: Canvas, x: float, foot: float, stone: Colour, shade: Colour) -> None:
    c.polygon([(x - 160, foot), (x, foot - 52), (x + 160, foot)], stone)
    c.disc(x, foot - 106, 68, mix(c.palette.accent, c.palette.far, 0.5))
    _colonnade(c, x - 74, foot - 30, 148, 70, stone, shade)
    c.box(x - 78, foot - 108, 156, 14, stone)
    c.box(x - 8, foot - 206, 16, 40, stone)
    c.line([(x, foot - 206), (x, foot - 242)], stone, 4)


def _stepped_tower(
    c: Canvas, x: float, foot: float, stone: Colour, shade: Colour
) -> None:
    _colonnade(c, x - 62, foot, 124, 112, stone, shade)
    for k in range(5):
        width = 136 - 25 * k
        tint = mix(stone, c.palette.near, 0.06 * k)
        c.box(x - width / 2, foot - 138 - 19 * k, width, 20, tint)
    c.polygon([(x - 18, foot - 214), (x, foot - 252), (x + 18, foot - 214)], shade)


def _clock_tower(
    c: Canvas, x: float, foot: float, stone: Colour, shade: Colour
) -> None:
    c.box(x - 36, foot - 210, 72, 210, stone)
    for k in range(3):
        c.box(x - 22 + k * 17, foot - 120, 9, 96, shade)
    c.box(x - 44, foot - 214, 88, 12, mix(stone, c.palette.sun, 0.5))
    c.disc(x, foot - 168, 25, c.palette.lit)
    c.line([(x, foot - 186), (x, foot - 168), (x + 12, foot - 162)], shade, 3)
    roof = mix(c.palette.accent, c.palette.near, 0.3)
    c.polygon([(x - 42, foot - 214), (x, foot - 300), (x + 42, foot - 214)], roof)


def runway(c: Canvas) -> None:
    horizon = c.rng.uniform(430, 490)
    sky(c, horizon)
    c.ridge(horizon - 22, 40, c.layer(0.15))
    _buildings(c, horizon + 4, 0.3, (8, 30))
    _control_tower(c, c.rng.choice((0.14, 0.84)) * WIDTH, horizon + 6)
    grass = mix(c.layer(0.6), rgb("4d7a4f"), 0.35)
    c.gradient(horizon, HEIGHT, [mix(grass, c.palette.low, 0.35), grass])
    vanish = c.rng.uniform(0.38, 0.62) * WIDTH
    tarmac = mix(c.layer(0.85), rgb("3b4250"), 0.5)
    strip: list[Point] = [(vanish - 12, horizon), (vanish + 12, horizon)]
    c.polygon([*strip, (vanish + 620, HEIGHT), (vanish - 620, HEIGHT)], tarmac)
    for near, far in _perspective(13):
        top, low = (horizon + (HEIGHT - horizon) * share for share in (far, near))
        wide = 15 * near
        dash: list[Point] = [(vanish - wide * 0.8, top), (vanish + wide * 0.8, top)]
        dash += [(vanish + wide, low), (vanish - wide, low)]
        c.polygon(dash, c.palette.sun, 215)
        for side in (-1, 1):
            x = vanish + side * (12 + 600 * near)
            c.glow(x, low, 6 + 26 * near, c.palette.lit, 200)
            c.disc(x, low, 1 + 5 * near, c.palette.lit)
    _aircraft(c, vanish + c.rng.uniform(-260, 260), c.rng.uniform(150, 270))


def _perspective(count: int) -> Iterator[tuple[float, float]]:
    """Near and far end of dashes along a strip, as shares of its depth on screen."""
    for k in range(count):
        yield 1 / (1 + 0.55 * k), 1 / (1 + 0.55 * (k + 0.5))


def _control_tower(c: Canvas, x: float, foot: float) -> None:
    colour = c.layer(0.62)
    c.polygon(
        [(x - 13, foot), (x - 9, foot - 130), (x + 9, foot - 130), (x + 13, foot)],
        colour,
    )
    cab: list[Point] = [(x - 20, foot - 130), (x - 30, foot - 164)]
    cab += [(x + 30, foot - 164), (x + 20, foot - 130)]
    c.polygon(cab, colour)
    c.box(x - 26, foot - 158, 52, 14, c.palette.lit, 225)
    c.line([(x, foot - 164), (x, foot - 202)], colour, 3)


#: Outline of an airliner seen from the side, nose to the right, length 2.
_AIRLINER: tuple[Point, ...] = (
    (1.0, 0.0), (0.9, -0.08), (0.78, -0.12), (-0.6, -0.12), (-0.82, -0.46),
    (-0.98, -0.46), (-0.9, -0.08), (-0.96, -0.02), (-0.7, 0.08), (-0.05, 0.12),
    (-0.34, 0.4), (-0.18, 0.4), (0.3, 0.12), (0.8, 0.1), (0.95, 0.05),
)  # fmt: skip


def _aircraft(c: Canvas, x: float, y: float) -> None:
    size = c.rng.uniform(80, 125)
    facing = c.rng.choice((-1, 1))
    tilt = math.radians(-13)
    points: list[Point] = []
    for a, b in _AIRLINER:
        turned = a * math.cos(tilt) - b * math.sin(tilt)
        rise = a * math.sin(tilt) + b * math.cos(tilt)
        points.append((x + facing * turned * size, y + rise * size))
    trail = (x - facing * 3.4 * size, y + 0.8 * size)
    c.line([trail, (x - facing * 0.9 * size, y + 0.2 * size)], c.palette.sun, 5, 60)
    c.polygon(points, c.layer(0.92))
