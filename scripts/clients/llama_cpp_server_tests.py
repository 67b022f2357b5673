#!/usr/bin/env python3
"""Runs those of llama.cpp's tests of its HTTP server that ask for OpenAI's API, against a server here.

    llama_cpp_server_tests.py GROUP [--tests DIR] [OPTIONS OF PYTEST]

Groups, and the server that each wants to find at 127.0.0.1:8080, with models of these names:
  chat   a model that chats, as each of CHAT_MODELS
  alone  a model that chats, as tinyllama-2, and no other
  key    as chat, with --api-key sk-this-is-the-secret-key
  cors   as chat, with --cors-origin for each of LOCAL_ORIGINS
  embed  any encoder of BERT's vocabulary, with --embed bert-bge-small.embed --embedding-tokens native, and a model
         that chats, as bert-bge-small and text-embedding-3-small

The tests come by pip out of the sdist of llama-cpp-python and stay as they are. This file is a plugin of pytest too,
which changes what is around them: no hub model is loaded, the paths that llama-server knows without /v1 get it,
/health is /healthz, a request without a model names that of the test's preset, and where a test compares the answer
with the words of a hub model, that comparison is left out.

Wants pip install pytest filelock requests wget openai==2.14.0. The exit code is that of pytest: not 0, because some
tests that apply are answered otherwise here; docs/clients.md says which and why.
"""

import argparse
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

INSIDE = "/vendor/llama.cpp/tools/server/tests/"
CHAT_MODELS = "tinyllama-2 tinyllama-2-tool-call gpt-3.5-turbo gpt-3.5-turbo-instruct davinci-002 gpt-4.1".split()
LOCAL_ORIGINS = [f"http://{h}" for h in "localhost localhost:8080 127.0.0.1 127.0.0.1:3000 [::1] [::1]:3000".split()]
LLAMA = "bartowski/Meta-Llama-3.1-8B-Instruct-GGUF:Q4_K_M-None"

GROUPS = {
    "alone": ["test_basic.py::test_server_start_simple", "test_basic.py::test_server_models"],
    "chat": [
        "test_chat_completion.py::test_completion_with_response_format",
        "test_chat_completion.py::test_invalid_chat_completion_req",
        "test_chat_completion.py::test_logprobs",
        "test_chat_completion.py::test_logprobs_stream",
        "test_chat_completion.py::test_chat_completions_multiple_choices",
        "test_completion.py::test_completion_stream_with_openai_library",
        "test_completion.py::test_completion_stream_with_openai_library_stops",
        "test_compat_oai_responses.py::test_responses_with_openai_library",
        "test_compat_oai_responses.py::test_responses_stream_with_openai_library",
        "test_ctx_shift.py::test_ctx_shift_disabled_stream",
        "test_tool_call.py::test_completion_without_tool_call_fast",
        f"test_tool_call.py::test_completion_with_required_tool_real_model[tool0-success-{LLAMA}-CompletionMode.NORMAL]",
        f"test_tool_call.py::test_completion_with_required_tool_real_model[tool1-code-{LLAMA}-CompletionMode.NORMAL]",
    ],
    "key": [
        "test_security.py::test_access_public_endpoint",
        "test_security.py::test_incorrect_api_key",
        "test_security.py::test_openai_library_correct_api_key",
    ],
    "cors": [
        "test_security.py::test_cors_origins_localhost_reflects",
        "test_security.py::test_cors_origins_localhost_rejects",
    ],
    "embed": [
        "test_embedding.py::test_embedding_single",
        "test_embedding.py::test_embedding_multiple",
        "test_embedding.py::test_embedding_multiple_with_fa",
        "test_embedding.py::test_embedding_mixed_input",
        "test_embedding.py::test_embedding_invalid_input",
        "test_embedding.py::test_embedding_pooling_mean",
        "test_embedding.py::test_embedding_pooling_mean_multiple",
        "test_embedding.py::test_embedding_openai_library_single",
        "test_embedding.py::test_embedding_openai_library_multiple",
        "test_embedding.py::test_same_prompt_give_same_result",
        "test_embedding.py::test_embedding_usage_single",
        "test_embedding.py::test_embedding_usage_multiple",
        "test_embedding.py::test_embedding_openai_library_base64",
    ],
}

# What these tests compare with the words of a hub model; all else they check stays.
WORDS_OF_A_HUB_MODEL = {
    "test_completion_stream_with_openai_library",
    "test_completion_stream_with_openai_library_stops",
    "test_responses_with_openai_library",
    "test_responses_stream_with_openai_library",
}

OPENAI_PATHS = ("/chat/completions", "/completions", "/embeddings", "/responses", "/models")


def served_path(path):
    """The path as OpenAI spells it."""
    if path == "/health":
        return "/healthz"
    return "/v1" + path if path in OPENAI_PATHS else path


def with_model(server, path, data):
    """The body, with the model that llama-server would take without being told."""
    if served_path(path).startswith("/v1/") and isinstance(data, dict) and data.get("model") is None:
        return {**data, "model": server.model_alias}
    return data


def pytest_configure(config):
    import openai
    import utils

    process = utils.ServerProcess
    make_url, make_request, make_stream = process.make_url, process.make_request, process.make_stream_request

    def request(self, method, path, data=None, *args, **kwargs):
        return make_request(self, method, path, with_model(self, path, data), *args, **kwargs)

    def stream(self, method, path, data=None, *args, **kwargs):
        return make_stream(self, method, path, with_model(self, path, data), *args, **kwargs)

    class Client(openai.OpenAI):
        def __init__(self, *, base_url, **kwargs):
            super().__init__(base_url=base_url.removesuffix("/v1") + "/v1", **kwargs)

    utils.ServerPreset.load_all = staticmethod(lambda: None)
    process.make_url = lambda self, path, host=None: make_url(self, served_path(path), host)
    process.make_request, process.make_stream_request = request, stream
    openai.OpenAI = Client


def pytest_runtest_setup(item):
    if hasattr(item.module, "match_regex"):
        import utils

        skip_words = item.originalname in WORDS_OF_A_HUB_MODEL
        item.module.match_regex = (lambda regex, text: True) if skip_words else utils.match_regex


def unpack(directory):
    """Downloads the sdist and takes the tests out of it."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import fetch_reference

    with tarfile.open(fetch_reference.package(fetch_reference.LLAMA_CPP, Path(directory), source=True)) as tar:
        tar.extractall(directory, [member for member in tar if INSIDE in member.name], filter="data")
    (tests,) = Path(directory).glob("*" + INSIDE)
    return tests


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("--tests", type=Path, help="llama.cpp's tools/server/tests, if they are here already")
    args, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as directory:
        tests = (args.tests or unpack(directory)).resolve()
        path = os.pathsep.join([str(tests), str(Path(__file__).resolve().parent)])
        environment = os.environ | {"DEBUG_EXTERNAL": "1", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-p", Path(__file__).stem, "-p", "no:cacheprovider", "-q"]
        ids = ["unit/" + test for test in GROUPS[args.group]]
        done = subprocess.run([*command, *options, *ids], cwd=tests, env=environment, check=False)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
