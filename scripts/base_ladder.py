#!/usr/bin/env python3
"""Whether `kolm distill` takes the smallest base that is good enough, on three planted tasks.

    python3 scripts/base_ladder.py --model smollm2-135m-q4_1.gguf [--layers 10,20,30] [--only route]

The ladder is SmolLM2-135M-Instruct cut to 10, 20 and all 30 of its layers (cut_model.py); the tasks are
those of loop_cloud.py: two answers (urgent), eight words and four answers (route), copying (extract). Traffic is captured as in loop.py. Each task is distilled on the whole ladder; the verdict is
worked out from the trials in the report: the base that was taken must be the first one whose bound on dev
reached the target, and every smaller one must have missed it. Exit code 0: so it was for all tasks.

What was interrupted goes on: bases, captures and trainings are kept in --home.
"""

import argparse
import json
import pathlib
import sys

import cut_model
from loop import ROOT, Loop
from openai_client_check import with_package

TASKS = ["urgent", "route", "extract"]


class Ladder(Loop):
    def bases(self):
        """Packs the cut models; returns their names, the smallest first."""
        whole = pathlib.Path(self.options.model).expanduser().read_bytes()
        names = []
        for layers in map(int, self.options.layers.split(",")):
            name = "smollm2-%d-layers" % layers
            names.append(name)
            target = self.home / "artifacts" / (name + ".kolm")
            if target.exists():
                continue
            gguf = self.home / (name + ".gguf")
            gguf.write_bytes(cut_model.cut(whole, layers))
            code, _, _ = self.run("pack", gguf, "--license", "Apache-2.0", "--out", target)
            gguf.unlink()
            if code != 0:
                sys.exit("pack ended with %d" % code)
        return names

    def climb(self):
        """Distills on the whole ladder; returns what was wrong with the choice, if anything."""
        names = self.bases()
        self.capture()
        report = self.home / "report.json"
        if not report.exists():
            code, out, _ = self.run(
                "distill", "--namespace", "notes", "--out", self.artifact, "--bases", ",".join(names),
                "--rate", self.options.rate, "--tokens-per-step", self.options.tokens_per_step, "--max-length", 512,
                "--epochs", self.options.epochs, "--target", self.options.target, "--allow-small", "--json")
            if code != 0:
                sys.exit("distill ended with %d" % code)
            report.write_text(out)
        self.cloud.close()
        return self.verdict(json.loads(report.read_text()), names)

    def verdict(self, report, names):
        bound = {}
        for trial in report["candidates"]:
            print("%-8s %-6s %-20s dev %.3f [%.3f]  %5.0f s" % (
                self.task, trial["phase"], trial["base"], trial["dev_score"], trial["dev_bound"], trial["seconds"]))
            bound[trial["base"]] = trial["dev_bound"]
        good = [name for name in names if bound.get(name, -1) >= self.options.target]
        expected = good[0] if good else max(bound, key=lambda name: (bound[name], -names.index(name)))
        tried = names[:names.index(expected) + 1] if good else names
        print("%-8s taken: %s, target %s" % (
            self.task, report["base"], "reached" if report["target_reached"] else "missed"))
        if report["base"] != expected:
            return "%s: expected %s" % (self.task, expected)
        if set(bound) != set(tried):
            return "%s: expected trials of %s, got %s" % (self.task, tried, sorted(bound))
        return "" if report["target_reached"] == bool(good) else "%s: whether it was reached is told wrongly" % self.task


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="SmolLM2-135M-Instruct as GGUF (fetch_reference.py smollm2)")
    parser.add_argument("--kolm", default=str(ROOT / "kolm"), help="the command; default: ./kolm of this project")
    parser.add_argument("--home", default=str(ROOT / "target" / "ladder"), help="where everything is kept")
    parser.add_argument("--layers", default="10,20,30")
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--target", type=float, default=0.8, help="with some 20 cases in dev, at most 0.85 can be reached")
    parser.add_argument("--rate", default="1e-3")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--tokens-per-step", type=int, default=256)
    parser.add_argument("--latency", type=float, default=0.05, help="the longest wait for the cloud, in seconds")
    parser.add_argument("--only", choices=TASKS)
    parser.add_argument("--package", default="openai==2.33.0")
    options = parser.parse_args()
    with_package(options.package)
    wrong = [Ladder(task, options).climb() for task in TASKS if options.only in (None, task)]
    wrong = [line for line in wrong if line]
    print("\n".join(wrong) or "the smallest base that passes was taken each time", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
