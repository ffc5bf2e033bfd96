"""One uploaded file into one clean picture: upright, 8-bit RGB, without any metadata; or the reason why not."""

import contextlib
import hashlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pillow_heif
from django.utils.translation import gettext_noop as _
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from readerstudy.studies.imports import likeness, limits
from readerstudy.studies.imports.writing import has_writing

pillow_heif.register_heif_opener()

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "HEIF", "AVIF")
FORMATS_IN_WORDS = _("JPEG, PNG, WebP, TIFF, BMP, HEIC or AVIF")
GROUND = (128, 128, 128)
"""What shows through where a picture is transparent: the grey of the readers' canvas."""
WIDE_GREYS = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
GREYS = ("1", "L", "LA", "La")
COLOURLESS = 1.5
"""Mean spread between the three channels (0..255) below which a colour file shows no colour."""
BEGINNINGS = {
    b"%PDF": _("a PDF file"),
    b"PK\x03\x04": _("a ZIP or office file"),
    b"<svg": _("an SVG drawing"),
    b"<?xml": _("an XML file"),
}

# Remarks: they tell what was done and are no reason to look.
WIDE_GREY = _("16-bit grey, scaled to 8 bits: it has no colour.")
MAIN_ONLY = _("Multi-picture JPEG: only the main picture was taken.")
TURNED = _("Turned upright by the camera's note.")
NOTES_DAMAGED = _("The camera's notes were damaged and were ignored.")
REMARKS = {WIDE_GREY, MAIN_ONLY, TURNED, NOTES_DAMAGED}

Image.MAX_IMAGE_PIXELS = limits.PIXELS


class PictureRefused(Exception):
    """The message is the sentence for the report."""


@dataclass(frozen=True, kw_only=True)
class CleanPicture:
    """``data`` is JPEG; ``doubts`` send the photo to a person, ``remarks`` only tell what was done."""

    data: bytes
    width: int
    height: int
    sha256: str  # of the bytes as they came
    fingerprint: str
    doubts: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def clean(data: bytes) -> CleanPicture:
    """Decode, turn upright, reduce to 8-bit sRGB, scale to the limit, re-encode: nothing of the old file survives."""
    remarks: list[str] = []
    with _opened(data) as image:
        _check_header(image)
        has_wide_grey = image.mode in WIDE_GREYS
        if image.format == "MPO":
            remarks.append(MAIN_ONLY)
        rgb = _bare(_rgb(_upright(_decoded(image), remarks)))
    doubts = []
    if has_wide_grey:
        remarks.append(WIDE_GREY)
    elif _is_colourless(rgb):
        doubts.append(_("The photo has no colour."))
    if has_writing(rgb):
        doubts.append(_("There may be writing on the photo: see that no name and no date can be read."))
    out = io.BytesIO()
    rgb.save(out, "JPEG", quality=limits.QUALITY, subsampling=0)
    return CleanPicture(
        data=out.getvalue(),
        width=rgb.width,
        height=rgb.height,
        sha256=hashlib.sha256(data).hexdigest(),
        fingerprint=likeness.fingerprint(rgb),
        doubts=doubts,
        remarks=remarks,
    )


@contextlib.contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    if not data:
        raise PictureRefused(_("The file is empty (0 bytes)."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked right below; the rest is about metadata we drop
            image = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError:
        raise PictureRefused(_too_many_pixels("")) from None
    except UnidentifiedImageError:
        raise PictureRefused(_no_picture(data)) from None
    except Exception as error:  # parsers of broken headers raise anything from SyntaxError to struct.error
        raise PictureRefused(
            _("The picture's header is damaged or cut off (%(name)s).") % {"name": type(error).__name__}
        ) from None
    with image:
        yield image


def _no_picture(data: bytes) -> str:
    start = data[:512].lstrip().lower()
    for beginning, kind in BEGINNINGS.items():
        if start.startswith(beginning.lower()):
            return _("Not a photo but %(kind)s: send %(formats_in_words)s.") % {
                "kind": kind,
                "formats_in_words": FORMATS_IN_WORDS,
            }
    return _("Not a picture in a format that can be read: send %(formats_in_words)s.") % {
        "formats_in_words": FORMATS_IN_WORDS
    }


def _too_many_pixels(size: str) -> str:
    most = limits.PIXELS // 1_000_000
    if not size:
        return _("The header claims far more than %(most)s megapixels: send a smaller copy.") % {"most": most}
    told = {"size": size, "most": most}
    return _("The header claims %(size)s pixels, more than %(most)s megapixels: send a smaller copy.") % told


def _check_header(image: Image.Image) -> None:
    width, height = image.size
    if width * height > limits.PIXELS:
        raise PictureRefused(_too_many_pixels(f"{width} × {height}"))
    if min(width, height) < limits.SHORT_SIDE:
        raise PictureRefused(
            _("Too small: %(width)s × %(height)s pixels, at least %(short_side)s are needed on the shorter side.")
            % {"width": width, "height": height, "short_side": limits.SHORT_SIDE}
        )
    frames = getattr(image, "n_frames", 1)
    if frames > 1 and image.format != "MPO":
        raise PictureRefused(
            _("The file holds %(frames)s pictures (animation or pages): send one still picture.") % {"frames": frames}
        )


def _decoded(image: Image.Image) -> Image.Image:
    if image.format == "JPEG":  # lets libjpeg shrink by 2, 4 or 8 while decoding: far less memory for large photos
        image.draft(image.mode, (limits.LONG_SIDE, limits.LONG_SIDE))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
    except Exception as error:
        if "truncated" in str(error).lower() or isinstance(error, EOFError):
            raise PictureRefused(_("The picture is cut off: the end of the file is missing. Send it again.")) from None
        raise PictureRefused(
            _("The picture's data are damaged and cannot be decoded (%(name)s).") % {"name": type(error).__name__}
        ) from None
    return image


def _upright(image: Image.Image, remarks: list[str]) -> Image.Image:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        if orientation in range(2, 9):
            image = ImageOps.exif_transpose(image)
            remarks.append(TURNED)
    except Exception:  # a broken EXIF block says nothing about the pixels
        remarks.append(NOTES_DAMAGED)
    return image


def _rgb(image: Image.Image) -> Image.Image:
    """8-bit RGB in sRGB over one fixed ground, scaled down first so that large photos cost little memory."""
    profile = image.info.get("icc_profile")
    if image.mode in WIDE_GREYS:
        image = _narrowed(image)
    if image.mode in {"P", "PA", "LA", "La", "RGBa"} or "transparency" in image.info:
        has_alpha = image.mode != "P" or "transparency" in image.info
        image = image.convert("RGBA" if has_alpha else "RGB")
    image = _small(image)
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, (*GROUND, 255))
        return Image.alpha_composite(ground, image).convert("RGB")
    return _through_profile(image, profile) if profile else image.convert("RGB")


def _narrowed(image: Image.Image) -> Image.Image:
    """16-bit (or wider) grey to 8 bits: 65535 / 257 = 255. A plain convert would clip nearly all of it to white."""
    values = np.asarray(image)
    if image.mode in {"I", "F"} and float(values.max(initial=0)) <= 255:
        return Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    return Image.fromarray((np.clip(values, 0, 65_535).astype(np.uint16) // 257).astype(np.uint8))


def _through_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as the profile means them; a broken or unfitting profile is ignored."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.convert("RGB")
    return converted if converted is not None else image.convert("RGB")


def _small(image: Image.Image) -> Image.Image:
    if max(image.size) > limits.LONG_SIDE:
        image.thumbnail((limits.LONG_SIDE, limits.LONG_SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image


def _bare(image: Image.Image) -> Image.Image:
    """A picture that carries nothing but pixels."""
    return Image.frombytes("RGB", image.size, image.tobytes())


def _is_colourless(image: Image.Image) -> bool:
    pixels = np.asarray(image.resize((64, 64), Image.Resampling.BOX), np.int16)
    return float((pixels.max(axis=2) - pixels.min(axis=2)).mean()) < COLOURLESS
