#!/usr/bin/env python3
"""Makes kolm-runtime/src/test/resources/golden/x86/instructions.tsv: what the GNU assembler makes of
each instruction that ai.kolm.kernels.x86.AssemblerTest tests.

    java -cp ... ai.kolm.kernels.x86.AssemblerTest | scripts/golden/x86_instructions.py > instructions.tsv

Needs binutils (as, objdump); no test needs them.
"""
import re
import subprocess
import sys
import tempfile

texts = [line.rstrip("\n") for line in sys.stdin if line.strip()]
with tempfile.TemporaryDirectory() as folder:
    source, target = folder + "/x.s", folder + "/x.o"
    with open(source, "w", encoding="ascii") as out:
        out.write(".intel_syntax noprefix\n" + "\n".join(texts) + "\n")
    listing = subprocess.run(
        ["as", "-aln", "--listing-rhs-width=1", "--listing-lhs-width=4", "-o", target, source],
        check=True, capture_output=True, text=True).stdout

code = {}
for line in listing.splitlines():
    match = re.match(r"\s*(\d+) ([0-9a-f]{4,}) ([0-9A-F ]+)", line)
    if match:
        code[int(match[1])] = match[3].replace(" ", "").lower()
for number, text in enumerate(texts, start=2):  # line 1 is the directive
    print(code[number], text, sep="\t")
