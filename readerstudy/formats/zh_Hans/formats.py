"""Thousands as in Chinese papers: 12,345."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
