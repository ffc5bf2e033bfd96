"""The import door: a manifest, an archive or folder, and one clean photo at a time.

``manifest`` and ``archive`` read what was handed in and either refuse all of it in sentences or give clean rows;
``plan`` lays out the lines of the report; ``pictures`` turns one file into an upright, metadata-free picture or a
sentence; ``likeness`` finds near-duplicates; ``register`` knows what the cohort holds already; ``staging`` keeps
checked pictures until somebody says yes. Only ``run`` writes to the database; ``services.imports`` drives it.
"""
