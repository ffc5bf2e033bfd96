"""Plotly figures as plain JSON, drawn in the browser by static/js/screening/figure.js.

``roc(result)`` gives Figure 4 a and b of Hong et al. 2021, ``sections(result)`` the figures further down the page
(drawn by sections.js). Colours here are those for print; the page's dark theme
replaces each by its counterpart. ``layer`` in a trace's ``meta`` names the switch of the page that shows it.
"""

from screening.charts.figures import roc
from screening.charts.sections import sections

__all__ = ["roc", "sections"]
