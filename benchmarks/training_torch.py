"""One side of training.py: LoRA on SmolLM2 with transformers and peft, in float32 on the CPU.

    training_torch.py GGUF TOKENS STEPS keep|recompute THREADS

Prints what ai.kolm.benchmarks.TrainingSteps prints. All linear layers, rank 16, alpha 32; AdamW; one row of random
tokens per step, of which the last three tenths are learned.
"""
import sys
import time
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

RANK, ALPHA, RATE, VOCABULARY, LEARNED = 16, 32, 2e-4, 40_000, 0.3
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def peak():
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) >> 10


def main():
    path, tokens, steps, mode = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    torch.set_num_threads(int(sys.argv[5]))
    torch.manual_seed(1)
    model = AutoModelForCausalLM.from_pretrained(str(path.parent), gguf_file=path.name, dtype=torch.float32)
    model = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=TARGETS, task_type="CAUSAL_LM"))
    if mode == "recompute":
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    model.train()
    model.config.use_cache = False
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.0)
    for _ in range(steps):
        ids = torch.randint(0, VOCABULARY, (1, tokens))
        labels = ids.clone()
        labels[0, : round(tokens * (1 - LEARNED))] = -100
        begun = time.perf_counter()
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        optimiser.zero_grad()
        print(f"step {tokens / (time.perf_counter() - begun):.2f} {loss.item():.4f}", flush=True)
    print("memory", peak())


main()
