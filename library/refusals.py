"""Why is a file refused? One sentence for each cause: what is wrong with it, and what to do.

Knows no Django: the probe's child process says them, and pages translate what a row keeps.
"""

from __future__ import annotations

MAX_SIDE, MAX_PIXELS = 3840, 3840 * 2160
MIN_SIDE = 16
MAX_FPS = 120
MAX_SECONDS = 600
MIN_SECONDS = 0.2
MAX_TRACKS = 16  # of picture and sound; subtitles, attachments and cover art do not count


class Refusal(Exception):
    """The file is refused. `sentence` says what is wrong with it and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


# Marks for the sentences to translate.
def _(sentence: str) -> str:
    return sentence


def ngettext(one: str, many: str, count: int) -> str:
    return one if count == 1 else many


AS_MP4 = _("Export it as MP4 with H.264 and upload that.")
WITH_AAC = _("Export it with AAC sound and upload that.")

# The file is no video, or none that can be read.
EMPTY = _("This file is empty. Check that the export finished, then upload it again.")
NOT_A_VIDEO = _("This is not a video that we can read. Upload an MP4, MOV, MKV or WebM file.")
PLAYLIST = _("This is a playlist, a text that points to videos. Upload the video file itself.")
WEB_PAGE = _("This is a web page, not a video. Download the video itself, then upload that file.")
PICTURE = _("This is a picture. Upload a video.")
ARCHIVE = _("This is an archive. Unpack it and upload the video that is in it.")
DOCUMENT = _("This is a document. Upload a video.")
PIECE = _("This is one piece of a streamed video. Save the whole video, then upload that.")
NO_PICTURE = _("This file has sound but no picture. Upload a video.")
NO_VIDEO = _("There is no video in this file. Upload an MP4, MOV, MKV or WebM file with a picture.")
AVI = _("This is an AVI file, which we don't take.")
FLASH = _("This is a Flash video, which we don't take.")
GIF = _("This is a GIF, which we don't take.")
WINDOWS_MEDIA = _("This is a Windows Media file, which we don't take.")
OGG = _("This is an Ogg file, which we don't take.")
MPEG = _("This is an MPEG file of a disc, a broadcast or a camera, which we don't take.")
MXF = _("This is an MXF file, which we don't take.")
REAL = _("This is a RealMedia file, which we don't take.")
RAW = _("This is a bare picture stream without a container, which we don't take.")

# The file is not whole.
CUT_SHORT = _(
    "This file is incomplete: its end is missing. Copy or export it again, then upload the whole."
)
DAMAGED = _(
    "We could not read this file: it is damaged, or no ordinary video. "
    "Check that it plays on your device, then export it again as MP4 and upload that."
)
NO_HEADER = _(
    "The description of this video, at the start of its file, is damaged. "
    "Copy the file again from where it was made, or export it again as MP4, and upload that."
)
PICTURE_DAMAGED = _(
    "No picture of this video could be decoded: its picture is damaged. "
    "Check that it plays on your device, then export it again as MP4 and upload that."
)
SOUND_DAMAGED = _(
    "The sound of this video could not be decoded: it is damaged. "
    "Export the video again with AAC sound, or without sound, and upload that."
)
PICTURE_EMPTY = _(
    "The picture track of this file is empty. Export the video again and upload that."
)
NO_TIMES = _(
    "This file does not say when its pictures are shown. Export it again as MP4 and upload that."
)
LOCKED = _("This video is encrypted, so nobody can play it without its key. Upload a copy without.")
SOUND_LOCKED = _(
    "The sound of this video is encrypted, so nobody can play it without its key. "
    "Upload a copy without."
)
SLOW_TO_READ = _(
    "Reading this file took too long, so we stopped. "
    "Export it again as MP4 with H.264 and upload that."
)
STOPPED_READER = _(
    "Our program that reads videos stopped at this file: something in it is far from ordinary. "
    "Export it again as MP4 with H.264 and upload that."
)

# The file is whole, but outside our limits.
ONE_PICTURE = _("This file holds a single picture. Upload a video.")
TOO_SHORT = _("This video is shorter than a fifth of a second. Upload a longer one.")
TOO_MANY_TRACKS = _(
    "This file holds %(count)d tracks of picture and sound or more. "
    "Export it with one picture and one sound track, then upload that."
) % {"count": MAX_TRACKS}
TOO_MANY_STREAMS = _(
    "This file holds hundreds of tracks. "
    "Export it with one picture and one sound track, then upload that."
)
TOO_LONG = _("This video lasts %(length)s. We take up to 10 minutes. Cut it and upload the parts.")
SOUND_TOO_LONG = _(
    "The sound of this video goes on until %(length)s, long after its picture. "
    "We take up to 10 minutes. Cut the sound and upload that."
)
MUCH_TOO_LONG = _(
    "This video lasts longer than 10 minutes. Cut it to 10 minutes or less, then upload the parts."
)
TOO_FAST = _(
    "This video has %(rate)s pictures a second. We take up to 120. "
    "Export it with 60 or fewer and upload that."
)
MUCH_TOO_FAST = _(
    "This video has too many pictures a second. We take up to 120. "
    "Export it with 60 or fewer and upload that."
)
TOO_LARGE = _(
    "This video is %(width)d × %(height)d pixels. We take up to 3840 × 2160. "
    "Export it smaller and upload that."
)
TOO_SMALL = _("This video is %(width)d × %(height)d pixels, too small to see.")
NO_SIZE = _(
    "This file does not say how large its picture is. Export it again as MP4 and upload that."
)
PICTURE_CODEC = _("The picture in this file is coded as %(kind)s, which we don't take.")
PICTURE_CODEC_UNKNOWN = _("The picture in this file is coded in a way that we don't know.")
SOUND_CODEC = _("The sound in this file is coded as %(kind)s, which we don't take.")
SOUND_CODEC_UNKNOWN = _("The sound in this file is coded in a way that we don't know.")


def picture_codec(name: str) -> str:
    """A picture track in a codec that we do not take. `name` is libavcodec's, or empty."""
    return f"{_coded(PICTURE_CODEC, name) or PICTURE_CODEC_UNKNOWN} {AS_MP4}"


def sound_codec(name: str) -> str:
    """As picture_codec, for sound."""
    return f"{_coded(SOUND_CODEC, name) or SOUND_CODEC_UNKNOWN} {WITH_AAC}"


def _coded(sentence: str, name: str) -> str:
    return sentence % {"kind": name.upper().replace("_", " ")} if name else ""


def size(width: int, height: int) -> str:
    """Why a picture of this size is refused; empty if it is not."""
    values = {"width": width, "height": height}
    if not (width > 0 and height > 0):
        return NO_SIZE
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        return TOO_LARGE % values
    if min(width, height) < MIN_SIDE:
        return f"{TOO_SMALL % values} {AS_MP4}"
    return ""


def too_fast(fps: float) -> str:
    return TOO_FAST % {"rate": f"{fps:.0f}"} if 0 < fps < 10_000 else MUCH_TOO_FAST


def too_long(seconds: float) -> str:
    return TOO_LONG % {"length": readable(seconds)}


def readable(seconds: float) -> str:
    """A length for people: 12 min 30 s, 10 hours."""
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours >= 48 or (hours and not minutes):
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if seconds < (MAX_SECONDS + 60):
        values = {"minutes": int(seconds // 60), "seconds": int(seconds % 60)}
        return _("%(minutes)d min %(seconds)d s") % values
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
