#!/usr/bin/python3
"""The usual pair: ReportLab's platypus and openpyxl. peer_platypus.py FACTS SQL OUT.pdf OUT.xlsx"""
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.platypus import LongTable, SimpleDocTemplate, TableStyle

from peer_rows import CHARACTERS, GAP, HEAD, LEADING, MARGIN, SIZE, WEIGHT, WIDTH, arguments, lines, rows


def workbook(facts, sql, path):
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Findings")
    sheet.freeze_panes = "A2"
    for i, width in enumerate(WEIGHT):
        sheet.column_dimensions[chr(65 + i)].width = width
    head = []
    for title in HEAD:
        cell = WriteOnlyCell(sheet, title)
        cell.font = Font(bold=True)
        head.append(cell)
    sheet.append(head)
    for row in rows(facts, sql):
        sheet.append(row)
    book.save(path)


STYLE = TableStyle([("FONTSIZE", (0, 0), (-1, -1), SIZE), ("LEADING", (0, 0), (-1, -1), LEADING), ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"), ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
                    ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), GAP)])


def drawn(table, heights):
    out = LongTable(table, colWidths=[w + GAP for w in WIDTH], rowHeights=heights, repeatRows=1)
    out.setStyle(STYLE)
    return out


def report(facts, sql, path):
    head, story = ["\n".join(lines(v, n)) for v, n in zip(HEAD, CHARACTERS)], []
    table, heights = [head], [40]
    for row in rows(facts, sql):
        cells = [lines(v, n) for v, n in zip(row, CHARACTERS)]
        table.append(["\n".join(c) for c in cells])
        heights.append(8 + LEADING * max(len(c) for c in cells)) # known heights spare platypus its slowest part
        if len(table) > 500: # a long table is copied at every page: many short ones spare it that too
            story.append(drawn(table, heights))
            table, heights = [head], [40]
    if len(table) > 1:
        story.append(drawn(table, heights))
    SimpleDocTemplate(path, pagesize=landscape(A4), leftMargin=MARGIN, rightMargin=MARGIN - GAP, topMargin=84, bottomMargin=MARGIN).build(story)


if __name__ == "__main__":
    facts, sql, pdf, xlsx = arguments()
    workbook(facts, sql, xlsx)
    report(facts, sql, pdf)
