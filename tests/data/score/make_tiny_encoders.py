#!/usr/bin/env python3
"""Writes the two folders beside it: encoders of LLMLingua-2's kinds with random weights, a few
hundred pieces and a window of 48, so that short texts are cut. Standard library only; the same
bytes each time."""
import json
import os
import random
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
HIDDEN, LAYERS, HEADS, WIDE, POSITIONS = 16, 2, 2, 32, 48
WORDS = """the of and to in is that it was for on are with as be at by this have from or had not but
what all were when we there can an your which their said if do will each about how up out them then
she many some so these would other into has more her two like him see time could no make than first
been its who now people my made over did down only way find use may water long little very after
words called just where most know get through back much go good new write our me man too any day
same right look think also around another came come work three must because does part green river
under quiet stone walks cloud order shipped depot""".split()
ENDINGS = "s es ed ing er ly tion al e y n t d r".split()
OTHER = ["\u4e2d", "\u6587", "\u7684", "\u6ca1\u6709", "\u3002", "\u00e9", "\u00fc", "\u044f", "\u0438"]
ASCII = [chr(c) for c in range(0x21, 0x7F)]


def tensor_names(prefix):
    e = prefix + ".embeddings."
    yield e + "word_embeddings.weight", "word"
    yield e + "position_embeddings.weight", "position"
    yield e + "token_type_embeddings.weight", "type"
    yield e + "LayerNorm.weight", "ones"
    yield e + "LayerNorm.bias", "hidden"
    for i in range(LAYERS):
        p = "%s.encoder.layer.%d." % (prefix, i)
        for part in ("attention.self.query", "attention.self.key", "attention.self.value",
                     "attention.output.dense"):
            yield p + part + ".weight", "square"
            yield p + part + ".bias", "hidden"
        for part in ("attention.output.LayerNorm", "output.LayerNorm"):
            yield p + part + ".weight", "ones"
            yield p + part + ".bias", "hidden"
        yield p + "intermediate.dense.weight", "up"
        yield p + "intermediate.dense.bias", "wide"
        yield p + "output.dense.weight", "down"
        yield p + "output.dense.bias", "hidden"
    yield "classifier.weight", "classes"
    yield "classifier.bias", "labels"


def bfloat16(value):
    return struct.pack("<I", struct.unpack("<I", struct.pack("<f", value))[0] + 0x8000)[2:]


def write_weights(path, prefix, shapes, dtype, draw):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, kind in tensor_names(prefix):
        shape = shapes[kind]
        count = 1
        for n in shape:
            count *= n
        center = 1.0 if kind == "ones" else 0.0
        spread = 0.1 if kind in ("ones", "hidden", "wide", "labels") else 0.4
        if kind == "classes":
            spread = 0.8
        values = [center + draw.gauss(0, spread) for _ in range(count)]
        bytes_ = b"".join(bfloat16(v) for v in values) if dtype == "BF16" else struct.pack(
            "<%df" % count, *values)
        header[name] = {"dtype": dtype, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(bytes_)]}
        data += bytes_
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text + data)


def write_model(name, config, prefix, tokenizer, dtype, seed):
    folder = os.path.join(HERE, name)
    os.makedirs(folder, exist_ok=True)
    config = dict(config, vocab_size=tokenizer.pop("size"), hidden_size=HIDDEN,
                  num_hidden_layers=LAYERS, num_attention_heads=HEADS, intermediate_size=WIDE,
                  hidden_act="gelu", position_embedding_type="absolute",
                  id2label={"0": "LABEL_0", "1": "LABEL_1"})
    shapes = {"word": [config["vocab_size"], HIDDEN],
              "position": [config["max_position_embeddings"], HIDDEN],
              "type": [config["type_vocab_size"], HIDDEN], "ones": [HIDDEN], "hidden": [HIDDEN],
              "square": [HIDDEN, HIDDEN], "up": [WIDE, HIDDEN], "wide": [WIDE],
              "down": [HIDDEN, WIDE], "classes": [2, HIDDEN], "labels": [2]}
    for file, value in (("config.json", config), ("tokenizer.json", tokenizer)):
        with open(os.path.join(folder, file), "w", encoding="utf-8") as out:
            json.dump(value, out, ensure_ascii=False, indent=1 if file == "config.json" else None)
            out.write("\n")
    write_weights(os.path.join(folder, "model.safetensors"), prefix, shapes, dtype,
                  random.Random(seed))


def added(contents, vocab):
    return [{"id": vocab.index(c), "content": c, "single_word": False, "lstrip": c == "<mask>",
             "rstrip": False, "normalized": False, "special": True} for c in contents]


def bert():
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocab = list(dict.fromkeys(specials + ASCII + ["##" + c for c in ASCII if c.isalnum()] +
                               OTHER + WORDS + ["##" + e for e in ENDINGS]))
    tokenizer = {
        "size": len(vocab), "version": "1.0", "added_tokens": added(specials, vocab),
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": False},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100,
                  "vocab": {piece: i for i, piece in enumerate(vocab)}}}
    write_model("bert-tiny", {"model_type": "bert", "layer_norm_eps": 1e-12, "pad_token_id": 0,
                              "max_position_embeddings": POSITIONS, "type_vocab_size": 2},
                "bert", tokenizer, "F32", 1)


def xlm_roberta():
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = list(dict.fromkeys(["\u2581"] + ["\u2581" + w for w in WORDS] + ENDINGS + OTHER + ASCII))
    scored = [[p, 0.0] for p in specials] + [
        [p, -3.0 - 0.02 * i] for i, p in enumerate(pieces)] + [["<mask>", 0.0]]
    vocab = [p for p, _ in scored]
    tokenizer = {
        "size": len(vocab), "version": "1.0", "added_tokens": added(specials + ["<mask>"], vocab),
        "normalizer": None,
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "WhitespaceSplit"},
            {"type": "Metaspace", "replacement": "\u2581", "add_prefix_space": True}]},
        "model": {"type": "Unigram", "unk_id": 3, "vocab": scored}}
    write_model("xlm-roberta-tiny",
                {"model_type": "xlm-roberta", "layer_norm_eps": 1e-5, "pad_token_id": 1,
                 "max_position_embeddings": POSITIONS + 2, "type_vocab_size": 1},
                "roberta", tokenizer, "BF16", 2)


if __name__ == "__main__":
    bert()
    xlm_roberta()
