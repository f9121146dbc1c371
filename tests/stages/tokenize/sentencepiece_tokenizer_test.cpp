#include "stages/tokenize/sentencepiece_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace pith {
namespace {

const std::string kUnigram = PITH_TEST_DATA "/tokenize/unigram_rules.model";
const std::string kBytePair = PITH_TEST_DATA "/tokenize/bpe_byte_fallback.model";
const std::string kXlmR =
    PITH_SHARED "/golden/models/xlm-roberta-large-tiny-a/sentencepiece.bpe.model";

std::unique_ptr<const SentencePieceTokenizer> load(const std::string& path) {
  auto loaded = SentencePieceTokenizer::load(path);
  EXPECT_TRUE(loaded) << loaded.error().detail;
  return loaded ? std::move(*loaded) : nullptr;
}

std::vector<std::string> surfaces(const Tokenizer& tokenizer, std::string_view text) {
  std::vector<std::string> out;
  for (const Piece& piece : tokenizer.encode(text)) {
    out.emplace_back(text.substr(piece.span.begin, piece.span.end - piece.span.begin));
  }
  return out;
}

/// Spans in order and disjoint; what lies between them is blank.
void expect_cover(const Tokenizer& tokenizer, std::string_view text) {
  const auto only_blanks = [&](std::uint32_t begin, std::uint32_t end) {
    return text.substr(begin, end - begin).find_first_not_of(" \n\t\r\xC2\xA0\xE3\x80") ==
           std::string_view::npos;
  };
  std::uint32_t at = 0;
  for (const Piece& piece : tokenizer.encode(text)) {
    ASSERT_LE(at, piece.span.begin);
    ASSERT_LE(piece.span.begin, piece.span.end);
    ASSERT_LE(piece.span.end, text.size());
    ASSERT_TRUE(only_blanks(at, piece.span.begin)) << testing::PrintToString(text);
    ASSERT_GE(piece.id, 0);
    ASSERT_LT(piece.id, tokenizer.vocab_size());
    at = piece.span.end;
  }
  ASSERT_TRUE(only_blanks(at, static_cast<std::uint32_t>(text.size())));
}

std::string random_text(std::mt19937& random) {
  static const std::vector<std::string> kAtoms = {"the ", "License",  "work. ",
                                                  " ",    "  ",       "\n",
                                                  "\t",   "é",        "e\xCC\x81",
                                                  "北京", "ﬁ",        "\xEF\xBC\xA1",
                                                  "🙂", "\xC2\xA0", "\xE3\x80\x80",
                                                  "x",    "7",        "(",
                                                  "\xFF", "\xE5\x8C", std::string(1, '\0')};
  std::string text;
  for (std::size_t left = random() % 16; left-- > 0;) text += kAtoms[random() % kAtoms.size()];
  return text;
}

TEST(SentencePieceTokenizer, SpansAreBytesOfTheOriginalWhateverNormalisationDid) {
  const auto tokenizer = load(kUnigram);
  std::string joined;
  for (const std::string& surface : surfaces(*tokenizer, "  ﬁne  \xEF\xBC\xA1 e\xCC\x81x ")) {
    joined += surface + "|";
  }
  EXPECT_THAT(joined, testing::HasSubstr("ﬁ"));  // one character, two letters in the model
  EXPECT_THAT(joined, testing::HasSubstr("\xEF\xBC\xA1"));  // wide A stays wide
  EXPECT_THAT(joined, testing::HasSubstr("e\xCC\x81"));     // never cut between letter and accent
}

TEST(SentencePieceTokenizer, EveryNonBlankByteHasItsPiece) {
  std::mt19937 random(1);
  for (const std::string& path : {kUnigram, kBytePair}) {
    const auto tokenizer = load(path);
    for (int round = 0; round < 3000; ++round) expect_cover(*tokenizer, random_text(random));
  }
}

TEST(SentencePieceTokenizer, EveryNonBlankByteHasItsPieceInXlmR) {
  if (!std::filesystem::exists(kXlmR)) GTEST_SKIP() << "no ../shared";
  const auto tokenizer = load(kXlmR);
  std::mt19937 random(2);
  for (int round = 0; round < 3000; ++round) expect_cover(*tokenizer, random_text(random));
  EXPECT_THAT(surfaces(*tokenizer, " Hello \xEF\xBC\xA1, ﬁne"),
              testing::ElementsAre("", "Hello", " \xEF\xBC\xA1", ",", " ﬁne"));
}

TEST(SentencePieceTokenizer, ACharacterOfBytePiecesBelongsToTheLast) {
  const auto tokenizer = load(kBytePair);
  const std::vector<Piece> pieces = tokenizer->encode("🙂");
  ASSERT_EQ(pieces.size(), 5U);  // the blank in front, then four bytes
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(pieces[i].span, (ByteSpan{0, 0}));
  EXPECT_EQ(pieces[4].span, (ByteSpan{0, 4}));
}

TEST(SentencePieceTokenizer, StretchesGiveThePiecesOfTheWhole) {
  // A byte-pair model: what it does to a word depends on nothing around. (The library's unigram
  // search adds up scores over the whole text, so rounding decides between equals.)
  const auto tokenizer = load(kBytePair);
  const std::string sentence = "Unless required by law, the work is (alone) provided  as is.\n";
  std::string text = sentence;
  while (text.size() < 5 * SentencePieceTokenizer::kStretchBytes) text += sentence;
  const std::vector<Piece> all = tokenizer->encode(text);
  // From the second sentence on, the pieces repeat themselves as the text does.
  const auto begins_at = [&](std::size_t offset) {
    std::size_t i = 0;
    while (all[i].span.begin < offset) ++i;
    return i;
  };
  const std::size_t first = begins_at(sentence.size());
  const std::size_t period = begins_at(2 * sentence.size()) - first;
  ASSERT_GT(all.size(), period * 1000);
  for (std::size_t i = first; i + period < all.size(); ++i) {
    ASSERT_EQ(all[i].id, all[i + period].id) << "piece " << i;
    ASSERT_EQ(all[i].span.begin + sentence.size(), all[i + period].span.begin);
    ASSERT_EQ(all[i].span.end + sentence.size(), all[i + period].span.end);
  }
}

TEST(SentencePieceTokenizer, CoversTextsOfManyStretches) {
  for (const std::string& path : {kUnigram, kBytePair}) {
    const auto tokenizer = load(path);
    std::string text;
    while (text.size() < 3 * SentencePieceTokenizer::kStretchBytes)
      text += "as it is,  (alone)\n\n";
    expect_cover(*tokenizer, text);
  }
}

TEST(SentencePieceTokenizer, CutsLongRunsAtCharacters) {
  const auto tokenizer = load(kUnigram);
  std::string text = "x";
  while (text.size() < 3 * SentencePieceTokenizer::kStretchBytes) text += "京é";
  expect_cover(*tokenizer, text);
  for (const Piece& piece : tokenizer->encode(text)) {
    ASSERT_TRUE(piece.span.end == text.size() || (text[piece.span.end] & 0xC0) != 0x80);
  }
}

TEST(SentencePieceTokenizer, EmptyAndBlankTextsAreNoTrouble) {
  for (const std::string& path : {kUnigram, kBytePair}) {
    const auto tokenizer = load(path);
    EXPECT_TRUE(tokenizer->encode("").empty());
    expect_cover(*tokenizer, " \n ");
  }
}

TEST(SentencePieceTokenizer, SpellsItsPieces) {
  const auto tokenizer = load(kUnigram);
  EXPECT_EQ(tokenizer->piece(0), "<unk>");
  EXPECT_EQ(tokenizer->piece(-1), "");
  EXPECT_EQ(tokenizer->piece(tokenizer->vocab_size()), "");
}

TEST(SentencePieceTokenizer, RefusesWhatIsNoModel) {
  EXPECT_FALSE(SentencePieceTokenizer::load(PITH_TEST_DATA "/tokenize/no_such.model"));
  for (const std::string& bytes : {std::string(), std::string("\x0A"), std::string(100, 'x')}) {
    const auto loaded = SentencePieceTokenizer::from_bytes(bytes);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kFileUnreadable);
  }
}

}  // namespace
}  // namespace pith
