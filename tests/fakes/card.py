#!/usr/bin/python3
"""Plays an ffmpeg with a graphics card: what its encoder is asked for is made in software, well or ill.

Its own name says how: `card-good`, `card-gop` (groups that lean on each other), `card-profile` (another init segment),
`card-late` (a picture short), `card-dead` (the driver fails).
"""

import os
import sys

FFMPEG = "/usr/bin/ffmpeg"
KIND = os.path.basename(sys.argv[0]).partition("-")[2]  # noqa: PTH119 - starts in a blink
_TAKEN = {
    *("-preset", "-rc", "-cq", "-b:v", "-bf", "-g", "-no-scenecut", "-forced-idr", "-strict_gop", "-b_ref_mode"),
    *("-rc_mode", "-global_quality", "-idr_interval", "-sei", "-vaapi_device"),
}


def in_software(argv: list[str]) -> list[str]:
    keyint = "keyint=48:min-keyint=48:scenecut=0:open-gop=0:stitchable=1:chromaloc=0"
    if KIND == "gop":
        keyint = keyint.replace("min-keyint=48", "min-keyint=1").replace("open-gop=0", "open-gop=1")
    made: list[str] = []
    rest = iter(argv)
    for word in rest:
        if word in _TAKEN:
            next(rest)
        elif word == "-c:v":
            next(rest)
            made += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-x264-params", keyint]
        elif KIND == "profile" and word == "high":
            made.append("main")
        elif KIND == "late" and word == "-frames:v":
            made += [word, str(int(next(rest)) - 1)]
        else:
            made.append(word)
    return made


if KIND == "dead":
    sys.stderr.write("Cannot load libcuda.so.1\n")
    sys.exit(1)
os.execv(FFMPEG, [FFMPEG, *in_software(sys.argv[1:])])
