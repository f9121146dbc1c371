#!/usr/bin/python3
"""PyTorch as a Python LLMLingua-2 user runs it: the modules of Hugging Face's BertModel in eager mode, one thread.

torch_peer.py serve: reads commands from stdin, a JSON object a line, and answers each with one.
  {"shape": "small", "layers": 6, "hidden": 384, "heads": 12, "ffn": 1536}   builds the model, fp32 and int8
  {"peer": "torch_eager", "passes": 3, "length": 512}                        times that many passes
  {"folder": DIR, "ids": [...]}                                              logits of the weights in DIR
"""
import json
import math
import struct
import sys
import time

import numpy
import torch
from torch import nn


class SelfAttention(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads, self.head_size = heads, hidden // heads
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.dropout = nn.Dropout(0.1)

    def split(self, x):
        return x.view(x.shape[0], x.shape[1], self.heads, self.head_size).permute(0, 2, 1, 3)

    def forward(self, x, mask):
        key, value, query = self.split(self.key(x)), self.split(self.value(x)), self.split(self.query(x))
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(self.head_size)
        probabilities = self.dropout(nn.functional.softmax(scores + mask, dim=-1))
        context = torch.matmul(probabilities, value).permute(0, 2, 1, 3).contiguous()
        return context.view(context.shape[0], context.shape[1], -1)


class Output(nn.Module):
    def __init__(self, inner, hidden):
        super().__init__()
        self.dense = nn.Linear(inner, hidden)
        self.LayerNorm = nn.LayerNorm(hidden, eps=1e-12)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x, residual):
        return self.LayerNorm(self.dropout(self.dense(x)) + residual)


class Attention(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.self = SelfAttention(hidden, heads)
        self.output = Output(hidden, hidden)

    def forward(self, x, mask):
        return self.output(self.self(x, mask), x)


class Intermediate(nn.Module):
    def __init__(self, hidden, ffn):
        super().__init__()
        self.dense = nn.Linear(hidden, ffn)

    def forward(self, x):
        return nn.functional.gelu(self.dense(x))


class Layer(nn.Module):
    def __init__(self, hidden, heads, ffn):
        super().__init__()
        self.attention = Attention(hidden, heads)
        self.intermediate = Intermediate(hidden, ffn)
        self.output = Output(ffn, hidden)

    def forward(self, x, mask):
        x = self.attention(x, mask)
        return self.output(self.intermediate(x), x)


class Embeddings(nn.Module):
    def __init__(self, vocab, positions, types, hidden):
        super().__init__()
        self.word_embeddings = nn.Embedding(vocab, hidden)
        self.position_embeddings = nn.Embedding(positions, hidden)
        self.token_type_embeddings = nn.Embedding(types, hidden)
        self.LayerNorm = nn.LayerNorm(hidden, eps=1e-12)
        self.dropout = nn.Dropout(0.1)

    def forward(self, ids):
        positions = torch.arange(ids.shape[1]).unsqueeze(0)
        x = self.word_embeddings(ids) + self.token_type_embeddings(torch.zeros_like(ids))
        return self.dropout(self.LayerNorm(x + self.position_embeddings(positions)))


class Encoder(nn.Module):
    def __init__(self, hidden, heads, ffn, layers):
        super().__init__()
        self.layer = nn.ModuleList([Layer(hidden, heads, ffn) for _ in range(layers)])


class Bert(nn.Module):
    def __init__(self, hidden, heads, ffn, layers, vocab, positions, types):
        super().__init__()
        self.embeddings = Embeddings(vocab, positions, types, hidden)
        self.encoder = Encoder(hidden, heads, ffn, layers)


class BertForTokenClassification(nn.Module):
    def __init__(self, hidden, heads, ffn, layers, vocab=8000, positions=512, types=2, labels=2):
        super().__init__()
        self.bert = Bert(hidden, heads, ffn, layers, vocab, positions, types)
        self.classifier = nn.Linear(hidden, labels)

    def forward(self, ids, attention_mask):
        mask = (1.0 - attention_mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
        x = self.bert.embeddings(ids)
        for layer in self.bert.encoder.layer:
            x = layer(x, mask)
        return self.classifier(x)


def read_safetensors(path):
    with open(path, "rb") as file:
        data = file.read()
    (header_bytes,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, entry in json.loads(data[8:8 + header_bytes]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + header_bytes + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


def logits_of(folder, ids):
    with open(folder + "/config.json") as file:
        c = json.load(file)
    model = BertForTokenClassification(
        c["hidden_size"], c["num_attention_heads"], c["intermediate_size"], c["num_hidden_layers"],
        c["vocab_size"], c["max_position_embeddings"], c["type_vocab_size"])
    model.load_state_dict(read_safetensors(folder + "/model.safetensors"))
    model.eval()
    tokens = torch.tensor([ids])
    return model(tokens, torch.ones_like(tokens)).flatten().tolist()


def main():
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    torch.manual_seed(1)
    models = {}
    for line in sys.stdin:
        command = json.loads(line)
        if "folder" in command:
            answer = {"logits": logits_of(command["folder"], command["ids"])}
        elif "layers" in command:
            models.clear()
            model = BertForTokenClassification(
                command["hidden"], command["heads"], command["ffn"], command["layers"])
            for name, parameter in model.named_parameters():
                if "LayerNorm" not in name:
                    nn.init.normal_(parameter, std=0.02)
            models["torch_eager"] = model.eval()
            models["torch_dynamic_int8"] = torch.quantization.quantize_dynamic(model, {nn.Linear})
            answer = {"shape": command["shape"], "peers": list(models)}
        else:
            model, length = models[command["peer"]], command.get("length", 512)
            ids = torch.randint(5, 8000, (1, length))
            mask = torch.ones_like(ids)
            begin, wall = time.process_time(), time.monotonic()
            for _ in range(command["passes"]):
                model(ids, mask)
            answer = {"peer": command["peer"], "tokens": length * command["passes"],
                      "cpu_s": time.process_time() - begin, "wall_s": time.monotonic() - wall}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
