"""Scenes seen from close by: a circuit, a chart, a laboratory."""

import math
from collections.abc import Callable
from itertools import accumulate

from .canvas import HEIGHT, WIDTH, Canvas, Colour, Point, mix, rgb


def circuit(c: Canvas) -> None:
    p = c.palette
    board = mix(p.near, rgb("0e3b43"), 0.55)
    c.gradient(0, HEIGHT, [mix(board, p.high, 0.3), board, mix(board, p.near, 0.5)])
    x, y = (c.rng.uniform(0.38, 0.62) * size for size in (WIDTH, HEIGHT))
    c.glow(x, y, 620, p.accent, 120)
    copper = mix(board, p.far, 0.55)
    for _ in range(46):
        _trace(c, mix(copper, p.lit, c.rng.uniform(0, 0.4)), x, y)
    for _ in range(9):
        cx, cy = c.rng.uniform(40, WIDTH - 40), c.rng.uniform(40, HEIGHT - 40)
        if abs(cx - x) > 210 or abs(cy - y) > 210:
            _part(c, cx, cy, board)
    _chip(c, x, y, c.rng.uniform(118, 150), board)


def _trace(c: Canvas, colour: Colour, x: float, y: float) -> None:
    """A track from the chip's edge: straight, a bend of 45 degrees, straight."""
    angle = c.rng.randrange(4) * math.pi / 2
    cos, sin = math.cos(angle), math.sin(angle)
    offset = c.rng.randint(-8, 8) * 14
    bend = c.rng.choice((-1, 0, 1)) * c.rng.randint(2, 12) * 14
    first = c.rng.uniform(170, 330)
    last = first + abs(bend) + c.rng.uniform(40, 420)
    path = [(100.0, offset), (first, offset), (first + abs(bend), offset + bend)]
    path.append((last, offset + bend))
    points: list[Point] = [
        (x + a * cos - b * sin, y + a * sin + b * cos) for a, b in path
    ]
    c.line(points, colour, 3.4)
    end_x, end_y = points[-1]
    c.disc(end_x, end_y, 8, colour)
    c.disc(end_x, end_y, 3.6, c.palette.near)


def _part(c: Canvas, x: float, y: float, board: Colour) -> None:
    wide, high = c.rng.choice(((70, 44), (44, 70), (54, 54)))
    pins = mix(board, c.palette.lit, 0.6)
    for k in range(3):
        c.box(x - wide / 2 - 7, y - high / 3 + k * high / 3 - 2, wide + 14, 5, pins)
    dark = mix(board, c.palette.near, 0.75)
    c.box(x - wide / 2, y - high / 2, wide, high, dark, 255, 6)
    c.disc(x - wide / 2 + 11, y - high / 2 + 11, 3, pins)


def _chip(c: Canvas, x: float, y: float, half: float, board: Colour) -> None:
    p = c.palette
    pins = mix(board, p.lit, 0.75)
    for k in range(11):
        at = -half + half * 2 * (k + 0.5) / 11
        c.box(x - half - 18, y + at - 4, half * 2 + 36, 8, pins, 255, 3)
        c.box(x + at - 4, y - half - 18, 8, half * 2 + 36, pins, 255, 3)
    dark = mix(p.near, (8, 14, 22), 0.5)
    c.box(x - half, y - half, half * 2, half * 2, dark, 255, 16)
    inner = half * 0.58
    core = mix(dark, p.accent, 0.55)
    c.box(x - inner, y - inner, inner * 2, inner * 2, core, 255, 10)
    cells = 6
    step = inner * 2 / cells
    for row in range(cells):
        for column in range(cells):
            tint = mix(p.accent, p.lit, c.rng.random())
            alpha = c.rng.randint(40, 200)
            left, top = x - inner + column * step + 3, y - inner + row * step + 3
            c.box(left, top, step - 6, step - 6, tint, alpha, 3)


def chart(c: Canvas) -> None:
    p = c.palette
    paper = mix(p.low, p.sun, 0.5)
    if p.night:
        paper = mix(p.high, p.near, 0.4)
    c.gradient(0, HEIGHT, [mix(paper, p.high, 0.22), paper])
    c.glow(c.rng.uniform(200, 1000), 120, 640, p.sun, 40 if p.night else 130)
    ink = p.far if p.night else p.near
    for row in range(6):
        c.box(110, 130 + row * 108, 980, 2, ink, 42)
    count = c.rng.randint(9, 13)
    values = _walk(c, count, 0.16)
    slot = 980 / count
    for k, value in enumerate(values):
        high = 90 + 330 * value
        tint = mix(p.far, p.high, k / count)
        c.box(110 + k * slot + slot * 0.2, 670 - high, slot * 0.6, high, tint, 150, 9)
    c.box(110, 664, 980, 8, paper)
    second = mix(p.lit, p.far, 0.4) if p.night else mix(p.near, p.high, 0.4)
    _curve(c, _walk(c, count, 0.13), second, filled=False)
    _curve(c, _walk(c, count, 0.12), p.accent, filled=True)
    c.box(110, 668, 980, 4, ink, 190)


def _walk(c: Canvas, count: int, stride: float) -> list[float]:
    """Values from 0.12 to 0.95, each not far from the one before."""
    drift = c.rng.choice((-0.03, 0.03, 0.05))
    steps = [drift + c.rng.uniform(-stride, stride) for _ in range(count)]
    walk = list(accumulate(steps))
    low, span = min(walk), max(walk) - min(walk)
    return [0.12 + 0.83 * (value - low) / span for value in walk]


def _curve(c: Canvas, values: list[float], colour: Colour, filled: bool) -> None:
    slot = 980 / len(values)
    knots = [(110 + (k + 0.5) * slot, 620 - 440 * v) for k, v in enumerate(values)]
    points: list[Point] = []
    for (x0, y0), (x1, y1) in zip(knots, knots[1:], strict=False):
        for k in range(12):
            ease = (1 - math.cos(math.pi * k / 12)) / 2
            points.append((x0 + (x1 - x0) * k / 12, y0 + (y1 - y0) * ease))
    points.append(knots[-1])
    if filled:
        c.polygon([*points, (knots[-1][0], 668), (knots[0][0], 668)], colour, 52)
    c.line(points, colour, 6)
    for x, y in knots if filled else knots[-1:]:
        c.disc(x, y, 11, colour)
        c.disc(x, y, 5.5, c.palette.sun)


def laboratory(c: Canvas) -> None:
    p = c.palette
    wall = mix(p.low, p.sun, 0.45) if not p.night else mix(p.high, p.low, 0.35)
    c.gradient(0, 600, [mix(wall, p.high, 0.35), wall])
    x = c.rng.choice((0.26, 0.72)) * WIDTH
    _window(c, x, wall)
    _shelf(c, WIDTH - x, 250, wall)
    bench = mix(p.near, p.far, 0.15)
    c.gradient(600, HEIGHT, [mix(bench, p.lit, 0.12), bench])
    c.box(0, 596, WIDTH, 9, mix(bench, p.sun, 0.5))
    things: list[Callable[[Canvas, float, float], None]] = [
        _flask,
        _tube_rack,
        _microscope,
        _flask,
        _beaker,
    ]
    c.rng.shuffle(things)
    for k, thing in enumerate(things):
        thing(c, 130 + k * 235 + c.rng.uniform(-18, 18), 640)


def _liquid(c: Canvas) -> Colour:
    p = c.palette
    return c.rng.choice((p.accent, p.high, mix(p.accent, p.lit, 0.6), p.far))


def _glass(c: Canvas) -> Colour:
    p = c.palette
    return p.sun if p.night else mix(p.high, p.near, 0.2)


def _window(c: Canvas, x: float, wall: Colour) -> None:
    p = c.palette
    c.glow(x, 290, 520, p.sun, 60 if p.night else 150)
    c.box(x - 200, 90, 400, 380, mix(wall, p.near, 0.35), 255, 14)
    for column in range(2):
        for row in range(2):
            tint = mix(p.high, p.low, 0.35 + 0.5 * row)
            c.box(x - 188 + column * 192, 102 + row * 182, 184, 174, tint, 255, 8)
    c.disc(x + c.rng.uniform(-120, 120), 190, 34, p.sun, 235)
    c.box(x - 214, 468, 428, 16, mix(wall, p.near, 0.2), 255, 5)


def _shelf(c: Canvas, x: float, y: float, wall: Colour) -> None:
    for level in range(2):
        foot = y + level * 150
        c.box(x - 190, foot, 380, 11, mix(wall, c.palette.near, 0.5), 255, 4)
        left = x - 172
        while left < x + 140:
            wide, high = c.rng.uniform(24, 48), c.rng.uniform(44, 96)
            tint = mix(_liquid(c), wall, 0.35)
            c.box(left, foot - high, wide, high, tint, 235, 7)
            c.box(left + wide * 0.28, foot - high - 11, wide * 0.44, 13, tint, 235, 3)
            left += wide + c.rng.uniform(7, 22)


def _flask(c: Canvas, x: float, foot: float) -> None:
    tint, glass = _liquid(c), _glass(c)
    outline: list[Point] = [(x - 24, foot - 190), (x + 24, foot - 190)]
    outline += [(x + 24, foot - 120), (x + 84, foot)]
    outline += [(x - 84, foot), (x - 24, foot - 120)]
    c.polygon(outline, glass, 105)
    level = c.rng.uniform(46, 84)
    half = 84 - 60 * level / 120
    fill: list[Point] = [(x - half, foot - level), (x + half, foot - level)]
    c.polygon([*fill, (x + 80, foot - 4), (x - 80, foot - 4)], tint, 225)
    for _ in range(6):
        bubble_x, up = x + c.rng.uniform(-36, 36), c.rng.uniform(10, level - 8)
        c.disc(bubble_x, foot - up, c.rng.uniform(2.5, 6), glass, 130)
    c.box(x - 32, foot - 200, 64, 13, glass, 190, 6)
    c.line([(x - 14, foot - 180), (x - 14, foot - 116)], glass, 4, 150)


def _beaker(c: Canvas, x: float, foot: float) -> None:
    tint, glass = _liquid(c), _glass(c)
    c.box(x - 58, foot - 150, 116, 150, glass, 105, 12)
    level = c.rng.uniform(50, 110)
    c.box(x - 53, foot - level, 106, level - 5, tint, 225, 9)
    for k in range(4):
        c.box(x + 22, foot - 126 + k * 28, 24, 4, glass, 190)
    c.line([(x - 30, foot - 20), (x + 34, foot - 214)], glass, 6, 200)


def _tube_rack(c: Canvas, x: float, foot: float) -> None:
    wood = mix(c.palette.accent, c.palette.near, 0.4)
    for k in range(4):
        left = x - 84 + k * 44
        c.box(left, foot - 158, 28, 148, _glass(c), 115, 14)
        level = c.rng.uniform(44, 104)
        c.box(left + 3, foot - 12 - level, 22, level, _liquid(c), 230, 11)
    c.box(x - 98, foot - 104, 196, 17, wood, 255, 5)
    c.box(x - 98, foot - 22, 196, 22, wood, 255, 5)
    for side in (x - 98, x + 84):
        c.box(side, foot - 104, 14, 100, wood)


def _microscope(c: Canvas, x: float, foot: float) -> None:
    body = c.layer(0.95)
    light = mix(body, c.palette.sun, 0.55)
    c.box(x - 82, foot - 24, 164, 24, body, 255, 10)
    c.line([(x + 46, foot - 20), (x + 66, foot - 110), (x + 26, foot - 196)], body, 24)
    c.box(x - 66, foot - 84, 116, 13, body, 255, 4)
    c.line([(x - 20, foot - 104), (x + 22, foot - 236)], light, 32)
    c.line([(x + 20, foot - 230), (x + 36, foot - 278)], body, 24)
    c.line([(x - 24, foot - 92), (x - 18, foot - 112)], body, 18)
    c.disc(x + 52, foot - 116, 17, light)
