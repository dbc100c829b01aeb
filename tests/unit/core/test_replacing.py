"""Files that others read at the same moment, on Windows."""

from pathlib import Path

import pytest

from tsh_sync_gui.core.replacing import take_away


@pytest.mark.parametrize(("windows", "is_gone"), [(True, True), (False, False)])
def test_a_file_that_is_just_read_is_taken_away_when_its_reader_is_done(tmp_path, monkeypatch, windows, is_gone):
    path, tries, unlink = tmp_path / "ticket", [], Path.unlink
    path.write_text("x")

    def busy_once(file, **options):
        tries.append(file)
        if len(tries) == 1:
            raise PermissionError(32, "The process cannot access the file")
        unlink(file, **options)

    monkeypatch.setattr(Path, "unlink", busy_once)
    if is_gone:
        take_away(path, windows=windows)
    else:
        with pytest.raises(PermissionError):
            take_away(path, windows=windows)

    assert path.exists() is not is_gone
