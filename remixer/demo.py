"""What the demo library holds: a dozen short clips that ffmpeg draws itself, and their titles."""

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
)

CLIPS = (
    Clip(
        "mandelbrot",
        "Fractal dives",
        12,
        f"mandelbrot={_S}:rate=25:maxiter=700:start_scale=2.2:end_scale=0.006:end_pts=300",
        ("Seahorse Valley", "Down the spiral arm", "A coastline without end", "Needle point"),
        "sine=frequency=110,tremolo=f=2:d=0.6,volume=0.5",
    ),
    Clip(
        "carpet",
        "Fractal dives",
        8,
        f"sierpinski={_S}:rate=25:type=carpet:seed=5:jump=60,hue=h=200*t/8:s=2",
        ("Sierpinski's carpet", "Nine squares, eight again", "Holes in holes", "Endless floor"),
    ),
    Clip(
        "triangle",
        "Fractal dives",
        7,
        f"sierpinski={_S}:rate=25:type=triangle:seed=11:jump=40,"
        "colorchannelmixer=rr=1:gg=0.55:bb=0.2",
        ("Triangles all the way", "Sieve", "Three corners", "Paper folds"),
        "sine=frequency=196:beep_factor=3,volume=0.4",
    ),
    Clip(
        "dusk",
        "Colour studies",
        9,
        f"gradients={_S}:rate=25:c0=0x1b1140:c1=0xe2557a:c2=0xffb469:c3=0x2f6f9f:"
        "nb_colors=4:seed=3:speed=0.02",
        ("Harbour at dusk", "Rose and slate", "Last ferry", "Warm to cold"),
        "sine=frequency=147,tremolo=f=0.5:d=0.8,volume=0.5",
    ),
    Clip(
        "meadow",
        "Colour studies",
        10,
        f"gradients={_S}:rate=25:type=radial:c0=0xf6f1d1:c1=0x5fa55a:c2=0x0b5351:c3=0xfa8334:"
        "nb_colors=4:seed=21:speed=0.015",
        ("Meadow green", "Moss and marigold", "An orchard in May", "Green in five steps"),
    ),
    Clip(
        "spiral",
        "Colour studies",
        6,
        f"gradients={_S}:rate=25:type=spiral:c0=0x0d3b66:c1=0xfaf0ca:c2=0xf4d35e:c3=0xee964b:"
        "nb_colors=4:seed=8:speed=0.03",
        ("Lighthouse", "Sun wheel", "Sand and sea", "Turning yellow"),
    ),
    Clip(
        "garden",
        "Small worlds",
        10,
        "life=size=160x90:rate=12:ratio=0.28:mold=24:seed=4:life_color=0xb8f2a1:"
        f"death_color=0x1d4d3f:mold_color=0x10251f,{_GRID}",
        ("A garden of cells", "Gliders at noon", "Colony", "Moss watch"),
        "sine=frequency=330:beep_factor=4,volume=0.25",
    ),
    Clip(
        "embers",
        "Small worlds",
        8,
        "life=size=160x90:rate=16:ratio=0.4:mold=12:seed=19:rule=S23/B36:life_color=0xffd27f:"
        f"death_color=0xb23a12:mold_color=0x24090a,{_GRID}",
        ("Embers", "City from the air", "Lava field", "Night shift"),
    ),
    Clip(
        "weaving",
        "Small worlds",
        9,
        f"cellauto=size=160x90:rate=20:rule=110:seed=7:full=1,{_GRID},"
        "colorchannelmixer=rr=0.35:gg=0.65:bb=0.95",
        ("Weaving by rule 110", "Blue loom", "One thread at a time", "Pattern book"),
    ),
    Clip(
        "bench",
        "Test bench",
        6,
        f"testsrc2={_S}:rate=30",
        ("Camera check", "Colour bars and a clock", "Sync test", "New lens"),
        "sine=frequency=440:beep_factor=2,volume=0.4",
    ),
    Clip(
        "ripples",
        "Test bench",
        8,
        f"zoneplate={_S}:rate=25:ku=512:kv=-100:kt2=60:yo=160:precision=9,"
        "hue=h=40*t:s=3,eq=saturation=1.6",
        ("Ripples", "A stone in the pond", "Sharpness chart", "Rings"),
    ),
    Clip(
        "clouds",
        "Weather",
        11,
        "perlin=size=320x180:rate=25:octaves=5:persistence=0.6:xscale=0.012:yscale=0.02:"
        f"tscale=0.5:random_mode=seed:random_seed=12,format=gbrp,scale={SIZE[0]}:{SIZE[1]},"
        "colorchannelmixer=rr=0.85:gg=0.95:bb=1.3,eq=contrast=1.4",
        ("Clouds over the ridge", "Fog moves in", "Sea smoke", "Morning weather"),
        "anoisesrc=color=brown:amplitude=0.3",
    ),
)


def clip_of(index: int) -> Clip:
    """Which clip the video of that number shows: all are used, in no visible order."""
    turn, place = divmod(index, len(CLIPS))
    order = list(range(len(CLIPS)))
    random.Random(turn).shuffle(order)  # noqa: S311  (a look, not a secret)
    return CLIPS[order[place]]


def title_of(clip: Clip, index: int) -> str:
    """A title that no other video has: subjects and details in turn, then numbered takes."""
    turn = index // len(CLIPS)
    rest, subject = divmod(turn, len(clip.subjects))
    take, detail = divmod(rest, len(_DETAILS) + 1)
    title = clip.subjects[subject]
    if detail:
        title += f", {_DETAILS[detail - 1]}"
    return f"{title}, take {take + 1}" if take else title


def collection_of(clip: Clip, index: int) -> str:
    """Most are in their clip's collection, every eleventh in none."""
    return "" if index % 11 == 10 else clip.collection
