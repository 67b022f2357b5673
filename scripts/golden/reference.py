"""Running a model under transformers: logits, greedy continuations, layer checksums, and comparing two runs."""
import numpy as np
import torch

TOP = 20


def logits_of(model, ids):
    """Logits of every position, float32 [len(ids), vocabulary]."""
    with torch.no_grad():
        return model(torch.tensor([ids]), use_cache=False).logits[0].numpy()


def stats(t):
    """Mean and standard deviation over everything, and of the last position, with its first values."""
    t = t.detach().double().reshape(-1, t.shape[-1])
    last = t[-1]
    return {"mean": t.mean().item(), "std": t.std(correction=0).item(), "last_mean": last.mean().item(),
            "last_std": last.std(correction=0).item(), "last_first8": last[:8].tolist()}


def layer_stages(model, ids, detail_layers):
    """Checksums after the embedding, every layer and the final norm, in order of execution; sub-steps of the layers in
    detail_layers. Returns them and the logits."""
    rows, hooks = [], []

    def watch(module, label, inputs=False):
        def keep(_, args, output=None):
            value = args[0] if inputs else (output[0] if isinstance(output, tuple) else output)
            rows.append({"at": label, **stats(value)})
        hooks.append(module.register_forward_pre_hook(lambda m, a: keep(m, a)) if inputs else module.register_forward_hook(keep))

    base = model.model
    watch(base.layers[0], "embedding", inputs=True)
    for i, layer in enumerate(base.layers):
        if i in detail_layers:
            attention = layer.self_attn
            for name in ("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm", "mlp"):
                if hasattr(layer, name):
                    watch(getattr(layer, name), f"layer.{i}.{name}")
            for name in ("qkv_proj", "q_proj", "k_proj", "v_proj", "q_norm", "k_norm", "o_proj"):
                if hasattr(attention, name):
                    watch(getattr(attention, name), f"layer.{i}.{name}")
            watch(attention.o_proj, f"layer.{i}.attention_heads", inputs=True)
        watch(layer, f"layer.{i}")
    watch(base.norm, "final_norm")
    with torch.no_grad():
        logits = model(torch.tensor([ids]), use_cache=False).logits[0]
    for h in hooks:
        h.remove()
    return rows, logits


def greedy(model, ids, steps):
    """Greedy steps with a key-value cache; end-of-sequence tokens do not stop it. Returns ids and logits [steps, vocabulary]."""
    out, logits, cache, feed = [], [], None, ids
    with torch.no_grad():
        for _ in range(steps):
            r = model(torch.tensor([feed]), past_key_values=cache, use_cache=True)
            cache = r.past_key_values
            row = r.logits[0, -1].numpy().copy()
            logits.append(row)
            out.append(int(row.argmax()))
            feed = [out[-1]]
    return out, np.stack(logits)


def log_softmax(x):
    x = x.astype(np.float64)
    x = x - x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def top(logprobs, n):
    """[id, log-probability] of the n best, per row."""
    return [[[int(i), float(row[i])] for i in np.argsort(-row, kind="stable")[:n]] for row in logprobs]


def margins(logits):
    """Best minus second-best logit, per row."""
    best = np.partition(logits, -2, axis=-1)[:, -2:]
    return (best.max(-1) - best.min(-1)).tolist()


def compare(reference, other):
    """How far llama.cpp is from the float32 reference on the same forced path."""
    p, q = log_softmax(reference), log_softmax(other)
    kl = (np.exp(p) * (p - q)).sum(-1)
    a, b = reference.argmax(-1), other.argmax(-1)
    m = np.array(margins(reference))
    best = np.argsort(-p, axis=-1)[:, :TOP]
    delta = np.abs(np.take_along_axis(p, best, -1) - np.take_along_axis(q, best, -1))
    rows = np.arange(len(a))
    return {"steps": len(a), "argmax_differs": int((a != b).sum()), "largest_margin_where_it_differs": float(m[a != b].max()) if (a != b).any() else None,
            "kl_mean": float(kl.mean()), "kl_max": float(kl.max()), "top1_logprob_delta_max": float(np.abs(p[rows, a] - q[rows, a]).max()),
            "top20_logprob_delta_mean": float(delta.mean()), "top20_logprob_delta_max": float(delta.max())}
