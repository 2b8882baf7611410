#!/usr/bin/python3
"""Makes the three recordings of samples/ again from story.py, byte by byte: samples/make.py [FOLDER]"""
import pathlib
import sys

import story
from answers import Answers
from har import Writer

HERE = pathlib.Path(__file__).resolve().parent
CREATOR = {"name": "samples/make.py", "version": "1", "comment": "an invented tenant, no answers of Azure"}
STARTED = {7: "2026-07-31T15:02:11Z", 8: "2026-08-31T15:04:52Z", 9: "2026-09-30T15:01:37Z"}


def make(folder):
    for month, start in STARTED.items():
        with Writer(folder / f"2026-0{month}.har", CREATOR, start) as w:
            for answer in Answers(story.tenant(month)).all():
                w.add(answer)


if __name__ == "__main__":
    make(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
