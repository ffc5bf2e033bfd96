"""Digital phantoms: a cohort of drawn child faces that shows nobody and whose best possible score is known.

The pictures are stylised and **not clinically valid**: they teach no diagnosis. They exist so that a reader study can
be tried, taught and tested end to end on a machine without patients. The idea is that of in-silico imaging trials
(VICTRE, JAMA Netw Open 2018;1:e185474): draw the anatomy from a stated distribution, render it, and let readers and
models meet the same cases.

- :mod:`.gestalts` the 35 gestalts as a data table;
- :mod:`.observers` what the best observer can reach, by formula;
- :mod:`.design` and :mod:`.looks` who is in a cohort, and everything about a picture that says nothing of the class;
- :mod:`.render` from a phantom to pixels and landmarks (anatomy, relief, skin, eyes, mouth, hair, scene, camera);
- :mod:`.cohort` to a folder of photos with a manifest in the public import format.

A pure package: numpy, scipy, OpenCV and Pillow, no Django.
"""
