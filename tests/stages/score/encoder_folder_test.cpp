// Folders as policies: the two small encoders of tests/data/score, and the golden ones where they
// are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "stages/model_files/mapped_file.h"
#include "stages/model_files/tensor_files.h"
#include "stages/score/chunk_cuts.h"
#include "stages/score/encoder_policy.h"
#include "stages/score/policy_set.h"
#include "tests/stages/model_files/safetensors_bytes.h"
#include "tests/stages/score/scored_text.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const std::string kTiny = PITH_TEST_DATA "/score/";

std::vector<std::string> folders() {
  std::vector<std::string> all = {kTiny + "bert-tiny", kTiny + "xlm-roberta-tiny"};
  const std::string golden = PITH_SHARED "/golden/models/";
  for (const char* name : {"xlm-roberta-large-tiny-a", "bert-base-multilingual-cased-tiny-a"}) {
    if (std::filesystem::exists(golden + name)) all.push_back(golden + name);
  }
  return all;
}

std::shared_ptr<const EncoderPolicy> opened(const std::string& folder,
                                            const PolicyOptions& options = {}) {
  auto policy = EncoderPolicy::open(folder, options);
  EXPECT_TRUE(policy) << policy.error().detail;
  return policy ? *policy : nullptr;
}

std::vector<std::string> varied_texts() {
  std::vector<std::string> texts = {
      "The order was shipped from the quiet depot, and it will be there in 3 days.",
      "\xF0\x9F\x98\x80",
      "Yes \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80 and \xF0\x9F\x87\xA9\xF0\x9F\x87\xAA!",
      "\xE4\xB8\xAD\xE6\x96\x87\xE6\xB2\xA1\xE6\x9C\x89\xE7\xA9\xBA\xE6\xA0\xBC\xE7\x9A\x84\xE6\x96"
      "\x87"
      "\xE6\x9C\xAC\xE3\x80\x82\xE7\xAC\xAC\xE4\xBA\x8C\xE5\x8F\xA5\xE3\x80\x82",
      "qzxjkv \xE1\x9A\xA0\xE1\x9B\x87 \xF0\x90\x8E\xA0",
      "a </s> b <s> [SEP] <pad> [PAD] <mask> c",
      "x",
      "",
      "tabs\tand\r\nlines\n\n\nmany   blanks   "};
  std::string text;
  for (int i = 0; i < 120; ++i) {
    text += "Some water will come from the river under the stone when it has time";
    text += i % 3 == 0 ? ".\n\n" : i % 3 == 1 ? ". " : ", word" + std::to_string(i) + " ";
  }
  texts.push_back(text);
  return texts;
}

/// keep_prob of a text that fits the window, with one call of the network and plain loops.
std::vector<double> by_hand(const EncoderPolicy& policy, const TokenizedSegment& segment) {
  const bool bert = policy.encoder().config().kind == EncoderKind::kBert;
  std::vector<std::int32_t> ids = {bert ? 2 : 0};
  for (const Piece& piece : segment.pieces) ids.push_back(piece.id);
  ids.push_back(bert ? 3 : 2);
  const auto positions = position_ids(policy.encoder().config(), ids);
  const EncoderSequence sequence{ids, positions};
  const auto logits = policy.encoder().forward({&sequence, 1});
  EXPECT_TRUE(logits);
  std::vector<double> probs;
  for (std::uint32_t word = 0; word < segment.words.size(); ++word) {
    double sum = 0;
    int count = 0;
    for (std::size_t i = 0; i < segment.pieces.size(); ++i) {
      if (segment.word_of_piece[i] != word) continue;
      sum += (*logits)[2 * (i + 1) + 1] - (*logits)[2 * (i + 1)];
      ++count;
    }
    probs.push_back(count == 0 ? -1 : 1 / (1 + std::exp(-sum / count)));
  }
  return probs;
}

TEST(EncoderFolder, ScoresAreTheNetworksOwn) {
  for (const std::string& folder : {kTiny + "bert-tiny", kTiny + "xlm-roberta-tiny"}) {
    const auto policy = opened(folder);
    ScoredTexts one({"The order was shipped from the quiet depot to her."}, policy->tokenizer());
    ASSERT_LE(one.segments[0].pieces.size() + 2, 48U);
    ASSERT_TRUE(policy->score(one.items, {}));
    const auto expected = by_hand(*policy, one.segments[0]);
    ASSERT_EQ(one.items[0].keep_prob.size(), expected.size());
    double least = 1;
    double most = 0;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (expected[i] >= 0) {
        EXPECT_NEAR(one.items[0].keep_prob[i], expected[i], 1e-6) << i;
      }
      least = std::min<double>(least, one.items[0].keep_prob[i]);
      most = std::max<double>(most, one.items[0].keep_prob[i]);
    }
    EXPECT_GT(most - least, 0.1) << "the test's network tells words apart";
  }
}

TEST(EncoderFolder, EveryWordOfAnyTextHasAProbabilityWhateverIsInTheBatch) {
  for (const std::string& folder : folders()) {
    const auto policy = opened(folder, {.memo_bytes = 0});
    ScoredTexts batch(varied_texts(), policy->tokenizer());
    ASSERT_TRUE(policy->score(batch.items, {}));
    for (std::size_t i = 0; i < batch.texts.size(); ++i) {
      const std::vector<float>& together = batch.items[i].keep_prob;
      ASSERT_EQ(together.size(), batch.segments[i].words.size()) << i;
      for (const float p : together) EXPECT_TRUE(p >= 0.0F && p <= 1.0F) << p;
      ScoredTexts one({batch.texts[i]}, policy->tokenizer());
      ASSERT_TRUE(policy->score(one.items, {}));
      EXPECT_EQ(one.items[0].keep_prob, together) << folder << " text " << i;
    }
  }
}

TEST(EncoderFolder, NarrowAnswersDoNotDependOnTheBatchEither) {
  for (const std::string& folder : folders()) {
    const auto policy = opened(folder, {.precision = Precision::kInt8, .memo_bytes = 0});
    ScoredTexts batch(varied_texts(), policy->tokenizer());
    ASSERT_TRUE(policy->score(batch.items, {}));
    for (std::size_t i = 0; i < batch.texts.size(); ++i) {
      ScoredTexts one({batch.texts[i]}, policy->tokenizer());
      ASSERT_TRUE(policy->score(one.items, {}));
#if defined(__x86_64__)
      EXPECT_EQ(one.items[0].keep_prob, batch.items[i].keep_prob) << folder << " text " << i;
#endif
    }
  }
}

TEST(EncoderFolder, MemoGivesTheSameFloats) {
  const auto policy = opened(kTiny + "xlm-roberta-tiny");
  ScoredTexts first(varied_texts(), policy->tokenizer());
  ScoredTexts second(varied_texts(), policy->tokenizer());
  ASSERT_TRUE(policy->score(first.items, {}));
  const std::size_t stored = policy->memo().size();
  EXPECT_GT(stored, 30U);
  ASSERT_TRUE(policy->score(second.items, {}));
  EXPECT_EQ(policy->memo().size(), stored);
  for (std::size_t i = 0; i < first.items.size(); ++i) {
    EXPECT_EQ(first.items[i].keep_prob, second.items[i].keep_prob) << i;
  }
}

TEST(EncoderFolder, NarrowPrecisionsAreNear) {
  for (const Precision precision : {Precision::kInt8, Precision::kBfloat16}) {
    const std::string folder = kTiny + "bert-tiny";
    auto narrow = EncoderPolicy::open(folder, {.precision = precision});
    if (!narrow) {
      EXPECT_EQ(narrow.error().code, ErrorCode::kInvalidArgument) << narrow.error().detail;
      continue;
    }
    const auto wide = opened(folder);
    ScoredTexts a(varied_texts(), wide->tokenizer());
    ScoredTexts b(varied_texts(), wide->tokenizer());
    ASSERT_TRUE(wide->score(a.items, {}));
    ASSERT_TRUE((*narrow)->score(b.items, {}));
    for (std::size_t i = 0; i < a.items.size(); ++i) {
      for (std::size_t word = 0; word < a.items[i].keep_prob.size(); ++word) {
        EXPECT_NEAR(a.items[i].keep_prob[word], b.items[i].keep_prob[word], 0.1)
            << to_string(precision);
      }
    }
  }
}

std::string file_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string sha256_of_text(const std::string& text) {
  return sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

TEST(EncoderFolder, IdIsThatOfItsFilesAndNameThatOfTheFolder) {
  const std::string folder = kTiny + "bert-tiny";
  std::string listing;
  for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"}) {
    listing += sha256_of_text(file_text(folder + "/" + name)) + "  " + name + "\n";
  }
  EXPECT_EQ(opened(folder)->id(), sha256_of_text(listing));
  EXPECT_EQ(opened(folder)->name(), "bert-tiny");
  EXPECT_EQ(opened(folder + "/")->name(), "bert-tiny");
  EXPECT_EQ(opened(folder + "/../bert-tiny/.")->name(), "bert-tiny");
  EXPECT_NE(opened(kTiny + "xlm-roberta-tiny")->id(), opened(folder)->id());
}

TEST(EncoderFolder, StandsBesideFilesInAPolicySet) {
  const std::vector<std::string> paths = {PITH_MODELS "/ngram-en.ngram", kTiny + "bert-tiny"};
  const auto set = open_policies(paths, "bert-tiny");
  ASSERT_TRUE(set) << set.error().detail;
  EXPECT_EQ((*set)->champion()->name(), "bert-tiny");
  EXPECT_NE((*set)->find("ngram-en"), nullptr);
}

TEST(EncoderFolder, OpenedAgainIsTheSameObjectUnlessSomethingChanged) {
  const std::vector<std::string> paths = {kTiny + "bert-tiny", kTiny + "xlm-roberta-tiny"};
  const auto first = open_policies(paths, "");
  ASSERT_TRUE(first) << first.error().detail;
  const auto again = open_policies(paths, "", {.loaded = first->get()});
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->all(), (*first)->all());
  const auto narrow =
      open_policies(paths, "", {.precision = Precision::kInt8, .loaded = first->get()});
  ASSERT_TRUE(narrow);
  EXPECT_NE((*narrow)->champion(), (*first)->champion());
  TemporaryDir dir;
  std::filesystem::copy(kTiny + "bert-tiny", dir.file("bert-tiny"));
  const auto copied = open_policies({dir.file("bert-tiny")}, "", {.loaded = first->get()});
  ASSERT_TRUE(copied);
  EXPECT_EQ((*copied)->champion(), (*first)->champion()) << "the same files elsewhere";
  std::ofstream(dir.file("bert-tiny/config.json"), std::ios::app) << "\n";
  const auto changed = open_policies({dir.file("bert-tiny")}, "", {.loaded = first->get()});
  ASSERT_TRUE(changed);
  EXPECT_NE((*changed)->champion(), (*first)->champion());
}

class ChangedFolder : public testing::Test {
 protected:
  ChangedFolder() {
    for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"}) {
      std::filesystem::copy_file(kTiny + "bert-tiny/" + name, dir_.file(name));
    }
  }
  void change(const char* name, const std::string& from, const std::string& to) {
    std::string text = file_text(dir_.file(name));
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    std::ofstream(dir_.file(name), std::ios::binary) << text;
  }
  std::string fault() const {
    const auto policy = open_policy(dir_.path());
    EXPECT_FALSE(policy);
    return policy ? "" : policy.error().detail;
  }
  TemporaryDir dir_;
};

TEST_F(ChangedFolder, AsItIsItOpens) { EXPECT_TRUE(open_policy(dir_.path())); }

TEST_F(ChangedFolder, WeightsInTwoFilesGiveTheSameScores) {
  const auto whole = TensorFiles::open_folder(dir_.path());
  ASSERT_TRUE(whole);
  write_in_two_files(whole->all(), dir_.path());
  std::filesystem::remove(dir_.file("model.safetensors"));
  const auto split = opened(dir_.path());
  const auto one_file = opened(kTiny + "bert-tiny");
  ASSERT_TRUE(split);
  EXPECT_NE(split->id(), one_file->id());
  ScoredTexts a(varied_texts(), split->tokenizer());
  ScoredTexts b(varied_texts(), one_file->tokenizer());
  ASSERT_TRUE(split->score(a.items, {}));
  ASSERT_TRUE(one_file->score(b.items, {}));
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    EXPECT_EQ(a.items[i].keep_prob, b.items[i].keep_prob) << i;
  }
}

TEST_F(ChangedFolder, OtherNumberOfLabelsIsAnError) {
  change("config.json", "\"1\": \"LABEL_1\"", "\"1\": \"LABEL_1\", \"2\": \"LABEL_2\"");
  EXPECT_THAT(fault(), HasSubstr(dir_.path()));
}

TEST_F(ChangedFolder, TokenizerWithMorePiecesThanRowsIsAnError) {
  change("tokenizer.json", "\"[MASK]\": 4", "\"[MASK]\": 900");
  EXPECT_THAT(fault(), AllOf(HasSubstr("config.json: vocab_size: "), HasSubstr("pieces=901")));
}

TEST_F(ChangedFolder, MissingSpecialTokenIsNamed) {
  change("tokenizer.json", "{\"id\": 3, \"content\": \"[SEP]\"",
         "{\"id\": 3, \"content\": \"[SEQ]\"");
  change("tokenizer.json", "\"[SEP]\": 3", "\"[SEQ]\": 3");
  EXPECT_THAT(fault(), HasSubstr(dir_.file("tokenizer.json") + ": no piece \"[SEP]\""));
}

TEST_F(ChangedFolder, MissingFilesAreNamed) {
  for (const char* name : {"config.json", "model.safetensors", "tokenizer.json"}) {
    std::filesystem::rename(dir_.file(name), dir_.file("away"));
    EXPECT_THAT(fault(), HasSubstr(dir_.file(name) + ": ")) << name;
    std::filesystem::rename(dir_.file("away"), dir_.file(name));
  }
}

TEST_F(ChangedFolder, ConfigThatClaimsMoreLayersThanThereAreIsAnError) {
  change("config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3");
  EXPECT_THAT(fault(), AllOf(HasSubstr("model.safetensors: "), HasSubstr("layer.2.")));
}

TEST_F(ChangedFolder, WeightsCutShortAreAnError) {
  std::filesystem::resize_file(dir_.file("model.safetensors"), 5000);
  EXPECT_THAT(fault(), HasSubstr("model.safetensors: "));
}

}  // namespace
}  // namespace pith
