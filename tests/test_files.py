"""Files that are replaced whole."""

import pytest

from informe.files import write_whole


def test_a_file_is_replaced_whole_or_stays(tmp_path, monkeypatch):
    path = tmp_path / "nueva" / "informe.pdf"
    write_whole("año", path)
    assert path.read_bytes() == "año".encode()
    assert path.stat().st_mode & 0o777 == 0o644
    with monkeypatch.context() as patch, pytest.raises(OSError, match="lleno"):
        patch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("lleno")))
        write_whole(b"otra cosa", path)
    assert path.read_text("utf-8") == "año"
    assert [item.name for item in path.parent.iterdir()] == ["informe.pdf"]
