"""`generate` and `check` as a user runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from codegen.cli import main
from tests.codegen.building import ITEM, WSDL, changed, write_tree

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with a WSDL and the package that was generated from it."""
    write_tree(tmp_path / "wsdl", {"shop.wsdl": WSDL})
    assert run("generate", tmp_path) == 0
    capsys.readouterr()
    return tmp_path


def run(command: str, folder: Path) -> int:
    return main([command, "--wsdl-dir", str(folder / "wsdl"), "--out", str(folder / "out"), "--package", "out"])


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_check_of_the_committed_tree_is_fresh(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is in the repository is what codegen gives today, with the options that nobody has to type."""
    monkeypatch.chdir(ROOT)
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "src/ocpp_sdk/generated: 34 files, fresh\n"


def test_generate_new_folder_writes_the_package(made: Path) -> None:
    """One package for each WSDL, with its own WSDL to serve."""
    assert set(content(made / "out")) == {
        "__init__.py",
        *(f"shop/{name}" for name in ("__init__.py", "types.py", "codec.py", "operations.py", "service.wsdl")),
    }


def test_generate_again_changes_nothing(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second run touches no file."""
    times = {path: path.stat().st_mtime_ns for path in (made / "out").rglob("*.py")}
    assert run("generate", made) == 0
    assert capsys.readouterr().out.endswith("6 files, 0 changed\n")
    assert {path: path.stat().st_mtime_ns for path in (made / "out").rglob("*.py")} == times


def test_check_fresh_package_says_so_in_one_line(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 and one line."""
    assert run("check", made) == 0
    assert capsys.readouterr().out == f"{made / 'out'}: 6 files, fresh\n"


def test_check_changed_wsdl_shows_the_difference(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A field that was added to the WSDL is in the diff, with a plus."""
    write_tree(made / "wsdl", {"shop.wsdl": changed(ITEM, f'{ITEM}<x:element name="count" type="x:int"/>')})
    before = content(made / "out")
    assert run("check", made) == 1
    captured = capsys.readouterr()
    assert "--- in place/shop/types.py" in captured.out
    assert "+++ generated/shop/types.py" in captured.out
    assert "\n+    count: int = field(" in captured.out
    assert captured.err == f"{made / 'out'}: stale; run python -m codegen generate\n"
    assert content(made / "out") == before


def test_check_edited_file_shows_the_difference(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An edit by hand is in the diff, with a minus."""
    path = made / "out" / "shop" / "types.py"
    path.write_text(path.read_text() + "EXTRA = 1\n")
    assert run("check", made) == 1
    assert "\n-EXTRA = 1" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["shop/types.py", "shop/service.wsdl", "__init__.py"])
def test_check_missing_file_shows_it(name: str, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is not there is stale, too."""
    (made / "out" / name).unlink()
    assert run("check", made) == 1
    assert f"--- /dev/null\n+++ generated/{name}" in capsys.readouterr().out


def test_check_file_generated_no_more_shows_it(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A package whose WSDL is gone is reported, and removed by the next generation."""
    write_tree(made / "wsdl", {"depot.wsdl": WSDL})
    assert run("generate", made) == 0
    (made / "wsdl" / "depot.wsdl").unlink()
    capsys.readouterr()
    assert run("check", made) == 1
    assert "--- in place/depot/types.py\n+++ /dev/null" in capsys.readouterr().out
    assert run("generate", made) == 0
    assert not (made / "out" / "depot" / "types.py").exists()
    assert run("check", made) == 0


def test_check_missing_folder_shows_all_files(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing generated yet is no error of its own."""
    assert main(["check", "--wsdl-dir", str(made / "wsdl"), "--out", str(made / "none"), "--package", "out"]) == 1
    assert capsys.readouterr().out.count("--- /dev/null") == 6


def test_generate_file_of_the_user_in_the_way_is_not_overwritten(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was not generated is neither overwritten nor removed."""
    mine = made / "out" / "shop" / "types.py"
    mine.write_text("# mine\n")
    other = write_tree(made / "out", {"shop/notes.py": "# mine too\n"}) / "shop" / "notes.py"
    assert run("generate", made) == 2
    assert capsys.readouterr().err == f"{mine}: is in the way and was not generated: move it away\n"
    assert mine.read_text() == "# mine\n"
    mine.unlink()
    assert run("generate", made) == 0
    assert other.read_text() == "# mine too\n"
    assert run("check", made) == 0


def test_command_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt option stops with the usage, not with a generation."""
    with pytest.raises(SystemExit) as stop:
        main(["generate", "--wsdldir", "x"])
    assert stop.value.code == 2
    assert "unrecognized arguments" in capsys.readouterr().err
