"""From a phantom to its picture and the five landmarks in it."""

from __future__ import annotations

import numpy as np

from readerstudy.phantoms import hair, scene
from readerstudy.phantoms.anatomy import Anatomy, Frame, landmarks, measure
from readerstudy.phantoms.brows import paint_brow
from readerstudy.phantoms.camera import Pose, develop
from readerstudy.phantoms.eyes import paint_eye
from readerstudy.phantoms.mouth import paint_lips, paint_mouth_line, paint_nostrils
from readerstudy.phantoms.phantom import Looks, Phantom
from readerstudy.phantoms.relief import Head, half_width, outline, relief
from readerstudy.phantoms.skin import Lamp, albedo


def render(phantom: Phantom) -> tuple[np.ndarray, np.ndarray]:
    """Draw a phantom: RGB uint8 (600, 480, 3) and landmarks (5, 2) in pixels.

    Landmarks are (column, row) of the eyes, the nose tip and the mouth's corners, the viewer's left first.
    """
    looks = phantom.looks
    rng = np.random.default_rng(looks.texture_seed)
    anatomy = measure(phantom.scores, age_months=phantom.age_months)
    frame, lamp = Frame(phantom, anatomy), Lamp(looks)
    head = outline(frame, anatomy)
    depth = relief(frame, anatomy, head)
    back_hair, front_hair = hair.layers(frame, anatomy, looks, head=head)
    picture = scene.wall(frame, looks, lamp, rng)
    _lay(picture, *scene.shirt(frame, anatomy, looks, lamp=lamp, rng=rng))
    _lay(picture, *back_hair.layer(lamp, rng))
    _lay(picture, *scene.neck(frame, anatomy, looks, lamp=lamp, rng=rng))
    for side in (-1, 1):
        edge = float(half_width(np.array([anatomy.ear_y]), anatomy)[0])
        scene.paint_ear(picture, frame, anatomy, looks, side=side, edge=edge, lamp=lamp)
    _lay(picture, slice(None), _face(frame, anatomy, looks, lamp=lamp, depth=depth, rng=rng), head.cover)
    _lay(picture, *front_hair.layer(lamp, rng))
    pose = Pose(looks, frame, _posed_depth(frame, depth, head))
    points = np.array([frame.pixel(x, y) for x, y in landmarks(anatomy)])
    return develop(pose.apply(picture), looks, rng), pose.forward(points)


def _face(
    frame: Frame, a: Anatomy, looks: Looks, *, lamp: Lamp, depth: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    skin = albedo(frame, a, looks, rng)
    wet = paint_lips(skin, frame, a, tone=looks.tone)
    light, gloss = lamp.shade(depth, radius=frame.radius)
    lit = skin * light + (gloss * (looks.gloss + np.float32(0.10) * wet))[..., None].astype(np.float32)
    paint_nostrils(lit, frame, a)
    paint_mouth_line(lit, frame, a)
    for side in (-1, 1):
        paint_eye(lit, frame, a, looks, side=side, lamp=lamp)
        paint_brow(lit, frame, a, looks, side=side, rng=rng)
    return lit


def _lay(picture: np.ndarray, rows: slice, colour: np.ndarray, cover: np.ndarray) -> None:
    """Lay a layer over the picture's rows, in place."""
    target = picture[rows]
    target += (colour - target) * cover[..., None]


def _posed_depth(frame: Frame, depth: np.ndarray, head: Head) -> np.ndarray:
    """The head's depth, and a little for the shoulders, so that nothing tears when the head turns."""
    body = np.float32(0.15) * np.clip((frame.y - np.float32(0.9)) / 0.6, 0, 1)
    return np.maximum(depth * head.cover, body)
