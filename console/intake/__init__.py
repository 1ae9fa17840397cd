"""Live intake from files: rows of a CSV or XLSX become cases through the same door as any other.

files ─▶ sheets of cells     encodings, broken rows
rows  ─▶ fields of a case    columns by name, dates, the key that makes a second run harmless
run   ─▶ cases               a few at a time, can be stopped, writes what was refused
"""
