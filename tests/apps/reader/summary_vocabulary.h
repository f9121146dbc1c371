// A vocabulary of a few hundred pieces, learned from the texts of the training tests.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "apps/reader/summary_pieces.h"
#include "apps/train/train_encoder.h"
#include "tests/temporary_dir.h"

namespace pith::testing {

class SummaryVocabulary : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = std::make_unique<TemporaryDir>();
    VocabTrainOptions options;
    options.corpus.data = {PITH_TEST_DATA "/train/texts.jsonl"};
    options.out = vocab();
    options.vocab_size = 500;
    const auto learned = train_vocab(options, [](const std::string&) {});
    ASSERT_TRUE(learned) << learned.error().detail;
    auto pieces = SummaryPieces::open(vocab());
    ASSERT_TRUE(pieces) << pieces.error().detail;
    pieces_ = *pieces;
  }
  static void TearDownTestSuite() {
    pieces_.reset();
    dir_.reset();
  }

  static std::string vocab() { return dir_->file("vocab"); }
  static std::string file(const std::string& name) { return dir_->file(name); }

  static inline std::unique_ptr<TemporaryDir> dir_;
  static inline std::shared_ptr<const SummaryPieces> pieces_;
};

}  // namespace pith::testing
