#!/usr/bin/env python3
"""Asks a running kolm server through pydantic-ai.

    pip install 'pydantic-ai-slim[openai]==2.68.0' && python3 scripts/clients/check.py http://127.0.0.1:8765/v1

Prints one line for each check; exit code 0: all passed.
"""

import asyncio
import sys

import openai
import pydantic
from pydantic_ai import Agent, NativeOutput, ToolOutput
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.openai import OpenAIProvider


class City(pydantic.BaseModel):
    """A city."""

    name: str = pydantic.Field(max_length=24)
    inhabitants: int = pydantic.Field(ge=0, le=100_000_000)


async def streamed(agent):
    async with agent.run_stream("Write one sentence about the sea.") as run:
        return [text async for text in run.stream_text()][-1]


def checks(url, model):
    provider = OpenAIProvider(base_url=url, api_key="none")
    settings = {"max_tokens": 120, "temperature": 0.0, "seed": 5}
    for kind in (OpenAIChatModel, OpenAIResponsesModel):
        name = f"pydantic-ai, {kind.__name__}"
        served = kind(model, provider=provider)
        yield f"{name}, text", lambda served=served: Agent(served, model_settings=settings).run_sync("Say hello.").output
        yield f"{name}, stream", lambda served=served: asyncio.run(streamed(Agent(served, model_settings=settings)))
        for output in (NativeOutput(City), ToolOutput(City)):
            agent = Agent(served, output_type=output, model_settings=settings, retries=0)
            yield f"{name}, {type(output).__name__}", lambda agent=agent: agent.run_sync("Tell of Oslo.").output


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    url = sys.argv[1]
    model = openai.OpenAI(base_url=url, api_key="none").models.list().data[0].id
    failed = 0
    for name, check in checks(url, model):
        try:
            print(f"ok      {name}: {check()!r}", flush=True)
        except Exception as e:  # each check tells
            failed += 1
            print(f"FAILED  {name}: {type(e).__name__} {e}", flush=True)
    print("all passed" if failed == 0 else f"{failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
