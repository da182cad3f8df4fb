"""The pictures of the demo pieces, one composition each."""

import io
import math
from collections.abc import Callable, Mapping

from deploy.demo import scenes_indoors, scenes_outdoors
from deploy.demo.brush import GOLD, HEIGHT, INK, JADE, RED, ROOF, WALL, WIDTH, Canvas, Colour, mix

MIST: Colour = (232, 238, 240)


def picture(scene: str) -> bytes:
    """The JPEG of a scene; the same bytes for the same scene. Raises KeyError for an unknown one."""
    canvas = Canvas(seed=sum(scene.encode()))
    SCENES[scene](canvas)
    out = io.BytesIO()
    canvas.finished().save(out, "JPEG", quality=90)
    return out.getvalue()


def _lake(c: Canvas) -> None:
    c.gradient((250, 214, 170), (246, 236, 220), end=490)
    c.disc(1130, 300, 86, (255, 244, 214))
    c.disc(1130, 300, 130, (255, 240, 205), 70)
    for base, tone, phase in ((420, (176, 190, 192), 0.4), (450, (140, 164, 166), 2.1), (478, (104, 138, 138), 3.9)):
        c.hills(base, 46, tone, waves=1.6, phase=phase)
    c.gradient((196, 208, 204), (120, 156, 158), start=480)
    c.ripples(490, 880, (255, 246, 226), count=150)
    c.polygon(
        [(0, 900), (0, 760), (420, 705), (900, 690), (1600, 600), (1600, 680), (960, 770), (640, 900)], (214, 196, 168)
    )
    c.polygon([(640, 900), (960, 770), (1600, 680), (1600, 900)], (88, 128, 96))
    for x, y, size, coat in (
        (470, 760, 86, RED),
        (545, 755, 80, JADE),
        (1010, 712, 64, (60, 92, 140)),
        (1064, 708, 58, GOLD),
    ):
        c.person(x, y, size, coat)
    c.willow(1440, 0, 520, (84, 122, 84))
    c.willow(1560, -40, 600, (96, 136, 92))


def _loom(c: Canvas) -> None:
    c.gradient((246, 240, 232), (226, 214, 200))
    for index in range(150):
        x = index * 10.8 - 6
        tone = mix((196, 52, 48), (236, 176, 88), index / 150)
        c.line([(x, 0), (x * 0.62 + 300, 520)], tone, 2.4, 200)
    for row in range(9):
        top = 520 + row * 44
        shift = row * 34
        wave = [(x, top + 15 * math.sin((x + shift) / 120)) for x in range(0, WIDTH + 20, 20)]
        c.polygon([*wave, (WIDTH, HEIGHT), (0, HEIGHT)], mix((184, 40, 44), (118, 22, 30), row / 9))
        c.line(wave, (244, 206, 140), 2, 110)
    c.box(0, 496, WIDTH, 530, (104, 72, 50))
    c.box(0, 496, WIDTH, 503, (142, 104, 74))
    c.rounded((1020, 470, 1330, 556), 40, (74, 52, 40))
    c.rounded((1070, 492, 1280, 534), 20, GOLD)


def _bridge(c: Canvas) -> None:
    c.gradient((206, 222, 226), (240, 238, 228), end=560)
    c.hills(430, 30, (184, 202, 204), waves=1.2, phase=1.0)
    for left, width, height in ((-30, 210, 210), (190, 170, 250), (1190, 190, 240), (1390, 240, 200)):
        c.house(left, 560, width, height)
    c.gradient((150, 176, 172), (84, 120, 122), start=560)
    c.polygon([(300, 590), (420, 500), (640, 390), (800, 366), (960, 390), (1180, 500), (1300, 590)], (168, 164, 154))
    arch = [(800 - 250 * math.cos(t / 30 * math.pi), 592 - 176 * math.sin(t / 30 * math.pi)) for t in range(31)]
    c.polygon(arch, (176, 196, 194))
    c.polygon([(x, 1184 - y) for x, y in arch], (86, 116, 118), 120)
    c.polygon([(300, 590), (550, 590), (550, 640), (340, 640)], (96, 124, 124), 150)
    c.polygon([(1050, 590), (1300, 590), (1260, 640), (1050, 640)], (96, 124, 124), 150)
    for step in range(13):
        x = 340 + step * 77
        top = 366 + abs(x - 800) ** 1.72 / 255
        c.box(x - 7, top - 52, x + 7, top + 4, (190, 186, 176))
    c.line([(330 + t * 23.5, 322 + abs(330 + t * 23.5 - 800) ** 1.72 / 255) for t in range(41)], (190, 186, 176), 9)
    c.ripples(610, 890, WALL, count=120)
    c.polygon([(930, 770), (1260, 770), (1200, 826), (980, 826)], (82, 56, 42))
    c.polygon([(1010, 770), (1040, 716), (1160, 716), (1190, 770)], (58, 44, 38))
    c.person(960, 772, 92, (46, 82, 120))
    c.willow(120, -30, 520, (92, 134, 92))


def _people(c: Canvas) -> None:
    c.gradient((252, 226, 190), (248, 240, 226))
    c.box(0, 690, WIDTH, HEIGHT, (206, 176, 142))
    c.rounded((180, 90, 760, 560), 10, (252, 250, 244))
    for left in (196, 476):
        c.box(left, 106, left + 268, 544, (190, 214, 224))
        c.polygon([(left, 544), (left, 400), (left + 120, 330), (left + 268, 430), (left + 268, 544)], (152, 182, 160))
    c.box(900, 250, 1330, 262, (150, 106, 74))
    for index, tone in enumerate((RED, JADE, GOLD, (70, 98, 142), (150, 92, 80), RED, JADE)):
        c.box(925 + index * 54, 250 - 92 - 12 * (index % 3), 965 + index * 54, 250, tone)
    c.oval(820, 720, 440, 60, (168, 128, 92), 120)
    c.rounded((560, 560, 1100, 610), 18, (146, 98, 64))
    c.box(610, 600, 640, 770, (120, 80, 52))
    c.box(1020, 600, 1050, 770, (120, 80, 52))
    c.rounded((770, 500, 890, 566), 26, (244, 240, 232))
    c.oval(830, 502, 58, 14, (226, 140, 70))
    for shift in (-26, 0, 26):
        c.line([(830 + shift + 10 * math.sin(t / 2), 480 - t * 9) for t in range(12)], (255, 255, 255), 5, 150)
    c.person(470, 800, 330, (196, 62, 52))
    c.person(1190, 800, 310, (120, 128, 150))


def _market(c: Canvas) -> None:
    c.gradient((188, 216, 230), (244, 240, 226), end=520)
    for left, width, height in ((0, 220, 200), (240, 190, 236), (700, 230, 214), (1180, 210, 240), (1410, 230, 200)):
        c.house(left, 520, width, height)
    c.box(0, 516, WIDTH, HEIGHT, (216, 200, 176))
    for index, tone in enumerate((RED, JADE, GOLD, (62, 98, 148))):
        left = 60 + index * 390
        c.box(left + 12, 470, left + 22, 740, (120, 96, 76))
        c.box(left + 288, 470, left + 298, 740, (120, 96, 76))
        for stripe in range(6):
            fill = tone if stripe % 2 == 0 else WALL
            x = left + stripe * 52
            c.polygon([(x, 470), (x + 52, 470), (x + 52, 540), (x + 26, 560), (x, 540)], fill)
        c.polygon([(left, 470), (left + 30, 420), (left + 282, 420), (left + 312, 470)], tone)
        c.box(left + 10, 650, left + 300, 744, (150, 112, 80))
        c.box(left + 10, 650, left + 300, 664, (178, 138, 102))
        c.person(left + 150, 690, 150, mix(tone, INK, 0.35))
    for x, size, coat in (
        (250, 190, (92, 110, 138)),
        (560, 180, RED),
        (880, 196, JADE),
        (1230, 186, (176, 120, 60)),
        (1430, 176, (110, 80, 120)),
    ):
        c.person(x, 872, size, coat)


def _lecture(c: Canvas) -> None:
    c.gradient((92, 26, 28), (150, 42, 38))
    c.polygon([(640, 0), (960, 0), (1420, 900), (180, 900)], (255, 214, 150), 34)
    c.rounded((360, 90, 1240, 500), 12, (248, 242, 230))
    c.box(400, 132, 660, 150, RED)
    for row in range(5):
        c.box(400, 190 + row * 54, 1000 - row * 70, 206 + row * 54, (150, 144, 134))
    c.disc(1090, 300, 86, GOLD, 210)
    c.polygon([(1034, 360), (1070, 300), (1104, 336), (1144, 264), (1150, 360)], (168, 96, 40))
    c.rounded((700, 590, 900, 800), 10, (104, 60, 40))
    c.rounded((680, 560, 920, 606), 10, (136, 84, 56))
    c.person(800, 640, 250, INK)
    c.rounded((690, 580, 910, 800), 10, (104, 60, 40))
    for row, count in ((0, 9), (1, 10)):
        for seat in range(count):
            x = 90 + seat * (1430 / (count - 1))
            y = 800 + row * 78
            c.disc(x, y, 44, mix(INK, (90, 40, 40), row * 0.3))
            c.rounded((x - 70, y + 30, x + 70, y + 200), 40, mix((56, 36, 40), (34, 24, 30), row * 0.7))


def _fields(c: Canvas) -> None:
    c.gradient((244, 198, 120), (252, 232, 190), end=460)
    c.disc(380, 300, 100, (255, 246, 220))
    c.hills(420, 36, (188, 170, 120), waves=1.4, phase=0.7)
    c.hills(446, 26, (150, 148, 96), waves=2.2, phase=2.4)
    c.box(0, 450, WIDTH, HEIGHT, (214, 168, 66))
    for index in range(-14, 30):
        left = 800 + (index - 8) * 34
        far = 800 + (index - 8) * 260
        tone = (226, 182, 78) if index % 2 else (196, 148, 52)
        c.polygon([(left, 450), (left + 34, 450), (far + 260, 900), (far, 900)], tone)
    for _ in range(1500):
        y = 470 + c.dice.random() ** 1.4 * 430
        x = c.dice.uniform(0, WIDTH)
        size = 6 + (y - 450) / 16
        c.line([(x, y), (x + c.dice.uniform(-5, 5), y - size)], (250, 218, 128), 2, 150)
    c.person(1040, 740, 220, (62, 92, 120))
    c.oval(1040, 540, 62, 15, (232, 204, 138))
    c.person(1180, 760, 200, RED)
    c.house(1290, 452, 130, 84)
    c.house(1440, 452, 110, 70)


def _opera(c: Canvas) -> None:
    c.gradient((24, 32, 58), (72, 56, 78), end=660)
    for _ in range(70):
        c.disc(c.dice.uniform(0, WIDTH), c.dice.uniform(0, 340), c.dice.uniform(0.8, 2.2), WALL, 150)
    c.disc(1240, 150, 66, (250, 236, 200))
    for left, width, height in ((-40, 300, 300), (230, 240, 360), (1060, 260, 340), (1290, 340, 300)):
        c.house(left, 640, width, height)
        c.box(left, 640 - height, left + width, 640, (40, 40, 66), 150)
        for column in range(3):
            x = left + width * (column + 0.5) / 3
            c.box(x - 17, 640 - height * 0.62, x + 17, 640 - height * 0.32, (255, 206, 120))
    c.gradient((60, 50, 74), (28, 30, 52), start=640)
    for index in range(9):
        x = 120 + index * 170
        y = 250 + 46 * math.sin(index * 1.3)
        c.line([(x, 0 if index % 2 else 60), (x, y)], (30, 24, 30), 3)
        c.oval(x, y + 40, 92, 92, (255, 120, 70), 34)
        c.oval(x, y + 40, 38, 46, (222, 58, 44))
        c.box(x - 16, y - 10, x + 16, y - 2, GOLD)
        c.box(x - 16, y + 82, x + 16, y + 90, GOLD)
    for _ in range(150):
        x, y = c.dice.uniform(0, WIDTH), c.dice.uniform(660, 890)
        c.line([(x, y), (x + c.dice.uniform(20, 90), y)], (255, 170, 90), 2, c.dice.randrange(40, 130))
    for x, coat in ((690, RED), (760, (60, 110, 110)), (850, (190, 150, 90))):
        c.person(x, 700, 150, coat)


def _books(c: Canvas) -> None:
    c.gradient((236, 214, 184), (212, 180, 144))
    tones = (RED, JADE, GOLD, (64, 92, 132), (128, 84, 70), (214, 206, 190), (96, 108, 92))
    for row in range(4):
        base = 210 + row * 190
        c.box(0, base, WIDTH, base + 22, (120, 82, 56))
        x = 20.0
        while x < WIDTH - 40:
            if 560 < x < 1040 and row > 0:
                x = 1040
            width, height = c.dice.uniform(20, 46), c.dice.uniform(110, 164)
            c.box(x, base - height, x + width, base, c.dice.choice(tones))
            c.box(x + 5, base - height + 22, x + width - 5, base - height + 28, WALL, 170)
            x += width + c.dice.choice((2, 2, 2, 12))
    c.rounded((560, 240, 1040, 790), 16, (250, 240, 220))
    c.box(580, 260, 1020, 790, (54, 70, 98))
    c.disc(930, 350, 40, (252, 240, 206))
    c.polygon([(580, 640), (690, 560), (820, 620), (930, 540), (1020, 600), (1020, 790), (580, 790)], (38, 50, 72))
    c.box(0, 790, WIDTH, HEIGHT, (150, 108, 76))
    c.oval(800, 850, 330, 40, (116, 80, 54), 140)
    c.person(800, 850, 250, RED)
    c.polygon([(730, 700), (800, 716), (870, 700), (870, 650), (800, 666), (730, 650)], WALL)


def _notice(tone: Colour, second: Colour) -> Callable[[Canvas], None]:
    def draw(c: Canvas) -> None:
        c.gradient(mix(tone, (255, 255, 255), 0.1), mix(tone, INK, 0.35))
        for index in range(7):
            c.oval(1280, 980, 860 - index * 120, 860 - index * 120, mix(second, tone, index / 7), 60)
        for index, (top, phase) in enumerate(((640, 0.2), (700, 1.7), (770, 3.1))):
            c.hills(top, 50, mix(tone, (255, 255, 255), 0.22 - index * 0.06), waves=1.3, phase=phase, alpha=200)
        for left, width, height in ((180, 150, 120), (340, 120, 150), (1130, 160, 130)):
            c.house(left, 800, width, height)
        c.box(0, 798, WIDTH, HEIGHT, mix(tone, INK, 0.45))
        c.ripples(806, 890, MIST, count=60)
        c.rounded((640, 170, 960, 500), 40, WALL, 240)
        c.polygon([(700, 300), (790, 300), (880, 226), (880, 446), (790, 372), (700, 372)], tone)
        for radius in (52, 88):
            c.line([(900 + radius * math.cos(a / 10), 336 + radius * math.sin(a / 10)) for a in range(-7, 8)], tone, 12)
        c.box(738, 372, 778, 440, ROOF)

    return draw


SCENES: Mapping[str, Callable[[Canvas], None]] = {
    "lake": _lake,
    "loom": _loom,
    "bridge": _bridge,
    "people": _people,
    "market": _market,
    "lecture": _lecture,
    "fields": _fields,
    "opera": _opera,
    "books": _books,
    "notice-blue": _notice((48, 98, 140), (140, 190, 214)),
    "notice-red": _notice((150, 40, 38), (236, 170, 120)),
    "notice-gold": _notice((170, 116, 44), (246, 214, 150)),
    "notice-green": _notice((48, 112, 84), (168, 214, 160)),
    "notice-snow": _notice((86, 108, 140), (224, 234, 246)),
    **scenes_outdoors.SCENES,
    **scenes_indoors.SCENES,
}
