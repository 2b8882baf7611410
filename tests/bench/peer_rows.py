"""What both peers share: the rows of a pack, read from its facts.db with the SQL that the pack's own table was made of."""
import sqlite3
import sys

HEAD = ("Finding", "Status", "Severity", "Test", "What is tested", "Subject", "Observed", "Expected", "Reason", "Limit", "Evidence", "Subject id")
WEIGHT = (12, 12, 9, 22, 26, 30, 26, 26, 34, 20, 18, 40) # of the columns, as in template/template.json
# The page, the margins and the type of keycustody's report: A4 landscape, 8.5 on 12 points.
MARGIN, GAP, SIZE, LEADING = 56, 9, 8.5, 12
WIDTH = tuple((842 - 2 * MARGIN - 11 * GAP) * w / sum(WEIGHT) for w in WEIGHT) # points
CHARACTERS = tuple(max(1, int(w / 4.4)) for w in WIDTH) # that a line of Helvetica holds


def rows(facts, sql):
    db = sqlite3.connect(f"file:{facts}?mode=ro", uri=True)
    for row in db.execute(open(sql, encoding="utf-8").read()):
        yield tuple("" if v is None else str(v) for v in row)


def lines(text, width):
    """A cell's lines, broken by counting characters: the cheapest way there is."""
    return [text[i:i + width] for i in range(0, len(text), width)] or [""]


def arguments():
    """facts.db rows.sql out.pdf out.xlsx"""
    return sys.argv[1:5]
