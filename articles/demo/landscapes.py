"""Scenes under the open sky: mountains, sea, forest, turbines, fields."""

import math

from .canvas import HEIGHT, WIDTH, Canvas, Colour, Point, mix, rgb


def sky(c: Canvas, horizon: float = HEIGHT) -> Point:
    """Sky, stars, sun or moon, and a few clouds; where the sun stands comes back."""
    p = c.palette
    c.gradient(0, horizon, [p.high, mix(p.high, p.low, 0.55), p.low])
    if p.night:
        for _ in range(90):
            x, y = c.rng.uniform(0, WIDTH), c.rng.uniform(0, horizon * 0.7)
            c.disc(x, y, c.rng.uniform(0.6, 1.7), p.sun, c.rng.randint(60, 200))
    x = c.rng.choice((0.24, 0.38, 0.66, 0.78)) * WIDTH + c.rng.uniform(-50, 50)
    y = horizon * c.rng.uniform(0.28, 0.62)
    size = c.rng.uniform(38, 68)
    c.glow(x, y, size * 7, p.sun, 120 if p.night else 210)
    c.disc(x, y, size, p.sun)
    for _ in range(c.rng.randint(2, 4)):
        _cloud(c, c.rng.uniform(0, WIDTH), horizon * c.rng.uniform(0.1, 0.62))
    return x, y


def _cloud(c: Canvas, x: float, y: float) -> None:
    alpha = 26 if c.palette.night else 74
    for _ in range(c.rng.randint(2, 4)):
        width = c.rng.uniform(120, 330)
        height = c.rng.uniform(12, 24)
        left = x - width / 2 + c.rng.uniform(-90, 90)
        c.box(left, y, width, height, c.palette.sun, alpha, radius=height / 2)
        y += height


def water(c: Canvas, top: float, sun_x: float, bottom: float = HEIGHT) -> None:
    p = c.palette
    deep = mix(p.near, p.high, 0.35)
    c.gradient(top, bottom, [mix(p.low, p.far, 0.3), mix(p.far, deep, 0.55), deep])
    depth = bottom - top
    for _ in range(70):
        share = c.rng.random() ** 1.4
        width = c.rng.uniform(20, 130) * (0.35 + share)
        x = sun_x + c.rng.gauss(0, 34 + 150 * share) - width / 2
        thick = 1.5 + 4 * share
        alpha = round(150 * (1 - 0.7 * share))
        c.box(x, top + 4 + share * depth * 0.94, width, thick, p.sun, alpha, thick / 2)
    for _ in range(40):
        share = c.rng.random()
        width = c.rng.uniform(40, 220) * (0.3 + share)
        x, y = c.rng.uniform(-100, WIDTH), top + share * depth
        c.box(x, y, width, 1.5 + 2 * share, p.near, 26, 2)


def conifer(c: Canvas, x: float, foot: float, height: float, colour: Colour) -> None:
    half = height * c.rng.uniform(0.17, 0.23)
    for tier in range(4):
        tip = foot - height + height * 0.2 * tier
        width = half * (0.4 + 0.2 * tier)
        low = tip + height * 0.36
        c.polygon([(x, tip), (x - width, low), (x + width, low)], colour)
    thick = height * 0.03
    c.box(x - thick / 2, foot - height * 0.08, thick, height * 0.12, colour)


def round_tree(c: Canvas, x: float, foot: float, size: float, colour: Colour) -> None:
    c.box(x - size * 0.04, foot - size * 0.5, size * 0.08, size * 0.5, colour)
    for dx, dy, r in ((0, 0.72, 0.28), (-0.2, 0.56, 0.2), (0.2, 0.55, 0.21)):
        c.disc(x + dx * size, foot - dy * size, r * size, colour)


def mountains(c: Canvas) -> None:
    sky(c)
    layers = c.rng.randint(4, 5)
    for k in range(layers):
        depth = k / (layers - 1)
        base = 390 + 330 * depth
        colour = c.layer(depth**1.3)
        outline = c.ridge(base, 120 - 50 * depth, colour, rough=2.2 - 1.2 * depth)
        if k < layers - 1:
            c.fade(base - 60, HEIGHT, mix(c.palette.low, c.palette.sun, 0.3), 105)
            continue
        for x, y in outline[:: c.rng.randint(2, 3)]:
            conifer(c, x, y + 16, c.rng.uniform(40, 105), colour)


def sea(c: Canvas) -> None:
    horizon = c.rng.uniform(380, 450)
    sun_x, _ = sky(c, horizon)
    if c.rng.random() < 0.7:
        _island(c, c.rng.choice((0.1, 0.85)) * WIDTH, horizon)
    water(c, horizon, sun_x)
    for place in c.rng.sample((0.14, 0.38, 0.62, 0.86), c.rng.randint(1, 3)):
        x = place * WIDTH + c.rng.uniform(-40, 40)
        size = c.rng.uniform(0.5, 1.1)
        y = horizon + 40 + 170 * (size - 0.5)
        c.rng.choice((_sailing_boat, freighter))(c, x, y, size)
    for depth in (0.55, 0.8, 1.0):
        colour = mix(c.layer(depth), c.palette.high, 0.25)
        c.ridge(690 + 70 * depth, 13, colour, rough=0.4)


def _island(c: Canvas, x: float, horizon: float) -> None:
    for share in (1.0, 0.62):
        half = 260 * share
        high = c.rng.uniform(60, 110) * share
        points: list[Point] = [
            (x + half * t / 20, horizon + 2 - high * (1 - (t / 20) ** 2) ** 0.8)
            for t in range(-20, 21)
        ]
        c.polygon(points, c.layer(0.35 + 0.3 * (1 - share)))


def _sailing_boat(c: Canvas, x: float, y: float, size: float) -> None:
    s = 60 * size
    c.box(x - 1.2 * s, y + 0.34 * s, 2.4 * s, 5, c.palette.near, 60, 3)
    hull: list[Point] = [(-1, 0), (1, 0), (0.7, 0.3), (-0.75, 0.3)]
    c.polygon([(x + a * s, y + b * s) for a, b in hull], c.palette.near)
    main: list[Point] = [(0, -2.2), (0, -0.12), (0.95, -0.12)]
    c.polygon([(x + a * s, y + b * s) for a, b in main], c.palette.sun)
    jib: list[Point] = [(-0.08, -2.0), (-0.08, -0.12), (-0.8, -0.12)]
    c.polygon([(x + a * s, y + b * s) for a, b in jib], c.palette.accent)


def freighter(c: Canvas, x: float, y: float, size: float) -> None:
    s = 130 * size
    for k in range(7):
        high = c.rng.choice((0.1, 0.2, 0.2, 0.3))
        tint = c.rng.choice((c.palette.accent, c.palette.far, c.palette.lit))
        left = x - 0.62 * s + k * 0.2 * s
        c.box(left, y - high * s, 0.185 * s, high * s, tint)
    c.box(x - 0.95 * s, y - 0.46 * s, 0.24 * s, 0.46 * s, c.palette.sun)
    c.box(x - 0.97 * s, y - 0.4 * s, 0.28 * s, 0.05 * s, c.palette.near)
    hull: list[Point] = [(-1.05, 0), (1.15, 0), (0.98, 0.24), (-1, 0.24)]
    c.polygon([(x + a * s, y + b * s) for a, b in hull], c.palette.near)
    c.box(x - s, y + 0.19 * s, 1.99 * s, 0.05 * s, c.palette.accent)
    c.box(x - 1.2 * s, y + 0.26 * s, 2.5 * s, 5, c.palette.near, 60, 3)


def forest(c: Canvas) -> None:
    sun_x, sun_y = sky(c)
    layers = 5
    for k in range(layers):
        depth = k / (layers - 1)
        foot = 470 + 300 * depth
        green = mix(c.layer(depth), rgb("1d5a45"), 0.34)
        c.ridge(foot - 10, 26, green, rough=0.5)
        x = c.rng.uniform(-40, 0)
        while x < WIDTH + 60:
            height = (120 + 240 * depth) * c.rng.uniform(0.65, 1.15)
            conifer(c, x, foot + 30, height, green)
            x += (26 + 70 * depth) * c.rng.uniform(0.6, 1.5)
        if k < layers - 1:
            c.fade(foot - 190, HEIGHT, mix(c.palette.low, c.palette.sun, 0.4), 92)
    for _ in range(0 if c.palette.night else 4):
        reach = c.rng.uniform(-420, 420)
        beam: list[Point] = [(sun_x - 8, sun_y), (sun_x + 8, sun_y)]
        beam += [(sun_x + reach + 95, HEIGHT), (sun_x + reach, HEIGHT)]
        c.polygon(beam, c.palette.sun, 17)


def turbines(c: Canvas) -> None:
    horizon = c.rng.uniform(470, 540)
    sun_x, _ = sky(c, horizon + 80)
    at_sea = c.rng.random() < 0.5
    if at_sea:
        water(c, horizon, sun_x)
    else:
        c.ridge(horizon + 10, 55, c.layer(0.25))
        c.fade(horizon - 20, HEIGHT, c.palette.low, 90)
    spots = sorted(c.rng.uniform(0.3, 1.0) for _ in range(c.rng.randint(5, 8)))
    slots = c.rng.sample(range(len(spots)), len(spots))
    for slot, size in zip(slots, spots, strict=True):
        x = (slot + c.rng.uniform(0.35, 0.65)) / len(spots) * WIDTH
        foot = horizon + (170 * (size - 0.3) if at_sea else 60 + 120 * size)
        _turbine(c, x, foot, 390 * size, mix(c.palette.sun, c.layer(0.5), 0.15))
    if not at_sea:
        for depth in (0.55, 0.85, 1.0):
            c.ridge(horizon + 30 + 200 * depth, 45, c.layer(depth), rough=0.3)


def _turbine(c: Canvas, x: float, foot: float, height: float, colour: Colour) -> None:
    wide = height * 0.02
    top = foot - height
    tower: list[Point] = [(x - wide, foot), (x - wide * 0.5, top)]
    tower += [(x + wide * 0.5, top), (x + wide, foot)]
    c.polygon(tower, colour)
    turn = c.rng.uniform(0, math.tau)
    for k in range(3):
        angle = turn + k * math.tau / 3
        reach = height * 0.56
        tip = (x + reach * math.cos(angle), top + reach * math.sin(angle))
        bulge = reach * 0.2
        side = angle + 0.2
        mid = (x + bulge * math.cos(side), top + bulge * math.sin(side))
        c.polygon([(x, top), mid, tip], colour)
        c.line([(x, top), tip], colour, max(1.2, height * 0.008))
    c.disc(x, top, wide * 1.2, colour)


def fields(c: Canvas) -> None:
    horizon = c.rng.uniform(370, 430)
    sky(c, horizon + 40)
    c.ridge(horizon - 10, 50, c.layer(0.15))
    c.ridge(horizon + 25, 22, c.layer(0.35))
    vanish = c.rng.uniform(0.25, 0.75) * WIDTH
    ground = mix(c.palette.accent, c.palette.far, 0.35)
    rows = (mix(ground, c.palette.lit, 0.5), mix(ground, c.palette.near, 0.28))
    c.gradient(horizon + 46, HEIGHT, [rows[0], ground])
    step = 74
    for k, left in enumerate(range(-2400, 3700, step)):
        edge: list[Point] = [(vanish + (left - vanish) * 0.05, horizon + 46)]
        edge += [(vanish + (left + step - vanish) * 0.05, horizon + 46)]
        edge += [(left + step, HEIGHT), (left, HEIGHT)]
        c.polygon(edge, rows[k % 2], 130)
    c.fade(horizon + 46, HEIGHT, c.palette.near, 110)
    _farm(c, c.rng.choice((0.2, 0.74)) * WIDTH, horizon + 66)
    for _ in range(c.rng.randint(7, 12)):
        x = c.rng.uniform(0, WIDTH)
        round_tree(c, x, horizon + 56, c.rng.uniform(30, 64), c.layer(0.62))


def _farm(c: Canvas, x: float, foot: float) -> None:
    wall = mix(c.palette.sun, c.palette.far, 0.2)
    c.box(x, foot - 46, 120, 46, wall)
    roof: list[Point] = [(x - 10, foot - 46), (x + 16, foot - 88)]
    roof += [(x + 104, foot - 88), (x + 130, foot - 46)]
    c.polygon(roof, c.palette.accent)
    for k in range(3):
        c.box(x + 16 + k * 34, foot - 32, 17, 18, c.layer(0.8))
    c.box(x + 140, foot - 104, 30, 104, mix(wall, c.palette.near, 0.25))
    c.disc(x + 155, foot - 104, 15, mix(wall, c.palette.near, 0.25))
