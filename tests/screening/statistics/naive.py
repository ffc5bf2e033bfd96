"""The definitions, written as slowly and as literally as possible: loops over cases, pairs and tuples of indices.

Nothing here is shared with the package: ``score`` is a list of numbers, larger meaning more diseased.
"""

from itertools import combinations, pairwise, product

import numpy as np


def kernel(case, control):
    return 1.0 if case > control else 0.5 if case == control else 0.0


def classes(truth, score):
    """Cases and controls of one curve; NaN was not read."""
    read = [(t, s) for t, s in zip(truth, score, strict=True) if s == s]
    return [s for t, s in read if t], [s for t, s in read if not t]


def area(truth, score):
    cases, controls = classes(truth, score)
    return sum(kernel(a, b) for a in cases for b in controls) / (len(cases) * len(controls))


def rate(truth, call, *, diseased):
    mine = [c if diseased else 1 - c for t, c in zip(truth, call, strict=True) if bool(t) == diseased and c == c]
    return sum(mine) / len(mine)


METRICS = {
    "auc": area,
    "sensitivity": lambda t, c: rate(t, c, diseased=True),
    "specificity": lambda t, c: rate(t, c, diseased=False),
    "balanced_accuracy": lambda t, c: (rate(t, c, diseased=True) + rate(t, c, diseased=False)) / 2,
}


def vertices(truth, score):
    """(specificity, sensitivity) at every possible threshold."""
    cases, controls = classes(truth, score)
    thresholds = [*sorted(set(cases + controls)), float("inf")]
    return [(sum(b < t for b in controls) / len(controls), sum(a >= t for a in cases) / len(cases)) for t in thresholds]


def height_at(points, x):
    """Highest ordinate where x is hit (to 1e-9), else the line between the neighbours."""
    hits = [y for level, y in points if abs(level - x) < 1e-9]
    if hits:
        return max(hits)
    low = max(level for level, _ in points if level < x)
    high = min(level for level, _ in points if level > x)
    start, end = min(y for level, y in points if level == low), max(y for level, y in points if level == high)
    return start + (x - low) / (high - low) * (end - start)


def partial_area(points, low, high):
    """Trapezoid rule piece by piece, each piece cut to [low, high]."""
    total = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        a, b = max(x0, low), min(x1, high)
        if x1 > x0 and b > a:
            at = [y0 + (x - x0) / (x1 - x0) * (y1 - y0) for x in (a, b)]
            total += (b - a) * (at[0] + at[1]) / 2
    return total


def delong(truth, first, second):
    """Covariance of two areas on the same cases."""
    (a1, a0), (b1, b0) = classes(truth, first), classes(truth, second)
    n1, n0 = len(a1), len(a0)
    total = 0.0
    for parts in (
        [([kernel(a1[i], c) for c in a0], [kernel(b1[i], c) for c in b0]) for i in range(n1)],
        [([kernel(c, a0[k]) for c in a1], [kernel(c, b0[k]) for c in b1]) for k in range(n0)],
    ):
        n = len(parts)
        x, y = ([sum(part[i]) / len(part[i]) for part in parts] for i in (0, 1))
        mx, my = sum(x) / n, sum(y) / n
        total += sum((p - mx) * (q - my) for p, q in zip(x, y, strict=True)) / (n - 1) / n
    return total


def unbiased(truth, first, second):
    """Product of the areas less the mean product of kernels that share neither case nor control."""
    cases, controls = [i for i, t in enumerate(truth) if t], [i for i, t in enumerate(truth) if not t]

    def pairs(score):
        return [(i, k) for i in cases for k in controls if score[i] == score[i] and score[k] == score[k]]

    apart = [
        kernel(first[i], first[k]) * kernel(second[m], second[n])
        for (i, k), (m, n) in product(pairs(first), pairs(second))
        if i != m and k != n
    ]
    return area(truth, first) * area(truth, second) - sum(apart) / len(apart)


def jackknife(truth, ratings, metric):
    """Covariance of all (test, reader) figures by refitting without each case that the metric depends on."""
    figure = METRICS[metric]
    needed = {"sensitivity": (True,), "specificity": (False,)}.get(metric, (True, False))
    deleted = [i for i, t in enumerate(truth) if bool(t) in needed]
    rows = []
    for case in deleted:
        kept = [i for i in range(len(truth)) if i != case]
        rows.append([figure([truth[i] for i in kept], [curve[i] for i in kept]) for test in ratings for curve in test])
    k, columns = len(rows), list(zip(*rows, strict=True))
    means = [sum(column) / k for column in columns]
    return [
        [
            (k - 1) / k * sum((x - a) * (y - b) for x, y in zip(first, second, strict=True))
            for second, b in zip(columns, means, strict=True)
        ]
        for first, a in zip(columns, means, strict=True)
    ]


def mean_squares(figures):
    """MS(T), MS(R), MS(TR) of the table tests x readers, straight from the sums of squares."""
    i, j = len(figures), len(figures[0])
    grand = sum(map(sum, figures)) / (i * j)
    of_test = [sum(row) / j for row in figures]
    of_reader = [sum(row[r] for row in figures) / i for r in range(j)]
    rest = sum((figures[t][r] - of_test[t] - of_reader[r] + grand) ** 2 for t in range(i) for r in range(j))
    return (
        j * sum((m - grand) ** 2 for m in of_test) / (i - 1),
        i * sum((m - grand) ** 2 for m in of_reader) / (j - 1),
        rest / ((i - 1) * (j - 1)),
    )


def covariances(matrix, tests, readers):
    """Var, Cov1, Cov2, Cov3: plain means over all pairs of curves of a kind."""
    kinds = {"var": [], "cov1": [], "cov2": [], "cov3": []}
    cells = list(product(range(tests), range(readers)))
    for (a, (t, r)), (b, (u, s)) in product(enumerate(cells), repeat=2):
        name = "var" if a == b else "cov1" if r == s else "cov2" if t == u else "cov3"
        kinds[name].append(matrix[a][b])
    return {name: sum(values) / len(values) if values else 0.0 for name, values in kinds.items()}


def success_moments(truth, first, second):
    """Gallas' eight unbiased moments of two tests (readers x cases) and their shares, index tuple by index tuple."""
    cases, controls = [i for i, t in enumerate(truth) if t], [i for i, t in enumerate(truth) if not t]

    def triples(test):
        return [
            (r, i, k, kernel(row[i], row[k]))
            for r, row in enumerate(test)
            for i in cases
            for k in controls
            if row[i] == row[i] and row[k] == row[k]
        ]

    groups = [[] for _ in range(8)]
    for (r, i, k, s), (q, m, n, u) in product(triples(first), triples(second)):
        kind = 0 if i == m and k == n else 1 if i == m else 2 if k == n else 3
        groups[kind + (0 if r == q else 4)].append(s * u)
    total = sum(map(len, groups))
    return [sum(g) / len(g) if g else 0.0 for g in groups], [len(g) / total for g in groups]


def kappa(a, b, weights):
    """Cohen's weighted kappa: 1 - observed / expected disagreement over the category index."""
    labels = sorted(set(a) | set(b))
    cost = {
        "none": lambda i, j: float(i != j),
        "linear": lambda i, j: abs(i - j),
        "quadratic": lambda i, j: (i - j) ** 2,
    }
    x, y = [labels.index(v) for v in a], [labels.index(v) for v in b]
    observed = sum(cost[weights](i, j) for i, j in zip(x, y, strict=True)) / len(x)
    return 1 - observed / (sum(cost[weights](i, j) for i in x for j in y) / len(x) ** 2)


def fleiss(ratings):
    """Mean pairwise agreement of cases against the squared overall shares."""
    readers, n = len(ratings), len(ratings[0])
    observed = sum(row[c] == other[c] for row, other in combinations(ratings, 2) for c in range(n)) / (
        n * readers * (readers - 1) / 2
    )
    flat = [v for row in ratings for v in row]
    expected = sum((flat.count(v) / len(flat)) ** 2 for v in set(flat))
    return (observed - expected) / (1 - expected)


def gwet(ratings):
    readers, n = len(ratings), len(ratings[0])
    observed = sum(row[c] == other[c] for row, other in combinations(ratings, 2) for c in range(n)) / (
        n * readers * (readers - 1) / 2
    )
    flat = [v for row in ratings for v in row]
    labels = set(flat)
    shares = [flat.count(v) / len(flat) for v in labels]
    expected = sum(p * (1 - p) for p in shares) / (len(labels) - 1)
    return (observed - expected) / (1 - expected)


def alpha(ratings, metric, *, is_weighted):
    """Krippendorff: mean squared distance within cases against that between all readings that can be paired."""
    cases = [[v for v in column if v == v] for column in zip(*ratings, strict=True)]
    cases = [column for column in cases if len(column) > 1]
    pairs = [
        (a, b, 1 / (len(column) - 1) if is_weighted else 1.0)
        for column in cases
        for i, a in enumerate(column)
        for j, b in enumerate(column)
        if i != j
    ]
    labels = sorted({a for a, _, _ in pairs})
    total = {v: sum(w for a, _, w in pairs if a == v) for v in labels}

    def distance(a, b):
        if metric == "nominal":
            return float(a != b)
        if metric == "interval":
            return (a - b) ** 2
        if metric == "ratio":
            return 0.0 if a + b == 0 else ((a - b) / (a + b)) ** 2
        low, high = min(a, b), max(a, b)
        between = sum(total[v] for v in labels if low <= v <= high)
        return (between - (total[low] + total[high]) / 2) ** 2 if a != b else 0.0

    n = sum(total.values())
    observed = sum(w * distance(a, b) for a, b, w in pairs) / n
    expected = sum(total[a] * total[b] * distance(a, b) for a, b in product(labels, repeat=2)) / (n * (n - 1))
    return float(np.nan) if expected == 0 else 1 - observed / expected
