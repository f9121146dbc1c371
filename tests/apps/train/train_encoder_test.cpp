// Vocabulary, pretraining and supervised training of an encoder too small to be good.
#include "apps/train/train_encoder.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "apps/train/piece_chunks.h"
#include "apps/train/training_run.h"
#include "stages/network/layers/linear.h"
#include "stages/score/keep_policy.h"
#include "stages/score/linear_policy.h"
#include "stages/score/repeat_features.h"
#include "stages/score/word_logits.h"
#include "tests/stages/score/scored_text.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

class TrainEncoder : public testing::Test {
 protected:
  void SetUp() override {
    corpus_.data = {PITH_TEST_DATA "/train/texts.jsonl"};
    VocabTrainOptions vocab;
    vocab.corpus = corpus_;
    vocab.out = dir_.file("vocab");
    vocab.vocab_size = 500;
    const auto learned = train_vocab(vocab, quiet_);
    ASSERT_TRUE(learned) << learned.error().detail;
    options_.vocab = vocab.out;
    options_.num_layers = 1;
    options_.hidden_size = 32;
    options_.num_heads = 2;
    options_.intermediate_size = 48;
    options_.window = 48;
    options_.batch_chunks = 8;
    options_.steps = 40;
    options_.learning_rate = 5e-3F;
  }

  /// The losses of a run's records, in order.
  static std::vector<double> losses(const std::string& folder) {
    std::ifstream records(folder + "/run.jsonl");
    std::vector<double> losses;
    for (std::string line; std::getline(records, line);) {
      losses.push_back(std::stod(line.substr(line.find("\"loss\":") + 7)));
    }
    return losses;
  }

  TemporaryDir dir_;
  CorpusOptions corpus_;
  EncoderTrainOptions options_;
  const Progress quiet_ = [](const std::string&) {};
};

TEST_F(TrainEncoder, PretrainingThenLabelsGiveAPolicyThatServes) {
  options_.out = dir_.file("pretrained");
  const auto pretrained = pretrain_encoder(corpus_, options_, quiet_);
  ASSERT_TRUE(pretrained) << pretrained.error().detail;
  const auto guesses = losses(options_.out);
  ASSERT_EQ(guesses.size(), 2U);
  EXPECT_LT(guesses.back(), guesses.front());

  // Words that begin with a capital stay, and long ones at every rate.
  std::ofstream labels(dir_.file("labels.jsonl"));
  for (int i = 0; i < 20; ++i) {
    labels << R"({"text": "the Cat sat on a Mississippi boat", "words": )"
              R"([[0,3],[4,7],[8,11],[12,14],[15,16],[17,28],[29,33]], "labels": [0,1,0,0,0,2,0]})"
           << "\n";
  }
  labels.close();
  options_.init = options_.out;
  options_.out = dir_.file("policy");
  LabelOptions label_options;
  label_options.data = {dir_.file("labels.jsonl")};
  label_options.linear = false;
  const auto trained = train_sft(label_options, options_, quiet_);
  ASSERT_TRUE(trained) << trained.error().detail;
  const auto errors = losses(options_.out);
  EXPECT_LT(errors.back(), 0.5 * errors.front());

  // The same with a linear policy beside it.
  options_.out = dir_.file("both/policy");
  label_options.linear = true;
  const auto both = train_sft(label_options, options_, quiet_);
  ASSERT_TRUE(both) << both.error().detail;
  EXPECT_EQ(losses(options_.out), errors);

  const auto policy = open_policy(options_.out);
  ASSERT_TRUE(policy) << policy.error().detail;
  EXPECT_EQ((*policy)->name(), "policy");

  // What is served is what was trained: pieces, repeat features, weights, the linear policy's z.
  const std::string text = "the Cat sat and the cat sat on the Mississippi";
  ScoredTexts one({text}, (*policy)->tokenizer());
  ASSERT_TRUE((*policy)->score(one.items, {}));
  const auto config = read_encoder_config(options_.out);
  ASSERT_TRUE(config);
  const TrainableEncoder encoder(*config);
  std::vector<float> parameters(encoder.layout().size());
  ASSERT_TRUE(read_parameters(options_.out, encoder, parameters));
  const TokenizedSegment& segment = one.segments[0];
  std::vector<ByteSpan> words;
  for (const Word& word : segment.words) words.push_back({word.begin, word.text_end});
  const auto chunks =
      label_chunks(segment.pieces, repeat_features_of_text(text, segment.pieces), words,
                   std::vector<KeepLabel>(words.size()), static_cast<std::size_t>(options_.window));
  ASSERT_EQ(chunks.size(), 1U);
  const std::size_t length = chunks[0].ids.size();
  EncoderTape tape;
  const float* hidden = encoder.forward(
      parameters, {chunks[0].ids, chunk_positions(length), chunks[0].features}, 0.0F, 0, tape);
  std::vector<float> logits(2 * length);
  linear_forward(matrix(hidden, length, 32),
                 matrix(&parameters[encoder.classifier_weight()], 2, 32),
                 &parameters[encoder.classifier_bias()], matrix(logits.data(), length, 2));
  std::vector<float> z(words.size());
  mean_over_words(logits, chunks[0].word_of_piece, z);
  const auto words_model = LinearModel::open(options_.out + "/words.linear");
  ASSERT_TRUE(words_model);
  const auto added = words_model->word_logits(text, segment.words, {});
  ASSERT_TRUE(added);
  for (std::size_t i = 0; i < z.size(); ++i) {
    EXPECT_NEAR(one.items[0].keep_prob[i], keep_probability(z[i] + (*added)[i]), 1e-5) << i;
  }
}

TEST_F(TrainEncoder, WhatCannotBeReadIsNamed) {
  options_.out = dir_.file("run");
  LabelOptions labels;
  labels.data = {dir_.file("missing.jsonl")};
  EXPECT_FALSE(train_sft(labels, options_, quiet_));
  std::ofstream(dir_.file("bad.jsonl"))
      << R"({"text": "a b", "words": [[0,1],[2,9]], "labels": [0,1]})"
      << "\n";
  labels.data = {dir_.file("bad.jsonl")};
  const auto bad = train_sft(labels, options_, quiet_);
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().detail.find("labels: words"), std::string::npos) << bad.error().detail;
}

}  // namespace
}  // namespace pith
