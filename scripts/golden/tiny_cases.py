"""The tiny models of gen_tiny_models.py: one per architecture and RoPE variant, each with every feature on.

A case has
  covers      what it is there for
  config      the content of config.json, in the form in which models of the family are published
  written_by  "transformers" where config.json is what transformers makes of config
  dtype       how the safetensors file stores weights (the GGUF file does the same)
  shards      number of safetensors files
  gguf        what the GGUF file says differently, as changes to config: the file has no place for it, or its
              readers ignore it. Expected values of the GGUF form are those of the changed model.
  llama_cpp   further changes that make transformers compute what llama.cpp computes ("gelu_half" is GELU from a table
              of 16-bit floats)
  forced      further expected values, label -> changes to config: what a reader must compute that was told so
  short       overrides of GGUF metadata that make llama.cpp use the short factors for sequences that fit them
  without     ablations: changes to config, or a prefix of tensors set to zero, each of which must show in the
              log-probabilities. A reader that forgets the feature cannot pass.
  scale       exponents for weights by the end of their name, over those of EXPONENT
"""

VOCAB = 503

# Weight = integer / 2**exponent; the integer has a standard deviation of 37837, so 18 means 0.144.
EXPONENT = {"embed_tokens.weight": 15, "norm.weight": 17, "layernorm.weight": 17, ".bias": 17, ".weight": 18}
TIED = {"embed_tokens.weight": 18}


def config(architecture, model_type, hidden, heads, kv_heads, ffn, layers, **more):
    return {"architectures": [architecture], "model_type": model_type, "hidden_size": hidden, "num_attention_heads": heads,
            "num_key_value_heads": kv_heads, "intermediate_size": ffn, "num_hidden_layers": layers, "vocab_size": VOCAB,
            "bos_token_id": 0, "eos_token_id": 2, "torch_dtype": "float32", **more}


def llama(hidden=96, heads=4, kv_heads=2, ffn=160, layers=3, **more):
    return config("LlamaForCausalLM", "llama", hidden, heads, kv_heads, ffn, layers,
                  **{"hidden_act": "silu", "max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
                     "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": False, **more})


def qwen(architecture, model_type, **more):
    return config(architecture, model_type, **{"hidden": 96, "heads": 4, "kv_heads": 2, "ffn": 160, "layers": 3,
                  "hidden_act": "silu", "max_position_embeddings": 256, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
                  "tie_word_embeddings": True, "use_sliding_window": False, **more})


def gemma(architecture, model_type, **more):
    return config(architecture, model_type, **{"hidden": 96, "heads": 4, "kv_heads": 2, "ffn": 160, "head_dim": 32,
                  "hidden_activation": "gelu_pytorch_tanh", "max_position_embeddings": 256, "rms_norm_eps": 1e-6,
                  "tie_word_embeddings": True, **more})


def phi(**more):
    return config("Phi3ForCausalLM", "phi3", **{"hidden": 96, "heads": 4, "kv_heads": 2, "ffn": 160, "layers": 3, "hidden_act": "silu",
                  "max_position_embeddings": 256, "original_max_position_embeddings": 256, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
                  "rope_scaling": None, "tie_word_embeddings": False, "pad_token_id": 0, **more})


# Both families of factors grow with the wavelength, as published ones do.
SHORT_FACTORS = [1.0, 1.02, 1.05, 1.08, 1.1, 1.2, 1.35, 1.5, 1.7, 1.9, 2.1, 2.4]
LONG_FACTORS = [1.1, 1.3, 1.6, 2.0, 2.7, 3.5, 4.5, 6.0, 8.0, 10.5, 13.0, 16.0]

CASES = {
    "llama": {
        "covers": "grouped-query attention, output apart from the embedding",
        "config": llama(),
        "without": {"RoPE": {"rope_theta": 1e30}, "SiLU": {"hidden_act": "gelu"}},
    },
    "llama-rope-llama3": {
        "covers": "RoPE scaling of Llama 3 (low, middle and high frequencies), one key-value head, tied embedding; config.json as transformers 5 writes it",
        "config": {k: v for k, v in llama(hidden=120, heads=5, kv_heads=1, ffn=200, tie_word_embeddings=True, head_dim=24, rope_parameters={
            "rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32}).items() if k != "rope_theta"},
        "written_by": "transformers",
        "without": {"scaling": {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0}}},
    },
    "llama-rope-linear": {
        "covers": "linear RoPE scaling, every head with its own keys and values, F16",
        "config": llama(kv_heads=4, torch_dtype="float16", rope_scaling={"type": "linear", "factor": 4.0}),
        "dtype": "F16",
        "without": {"scaling": {"rope_scaling": None}},
    },
    "llama-rope-yarn": {
        "covers": "YaRN with attention factor and betas of its own",
        "config": llama(rope_theta=50000.0, rope_scaling={"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64,
                                                           "attention_factor": 1.3, "beta_fast": 16.0, "beta_slow": 2.0}),
        "llama_cpp": {"rope_scaling.attention_factor": None, "rope_scaling.beta_fast": None, "rope_scaling.beta_slow": None},
        "without": {"scaling": {"rope_scaling": None},
                    "attention factor": {"rope_scaling.attention_factor": None},
                    "betas": {"rope_scaling.beta_fast": 32.0, "rope_scaling.beta_slow": 1.0}},
    },
    "llama-bias": {
        "covers": "biases in attention and feed-forward, a large epsilon",
        "config": llama(hidden=72, heads=3, kv_heads=1, ffn=104, attention_bias=True, mlp_bias=True, rms_norm_eps=0.02),
        "without": {"epsilon": {"rms_norm_eps": 1e-5}, **{f"bias of {n}": f"{n}_proj.bias" for n in ("q", "k", "v", "o", "gate", "up", "down")}},
    },
    "mistral": {
        "covers": "sliding window on every layer, heads wider than hidden / heads, three safetensors files",
        "config": {k: v for k, v in llama(head_dim=32, sliding_window=16).items() if k not in ("attention_bias", "mlp_bias")}
        | {"architectures": ["MistralForCausalLM"], "model_type": "mistral"},
        "shards": 3,
        "gguf": {"sliding_window": None},
        "without": {"window": {"sliding_window": None}, "window, one more": {"sliding_window": 17}, "window, one less": {"sliding_window": 15}},
    },
    "qwen2": {
        "covers": "biases of q, k, v; tied embedding; a window that is not used; more embeddings than tokens; BF16",
        "config": qwen("Qwen2ForCausalLM", "qwen2", torch_dtype="bfloat16", sliding_window=8, max_window_layers=2, vocab_size=512),
        "dtype": "BF16",
        "without": {"unused window used": {"use_sliding_window": True}, **{f"bias of {n}": f"{n}_proj.bias" for n in "qkv"}},
    },
    "qwen2-rope-yarn": {
        "covers": "YaRN with defaults, output apart from the embedding",
        "config": qwen("Qwen2ForCausalLM", "qwen2", hidden=80, ffn=136, tie_word_embeddings=False, rope_theta=10000.0,
                       rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}),
        "without": {"scaling": {"rope_scaling": None}, "attention factor": {"rope_scaling.attention_factor": 1.0}},
    },
    "qwen3": {
        "covers": "norms of q and k, heads wider than hidden / heads",
        "config": qwen("Qwen3ForCausalLM", "qwen3", head_dim=32, attention_bias=False),
        "without": {"norm of q": "q_norm.weight", "norm of k": "k_norm.weight"},
    },
    "gemma2": {
        "covers": "soft caps on attention and output, norms before and after, window on every other layer, query scale of its own",
        "config": gemma("Gemma2ForCausalLM", "gemma2", layers=4, rope_theta=10000.0, sliding_window=12, query_pre_attn_scalar=20,
                        attn_logit_softcapping=5.0, final_logit_softcapping=4.0, attention_bias=False),
        "gguf": {"query_pre_attn_scalar": 32},
        "llama_cpp": {"hidden_activation": "gelu_half"},
        "without": {"cap on attention": {"attn_logit_softcapping": None}, "cap on output": {"final_logit_softcapping": None},
                    "window": {"sliding_window": 256}, "window, one more": {"sliding_window": 13}, "query scale": {"query_pre_attn_scalar": 32},
                    "tanh form of GELU": {"hidden_activation": "gelu"}},
    },
    "gemma3": {
        "covers": "norms of q and k, five local layers to a global one, two RoPE thetas, one key-value head",
        "config": gemma("Gemma3ForCausalLM", "gemma3_text", hidden=80, kv_heads=1, ffn=136, layers=7, rope_theta=1000000.0,
                        rope_local_base_freq=10000.0, sliding_window=12, sliding_window_pattern=6, query_pre_attn_scalar=32,
                        attn_logit_softcapping=None, final_logit_softcapping=None, rope_scaling=None, attention_bias=False),
        "llama_cpp": {"hidden_activation": "gelu_half"},
        "without": {"window": {"sliding_window": 256}, "global layer": {"sliding_window_pattern": 8}, "global theta": {"rope_theta": 10000.0},
                    "local theta": {"rope_local_base_freq": 1000000.0}, "norm of q": "q_norm.weight", "norm of k": "k_norm.weight"},
    },
    "gemma3-rope-linear": {
        "covers": "linear RoPE scaling on global layers only, BF16; config.json as transformers 5 writes it",
        "config": gemma("Gemma3ForCausalLM", "gemma3_text", layers=7, head_dim=24, torch_dtype="bfloat16", sliding_window=12,
                        query_pre_attn_scalar=24, attention_bias=False, layer_types=["sliding_attention"] * 5 + ["full_attention", "sliding_attention"],
                        rope_parameters={"full_attention": {"rope_type": "linear", "rope_theta": 1000000.0, "factor": 8.0},
                                         "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}),
        "dtype": "BF16",
        "written_by": "transformers",
        "llama_cpp": {"hidden_activation": "gelu_half"},
        "without": {"scaling": {"rope_parameters.full_attention": {"rope_type": "default", "rope_theta": 1000000.0}},
                    "no scaling of local layers": {"rope_parameters.sliding_attention": {"rope_type": "linear", "rope_theta": 10000.0, "factor": 8.0}}},
    },
    "phi3": {
        "covers": "q, k, v in one tensor, gate and up in one tensor, sliding window",
        "config": phi(sliding_window=16),
        "llama_cpp": {"sliding_window": None},
        "without": {"window": {"sliding_window": None}, "window, one more": {"sliding_window": 17}},
    },
    "phi3-longrope": {
        "covers": "LongRoPE with short and long factors, three quarters of a head rotated, tied embedding",
        "config": phi(heads=3, kv_heads=1, original_max_position_embeddings=32, partial_rotary_factor=0.75, tie_word_embeddings=True,
                      sliding_window=None, rope_scaling={"type": "longrope", "short_factor": SHORT_FACTORS, "long_factor": LONG_FACTORS}),
        "forced": {"long factors": {"rope_scaling.short_factor": LONG_FACTORS}},
        "short": {"phi3.rope.scaling.original_context_length": 512},
        "without": {"short factors": {"rope_scaling.short_factor": [1.0] * 12}, "long factors": {"rope_scaling.long_factor": SHORT_FACTORS},
                    "attention factor": {"rope_scaling.attention_factor": 1.0}},
    },
    "granite": {
        "covers": "multipliers of embedding, attention, residual and logits; tied embedding",
        "config": {k: v for k, v in llama(tie_word_embeddings=True, embedding_multiplier=3.0, attention_multiplier=0.3, residual_multiplier=0.6,
                                          logits_scaling=0.5).items()} | {"architectures": ["GraniteForCausalLM"], "model_type": "granite"},
        "without": {n: {n: 1.0} for n in ("embedding_multiplier", "residual_multiplier", "logits_scaling")}
        | {"attention_multiplier": {"attention_multiplier": 24 ** -0.5}},
    },
    "chat": {
        "covers": "the model committed as a file, for tests of the engine, the server and the command line: llama with RoPE scaling of Llama 3",
        "config": llama(hidden=80, ffn=136, layers=2, max_position_embeddings=2048, rope_scaling={
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 256}),
        "scale": {"lm_head.weight": 17, "embed_tokens.weight": 17},
        "without": {"scaling": {"rope_scaling": None}},
    },
}

# Files made by llama-quantize, from F32 models whose rows are whole blocks of the type. The vocabulary is the smallest that
# holds every byte.
SMALL_VOCAB = 264
QUANTISED = {
    "quantised-32": {
        "config": llama(layers=1, vocab_size=SMALL_VOCAB, tie_word_embeddings=True),
        "types": ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "IQ4_NL", "MXFP4"],
    },
    "quantised-256": {
        "config": llama(hidden=256, heads=4, kv_heads=1, ffn=256, layers=1, vocab_size=SMALL_VOCAB, tie_word_embeddings=True),
        "types": ["Q2_K", "Q3_K_S", "Q4_K_M", "Q5_K_M", "Q6_K"],
    },
}

# ChatML, with tools offered and called as Qwen's models do.
TEMPLATE = (
    "{%- if tools %}{{ '<|im_start|>system\\nTools:' }}{%- for tool in tools %}{{ '\\n' + (tool | tojson) }}{%- endfor %}{{ '<|im_end|>\\n' }}{%- endif %}"
    "{%- for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}{%- if message['content'] %}{{ message['content'] }}{%- endif %}"
    "{%- if message['tool_calls'] %}{%- for call in message['tool_calls'] %}{{ '<tool_call>' + (call['function'] | tojson) + '</tool_call>' }}{%- endfor %}{%- endif %}"
    "{{ '<|im_end|>\\n' }}{%- endfor %}{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{%- endif %}")

# Candidates for the texts of the chat model, in order; those with clear enough margins are kept. All original.
TEXTS = ["The", "Once upon a time", "It was a quiet morning in the harbour, and the only sound was", "def add(a, b):\n    return",
         "Zwölf Boxkämpfer jagen", "1, 2, 3, 4,", "naïve café 🙂 e\u0301", "   indented\n\tand tabbed\r\n",
         "She opened the old wooden box and found", "The spare key to the archive hangs behind"]
CHATS = [[{"role": "user", "content": "Hello!"}],
         [{"role": "user", "content": "What is the capital of France?"}],
         [{"role": "system", "content": "You answer in one short sentence."}, {"role": "user", "content": "Why does the sky look blue during the day?"}],
         [{"role": "user", "content": "I have three apples and buy two more."}, {"role": "assistant", "content": "You have five apples."},
          {"role": "user", "content": "I give one to Tom. And now?"}],
         [{"role": "user", "content": "Sum:\t12 + 345 + 6,789.01 = ?   (spaces   here)"}],
         [{"role": "user", "content": "Schreibe einen kurzen Absatz über die schönen Gärten in München."}]]
