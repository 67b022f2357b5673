#!/usr/bin/env python3
"""Recall and precision of kolm's anonymiser and of Microsoft Presidio on the same annotated texts.

    python3 scripts/compare_presidio.py TEXTS.jsonl --model en_core_web_md [--limit N]

TEXTS has a JSON object on each line: text, truth and found, the last two lists of [start, end, class];
`found` is what kolm finds. AnonymizerReport (tests of kolm-server) writes such files: `notes N OUT` for
generated notes, `annotate IN OUT` for texts that have no `found` yet. --presidio-research FILE turns
data/synth_dataset_v2.json of github.com/microsoft/presidio-research into such an IN, and ends.

Needs the package presidio-analyzer, and --model: a spaCy model, as an installed package or a directory.

A value counts as found if every letter and digit of it is within findings, of whatever class; a finding is
right if it touches a value. Both are judged by these same rules; thresholds are the tools' defaults.
"""
import argparse
import collections
import json
import math
import re

# What of the public set identifies somebody, by the names of our classes.
PUBLIC = {
    "PERSON": "NAME", "STREET_ADDRESS": "ADDRESS", "GPE": "PLACE", "CREDIT_CARD": "CARD", "DATE_TIME": "DATE",
    "PHONE_NUMBER": "PHONE", "EMAIL_ADDRESS": "EMAIL", "ZIP_CODE": "ZIP", "DOMAIN_NAME": "URL", "IBAN_CODE": "IBAN",
    "US_SSN": "SSN", "IP_ADDRESS": "IP", "US_DRIVER_LICENSE": "LICENCE",
}
# Touching these is no mistake, but they need not be found.
NEUTRAL = {"ORGANIZATION", "TITLE", "AGE", "NRP", "TIME"}
# These identify nobody by docs/anonymizer.md; a second total counts them too.
BROAD = {"YEAR", "WEEKDAY", "COUNTRY"}
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
COUNTRIES = """Australia Austria Belgium Brazil Canada Croatia Cyprus Czechia Denmark Estonia Finland France Germany Greece
Greenland Hungary Iceland Italy Netherlands Norway Poland Portugal Russia Slovenia Spain Sweden Switzerland Tunisia
Uruguay Vietnam""".split() + ["Czech Republic", "New Zealand", "South Africa", "United Kingdom", "United States", "Cyprus (Greek)",
                              "Cyprus (Anglicized)", "the Netherlands", "Vietnam (Mekong)"]


def kind(name, value):
    """The class of a value of the public set."""
    if name == "DATE_TIME" and re.fullmatch(r"\d{4}", value):
        return "YEAR"
    if name == "DATE_TIME" and value in WEEKDAYS:
        return "WEEKDAY"
    if name == "GPE" and value.title() in [country.title() for country in COUNTRIES]:
        return "COUNTRY"
    return PUBLIC.get(name, name)


def convert(source, target):
    """The public set; offsets in UTF-16 as Java counts them are the same here: it has no other characters."""
    with open(source, encoding="utf-8") as stream, open(target, "w", encoding="utf-8") as out:
        for item in json.load(stream):
            assert all(ord(c) < 0x10000 for c in item["full_text"])
            truth = []
            for s in item["spans"]:
                start, end = s["start_position"], s["end_position"]
                clock = re.search(r"[ T]\d\d:\d\d:\d\d$", item["full_text"][start:end])
                if s["entity_type"] == "DATE_TIME" and clock:
                    truth.append([start + clock.start(), end, "TIME"])
                    end = start + clock.start()
                truth.append([start, end, kind(s["entity_type"], item["full_text"][start:end])])
            out.write(json.dumps({"text": item["full_text"], "truth": truth}) + "\n")


class Count:
    def __init__(self):
        self.values = collections.Counter()
        self.hit = collections.Counter()
        self.findings = self.right = 0

    def add(self, text, truth, found):
        covered = [False] * len(text)
        for start, end, _ in found:
            covered[start:end] = [True] * (end - start)
        real = [False] * len(text)
        for start, end, kind in truth:
            real[start:end] = [True] * (end - start)
            if kind in NEUTRAL:
                continue
            self.values[kind] += 1
            self.hit[kind] += all(covered[i] or not text[i].isalnum() for i in range(start, end))
        for start, end, _ in found:
            self.findings += 1
            self.right += any(real[start:end])

    def all(self, broad):
        kinds = [kind for kind in self.values if broad or kind not in BROAD]
        recall = sum(self.hit[kind] for kind in kinds) / sum(self.values[kind] for kind in kinds)
        precision = self.right / max(1, self.findings)
        return recall, precision, 5 * precision * recall / (4 * precision + recall)


def wilson(hits, of, z=1.96):
    p, s = hits / of, z * z / of
    return (p + s / 2 - z * math.sqrt(p * (1 - p) / of + s / (4 * of))) / (1 + s)


def analyzer(model):
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    engine = NlpEngineProvider(nlp_configuration={
        "nlp_engine_name": "spacy", "models": [{"lang_code": "en", "model_name": model}]}).create_engine()
    about = engine.nlp["en"].meta
    print("Presidio's NER engine: spaCy %s, %s_%s %s" % (
        about["spacy_version"], about["lang"], about["name"], about["version"]))
    return AnalyzerEngine(nlp_engine=engine, supported_languages=["en"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts")
    parser.add_argument("--model", default="en_core_web_lg")
    parser.add_argument("--limit", type=int, default=1_000_000)
    parser.add_argument("--presidio-research", metavar="FILE")
    options = parser.parse_args()
    if options.presidio_research:
        convert(options.presidio_research, options.texts)
        return
    engine = analyzer(options.model)
    ours, theirs = Count(), Count()
    with open(options.texts, encoding="utf-8") as stream:
        for number, line in enumerate(stream):
            if number >= options.limit:
                break
            item = json.loads(line)
            ours.add(item["text"], item["truth"], item["found"])
            found = [[r.start, r.end, r.entity_type] for r in engine.analyze(text=item["text"], language="en")]
            theirs.add(item["text"], item["truth"], found)
    print("%d texts\n%-10s %8s   kolm  bound   Presidio  bound" % (min(number + 1, options.limit), "class", "values"))
    for kind in sorted(ours.values):
        of = ours.values[kind]
        print("%-10s %8d  %.3f  %.3f   %.3f     %.3f" % (
            kind, of, ours.hit[kind] / of, wilson(ours.hit[kind], of), theirs.hit[kind] / of,
            wilson(theirs.hit[kind], of)))
    for broad in (False, True) if BROAD & set(ours.values) else (False,):
        for name, count in (("kolm", ours), ("Presidio", theirs)):
            print("%-8s recall %.3f  precision %.3f  F2 %.3f%s" % (
                name, *count.all(broad), "  (years, weekdays, countries too)" if broad else ""))


if __name__ == "__main__":
    main()
