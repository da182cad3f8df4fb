"""Pictures of the demo pieces that play outdoors: water, fields and streets."""

import math
from collections.abc import Callable, Mapping

from deploy.demo.brush import GOLD, HEIGHT, INK, JADE, RED, ROOF, WALL, WIDTH, Canvas, Colour, mix

LEAF: Colour = (78, 132, 82)


def _greenhouse(c: Canvas) -> None:
    c.gradient((206, 226, 236), (240, 244, 238), end=HEIGHT)
    for index in range(9):
        inset, lift = index * 46.0, index * 34.0
        arch = [
            (
                800 - (860 - inset) * math.cos(t / 30 * math.pi),
                640 - lift * 0.2 - (620 - lift) * math.sin(t / 30 * math.pi),
            )
            for t in range(31)
        ]
        c.line(arch, mix((255, 255, 255), (178, 196, 204), index / 9), 9 - index * 0.7, 220)
    for t in range(1, 12):
        angle = t / 12 * math.pi
        rear = (800 - 492 * math.cos(angle), 586 - 348 * math.sin(angle))
        c.line([(800 - 860 * math.cos(angle), 640 - 620 * math.sin(angle)), rear], (196, 212, 218), 3, 150)
    c.polygon([(0, 900), (0, 690), (560, 560), (1040, 560), (1600, 690), (1600, 900)], (150, 116, 84))
    for row in range(-3, 4):
        near, far = 800 + row * 330, 800 + row * 74
        c.polygon([(far - 22, 566), (far + 22, 566), (near + 120, 900), (near - 120, 900)], (232, 236, 230))
        for step in range(26):
            part = (step / 26) ** 1.5
            y, x, size = 572 + part * 316, far + (near - far) * part, 9 + part * 40
            for _ in range(3):
                c.disc(x + c.dice.uniform(-2, 2) * size, y + c.dice.uniform(-0.4, 0.3) * size, size * 0.5, LEAF)
            c.disc(x + c.dice.uniform(-1.6, 1.6) * size, y + size * 0.36, size * 0.26, (206, 38, 46))
            c.disc(x + c.dice.uniform(-1.6, 1.6) * size, y + size * 0.2, size * 0.2, (224, 62, 58))
    c.person(1180, 830, 250, (62, 108, 150))
    c.rounded((1216, 668, 1284, 716), 6, INK)
    c.box(1222, 674, 1278, 710, (146, 206, 214))


def _bus(c: Canvas) -> None:
    c.gradient((250, 224, 190), (252, 242, 226), end=640)
    for left, width, height, tone in (
        (-20, 260, 420, (214, 206, 196)), (260, 190, 330, (228, 220, 208)), (1040, 230, 380, (222, 212, 200)),
        (1290, 330, 470, (210, 202, 192)),
    ):  # fmt: skip
        c.box(left, 620 - height, left + width, 620, tone)
        for x in range(int(left) + 30, int(left + width) - 40, 62):
            for y in range(int(620 - height) + 34, 590, 66):
                c.box(x, y, x + 32, y + 38, (168, 190, 204))
    for x in (480, 560, 900, 980):
        c.box(x - 6, 470, x + 6, 640, (116, 92, 72))
        c.disc(x, 440, 66, mix(LEAF, (226, 180, 84), (x % 3) / 3))
    c.box(0, 610, WIDTH, 690, (206, 196, 184))
    c.box(0, 690, WIDTH, HEIGHT, (104, 108, 114))
    for x in range(-60, WIDTH, 220):
        c.box(x, 806, x + 120, 816, (240, 232, 206))
    c.rounded((470, 400, 1130, 780), 46, JADE)
    c.rounded((470, 640, 1130, 780), 30, mix(JADE, INK, 0.25))
    for left in (506, 640, 900, 1000):
        c.rounded((left, 446, left + 114 - (left > 899) * 16, 582), 14, (206, 228, 232))
    c.rounded((768, 440, 886, 770), 12, (232, 240, 240))
    c.line([(827, 444), (827, 768)], JADE, 5)
    c.polygon([(768, 770), (886, 770), (920, 800), (740, 800)], GOLD)
    c.rounded((500, 410, 760, 438), 10, INK)
    for x in range(520, 740, 26):
        c.box(x, 418, x + 16, 430, (255, 190, 80))
    for x in (590, 1016):
        c.disc(x, 784, 58, INK)
        c.disc(x, 784, 25, (190, 194, 198))
    c.box(300, 430, 310, 780, (120, 124, 130))
    c.rounded((240, 380, 370, 480), 10, RED)
    c.box(262, 404, 348, 416, WALL)
    c.box(262, 430, 328, 442, WALL)
    c.person(690, 822, 180, RED)
    c.person(384, 800, 190, (92, 88, 120))
    c.person(212, 804, 176, (176, 120, 60))


def _canal(c: Canvas) -> None:
    c.gradient((246, 196, 150), (252, 232, 200), end=430)
    c.disc(800, 360, 92, (255, 240, 206))
    c.hills(420, 22, (190, 160, 140), waves=1.3, phase=0.8)
    c.gradient((226, 184, 140), (120, 134, 140), start=420)
    for side in (-1, 1):
        for index in range(7):
            x = 800 + side * (150 + index * 128)
            c.house(x - 60 - (side < 0) * 10, 440 + index * 12, 118 + index * 8, 86 + index * 20 + 26 * (index % 2))
        bank = [(800 + side * 130, 430), (800 + side * 900, 560), (800 + side * 900, 640), (800 + side * 150, 446)]
        c.polygon(bank, (150, 126, 104))
    c.ripples(450, 890, (255, 240, 214), count=190)
    for x, y, scale in ((690, 560, 0.8), (980, 690, 1.35)):
        hull = [
            (x - 190 * scale, y),
            (x + 200 * scale, y),
            (x + 160 * scale, y + 52 * scale),
            (x - 160 * scale, y + 52 * scale),
        ]
        c.polygon(hull, (86, 60, 52))
        c.box(x - 120 * scale, y - 46 * scale, x + 60 * scale, y, (198, 156, 104))
        c.box(x + 84 * scale, y - 84 * scale, x + 160 * scale, y, WALL)
        c.box(x + 96 * scale, y - 66 * scale, x + 148 * scale, y - 36 * scale, (106, 148, 172))
        c.line([(x + 122 * scale, y - 150 * scale), (x + 122 * scale, y - 84 * scale)], INK, 4)
        c.polygon(
            [
                (x + 124 * scale, y - 150 * scale),
                (x + 170 * scale, y - 136 * scale),
                (x + 124 * scale, y - 122 * scale),
            ],
            RED,
        )
    c.rounded((330, 150, 400, 470), 8, WALL)
    c.polygon([(312, 156), (365, 96), (418, 156)], ROOF)
    c.disc(365, 190, 16, (255, 210, 110))
    c.oval(365, 190, 70, 30, (255, 226, 150), 60)


def _birds(c: Canvas) -> None:
    c.gradient((190, 208, 220), (250, 228, 206), end=500)
    c.disc(400, 420, 110, (255, 236, 206), 220)
    c.hills(470, 26, (160, 172, 182), waves=1.1, phase=2.2)
    c.gradient((214, 206, 198), (104, 130, 142), start=480)
    c.ripples(500, 880, (255, 240, 220), count=120)
    for index in range(46):
        x, y = 420 + index * 24 + c.dice.uniform(-30, 30), 230 - 150 * math.sin(index / 15) + c.dice.uniform(-46, 46)
        span = c.dice.uniform(14, 30)
        c.line([(x - span, y - span * 0.34), (x, y), (x + span, y - span * 0.34)], (64, 70, 82), 3.4)
    for x, y, size in ((520, 640, 1.0), (640, 690, 1.2), (1010, 610, 0.9), (1120, 700, 1.3), (860, 770, 1.5)):
        c.oval(x, y, 52 * size, 22 * size, (250, 250, 248))
        c.polygon(
            [(x - 50 * size, y - 6), (x - 78 * size, y - 22 * size), (x - 40 * size, y + 6 * size)], (224, 226, 226)
        )
        neck = [(x + 38 * size, y - 6 * size), (x + 60 * size, y - 44 * size), (x + 50 * size, y - 82 * size)]
        c.line(neck, (250, 250, 248), 13 * size)
        c.disc(x + 54 * size, y - 86 * size, 13 * size, (250, 250, 248))
        c.polygon(
            [(x + 64 * size, y - 90 * size), (x + 92 * size, y - 82 * size), (x + 64 * size, y - 78 * size)], GOLD
        )
        c.oval(x, y + 30 * size, 46 * size, 8 * size, (250, 250, 248), 70)
    for _ in range(150):
        x = c.dice.choice((c.dice.gauss(90, 90), c.dice.gauss(1500, 100)))
        top = c.dice.uniform(520, 760)
        c.line([(x, 900), (x + c.dice.uniform(-26, 26), top)], mix((128, 116, 76), (186, 160, 100), c.dice.random()), 4)
        c.oval(x + c.dice.uniform(-26, 26), top, 7, 26, (150, 110, 70), 220)
    c.polygon([(1180, 900), (1290, 770), (1600, 730), (1600, 900)], (146, 112, 84))
    c.person(1400, 840, 170, JADE)
    c.person(1490, 846, 120, RED)


def _river(c: Canvas) -> None:
    c.gradient((176, 214, 226), (236, 242, 226), end=450)
    c.hills(420, 30, (134, 172, 136), waves=1.7, phase=1.4)
    c.box(0, 440, WIDTH, HEIGHT, (128, 168, 104))
    shape = [(700, 440), (900, 440), (1060, 560), (1180, 720), (1400, 900), (300, 900), (520, 700), (620, 560)]
    c.polygon(shape, (112, 168, 184))
    c.ripples(520, 890, WALL, count=40)
    for index in range(60):
        left = index % 2 == 0
        y = 470 + (index / 60) * 420
        x = (640 - (y - 470) * 0.86 if left else 990 + (y - 470) * 1.0) + c.dice.uniform(-30, 30)
        c.line([(x, y), (x + c.dice.uniform(-14, 14), y - 30 - (y - 440) * 0.12)], (72, 122, 70), 4)
    for x in (130, 1450):
        c.box(x - 14, 300, x + 14, 560, (112, 84, 62))
        for _ in range(9):
            c.disc(
                x + c.dice.uniform(-90, 90), 260 + c.dice.uniform(-80, 70), 62, mix(LEAF, GOLD, c.dice.random() * 0.4)
            )
    for x, size, coat in ((420, 210, GOLD), (520, 190, RED), (340, 180, (70, 110, 160))):
        c.person(x, 800, size, coat)
    c.line([(520, 690), (720, 620), (730, 760)], (90, 70, 50), 5)
    c.disc(730, 772, 30, WALL)
    c.polygon([(730, 742), (760, 772), (730, 802)], INK)
    c.person(1230, 820, 230, JADE)
    c.rounded((1266, 660, 1350, 720), 4, WALL)
    c.box(1278, 674, 1334, 680, (140, 140, 140))
    c.box(1278, 690, 1320, 696, (140, 140, 140))


def _volunteers(c: Canvas) -> None:
    c.gradient((252, 214, 170), (252, 238, 214))
    for index in range(14):
        angle = index / 14 * math.tau
        reach = [(800, 520), (800 + 1300 * math.cos(angle), 520 + 1300 * math.sin(angle))]
        spread = (800 + 1300 * math.cos(angle + 0.22), 520 + 1300 * math.sin(angle + 0.22))
        c.polygon([*reach, spread], (255, 250, 236), 110)
    c.disc(800, 420, 210, RED)
    heart = [
        (800 + 11.2 * 16 * math.sin(t / 40 * math.tau) ** 3 * 0.55,
         414 - 7 * (13 * math.cos(t / 40 * math.tau) - 5 * math.cos(2 * t / 40 * math.tau)
                    - 2 * math.cos(3 * t / 40 * math.tau) - math.cos(4 * t / 40 * math.tau)))
        for t in range(41)
    ]  # fmt: skip
    c.polygon(heart, WALL)
    c.polygon([(740, 420), (800, 470), (880, 360), (862, 344), (798, 434), (756, 402)], GOLD)
    coats = (RED, JADE, GOLD, (62, 98, 148), (150, 92, 80), (96, 128, 90), RED, JADE, GOLD)
    for index, coat in enumerate(coats):
        x = 110 + index * 172
        size = 300 - abs(index - 4) * 12
        c.person(x, 880 - (4 - abs(index - 4)) * 6, size, coat)
        c.box(x - size * 0.16, 880 - size * 0.62, x + size * 0.16, 880 - size * 0.56, WALL)
        arm = [(x + size * 0.17, 880 - size * 0.6), (x + size * 0.3, 880 - size * 0.95)]
        c.line(
            arm if index % 2 else [(x - size * 0.17, 880 - size * 0.6), (x - size * 0.3, 880 - size * 0.95)], coat, 20
        )
    for _ in range(70):
        left, top = c.dice.uniform(0, WIDTH), c.dice.uniform(0, 560)
        c.box(left, top, left + 12, top + 7, c.dice.choice((RED, GOLD, JADE, (70, 110, 160))), 200)


def _song_boat(c: Canvas) -> None:
    c.gradient((198, 222, 214), (240, 240, 220), end=440)
    c.hills(420, 20, (170, 194, 180), waves=1.0, phase=0.2)
    c.gradient((168, 198, 186), (88, 130, 124), start=430)
    c.ripples(450, 890, WALL, count=130)
    for index in range(170):
        x = c.dice.uniform(0, WIDTH)
        depth = abs(x - 800) / 800
        if depth < 0.42:
            continue
        base = 470 + depth * 120
        top = base - 130 - depth * 130 * c.dice.random()
        c.line(
            [(x, base), (x + c.dice.uniform(-20, 20), top)], mix((110, 140, 80), (190, 176, 110), c.dice.random()), 4
        )
        if index % 3 == 0:
            c.oval(x, top, 8, 30, (214, 200, 160), 220)
    hull = [(380, 640), (1260, 640), (1180, 742), (470, 742)]
    c.polygon([(x, 1400 - y) for x, y in hull], (54, 74, 72), 90)
    c.polygon(hull, (110, 74, 50))
    c.polygon([(380, 640), (1260, 640), (1250, 660), (388, 660)], (150, 106, 70))
    for index in range(6):
        x = 560 + index * 84
        c.person(x, 690, 130 + 10 * (index % 2), (RED, GOLD, JADE, (70, 110, 160), (150, 92, 80), RED)[index])
        c.oval(x, 690 - 116, 7, 5, (120, 50, 50))
    c.person(1180, 700, 230, (60, 66, 86))
    c.line([(1220, 560), (1420, 790)], (86, 62, 46), 11)
    c.oval(1180, 496, 62, 16, (206, 178, 116))
    for index, (x, y) in enumerate(((470, 470), (560, 400), (660, 340), (780, 300), (910, 280))):
        c.oval(x, y, 17, 13, (70, 96, 90))
        c.line([(x + 15, y), (x + 15, y - 62)], (70, 96, 90), 5)
        if index % 2:
            c.line([(x + 15, y - 62), (x + 44, y - 44)], (70, 96, 90), 5)


SCENES: Mapping[str, Callable[[Canvas], None]] = {
    "greenhouse": _greenhouse,
    "bus": _bus,
    "canal": _canal,
    "birds": _birds,
    "river": _river,
    "volunteers": _volunteers,
    "song-boat": _song_boat,
}
