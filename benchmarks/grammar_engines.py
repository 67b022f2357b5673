"""Grammar engines from Python behind one protocol, as processes of their own: one may crash or hang.

    grammar_engines.py ENGINE TOKENIZER.json

In: {"schema": ..., "tests": [{"ids": [...]}, ...]} per line. Out: {"refused": "", "compile": ns, "accepted": [...],
"tokens": [[ns, ...], ...]} per line, as GrammarCosts of kolm writes it. A token's time is that of its mask and of
its acceptance; a test is accepted if every token is in its mask and the end may follow.
"""
import json
import sys
import time


class LlGuidance:
    def __init__(self, path):
        import llguidance
        import llguidance.numpy
        self.lib = llguidance
        self.tokenizer = llguidance.LLTokenizer(path)
        self.mask = llguidance.numpy.allocate_token_bitmask(1, self.tokenizer.vocab_size)

    def compile(self, schema):
        grammar = self.lib.LLMatcher.grammar_from_json_schema(json.dumps(schema))
        matcher = self.lib.LLMatcher(self.tokenizer, grammar)
        if matcher.is_error():
            raise ValueError(matcher.get_error())
        return matcher

    def start(self, compiled):
        self.matcher = compiled.deep_copy()

    def fill(self):
        self.lib.numpy.fill_next_token_bitmask(self.matcher, self.mask, 0)

    def allows(self, token):
        return bool(self.mask[0][token >> 5] >> (token & 31) & 1)

    def accept(self, token):
        return self.matcher.consume_token(token)

    def is_complete(self):
        return self.matcher.is_accepting()


class XGrammar:
    def __init__(self, path):
        import torch
        import xgrammar
        from transformers import PreTrainedTokenizerFast
        torch.set_num_threads(1)
        self.lib = xgrammar
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=path)
        self.end = len(tokenizer) - 1
        self.info = xgrammar.TokenizerInfo.from_huggingface(tokenizer, stop_token_ids=[self.end])
        self.mask = xgrammar.allocate_token_bitmask(1, self.info.vocab_size)
        self.rows = self.mask.numpy()

    def compile(self, schema):
        # A new compiler each time: no grammar is known. Any whitespace, JSON Schema's own idea of other properties.
        compiler = self.lib.GrammarCompiler(self.info, max_threads=1, cache_enabled=False)
        return compiler.compile_json_schema(json.dumps(schema), any_whitespace=True, strict_mode=False)

    def start(self, compiled):
        self.matcher = self.lib.GrammarMatcher(compiled)

    def fill(self):
        self.matcher.fill_next_token_bitmask(self.mask)

    def allows(self, token):
        return bool(self.rows[0][token >> 5] >> (token & 31) & 1)

    def accept(self, token):
        return self.matcher.accept_token(token)

    def is_complete(self):
        return self.matcher.accept_token(self.end)


def measure(engine, case):
    clock = time.perf_counter_ns
    start = clock()
    try:
        compiled = engine.compile(case["schema"])
    except Exception as e:  # noqa: BLE001 - each engine refuses in its own way
        return {"refused": str(e)[:300] or type(e).__name__, "compile": clock() - start, "accepted": [], "tokens": []}
    done = {"refused": "", "compile": clock() - start, "accepted": [], "tokens": []}
    for test in case["tests"]:
        engine.start(compiled)
        times = []
        possible = True
        for token in test["ids"]:
            start = clock()
            engine.fill()
            # The look at the mask is the test's, not the engine's.
            between = clock()
            possible = engine.allows(token)
            again = clock()
            if not possible or not engine.accept(token):
                possible = False
                break
            times.append(clock() - again + between - start)
        done["accepted"].append(possible and engine.is_complete())
        done["tokens"].append(times)
    return done


def main():
    engine = {"llguidance": LlGuidance, "xgrammar": XGrammar}[sys.argv[1]](sys.argv[2])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(engine, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
