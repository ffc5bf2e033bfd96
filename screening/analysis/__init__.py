"""From the table to the stored result: ``screening.statistics`` computes every number, here they are put together.

No module of this package touches the database or a request.
"""
