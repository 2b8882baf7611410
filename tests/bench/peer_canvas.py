#!/usr/bin/python3
"""The fastest pair in Python: ReportLab's bare canvas and XlsxWriter with constant memory. peer_canvas.py FACTS SQL OUT.pdf OUT.xlsx"""
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas
from xlsxwriter import Workbook

from peer_rows import CHARACTERS, GAP, HEAD, LEADING, MARGIN, SIZE, WEIGHT, WIDTH, arguments, lines, rows

PAGE = landscape(A4)


def workbook(facts, sql, path):
    book = Workbook(path, {"constant_memory": True})
    sheet, bold = book.add_worksheet("Findings"), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    for i, width in enumerate(WEIGHT):
        sheet.set_column(i, i, width)
        sheet.write_string(0, i, HEAD[i], bold)
    last = 0
    for last, row in enumerate(rows(facts, sql), 1):
        for i, value in enumerate(row):
            sheet.write_string(last, i, value)
    sheet.autofilter(0, 0, last, len(HEAD) - 1)
    book.close()


def put(canvas, lefts, y, cells):
    for left, cell in zip(lefts, cells):
        at = y
        for line in cell:
            at -= LEADING
            if line:
                canvas.drawString(left, at, line)


def report(facts, sql, path):
    canvas = Canvas(path, pagesize=PAGE, pageCompression=1)
    lefts, x, y = [], MARGIN, 0
    for width in WIDTH:
        lefts.append(x)
        x += width + GAP
    head = [lines(v, n) for v, n in zip(HEAD, CHARACTERS)]
    for row in rows(facts, sql):
        cells = [lines(v, n) for v, n in zip(row, CHARACTERS)]
        height = 8 + LEADING * max(len(c) for c in cells)
        if y - height < MARGIN:
            if y:
                canvas.showPage()
            y = PAGE[1] - 84
            canvas.setFont("Helvetica-Bold", SIZE)
            put(canvas, lefts, y, head)
            canvas.setFont("Helvetica", SIZE)
            y -= 40
        put(canvas, lefts, y, cells)
        y -= height
        canvas.line(MARGIN, y, x, y)
    canvas.save()


if __name__ == "__main__":
    facts, sql, pdf, xlsx = arguments()
    workbook(facts, sql, xlsx)
    report(facts, sql, pdf)
