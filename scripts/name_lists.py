#!/usr/bin/env python3
"""Writes the lists that the anonymiser looks words up in, into kolm-server's resources.

  given.txt, family.txt   names of the United States Census of 1990 (public domain), the most common
                          first, as the Python package "names" 0.3.0 carries them
  words.txt               words of ordinary English: those that the vocabulary of Qwen2.5 (Apache-2.0)
                          has in small letters, unless it learned them with a capital first

usage: name_lists.py NAMES_PACKAGE_DIRECTORY QWEN_TOKENIZER_JSON
"""

import json
import pathlib
import re
import sys

FAMILY_NAMES = 30_000
OUT = pathlib.Path(__file__).resolve().parent.parent / (
    "kolm-server/src/main/resources/ai/kolm/anonymize"
)


def write(name, source, lines):
    OUT.mkdir(parents=True, exist_ok=True)
    text = f"# {source}; scripts/name_lists.py made this file\n" + "\n".join(lines) + "\n"
    (OUT / name).write_text(text, encoding="utf-8")


def census(directory):
    shares = {}
    for name in ("dist.male.first", "dist.female.first"):
        for line in (directory / name).read_text().splitlines():
            fields = line.split()
            shares[fields[0].lower()] = shares.get(fields[0].lower(), 0) + float(fields[1])
    given = sorted(shares, key=lambda name: (-shares[name], name))
    family = [line.split()[0].lower() for line in (directory / "dist.all.last").read_text().splitlines()]
    return given, family[:FAMILY_NAMES]


def words(tokenizer):
    vocabulary = json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
    found = []
    for token, rank in vocabulary.items():
        if re.fullmatch("\u0120[a-z]{2,}", token):
            capital = vocabulary.get("\u0120" + token[1].upper() + token[2:])
            if capital is None or rank <= capital:
                found.append(token[1:])
    return sorted(found)


def main():
    given, family = census(pathlib.Path(sys.argv[1]))
    source = "United States Census of 1990, public domain"
    write("given.txt", source, given)
    write("family.txt", source, family)
    write("words.txt", "from the vocabulary of Qwen2.5, Apache-2.0", words(pathlib.Path(sys.argv[2])))


if __name__ == "__main__":
    main()
