"""Which colours does a picture have? Decided once, when a video is taken in, from what its file
says and, where that is incomplete, from what everybody takes for granted.

The numbers are those of ITU-T H.273; `None` and 2 mean “not said”.
"""

from __future__ import annotations

from dataclasses import dataclass

RGB, BT709, UNSAID, BT470BG, SMPTE170M, LINEAR, BT2020, PQ, HLG = 0, 1, 2, 5, 6, 8, 9, 16, 18
FULL = 2  # libavutil's number for the range from 0 to 255

_MATRICES = {0, 1, 4, 5, 6, 7, 8, 9, 10, 14}
_PLAIN_MATRICES = {0, 1, 4, 5, 6, 7, 9}  # which the plain scaler knows
_PRIMARIES = {1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22}
_WIDE_PRIMARIES = {BT2020, 10, 11, 12}
# Curves of usual screens and cameras. A player shows all of them alike.
_USUAL_TRANSFERS = {1, 4, 5, 6, 7, 11, 12, 13, 14, 15}
_OTHER_TRANSFERS = {LINEAR, 9, 10}
# A picture from this size on is high definition, for which BT.709 is taken for granted.
_HD_WIDTH, _HD_HEIGHT = 1280, 576


# ffmpeg's options for what we make: it has these colours and says so, so that nobody has to guess.
BT709_TAGS = {
    "colorspace": "bt709",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "color_range": "tv",
}


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says. `has_light_levels`: it names the screen on which HDR was graded."""

    primaries: int = UNSAID
    transfer: int = UNSAID
    matrix: int = UNSAID
    range: int = 0
    has_light_levels: bool = False


@dataclass(frozen=True, slots=True)
class Colour:
    """What is decided: every part is named."""

    primaries: int
    transfer: int
    matrix: int
    is_full_range: bool

    @property
    def is_hdr(self) -> bool:
        return self.transfer in (PQ, HLG)

    @property
    def is_plain(self) -> bool:
        """Only the matrix and the range differ from those of a mezzanine, if anything."""
        return (
            self.primaries not in _WIDE_PRIMARIES
            and self.transfer in _USUAL_TRANSFERS
            and self.matrix in _PLAIN_MATRICES
        )


def is_hd(width: int, height: int) -> bool:
    return width >= _HD_WIDTH or height > _HD_HEIGHT


def matrix_of_mezzanine(width: int, height: int) -> str:
    """For ffmpeg's scaler. Mezzanines are BT.709, but those that release 0.2.0 made do not say what
    they are: the small ones of them are BT.601, as the scaler assumes where nothing is said."""
    return "bt709" if is_hd(width, height) else "auto"


def decide(tags: Tags, *, width: int, height: int, pixel_format: str) -> Colour:
    """The colours of a picture of this size in pixels, as it is coded."""
    is_rgb = pixel_format.startswith(("gbr", "rgb", "bgr", "argb", "abgr", "pal8", "0rgb", "0bgr"))
    transfer = _transfer(tags)
    if is_rgb:
        matrix = RGB
    elif tags.matrix in _MATRICES - {RGB}:
        matrix = tags.matrix
    elif transfer in (PQ, HLG) or tags.primaries == BT2020:
        matrix = BT2020
    elif tags.primaries in (BT470BG, SMPTE170M):
        matrix = tags.primaries
    else:
        matrix = BT709 if is_hd(width, height) or tags.primaries == BT709 else SMPTE170M
    return Colour(
        primaries=_primaries(tags, transfer=transfer, matrix=matrix),
        transfer=transfer,
        matrix=matrix,
        is_full_range=is_rgb or tags.range == FULL or pixel_format.startswith("yuvj"),
    )


def _transfer(tags: Tags) -> int:
    if tags.transfer in (PQ, HLG) or tags.transfer in _OTHER_TRANSFERS:
        return tags.transfer
    if tags.transfer in (UNSAID, 0) and tags.has_light_levels:
        return PQ
    return tags.transfer if tags.transfer in _USUAL_TRANSFERS else BT709


def _primaries(tags: Tags, *, transfer: int, matrix: int) -> int:
    if tags.primaries in _PRIMARIES:
        return tags.primaries
    if transfer in (PQ, HLG) or matrix in (BT2020, 10, 14):
        return BT2020
    return SMPTE170M if matrix in (BT470BG, SMPTE170M) else BT709
