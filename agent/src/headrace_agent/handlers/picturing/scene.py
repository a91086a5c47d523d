"""Paints a landscape from what was understood of a prompt; the same seed paints the same one."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from headrace_agent.handlers.picturing.noise import Floats, clouds, ridge
from headrace_agent.handlers.picturing.words import Wishes

_Color = tuple[int, int, int]

#: Sky at the zenith, sky at the horizon, and how bright the land is.
_LIGHT: dict[str, tuple[_Color, _Color, float]] = {
    "day": ((62, 128, 210), (196, 226, 244), 1.0),
    "sunset": ((70, 52, 120), (255, 150, 70), 0.62),
    "dawn": ((110, 130, 190), (255, 205, 190), 0.8),
    "night": ((8, 12, 36), (34, 48, 92), 0.3),
}
_LAND: dict[str, _Color] = {
    "mountains": (104, 108, 120),
    "hills": (92, 150, 70),
    "desert": (214, 172, 108),
    "city": (84, 88, 100),
}
_SEASON: dict[str, _Color] = {"winter": (236, 242, 250), "autumn": (190, 116, 44), "spring": (130, 190, 90)}
_LAYERS = 4


def painted(wishes: Wishes, *, width: int, height: int, seed: int) -> Image.Image:
    """An RGB picture of that size."""
    rng = np.random.default_rng(seed)
    horizon = int(height * rng.uniform(0.5, 0.62))
    image = Image.fromarray(_sky(wishes, rng, width, height, horizon).clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    _light_source(draw, wishes, rng, width, horizon)
    for layer in range(_LAYERS):
        _land(draw, wishes, rng, (width, height), horizon, layer / (_LAYERS - 1))
    if wishes.water:
        _mirror(image, wishes, rng, int(height * 0.72))
    if wishes.weather == "fog":
        image = Image.blend(image, Image.new("RGB", image.size, (214, 220, 226)), 0.45)
    return image


def _sky(wishes: Wishes, rng: np.random.Generator, width: int, height: int, horizon: int) -> Floats:
    top, bottom, light = (np.array(part, dtype=float) for part in _LIGHT[wishes.time])
    share = np.linspace(0, 1, max(horizon, 1)) ** 1.4
    column = top + (bottom - top) * share[:, None]
    sky = np.repeat(
        np.vstack([column, np.repeat(column[-1:], height - horizon, axis=0)])[:, None], width, axis=1
    )
    cover = {"clear": 0.3, "clouds": 0.65, "storm": 0.9, "fog": 0.5}[wishes.weather]
    density = ((clouds(rng, width, height) - (1 - cover)) / max(cover, 0.05)).clip(0, 1)[..., None]
    tint = np.array([70, 74, 86] if wishes.weather == "storm" else [250, 250, 252], dtype=float)
    return np.asarray(sky + (tint * max(float(light), 0.35) - sky) * density * 0.8)


def _light_source(
    draw: ImageDraw.ImageDraw, wishes: Wishes, rng: np.random.Generator, width: int, horizon: int
) -> None:
    if wishes.time == "night":
        for _ in range(width * horizon // 900):
            x, y, shine = rng.uniform(0, width), rng.uniform(0, horizon), int(rng.uniform(120, 255))
            draw.point((x, y), fill=(shine, shine, shine))
    low = wishes.time in {"sunset", "dawn"}
    x, y = (
        rng.uniform(0.2, 0.8) * width,
        horizon * (rng.uniform(0.72, 0.85) if low else rng.uniform(0.15, 0.35)),
    )
    radius = width * (0.055 if low else 0.04)
    color = (236, 238, 246) if wishes.time == "night" else (255, 226, 150) if low else (255, 250, 226)
    if wishes.weather != "storm":
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


def _land(
    draw: ImageDraw.ImageDraw,
    wishes: Wishes,
    rng: np.random.Generator,
    size: tuple[int, int],
    horizon: int,
    near: float,
) -> None:
    """One layer, from the far one (``near`` 0, pale) to the front one (1)."""
    width, height = size
    _, haze, light = _LIGHT[wishes.time]
    own = np.array(_LAND[wishes.land], dtype=float)
    if wishes.season in _SEASON and wishes.land != "city":
        own = own * 0.3 + np.array(_SEASON[wishes.season]) * 0.7
    color = own * light * (1 - 0.35 * near)
    color = color * (0.35 + 0.65 * near) + np.array(haze) * (0.65 - 0.65 * near)
    fill = (int(color[0]), int(color[1]), int(color[2]))
    rough = {"mountains": 0.55, "hills": 0.32, "desert": 0.28, "city": 0.3}[wishes.land]
    rise = {"mountains": 0.42, "hills": 0.16, "desert": 0.14, "city": 0.1}[wishes.land] * (1 - 0.6 * near)
    base = horizon + (height - horizon) * 0.55 * near
    line = base - ridge(rng, width, roughness=rough) * rise * height
    draw.polygon([(0, height), *((x, float(y)) for x, y in enumerate(line)), (width, height)], fill=fill)
    if wishes.land == "city" and near < 1:
        _houses(draw, wishes, rng, line, near, fill)
    if wishes.trees and near > 0:
        _trees(draw, rng, line, near, tuple(int(part * 0.6) for part in fill))


def _houses(
    draw: ImageDraw.ImageDraw,
    wishes: Wishes,
    rng: np.random.Generator,
    line: Floats,
    near: float,
    fill: _Color,
) -> None:
    x, window = 0.0, (255, 224, 130)
    unit = line.size / 40 * (0.6 + near)
    while x < line.size:
        wide, tall = unit * rng.uniform(0.7, 1.8), unit * rng.uniform(2, 9)
        foot = float(line[min(int(x), line.size - 1)]) + unit
        draw.rectangle((x, foot - tall, x + wide, foot), fill=fill)
        if wishes.time in {"night", "sunset"}:
            for _ in range(int(tall / unit * 3)):
                px, py = x + rng.uniform(0.1, 0.8) * wide, foot - rng.uniform(0.1, 0.95) * tall
                draw.rectangle((px, py, px + unit * 0.12, py + unit * 0.16), fill=window)
        x += wide * rng.uniform(1.0, 1.3)


def _trees(
    draw: ImageDraw.ImageDraw, rng: np.random.Generator, line: Floats, near: float, fill: tuple[int, ...]
) -> None:
    for _ in range(int(70 * (1.2 - near))):
        x = int(rng.integers(0, line.size))
        tall = line.size * (0.03 + 0.1 * near) * rng.uniform(0.6, 1.2)
        foot = float(line[x]) + tall * 0.15
        for step in range(3):
            top, half = foot - tall * (0.5 + 0.25 * step), tall * (0.26 - 0.06 * step)
            bottom = top + tall * 0.45
            draw.polygon([(x, top), (x - half, bottom), (x + half, bottom)], fill=fill)


def _mirror(image: Image.Image, wishes: Wishes, rng: np.random.Generator, shore: int) -> None:
    """Water below ``shore``, mirroring what is above it, with waves that grow towards the viewer."""
    pixels = np.asarray(image).astype(float)
    depth = image.height - shore
    rows = np.arange(depth)
    waves = np.sin(rows / (2 + rows / 18) + rng.uniform(0, 6)) * rows / depth * image.width * 0.012
    columns = (np.arange(image.width)[None] + waves[:, None]).astype(int).clip(0, image.width - 1)
    above = pixels[(shore - 1 - rows * shore // max(image.height, 1)).clip(0)[:, None], columns]
    tint = np.array([170, 200, 215] if wishes.season == "winter" else [40, 80, 120]) * _LIGHT[wishes.time][2]
    image.paste(Image.fromarray((above * 0.7 + tint * 0.3).clip(0, 255).astype(np.uint8)), (0, shore))
