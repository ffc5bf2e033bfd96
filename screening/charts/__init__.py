"""Plotly figures as plain JSON, drawn in the browser by static/js/screening/figure.js.

``roc(result)`` gives Figure 4 a and b of Hong et al. 2021. Colours here are those for print; the page's dark theme
replaces each by its counterpart. ``layer`` in a trace's ``meta`` names the switch of the page that shows it.
"""

from screening.charts.figures import roc

__all__ = ["roc"]
