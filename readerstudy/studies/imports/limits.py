"""Every limit of the import door, in one place. docs and messages quote these numbers."""

MANIFEST_BYTES = 20_000_000
MANIFEST_ROWS = 50_000

ENTRIES = 50_000
"""Entries of an archive or files of a folder."""
STRAY_ENTRIES = 1_000
"""Entries that the manifest does not name: beyond these it is not a collection of photographs."""
FILE_BYTES = 60_000_000
"""Bytes of one unpacked photo; counted while unpacking, whatever the archive's directory claims."""
TOTAL_BYTES = 40_000_000_000
"""Bytes of all unpacked photos of one import."""
RATIO = 100
RATIO_FROM_BYTES = 10_000_000
"""An entry of this size that shrank a hundredfold is no photograph (photographs hardly shrink)."""

SHORT_SIDE = 64
"""Pixels. Below this no face has eyes worth looking at; the eye distance itself is checked by the face finder."""
PIXELS = 60_000_000
"""Read off the header before anything is decoded: 60 megapixels need 180 MB."""
LONG_SIDE = 2048
"""Stored photos are scaled down to this long side."""
QUALITY = 95

PROBLEMS_SHOWN = 200
"""Lines of a refused import's report."""
HEARTBEAT_STALE_S = 120
CHECKED_KEPT_DAYS = 14
"""A checked import that nobody confirms is thrown away after as many days."""
FACES_A_MESSAGE = 64
