"""What is in the demo: a dozen short clips that ffmpeg draws itself, and their titles."""

from __future__ import annotations

import random
from dataclasses import dataclass

SIZE = (640, 360)
_S = f"size={SIZE[0]}x{SIZE[1]}"
_GRID = f"scale={SIZE[0]}:{SIZE[1]}:flags=neighbor"


@dataclass(frozen=True, slots=True)
class Clip:
    """`picture` and `sound` are lavfi graphs; `subjects` and `details` make the titles."""

    name: str
    collection: str
    seconds: int
    picture: str
    subjects: tuple[str, ...]
    sound: str = ""


_DETAILS = (
    "first light",
    "a slow take",
    "with commentary",
    "the long version",
    "from the studio",
    "after the rain",
    "unedited",
    "for the exhibition",
    "second attempt",
)

CLIPS = (
    Clip(
        "mandelbrot",
        "Fractal dives",
        12,
        f"mandelbrot={_S}:rate=25:maxiter=700:start_scale=2.2:end_scale=0.006:end_pts=300,hue=h=150",
        (
            "Seahorse Valley",
            "Down the spiral arm",
            "A coastline without end",
            "Needle point",
            "Elephant Valley",
            "The long way in",
        ),
        "sine=frequency=110,tremolo=f=2:d=0.6,volume=0.5",
    ),
    Clip(
        "carpet",
        "Fractal dives",
        8,
        f"sierpinski={_S}:rate=25:type=carpet:seed=5:jump=60,format=gbrp,"
        "curves=r='0/0.25 1/0.98':g='0/0.08 1/0.9':b='0/0.3 1/0.78'",
        (
            "Sierpinski's carpet",
            "Nine squares, eight again",
            "Holes in holes",
            "Endless floor",
            "Tiled hall",
            "A rug for a giant",
        ),
    ),
    Clip(
        "triangle",
        "Fractal dives",
        7,
        f"sierpinski={_S}:rate=25:type=triangle:seed=11:jump=40,format=gbrp,"
        "curves=r='0/0.1 1/1':g='0/0.12 1/0.7':b='0/0.25 1/0.35'",
        (
            "Triangles all the way",
            "Sieve",
            "Three corners",
            "Paper folds",
            "Mountain range",
            "Gold thread",
        ),
        "sine=frequency=196:beep_factor=3,volume=0.4",
    ),
    Clip(
        "dusk",
        "Colour studies",
        9,
        f"gradients={_S}:rate=25:c0=0x1b1140:c1=0xe2557a:c2=0xffb469:c3=0x2f6f9f:"
        "nb_colors=4:seed=3:speed=0.02",
        (
            "Harbour at dusk",
            "Rose and slate",
            "Last ferry",
            "Warm to cold",
            "Window seat",
            "The hour before dark",
        ),
        "sine=frequency=147,tremolo=f=0.5:d=0.8,volume=0.5",
    ),
    Clip(
        "meadow",
        "Colour studies",
        10,
        f"gradients={_S}:rate=25:type=radial:c0=0xf6f1d1:c1=0x5fa55a:c2=0x0b5351:c3=0xfa8334:"
        "nb_colors=4:seed=21:speed=0.015:x0=320:y0=180:x1=640:y1=400",
        (
            "Meadow green",
            "Moss and marigold",
            "An orchard in May",
            "Green in five steps",
            "Pond",
            "Persimmon",
        ),
    ),
    Clip(
        "spiral",
        "Colour studies",
        6,
        f"gradients={_S}:rate=25:type=spiral:c0=0x0d3b66:c1=0xfaf0ca:c2=0xf4d35e:c3=0xee964b:"
        "nb_colors=4:seed=8:speed=0.03",
        ("Lighthouse", "Sun wheel", "Sand and sea", "Turning yellow", "Weathercock", "Dune walk"),
    ),
    Clip(
        "garden",
        "Small worlds",
        10,
        "life=size=160x90:rate=12:ratio=0.28:mold=24:seed=4:life_color=0xb8f2a1:"
        f"death_color=0x1d4d3f:mold_color=0x10251f,{_GRID}",
        ("A garden of cells", "Gliders at noon", "Colony", "Moss watch", "Pond life", "Slow bloom"),
        "sine=frequency=330:beep_factor=4,volume=0.25",
    ),
    Clip(
        "embers",
        "Small worlds",
        8,
        "life=size=160x90:rate=16:ratio=0.4:mold=12:seed=19:rule=S23/B36:life_color=0xffd27f:"
        f"death_color=0xb23a12:mold_color=0x24090a,{_GRID}",
        ("Embers", "City from the air", "Lava field", "Night shift", "Hearth", "Market square"),
    ),
    Clip(
        "weaving",
        "Small worlds",
        9,
        f"cellauto=size=160x90:rate=20:rule=110:seed=7:full=1,{_GRID},"
        "colorchannelmixer=rr=0.35:gg=0.65:bb=0.95",
        (
            "Weaving by rule 110",
            "Blue loom",
            "One thread at a time",
            "Pattern book",
            "Selvedge",
            "Winter scarf",
        ),
    ),
    Clip(
        "bench",
        "Test bench",
        6,
        f"testsrc2={_S}:rate=30",
        (
            "Camera check",
            "Colour bars and a clock",
            "Sync test",
            "New lens",
            "Before we start",
            "Tripod test",
        ),
        "sine=frequency=440:beep_factor=2,volume=0.4",
    ),
    Clip(
        "ripples",
        "Test bench",
        8,
        f"zoneplate={_S}:rate=25:kx2=30:ky2=60:kt=-8,format=gbrp,"
        "curves=r='0/0.05 1/0.55':g='0/0.2 1/0.85':b='0/0.3 1/0.8'",
        (
            "Ripples",
            "A stone in the pond",
            "Sharpness chart",
            "Rings",
            "Tree years",
            "Pool in the morning",
        ),
    ),
    Clip(
        "clouds",
        "Weather",
        11,
        "perlin=size=320x180:rate=25:octaves=5:persistence=0.6:xscale=4:yscale=6:tscale=0.5:"
        f"random_mode=seed:random_seed=12,scale={SIZE[0]}:{SIZE[1]},format=gbrp,"
        "colorchannelmixer=rr=0.7:gg=0.85:bb=1.1",
        (
            "Clouds over the ridge",
            "Fog moves in",
            "Sea smoke",
            "Morning weather",
            "Front from the west",
            "Over the strait",
        ),
        "anoisesrc=color=brown:amplitude=0.3",
    ),
)


def clip_of(index: int) -> Clip:
    """Which clip the video with that number shows: all clips in turn, in no visible order."""
    turn, place = divmod(index, len(CLIPS))
    order = list(range(len(CLIPS)))
    random.Random(turn).shuffle(order)  # noqa: S311  (a look, not a secret)
    return CLIPS[order[place]]


def title_of(clip: Clip, index: int) -> str:
    """A title that no other video has: subjects with details in turn, then numbered takes."""
    turn = index // len(CLIPS)
    rest, subject = divmod(turn, len(clip.subjects))
    take, detail = divmod(rest, len(_DETAILS) + 1)
    # Each clip and subject starts at another detail, so that neighbours in a list differ.
    detail = (detail + 3 * subject + CLIPS.index(clip)) % (len(_DETAILS) + 1)
    title = clip.subjects[subject]
    if detail:
        title += f", {_DETAILS[detail - 1]}"
    return f"{title}, take {take + 1}" if take else title


def collection_of(clip: Clip, index: int) -> str:
    """Most are in their clip's collection, every eleventh in none."""
    return "" if index % 11 == 10 else clip.collection
