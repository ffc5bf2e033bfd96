"""What an investigator takes away: the report (page, HTML file, PDF) and the bundle that reproduces its numbers.

``document`` is the report as blocks, made from a stored result and a few facts; ``html`` and ``pdf`` write it. Only
``facts`` knows the database.
"""
