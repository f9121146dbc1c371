#include "stages/network/encoder.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "stages/network/packed_linear.h"
#include "tests/stages/model_files/safetensors_bytes.h"
#include "tests/stages/network/seeded_numbers.h"

namespace pith {
namespace {

/// A random BERT: 2 layers, hidden 32, 4 heads, feed-forward 48, 50 ids, 40 positions.
class EncoderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "encoder_" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::create_directories(folder_);
    write_file(folder_ + "/config.json",
               R"({"model_type":"bert","vocab_size":50,"hidden_size":32,"num_hidden_layers":2,)"
               R"("num_attention_heads":4,"intermediate_size":48,"max_position_embeddings":40,)"
               R"("type_vocab_size":2,"hidden_act":"gelu","layer_norm_eps":1e-12,)"
               R"("pad_token_id":0})");
    tensor("bert.embeddings.word_embeddings.weight", {50, 32}, 1.0F);
    tensor("bert.embeddings.position_embeddings.weight", {40, 32}, 0.5F);
    tensor("bert.embeddings.token_type_embeddings.weight", {2, 32}, 0.5F);
    norm("bert.embeddings.LayerNorm");
    for (const std::string layer : {"0", "1"}) {
      const std::string at = "bert.encoder.layer." + layer + ".";
      for (const char* part : {"query", "key", "value"}) {
        linear(at + "attention.self." + part, 32, 32);
      }
      linear(at + "attention.output.dense", 32, 32);
      norm(at + "attention.output.LayerNorm");
      linear(at + "intermediate.dense", 32, 48);
      linear(at + "output.dense", 48, 32);
      norm(at + "output.LayerNorm");
    }
    linear("classifier", 32, 2);
    write_file(folder_ + "/model.safetensors", safetensors_bytes("{" + header_ + "}", data_));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void tensor(const std::string& name, const std::vector<std::size_t>& shape, float deviation,
              float mean = 0.0F) {
    std::size_t size = 1;
    std::string dimensions;
    for (const std::size_t n : shape) {
      size *= n;
      dimensions += (dimensions.empty() ? "" : ",") + std::to_string(n);
    }
    auto numbers = seeded_numbers(size, deviation, ++seed_);
    for (float& number : numbers) number += mean;
    const std::size_t begin = data_.size();
    data_.append(reinterpret_cast<const char*>(numbers.data()), size * sizeof(float));
    header_ += (header_.empty() ? "\"" : ",\"") + name + R"(":{"dtype":"F32","shape":[)" +
               dimensions + R"(],"data_offsets":[)" + std::to_string(begin) + "," +
               std::to_string(data_.size()) + "]}";
  }
  void linear(const std::string& name, std::size_t in, std::size_t out) {
    tensor(name + ".weight", {out, in}, 0.2F);
    tensor(name + ".bias", {out}, 0.1F);
  }
  void norm(const std::string& name) {
    tensor(name + ".weight", {32}, 0.1F, 1.0F);
    tensor(name + ".bias", {32}, 0.1F);
  }

  std::shared_ptr<const Encoder> open(Precision precision = Precision::kFloat32) {
    auto encoder = Encoder::open(folder_, precision);
    EXPECT_TRUE(encoder) << encoder.error().detail;
    return encoder ? *encoder : nullptr;
  }

  std::string folder_, header_, data_;
  std::uint64_t seed_ = 0;
};

struct Text {
  explicit Text(const EncoderConfig& config, std::size_t length, std::int32_t first) {
    for (std::size_t i = 0; i < length; ++i) {
      ids.push_back((first + static_cast<std::int32_t>(i) * 7) % 50);
    }
    positions = position_ids(config, ids);
  }
  EncoderSequence sequence() const { return {ids, positions}; }
  std::vector<std::int32_t> ids, positions;
};

TEST_F(EncoderTest, LogitsDoNotDependOnWhatASequenceIsPackedWith) {
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    const auto encoder = open(precision);
    std::vector<Text> texts;
    std::vector<EncoderSequence> sequences;
    for (std::size_t i = 0; i < 60; ++i) {  // more than one group of 512 rows
      texts.emplace_back(encoder->config(), 1 + i * 17 % 40, static_cast<std::int32_t>(i));
    }
    for (const Text& text : texts) sequences.push_back(text.sequence());
    const auto together = encoder->forward(sequences);
    ASSERT_TRUE(together);
    const float* at = together->data();
    for (const EncoderSequence& sequence : sequences) {
      const auto alone = encoder->forward({&sequence, 1});
      ASSERT_TRUE(alone);
      ASSERT_EQ(0, std::memcmp(alone->data(), at, alone->size() * sizeof(float)));
      at += alone->size();
    }
    EXPECT_EQ(at, together->data() + together->size());
  }
}

TEST_F(EncoderTest, ThreadsDoNotDisturbEachOther) {
  const auto encoder = open();
  const Text text(encoder->config(), 40, 3);
  const EncoderSequence sequence = text.sequence();
  const auto expected = encoder->forward({&sequence, 1});
  ASSERT_TRUE(expected);
  std::vector<std::thread> threads;
  std::array<bool, 4> same = {};
  for (bool& mine : same) {
    threads.emplace_back([&] {
      mine = true;
      for (int i = 0; i < 50; ++i) {
        const auto actual = encoder->forward({&sequence, 1});
        mine = mine && actual && *actual == *expected;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool mine : same) EXPECT_TRUE(mine);
}

TEST_F(EncoderTest, StopsBetweenLayers) {
  const auto encoder = open();
  const Text text(encoder->config(), 10, 3);
  const EncoderSequence sequence = text.sequence();
  int asked = 0;
  const auto stopped = encoder->forward({&sequence, 1}, [&]() -> std::optional<Error> {
    if (++asked < 2) return std::nullopt;
    return Error{ErrorCode::kCancelled, "the client is gone"};
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(asked, 2);
}

TEST_F(EncoderTest, WhatTheTablesDoNotHoldIsAnError) {
  const auto encoder = open();
  const std::vector<std::int32_t> zero = {0};
  const std::vector<std::int32_t> negative = {-1};
  const std::vector<std::int32_t> id_too_large = {50};
  const std::vector<std::int32_t> position_too_large = {40};
  for (const EncoderSequence& sequence :
       {EncoderSequence{negative, zero}, EncoderSequence{id_too_large, zero},
        EncoderSequence{zero, position_too_large}, EncoderSequence{zero, {}}}) {
    const auto result = encoder->forward({&sequence, 1});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_F(EncoderTest, NothingAndEmptySequencesGiveNoLogits) {
  const auto encoder = open();
  const auto nothing = encoder->forward({});
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->empty());
  const Text text(encoder->config(), 5, 1);
  const std::vector<EncoderSequence> sequences = {{}, text.sequence(), {}};
  const auto some = encoder->forward(sequences);
  ASSERT_TRUE(some);
  EXPECT_EQ(some->size(), 10U);
}

TEST_F(EncoderTest, MissingTensorIsNamed) {
  data_.clear();
  header_.clear();
  tensor("bert.embeddings.word_embeddings.weight", {50, 32}, 1.0F);
  write_file(folder_ + "/model.safetensors", safetensors_bytes("{" + header_ + "}", data_));
  const auto encoder = Encoder::open(folder_, Precision::kFloat32);
  ASSERT_FALSE(encoder);
  EXPECT_EQ(encoder.error().code, ErrorCode::kFileUnreadable);
  EXPECT_NE(encoder.error().detail.find("position_embeddings"), std::string::npos)
      << encoder.error().detail;
}

TEST_F(EncoderTest, SaysWhichNumbersItsProductsUse) {
  EXPECT_EQ(open()->products(),
            "query_key_value float32, attention_output float32, up float32, down float32");
}

TEST(PositionIds, BertCountsFromTheLeftXlmRFromBehindThePadding) {
  EncoderConfig config;
  const std::vector<std::int32_t> ids = {5, 1, 1, 7, 0};
  EXPECT_EQ(position_ids(config, ids), (std::vector<std::int32_t>{0, 1, 2, 3, 4}));
  config.kind = EncoderKind::kXlmRoberta;
  config.pad_id = 1;
  EXPECT_EQ(position_ids(config, ids), (std::vector<std::int32_t>{2, 1, 1, 3, 4}));
}

}  // namespace
}  // namespace pith
