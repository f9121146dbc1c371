// All recorded ids of the original tokenizers, where the shared folder is beside the project.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <filesystem>

#include "stages/tokenize/hf_tokenizer.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

const std::string kGolden = PITH_SHARED "/golden/";
const std::string kXlmR = kGolden + "models/xlm-roberta-large-tiny-a";
const std::string kBert = kGolden + "models/bert-base-multilingual-cased-tiny-a";

/// In order, disjoint, on characters, inside the text.
void expect_spans_fit(const std::vector<Piece>& pieces, std::string_view text) {
  std::uint32_t at = 0;
  std::vector<ByteSpan> spans;
  for (const Piece& piece : pieces) {
    ASSERT_LE(at, piece.span.begin);
    ASSERT_LE(piece.span.begin, piece.span.end);
    at = piece.span.end;
    spans.push_back(piece.span);
  }
  ASSERT_LE(at, text.size());
  ASSERT_TRUE(spans_on_characters(text, spans));
}

/// Rows compared. `field`'s ids, or `otherwise`'s in rows without it.
int compare_rows(const std::string& folder, const char* field, const char* otherwise) {
  const auto tokenizer = load_hf_tokenizer(folder);
  EXPECT_TRUE(tokenizer) << tokenizer.error().detail;
  if (!tokenizer) return 0;
  simdjson::dom::parser parser;
  simdjson::dom::document_stream rows;
  EXPECT_EQ(parser.load_many(kGolden + "tokenizers.jsonl").get(rows), simdjson::SUCCESS);
  int compared = 0;
  int wrong = 0;
  for (const auto row : rows) {
    std::string_view text;
    simdjson::dom::array wanted;
    EXPECT_EQ(row["text"].get(text), simdjson::SUCCESS);
    if (row[field].get(wanted) != simdjson::SUCCESS) {
      EXPECT_EQ(row[otherwise].get(wanted), simdjson::SUCCESS);
    }
    std::vector<std::int64_t> ids;
    for (const simdjson::dom::element id : wanted) ids.push_back(id.get_int64().value_unsafe());
    const std::vector<Piece> pieces = (*tokenizer)->encode(text);
    std::vector<std::int64_t> got;
    for (const Piece& piece : pieces) got.push_back(piece.id);
    expect_spans_fit(pieces, text);
    if (got != ids && ++wrong <= 20) {
      ADD_FAILURE() << field << " row " << compared << " (" << row["text"]
                    << "): " << ::testing::PrintToString(got) << " for "
                    << ::testing::PrintToString(ids);
    }
    ++compared;
  }
  EXPECT_EQ(wrong, 0) << "of " << compared;
  return compared;
}

class HfGolden : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kGolden)) GTEST_SKIP() << "needs the folder ../shared";
  }
};

TEST_F(HfGolden, XlmRIdsAreTheRecordedOnes) {
  EXPECT_EQ(compare_rows(kXlmR, "xlmr_a_fast", "xlmr_a_fast"), 1334);
}

TEST_F(HfGolden, BertIdsAreTheRecordedOnes) {
  EXPECT_EQ(compare_rows(kBert, "bert_a_fast", "bert_a_fast"), 1334);
}

TEST_F(HfGolden, ConvertedXlmRIdsAreTheRecordedOnes) {
  const TemporaryDir folder;
  std::filesystem::copy(kXlmR + "/tokenizer.converted.json", folder.file("tokenizer.json"));
  EXPECT_EQ(compare_rows(folder.path(), "xlmr_a_converted", "xlmr_a_fast"), 1334);
}

TEST_F(HfGolden, VocabulariesAloneGiveTheSameIds) {
  const TemporaryDir xlm_r;
  std::filesystem::copy(kXlmR + "/sentencepiece.bpe.model", xlm_r.path());
  EXPECT_EQ(compare_rows(xlm_r.path(), "xlmr_a_fast", "xlmr_a_fast"), 1334);
  const TemporaryDir bert;
  std::filesystem::copy(kBert + "/vocab.txt", bert.path());
  std::filesystem::copy(kBert + "/tokenizer_config.json", bert.path());
  EXPECT_EQ(compare_rows(bert.path(), "bert_a_fast", "bert_a_fast"), 1334);
}

}  // namespace
}  // namespace pith
