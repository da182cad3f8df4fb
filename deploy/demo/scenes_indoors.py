"""Pictures of the demo pieces that play indoors: workshops, kitchens, classrooms and tea houses."""

import math
from collections.abc import Callable, Mapping

from deploy.demo.brush import GOLD, HEIGHT, INK, JADE, RED, ROOF, WALL, WIDTH, Canvas, Colour, mix

WOOD: Colour = (146, 98, 64)
BLUE: Colour = (64, 98, 148)


def _sweater(c: Canvas) -> None:
    c.gradient((238, 230, 222), (224, 210, 198))
    for row in range(5):
        for column in range(13):
            x, y = 20 + column * 122, 24 + row * 112
            tone = c.dice.choice((RED, JADE, GOLD, BLUE, (206, 150, 130), (120, 96, 130), (228, 214, 190)))
            c.rounded((x, y, x + 104, y + 94), 8, tone)
            light = mix(tone, (255, 255, 255), 0.35)
            for stitch in range(4):
                for line in range(4):
                    left, top = x + 12 + stitch * 23, y + 14 + line * 19
                    c.line([(left, top), (left + 9, top + 11), (left + 18, top)], light, 3.4, 220)
    c.box(0, 590, WIDTH, HEIGHT, (178, 150, 126))
    c.rounded((220, 560, 1380, 700), 24, (92, 98, 108))
    c.rounded((240, 600, 1360, 640), 10, (58, 62, 70))
    for x in range(260, 1350, 15):
        c.box(x, 606, x + 5, 634, (196, 200, 206))
    c.rounded((690, 530, 930, 600), 18, RED)
    c.polygon([(300, 690), (1300, 690), (1240, 900), (360, 900)], (186, 58, 52))
    for row in range(5):
        for x in range(360, 1250, 44):
            y = 716 + row * 40
            c.line([(x, y), (x + 18, y + 20), (x + 36, y)], (238, 186, 160), 5, 190)
    for x, tone in ((320, GOLD), (420, JADE), (1170, BLUE), (1270, (206, 150, 130))):
        c.polygon([(x - 30, 560), (x + 30, 560), (x + 14, 470), (x - 14, 470)], tone)
        c.line([(x, 470), (800, 420), (800, 540)], tone, 3)


def _kitchen(c: Canvas) -> None:
    c.gradient((252, 236, 206), (248, 226, 196))
    c.box(0, 0, WIDTH, 300, (240, 244, 240))
    for x in range(0, WIDTH, 80):
        for y in range(0, 300, 60):
            c.rounded((x + 3, y + 3, x + 77, y + 57), 4, mix((226, 236, 234), JADE, 0.06 + 0.05 * ((x + y) // 60 % 3)))
    c.rounded((1110, 60, 1500, 270), 10, (40, 48, 60))
    for row, length in enumerate((230, 300, 180)):
        c.rounded(
            (1140, 92 + row * 56, 1140 + length, 116 + row * 56), 6, (GOLD, (126, 196, 170), (230, 130, 110))[row]
        )
        c.disc(1464, 104 + row * 56, 13, WALL)
    c.box(0, 470, WIDTH, 520, WOOD)
    c.box(0, 520, WIDTH, HEIGHT, (206, 170, 130))
    for x, tone in ((170, (206, 60, 50)), (480, (96, 150, 90)), (790, (222, 160, 70))):
        c.oval(x, 456, 124, 30, (180, 186, 192))
        c.oval(x, 446, 106, 22, tone)
        for _ in range(14):
            c.disc(x + c.dice.uniform(-84, 84), 444 + c.dice.uniform(-12, 12), 9, mix(tone, (255, 255, 255), 0.3))
        for shift in (-40, 0, 40):
            c.line([(x + shift + 12 * math.sin(t / 2), 410 - t * 12) for t in range(12)], (255, 255, 255), 6, 140)
    c.person(330, 470, 250, WALL)
    c.rounded((296, 180, 364, 236), 20, WALL)
    c.person(640, 470, 250, WALL)
    c.rounded((606, 180, 674, 236), 20, WALL)
    for x, size, coat in ((250, 300, (110, 110, 140)), (620, 280, (150, 100, 90)), (1000, 300, JADE), (1330, 290, RED)):
        c.person(x, 900, size, coat)
        c.oval(x, 900 - size * 0.95, size * 0.15, size * 0.08, (214, 214, 214))
        c.rounded((x - 74, 900 - size * 0.5, x + 74, 900 - size * 0.42), 6, (232, 140, 70))


def _classroom(c: Canvas) -> None:
    c.gradient((250, 232, 196), (246, 222, 184))
    c.rounded((330, 60, 1270, 430), 12, (120, 84, 58))
    c.rounded((350, 80, 1250, 410), 6, (44, 84, 72))
    c.line([(400, 340), (520, 220), (640, 300), (740, 170), (860, 330)], WALL, 5, 220)
    c.disc(1080, 190, 52, (252, 214, 120), 230)
    for t in range(12):
        angle = t / 12 * math.tau
        start = (1080 + 66 * math.cos(angle), 190 + 66 * math.sin(angle))
        c.line([start, (1080 + 88 * math.cos(angle), 190 + 88 * math.sin(angle))], (252, 214, 120), 5)
    for row in range(3):
        c.box(930, 290 + row * 32, 1200 - row * 60, 300 + row * 32, WALL, 180)
    for left in (60, 1330):
        c.rounded((left, 100, left + 210, 400), 8, WALL)
        c.box(left + 12, 112, left + 198, 388, (246, 170, 110))
        c.line([(left + 105, 112), (left + 105, 388)], WALL, 8)
    c.box(0, 600, WIDTH, HEIGHT, (196, 150, 106))
    c.person(250, 690, 330, (44, 62, 110))
    c.line([(300, 500), (420, 380)], (44, 62, 110), 26)
    for row, count in ((0, 5), (1, 6)):
        for seat in range(count):
            x, y = 480 + seat * (216 - row * 30) - row * 60, 720 + row * 130
            size = 170 + row * 40
            coat = (RED, GOLD, JADE, BLUE, (206, 120, 90), (120, 90, 130))[(seat + row * 2) % 6]
            c.person(x, y + 40, size, coat)
            c.rounded((x - 92, y - 10, x + 92, y + 12), 6, (222, 182, 130))
            c.box(x - 34, y - 20, x + 34, y - 10, WALL)
            if (seat + row) % 3 == 0:
                c.line([(x + 30, y - size * 0.2), (x + 56, y - size * 0.86)], coat, 18)


def _phone_class(c: Canvas) -> None:
    c.gradient((226, 236, 240), (206, 220, 226))
    c.rounded((560, 40, 1040, 860), 56, INK)
    c.rounded((584, 76, 1016, 824), 30, (250, 250, 248))
    c.rounded((584, 76, 1016, 190), 30, RED)
    c.rounded((624, 116, 850, 146), 8, WALL)
    c.rounded((624, 230, 976, 470), 20, (252, 232, 226))
    c.polygon([(800, 262), (862, 384), (738, 384)], (220, 60, 50))
    c.box(793, 300, 807, 346, WALL)
    c.disc(800, 364, 8, WALL)
    c.rounded((660, 410, 940, 428), 8, (200, 150, 140))
    for row, tone in enumerate(((190, 200, 206), (190, 200, 206))):
        c.rounded((624, 510 + row * 60, 976 - row * 90, 530 + row * 60), 8, tone)
    c.rounded((624, 660, 790, 740), 40, (220, 60, 50))
    c.rounded((810, 660, 976, 740), 40, JADE)
    c.line([(664, 676), (750, 724)], WALL, 12)
    c.line([(750, 676), (664, 724)], WALL, 12)
    c.line([(858, 702), (884, 724), (930, 678)], WALL, 12)
    for x, size, coat in (
        (150, 420, (110, 96, 130)),
        (400, 380, (150, 92, 80)),
        (1200, 380, (96, 128, 90)),
        (1450, 420, BLUE),
    ):
        c.person(x, 930, size, coat)
        c.oval(x, 930 - size * 0.94, size * 0.16, size * 0.1, (222, 222, 222))
        c.rounded((x - 24, 930 - size * 0.56, x + 24, 930 - size * 0.36), 6, INK)
        c.rounded((x - 18, 930 - size * 0.54, x + 18, 930 - size * 0.39), 3, (150, 206, 220))


def _teahouse(c: Canvas) -> None:
    c.gradient((108, 72, 50), (150, 104, 70))
    for left in (70, 430, 790, 1150):
        c.rounded((left, 60, left + 300, 430), 4, (84, 54, 38))
        c.box(left + 12, 72, left + 288, 418, (250, 226, 176))
        for index in range(1, 5):
            c.line([(left + 12 + index * 55, 72), (left + 12 + index * 55, 418)], (84, 54, 38), 5)
            c.line([(left + 12, 72 + index * 70), (left + 288, 72 + index * 70)], (84, 54, 38), 5)
        c.rounded((left + 96, 176, left + 204, 314), 4, (250, 236, 200))
        c.line([(left + 96, 176), (left + 204, 314)], (84, 54, 38), 4)
        c.line([(left + 204, 176), (left + 96, 314)], (84, 54, 38), 4)
    for x in (390, 1210):
        c.line([(x, 0), (x, 90)], INK, 4)
        c.oval(x, 150, 66, 62, (226, 62, 46))
        c.oval(x, 150, 130, 126, (255, 150, 90), 40)
        c.box(x - 26, 84, x + 26, 96, GOLD)
        c.box(x - 26, 206, x + 26, 218, GOLD)
    c.box(0, 560, WIDTH, HEIGHT, (96, 62, 44))
    c.person(800, 640, 320, (40, 52, 84))
    c.box(660, 560, 940, 600, (120, 40, 36))
    c.box(680, 600, 920, 760, (150, 50, 42))
    c.rounded((850, 536, 914, 562), 4, (74, 46, 34))
    c.polygon([(700, 560), (760, 530), (806, 556), (746, 588)], WALL)
    for x, y in ((300, 800), (1300, 800)):
        for person, coat in ((-170, (110, 110, 140)), (170, (150, 100, 90)), (0, JADE)):
            c.person(x + person, y + 60, 270 if person else 240, coat)
        c.oval(x, y + 20, 220, 44, (122, 78, 50))
        c.oval(x, y + 12, 214, 40, WOOD)
        c.rounded((x - 40, y - 50, x + 30, y + 6), 24, (122, 62, 46))
        c.line([(x + 28, y - 30), (x + 62, y - 46)], (122, 62, 46), 10)
        for cup in (-110, 90, 140):
            c.rounded((x + cup - 18, y - 14, x + cup + 18, y + 12), 8, WALL)


def _slides(c: Canvas) -> None:
    c.gradient((16, 66, 92), (40, 120, 132), end=560)
    c.disc(1240, 190, 96, (250, 226, 170), 235)
    for base, tone, phase in ((420, (44, 104, 122), 0.4), (470, (34, 88, 108), 2.1), (520, (26, 74, 96), 3.7)):
        c.hills(base, 50, tone, waves=1.5, phase=phase)
    c.gradient((60, 142, 152), (14, 58, 84), start=540)
    c.ripples(556, 890, (210, 240, 236), count=170)
    c.oval(800, 700, 420, 66, (180, 226, 222), 60)
    drop = [(800, 250)] + [
        (800 + 150 * math.sin(t / 24 * math.pi) * (0.4 + 0.6 * t / 24), 250 + 330 * t / 24) for t in range(25)
    ]
    c.polygon([*drop, *[(1600 - x, y) for x, y in reversed(drop)]], (206, 240, 240), 235)
    c.hills(0, 0, WALL, waves=1, phase=0, alpha=0)
    c.polygon(
        [(700, 520), (760, 440), (806, 490), (850, 420), (904, 520), (880, 560), (800, 584), (722, 560)], (84, 160, 120)
    )
    c.polygon([(722, 540), (800, 560), (880, 540), (860, 572), (800, 584), (742, 572)], (52, 128, 150))
    c.rounded((640, 640, 960, 700), 30, WALL, 235)
    c.polygon([(784, 652), (784, 688), (818, 670)], (16, 66, 92))


def _youth(c: Canvas) -> None:
    c.gradient((70, 84, 104), (120, 130, 144))
    for x in range(0, WIDTH, 64):
        c.box(x, 0, x + 60, 430, mix((96, 108, 124), (84, 96, 112), (x // 64) % 2))
    c.box(0, 420, WIDTH, 436, GOLD)
    c.box(0, 640, WIDTH, HEIGHT, (156, 150, 146))
    for x, y, size in (
        (90, 640, 150),
        (230, 640, 120),
        (110, 500, 110),
        (1390, 640, 150),
        (1520, 640, 110),
        (1420, 492, 120),
    ):
        c.box(x - size / 2, y - size, x + size / 2, y, (198, 156, 106))
        c.box(x - size / 2, y - size * 0.58, x + size / 2, y - size * 0.48, (226, 196, 150))
        c.box(x - 20, y - size, x + 20, y - size * 0.7, (226, 196, 150))
    c.person(800, 720, 380, RED)
    c.line([(860, 520), (960, 380)], RED, 30)
    c.rounded((910, 280, 1090, 390), 8, WALL)
    for row in range(4):
        c.box(926, 298 + row * 20, 1040 - row * 16, 306 + row * 20, (150, 150, 150))
    c.box(1044, 300, 1076, 332, INK)
    for x, size, coat in (
        (250, 250, GOLD),
        (430, 240, BLUE),
        (600, 230, GOLD),
        (1030, 230, BLUE),
        (1190, 240, GOLD),
        (1360, 250, JADE),
    ):
        c.person(x, 890, size, coat)
        c.oval(x, 890 - size * 0.95, size * 0.19, size * 0.13, mix(coat, INK, 0.15))
        c.rounded((x - 40, 890 - size * 0.4, x + 40, 890 - size * 0.3), 8, WALL)


def _brocade(c: Canvas) -> None:
    c.gradient((90, 26, 36), (128, 40, 44))
    for row in range(4):
        for column in range(6):
            x, y = 130 + column * 268 + (row % 2) * 134, 110 + row * 232
            for ring, (radius, tone) in enumerate(((112, GOLD), (102, (60, 92, 100)), (78, GOLD), (70, (150, 48, 50)))):
                c.disc(x, y, radius, tone, 255 - ring * 6)
            for petal in range(8):
                angle = petal / 8 * math.tau
                c.oval(x + 44 * math.cos(angle), y + 44 * math.sin(angle), 21, 21, mix(GOLD, WALL, 0.35))
            c.disc(x, y, 25, (60, 92, 100))
            c.disc(x, y, 14, GOLD)
            for corner in range(4):
                angle = corner / 4 * math.tau + 0.785
                c.line(
                    [
                        (x + 118 * math.cos(angle), y + 118 * math.sin(angle)),
                        (x + 150 * math.cos(angle), y + 150 * math.sin(angle)),
                    ],
                    GOLD,
                    7,
                )
    for x in range(0, WIDTH, 6):
        c.line([(x, 0), (x, HEIGHT)], (0, 0, 0), 1, 26)
    c.box(0, 640, WIDTH, 690, (92, 62, 46))
    c.box(0, 690, WIDTH, HEIGHT, (232, 220, 200))
    for x in range(0, WIDTH, 9):
        c.line([(x, 690), (x * 0.9 + 80, 900)], mix(RED, GOLD, (x / 9 % 5) / 5), 2.4, 190)
    c.rounded((620, 740, 980, 806), 33, (116, 76, 52))
    c.rounded((690, 756, 910, 790), 16, GOLD)


def _pastry(c: Canvas) -> None:
    c.gradient((56, 44, 44), (110, 70, 50))
    c.oval(800, 860, 900, 330, (60, 46, 42))
    c.rounded((120, 420, 1480, 520), 20, (74, 62, 58))
    c.oval(800, 470, 640, 110, (46, 42, 42))
    c.oval(800, 456, 620, 100, (64, 58, 56))
    for ring, count in ((0, 1), (1, 6), (2, 11)):
        for index in range(count):
            angle = index / count * math.tau + ring
            x, y = 800 + ring * 216 * math.cos(angle), 450 + ring * 36 * math.sin(angle)
            c.oval(x, y + 10, 84, 30, (30, 24, 22), 120)
            c.oval(x, y, 84, 30, (206, 146, 76))
            c.oval(x, y - 4, 76, 25, (232, 180, 104))
            for _ in range(26):
                c.oval(x + c.dice.uniform(-62, 62), y - 4 + c.dice.uniform(-17, 17), 4.4, 2.4, (252, 240, 210))
    for _ in range(120):
        x, y = c.dice.uniform(200, 1400), c.dice.uniform(560, 640)
        c.disc(x, y, c.dice.uniform(8, 26), c.dice.choice(((236, 98, 40), (255, 160, 60), (190, 54, 34))), 150)
    for x in (420, 800, 1180):
        c.line([(x + 26 * math.sin(t / 2.4), 360 - t * 20) for t in range(17)], (255, 246, 230), 11, 70)
    c.person(240, 900, 460, WALL)
    c.rounded((176, 430, 304, 500), 30, WALL)
    c.line([(320, 620), (520, 520)], WALL, 46)
    c.line([(500, 530), (640, 480)], (150, 110, 70), 14)
    c.box(1150, 640, 1560, 900, (122, 84, 58))
    for row in range(3):
        for column in range(4):
            c.oval(1210 + column * 96, 680 + row * 70, 42, 17, (232, 180, 104))
    c.polygon([(1090, 60), (1510, 60), (1480, 200), (1120, 200)], RED)
    for x in (1170, 1260, 1350, 1440):
        c.disc(x, 130, 34, WALL)
        c.disc(x, 130, 22, ROOF, 60)


SCENES: Mapping[str, Callable[[Canvas], None]] = {
    "sweater": _sweater,
    "kitchen": _kitchen,
    "classroom": _classroom,
    "phone-class": _phone_class,
    "teahouse": _teahouse,
    "slides": _slides,
    "youth": _youth,
    "brocade": _brocade,
    "pastry": _pastry,
}
