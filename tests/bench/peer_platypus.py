#!/usr/bin/python3
"""The usual pair: ReportLab's platypus and openpyxl. peer_platypus.py FACTS SQL OUT.pdf OUT.xlsx"""
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from reportlab.lib import colors
from reportlab.lib.pagesizes import A3, landscape
from reportlab.platypus import LongTable, SimpleDocTemplate, TableStyle

from peer_rows import HEAD, WIDTH, arguments, lines, rows


def workbook(facts, sql, path):
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Findings")
    sheet.freeze_panes = "A2"
    for i, width in enumerate(WIDTH):
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


def report(facts, sql, path):
    table, heights = [HEAD], [12]
    for row in rows(facts, sql):
        cells = [lines(v, w) for v, w in zip(row, WIDTH)]
        table.append(["\n".join(c) for c in cells])
        heights.append(4 + 7 * max(len(c) for c in cells)) # known heights spare platypus its slowest part
    drawn = LongTable(table, colWidths=[w * 4 for w in WIDTH], rowHeights=heights, repeatRows=1)
    drawn.setStyle(TableStyle([("FONTSIZE", (0, 0), (-1, -1), 6), ("LEADING", (0, 0), (-1, -1), 7), ("VALIGN", (0, 0), (-1, -1), "TOP"),
                               ("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold"), ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
                               ("LEFTPADDING", (0, 0), (-1, -1), 2), ("RIGHTPADDING", (0, 0), (-1, -1), 2), ("TOPPADDING", (0, 0), (-1, -1), 1)]))
    SimpleDocTemplate(path, pagesize=landscape(A3), leftMargin=28, rightMargin=28, topMargin=28, bottomMargin=28).build([drawn])


if __name__ == "__main__":
    facts, sql, pdf, xlsx = arguments()
    workbook(facts, sql, xlsx)
    report(facts, sql, pdf)
