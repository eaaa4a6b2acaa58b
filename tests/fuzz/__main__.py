"""Feeds every target with what atheris makes of the corpus: `python -m tests.fuzz [options of libFuzzer]`.

Atheris needs a Python that it is built for; the hypothesis tests beside it need nothing. A finding is written
to a file `crash-…` in the current folder: give its name as the only argument to run it again.
"""

import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.fuzz.targets import TARGETS
from tests.fuzz.trees import NAMESPACES, TEXTS, corpus, words

_LONGEST_WORD = 60


def write_seeds(folder: Path) -> None:
    """Write each message of the corpus once for each target."""
    folder.mkdir()
    for number, data in enumerate(corpus()):
        for target in range(len(TARGETS) - 1):
            (folder / f"{number}-{target}").write_bytes(bytes((target, number % 256)) + data)
    (folder / "json").write_bytes(bytes((len(TARGETS) - 1, 0)) + b'{"idTag": "1", "values": [{"timestamp": "now"}]}')


def write_dictionary(path: Path) -> None:
    """Write the words of the services as a dictionary of libFuzzer."""
    entries = {*words(), *NAMESPACES, *TEXTS, "xsi:nil", "<![CDATA[", "<!DOCTYPE", "<!--", "xmlns:", "&#x0;"}
    escaped = {
        re.sub(r"[^ !#-\[\]-~]", lambda found: "".join(f"\\x{byte:02x}" for byte in found[0].encode()), entry)
        for entry in entries
        if 0 < len(entry) < _LONGEST_WORD
    }
    path.write_text("".join(f'"{entry}"\n' for entry in sorted(escaped)), "ascii")


def main(arguments: list[str]) -> int:
    """Fuzz until the options of libFuzzer say that it is enough; return its exit code."""
    if find_spec("atheris") is None:
        print(
            "fuzz: atheris is not installed; `pip install 'atheris>=3,<4'` finds it for CPython 3.11 to 3.13 on Linux"
        )
        return 1
    command = [sys.executable, "-m", "tests.fuzz.engine", *arguments]
    if any(not argument.startswith("-") for argument in arguments):
        return subprocess.run(command, check=False).returncode
    with tempfile.TemporaryDirectory(prefix="ocpp-fuzz-") as name:
        seeds, dictionary = Path(name, "seeds"), Path(name, "words.dict")
        write_seeds(seeds)
        write_dictionary(dictionary)
        command += [f"-dict={dictionary}", "-use_value_profile=1", str(seeds)]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
