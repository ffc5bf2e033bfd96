"""Hyper-parameter search: every recipe of a declared grid, judged on validation parts only."""
