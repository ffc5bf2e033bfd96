"""A manifest in which nothing is written is called empty, however many bytes it has."""

import pytest

from readerstudy.studies.imports.manifest import ManifestRefused, read


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n", b"\xff\xfe", b"\xfe\xff", b",,\n,,\n", b'""\n']
)
def test_a_manifest_without_a_cell_is_empty(data):
    with pytest.raises(ManifestRefused) as refused:
        read(data)
    assert refused.value.problems == ["The manifest is empty."]
