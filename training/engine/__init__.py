"""The science of the model: faces, folds, network, training. Pure Python: no Django, no Celery.

Light at import: `recipe`, `layout` and `splits` need numpy only. `faces`, `network`, `data`, `fit` and `predict` load
TensorFlow or OpenCV, so whoever calls them from outside imports them inside the function that needs them.
"""
