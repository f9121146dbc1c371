// A task small enough to be learned in a second: names and colours among fillers, and a reader that
// looks for the word behind the one that it is asked about.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/reader/reader.h"
#include "apps/train/train_encoder.h"
#include "apps/train/training_run.h"
#include "stages/network/counter_random.h"
#include "stages/tokenize/token_counter.h"
#include "tests/temporary_dir.h"

namespace pith::testing {

/// Counts what stands between blanks.
class BlankCounter final : public TokenCounter {
 public:
  std::string_view name() const override { return "blanks"; }
  std::uint32_t count(std::string_view text) const override {
    std::uint32_t num = 0;
    for (std::size_t i = 0; i < text.size(); ++i) num += ends_at(text, i) ? 1 : 0;
    return num;
  }
  std::vector<std::uint32_t> encode(std::string_view) const override { return {}; }
  std::vector<std::uint32_t> token_ends(std::string_view text) const override {
    std::vector<std::uint32_t> ends;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (ends_at(text, i)) ends.push_back(static_cast<std::uint32_t>(i + 1));
    }
    return ends;
  }

 private:
  static bool ends_at(std::string_view text, std::size_t i) {
    return text[i] != ' ' && (i + 1 == text.size() || text[i + 1] == ' ');
  }
};

/// Answers with the context's word behind the question's; "unanswerable" without it.
class LexicalReader final : public Reader {
 public:
  Result<ReaderAnswer> answer(const std::string& prompt) override {
    const std::uint64_t number = num_calls++;
    if (number >= refuse_from) return Error{ErrorCode::kInvalidArgument, "the reader has gone"};
    const std::string_view context = between(prompt, "Context:\n", "\n\nQuestion: ");
    const std::string name(between(prompt, "\n\nQuestion: ", "\nAnswer:"));
    ReaderAnswer out;
    out.text = "unanswerable";
    const std::size_t at = (" " + std::string(context) + " ").find(" " + name + " ");
    if (at != std::string::npos) {
      const std::size_t begin = at + name.size() + 1;
      if (begin < context.size()) {
        out.text = context.substr(begin, context.find(' ', begin) - begin);
      }
    }
    return out;
  }

  std::atomic<std::uint64_t> num_calls{0};
  std::uint64_t refuse_from = ~std::uint64_t{0};

 private:
  static std::string_view between(std::string_view text, std::string_view left,
                                  std::string_view right) {
    const std::size_t begin = text.find(left) + left.size();
    return text.substr(begin, text.rfind(right) - begin);
  }
};

inline constexpr std::array kNames = {"Ada", "Bob", "Cid", "Dora", "Eli", "Fay", "Gus", "Hal"};
inline constexpr std::array kColours = {"red",   "blue", "green", "black",
                                        "white", "pink", "brown", "grey"};
inline constexpr std::array kFillers = {"so",  "the",  "of",   "and",   "to",   "in",
                                        "was", "then", "that", "there", "very", "when"};

/// Thirty words, of which five names, each with a colour behind it.
struct ToyText {
  std::string text;
  std::vector<std::pair<std::string, std::string>> pairs;
};
inline ToyText toy_text(std::uint64_t seed) {
  ToyText made;
  std::uint64_t next = 0;
  const auto pick = [&](const auto& list) {
    return std::string(list[random_bits(seed, next++) % list.size()]);
  };
  for (int group = 0; group < 5; ++group) {
    for (int i = 0; i < 4; ++i) made.text += pick(kFillers) + " ";
    std::string name;
    do {
      name = pick(kNames);
    } while (made.text.find(name) != std::string::npos);
    made.pairs.emplace_back(name, pick(kColours));
    made.text += name + " " + made.pairs.back().second + (group < 4 ? " " : "");
  }
  return made;
}

class ToyTask : public ::testing::Test {
 protected:
  void SetUp() override {
    write_records("train.jsonl", 200, 1);
    write_records("valid.jsonl", 40, 2);
    write_policy();
  }

  void write_records(const std::string& name, int count, std::uint64_t seed) {
    std::ofstream file(dir_.file(name));
    for (int i = 0; i < count; ++i) {
      const ToyText text = toy_text(random_bits(seed, static_cast<std::uint64_t>(i)));
      const auto& [asked, colour] = text.pairs[static_cast<std::size_t>(i) % text.pairs.size()];
      file << R"({"context": ")" << text.text << R"(", "question": ")" << asked
           << R"(", "answers": [")" << colour << R"("], "lang": "en", "source": "toy"})"
           << "\n";
    }
  }

  /// A network that knows nothing, as a folder.
  void write_policy() {
    std::ofstream texts(dir_.file("texts.jsonl"));
    for (std::uint64_t i = 0; i < 200; ++i) {
      texts << R"({"text": ")" << toy_text(1000 + i).text << R"("})"
            << "\n";
    }
    texts.close();
    CorpusOptions corpus;
    corpus.data = {dir_.file("texts.jsonl")};
    VocabTrainOptions vocab;
    vocab.corpus = corpus;
    vocab.out = dir_.file("vocab");
    vocab.vocab_size = 320;
    const auto learned = train_vocab(vocab, [](const std::string&) {});
    ASSERT_TRUE(learned) << learned.error().detail;
    EncoderTrainOptions options;
    options.vocab = vocab.out;
    options.out = policy_ = dir_.file("policy");
    options.num_layers = 1;
    options.hidden_size = 16;
    options.num_heads = 2;
    options.intermediate_size = 24;
    options.window = 64;
    options.steps = 1;
    options.learning_rate = 1e-9F;
    const auto made = pretrain_encoder(corpus, options, [](const std::string&) {});
    ASSERT_TRUE(made) << made.error().detail;
  }

  TemporaryDir dir_;
  std::string policy_;
  std::shared_ptr<const TokenCounter> counter_ = std::make_shared<BlankCounter>();
  LexicalReader reader_;
};

}  // namespace pith::testing
