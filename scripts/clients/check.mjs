// Asks a running kolm server what each client library asks, unmodified but for the base URL.
//
//   cd scripts/clients && npm install && node check.mjs http://127.0.0.1:8765/v1 [EMBEDDING_MODEL]
//
// Prints one line for each check; exit code 0: all passed.

import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { zodTextFormat } from "openai/helpers/zod";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embed, generateText, Output, stepCountIs, streamText, tool } from "ai";
import { ChatOpenAI, OpenAIEmbeddings } from "@langchain/openai";
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool as agentTool } from "@openai/agents";
import { z } from "zod";

const [baseURL, embedder] = process.argv.slice(2);
if (!baseURL) {
  console.error("usage: node check.mjs http://127.0.0.1:8765/v1 [EMBEDDING_MODEL]");
  process.exit(64);
}
const apiKey = process.env.OPENAI_API_KEY ?? "none";
const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
const model = (await client.models.list()).data[0].id;
const question = [{ role: "user", content: "Write one sentence about the sea." }];
const City = z.object({ name: z.string().max(24), inhabitants: z.number().int().min(0).max(100000000) });
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Gets the weather in a city.",
    strict: true,
    parameters: {
      type: "object",
      properties: { city: { type: "string", maxLength: 20 } },
      required: ["city"],
      additionalProperties: false,
    },
  },
};

let failed = 0;
async function check(name, run) {
  try {
    const told = await run();
    console.log(`ok      ${name}${told === undefined ? "" : ": " + told}`);
  } catch (e) {
    failed++;
    console.log(`FAILED  ${name}: ${e?.constructor?.name}: ${e?.message ?? e}`);
  }
}
const wanted = process.env.ONLY;
async function group(name, checks) {
  for (const [what, run] of Object.entries(checks)) {
    if (!wanted || name.includes(wanted)) await check(`${name}, ${what}`, run);
  }
}

await group("openai-node", {
  models: async () => (await client.models.retrieve(model)).id,
  chat: async () => {
    const answer = await client.chat.completions.create({ model, messages: question, max_tokens: 24 });
    assert.ok(answer.choices[0].message.content);
    return JSON.stringify(answer.choices[0].message.content);
  },
  "stream helper": async () => {
    const stream = client.chat.completions.stream({
      model, messages: question, max_tokens: 24, seed: 5, stream_options: { include_usage: true },
    });
    for await (const _ of stream);
    const final = await stream.finalChatCompletion();
    assert.ok(final.usage.total_tokens > 0);
    assert.ok(final.choices[0].message.content);
  },
  parse: async () => {
    const answer = await client.chat.completions.parse({
      model, messages: [{ role: "user", content: "Describe Oslo as JSON." }],
      response_format: zodResponseFormat(City, "city"), max_tokens: 200,
    });
    return JSON.stringify(City.parse(answer.choices[0].message.parsed));
  },
  runTools: async () => {
    let called = 0;
    const runner = client.chat.completions.runTools({
      model, messages: [{ role: "user", content: "What is the weather in Oslo?" }], max_tokens: 100,
      tool_choice: { type: "function", function: { name: "get_weather" } },
      tools: [{ type: "function", function: { ...weather.function, parse: JSON.parse,
        function: ({ city }) => { called++; return `sunny in ${city}`; } } }],
    });
    await runner.done();
    assert.ok(called > 0, "the tool was not called");
  },
  completions: async () => {
    const answer = await client.completions.create({
      model, prompt: "The sea is", max_tokens: 4, echo: true, logprobs: 1,
    });
    assert.ok(answer.choices[0].text.startsWith("The sea is"));
    assert.equal(answer.choices[0].logprobs.tokens.length, answer.choices[0].logprobs.token_logprobs.length);
  },
  responses: async () => {
    const answer = await client.responses.create({ model, input: "Say hello.", max_output_tokens: 24 });
    assert.ok(answer.output_text);
    assert.equal(answer.output[0].type, "message");
  },
  "responses, stream helper": async () => {
    const stream = client.responses.stream({ model, input: "Say hello.", max_output_tokens: 24 });
    const kinds = new Set();
    for await (const event of stream) kinds.add(event.type);
    const final = await stream.finalResponse();
    assert.ok(final.usage.total_tokens > 0);
    assert.ok(kinds.has("response.output_text.delta"));
  },
  "responses, parse": async () => {
    const answer = await client.responses.parse({
      model, input: "Describe Oslo as JSON.", text: { format: zodTextFormat(City, "city") }, max_output_tokens: 200,
    });
    return JSON.stringify(City.parse(answer.output_parsed));
  },
  errors: async () => {
    await assert.rejects(
      client.chat.completions.create({ model: "no-such-model", messages: question }),
      (e) => e instanceof OpenAI.NotFoundError && e.code === "model_not_found" && Boolean(e.requestID));
    await assert.rejects(
      client.chat.completions.create({ model, messages: question, temperature: 3 }),
      (e) => e instanceof OpenAI.BadRequestError && e.param === "temperature");
    await assert.rejects(client.images.generate({ prompt: "x", model }), OpenAI.NotFoundError);
  },
  ...(embedder && {
    embeddings: async () => {
      const input = ["A small boat", "The sea"];
      const [plain, base64] = await Promise.all([
        client.embeddings.create({ model: embedder, input, encoding_format: "float" }),
        client.embeddings.create({ model: embedder, input }),
      ]);
      const [a, b] = [plain.data[1].embedding, base64.data[1].embedding];
      assert.equal(a.length, b.length);
      assert.ok(a.every((value, i) => Math.abs(value - b[i]) < 1e-6));
      return `${a.length} numbers`;
    },
  }),
});

const compatible = createOpenAICompatible({ name: "kolm", baseURL, apiKey, includeUsage: true, supportsStructuredOutputs: true });
const responses = createOpenAI({ baseURL, apiKey });
const getWeather = tool({
  description: "Gets the weather in a city.",
  inputSchema: z.object({ city: z.string().max(20) }),
  execute: async ({ city }) => `sunny in ${city}`,
});
for (const [name, chosen] of [["AI SDK, chat", compatible(model)], ["AI SDK, responses", responses(model)]]) {
  await group(name, {
    text: async () => {
      const { text, usage } = await generateText({ model: chosen, prompt: "Say hello.", maxOutputTokens: 24 });
      assert.ok(text && usage.outputTokens > 0);
    },
    stream: async () => {
      const result = streamText({ model: chosen, prompt: "Say hello.", maxOutputTokens: 24 });
      let text = "";
      for await (const piece of result.textStream) text += piece;
      assert.ok(text && (await result.usage).outputTokens > 0);
    },
    tools: async () => {
      const { steps } = await generateText({
        model: chosen, prompt: "What is the weather in Oslo?", tools: { getWeather }, maxOutputTokens: 100,
        toolChoice: "required", stopWhen: stepCountIs(1),
      });
      assert.ok(steps[0].toolResults.length > 0);
    },
    "structured output": async () => {
      const { output } = await generateText({
        model: chosen, prompt: "Describe Oslo.", output: Output.object({ schema: City }), maxOutputTokens: 200,
      });
      return JSON.stringify(City.parse(output));
    },
  });
}
if (embedder) {
  await group("AI SDK, chat", {
    embeddings: async () => {
      const { embedding } = await embed({ model: compatible.textEmbeddingModel(embedder), value: "The sea" });
      return `${embedding.length} numbers`;
    },
  });
}

const lang = new ChatOpenAI({ model, apiKey, configuration: { baseURL }, maxTokens: 100, maxRetries: 0 });
await group("LangChain JS", {
  chat: async () => assert.ok((await lang.invoke("Say hello.")).content),
  stream: async () => {
    let text = "";
    for await (const chunk of await lang.stream("Say hello.")) text += chunk.content;
    assert.ok(text);
  },
  tools: async () => {
    const bound = lang.bindTools([weather], { tool_choice: "get_weather" });
    const answer = await bound.invoke("What is the weather in Oslo?");
    assert.equal(answer.tool_calls[0].name, "get_weather");
  },
  "structured output": async () =>
    JSON.stringify(City.parse(await lang.withStructuredOutput(City, { method: "jsonSchema" }).invoke("Describe Oslo."))),
  ...(embedder && {
    embeddings: async () => {
      const vectors = await new OpenAIEmbeddings({ model: embedder, apiKey, configuration: { baseURL } })
        .embedDocuments(["a", "b"]);
      return `${vectors[0].length} numbers`;
    },
  }),
});

setTracingDisabled(true);
const runner = new Runner({ modelProvider: new OpenAIProvider({ baseURL, apiKey, useResponses: true }) });
await group("Agents SDK", {
  // The library refuses an answer that was cut, so these have room to end.
  run: async () => {
    const agent = new Agent({ name: "a", instructions: "Be brief.", model, modelSettings: { maxTokens: 400, temperature: 0 } });
    assert.ok((await runner.run(agent, "Say hello.")).finalOutput);
  },
  stream: async () => {
    const agent = new Agent({ name: "a", instructions: "Be brief.", model, modelSettings: { maxTokens: 400, temperature: 0 } });
    const result = await runner.run(agent, "Say hello.", { stream: true });
    for await (const _ of result);
    await result.completed;
    assert.ok(result.finalOutput);
  },
  "tool loop": async () => {
    let called = 0;
    const agent = new Agent({
      name: "a", instructions: "Use the tool.", model,
      modelSettings: { maxTokens: 100, toolChoice: "required" }, toolUseBehavior: "stop_on_first_tool",
      tools: [agentTool({
        name: "get_weather", description: "Gets the weather in a city.",
        parameters: z.object({ city: z.string().max(20) }),
        execute: async ({ city }) => { called++; return `sunny in ${city}`; },
      })],
    });
    await runner.run(agent, "What is the weather in Oslo?", { maxTurns: 3 });
    assert.ok(called > 0, "the tool was not called");
  },
});

console.log(failed === 0 ? "all passed" : `${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
