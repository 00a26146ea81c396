"""Photograph: a grey picture with edges, textures and soft shades, computed here, so that no licence comes with it."""

from __future__ import annotations

from functools import cache

import numpy as np

from cnnstudio.insight.calculation import Numbers

SIDE = 96
_FINER = 3  # rays along each side of a pixel
_LIGHT = np.array([-0.55, 0.75, -0.45]) / np.linalg.norm([-0.55, 0.75, -0.45])
_BALL, _RADIUS = np.array([0.35, 0.0, 3.1]), 1.0
_WALL = 5.2  # how far off it stands


@cache
def photograph() -> Numbers:
    """A ball on a chequered floor before a brick wall, (1, 96, 96), whole numbers from 0 to 255; always the same.

    Each ray is followed once, as in Whitted 1980, "An improved illumination model for shaded display".
    """
    count = SIDE * _FINER
    across, down = np.meshgrid(np.linspace(-0.62, 0.62, count), np.linspace(0.52, -0.72, count))
    ray = np.stack([across, down, np.ones_like(across)], -1)
    ray /= np.linalg.norm(ray, axis=-1, keepdims=True)
    floor, wall = _to_floor(ray), _WALL / ray[..., 2]
    ball = _to_ball(np.zeros(3), ray)
    shade = np.where(floor < wall, _floor(ray * floor[..., None]), _bricks(ray * wall[..., None]))
    shade = np.where(ball < np.minimum(floor, wall), _ball(ray, np.where(np.isfinite(ball), ball, 1.0)), shade)
    fine = np.clip(shade, 0, 1).reshape(SIDE, _FINER, SIDE, _FINER).mean((1, 3))
    grain = np.random.default_rng(7).normal(0, 2.5, fine.shape)
    made: Numbers = np.clip(np.round(fine**0.8 * 255 + grain), 0, 255)[None]
    made.setflags(write=False)
    return made


def _to_floor(ray: Numbers) -> Numbers:
    with np.errstate(divide="ignore"):
        return np.where(ray[..., 1] < 0, -1.0 / ray[..., 1], np.inf)


def _to_ball(start: Numbers, ray: Numbers) -> Numbers:
    """How far the ball is from ``start`` along each ray; infinite where the ray passes it."""
    off = _BALL - start
    along = (off * ray).sum(-1)
    root = along**2 - (off**2).sum(-1) + _RADIUS**2
    return np.where((root > 0) & (along > 0), along - np.sqrt(np.maximum(root, 0)), np.inf)


def _floor(place: Numbers) -> Numbers:
    place = np.where(np.isfinite(place), place, 0.0)
    tiles = (np.floor(place[..., 0] / 0.6) + np.floor(place[..., 2] / 0.6)) % 2
    lit = np.where(np.isfinite(_to_ball(place, np.broadcast_to(_LIGHT, place.shape))), 0.3, 0.9)
    return (0.22 + 0.68 * tiles) * lit


def _bricks(place: Numbers) -> Numbers:
    row = place[..., 1] / 0.34
    column = place[..., 0] / 0.8 + 0.5 * (np.floor(row) % 2)
    is_mortar = (row % 1 < 0.14) | (column % 1 < 0.06)
    tone = 0.42 + 0.13 * np.sin(12.9898 * np.floor(row) + 78.233 * np.floor(column))
    return np.where(is_mortar, 0.72, tone) * (0.95 - 0.12 * place[..., 0])


def _ball(ray: Numbers, far: Numbers) -> Numbers:
    normal = (ray * far[..., None] - _BALL) / _RADIUS
    facing = (normal * _LIGHT).sum(-1)
    mirrored = 2 * facing[..., None] * normal - _LIGHT
    gleam = np.clip(-(mirrored * ray).sum(-1), 0, 1) ** 40
    lit: Numbers = 0.12 + 0.72 * np.clip(facing, 0, 1) + 0.6 * gleam
    return lit
