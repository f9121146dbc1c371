// Pieces as strings, and back to text.
#include <gtest/gtest.h>

#include <fstream>

#include "stages/tokenize/hf_tokenizer.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

using Strings = std::vector<std::string>;
const std::string kMark = "\xE2\x96\x81";

std::shared_ptr<const HfTokenizer> load(const std::string& json, const Strings& extra = {}) {
  const TemporaryDir folder;
  std::ofstream(folder.file("tokenizer.json")) << json;
  const auto tokenizer = load_hf_tokenizer(folder.path(), extra);
  EXPECT_TRUE(tokenizer) << tokenizer.error().detail;
  return *tokenizer;
}

Strings spelled(const HfTokenizer& tokenizer, std::string_view text) {
  Strings out;
  for (const SpelledPiece& piece : tokenizer.encode_spelled(text)) {
    out.push_back(piece.spelling + "=" + std::to_string(piece.id));
  }
  return out;
}

std::string unigram(const std::string& model_flags, const std::string& decoder) {
  return R"({"added_tokens":[{"id":0,"content":"<unk>"},{"id":6,"content":"<m>","lstrip":true}],
    "pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},
      {"type":"Metaspace","replacement":"\u2581","add_prefix_space":true}]},
    "decoder":)" +
         decoder + R"(,"model":{"type":"Unigram","unk_id":0,)" + model_flags +
         R"("vocab":[["<unk>",0],["\u2581a",-1],["\u2581",-2],["b",-2],["ab",-3],
           ["<0xC3>",-9],["<m>",0],["<0xA9>",-9]]}})";
}
const std::string kMetaspace = R"({"type":"Metaspace","replacement":"\u2581"})";
const std::string kWordPiece =
    R"({"added_tokens":[{"id":1,"content":"[X]"}],"normalizer":{"type":"BertNormalizer",
      "lowercase":false},"pre_tokenizer":{"type":"BertPreTokenizer"},
      "decoder":{"type":"WordPiece"},
      "model":{"type":"WordPiece","unk_token":"[UNK]","vocab":{"[UNK]":0,"[X]":1,"ab":2,"##c":3}}})";

TEST(SpelledPieces, UnknownStretchOfAUnigramModelKeepsItsText) {
  const auto tokenizer = load(unigram("", kMetaspace));
  EXPECT_EQ(spelled(*tokenizer, "ab \xC3\xA9z b"),
            (Strings{kMark + "a=1", "b=3", kMark + "=2", "\xC3\xA9z=0", kMark + "=2", "b=3"}));
}

TEST(SpelledPieces, BytesAreSpelledAsTheVocabularyHasThem) {
  const auto tokenizer = load(unigram("\"byte_fallback\":true,", kMetaspace));
  EXPECT_EQ(spelled(*tokenizer, "\xC3\xA9"), (Strings{kMark + "=2", "<0xC3>=5", "<0xA9>=7"}));
}

TEST(SpelledPieces, AddedTokenKeepsTheBlankThatItTook) {
  const auto tokenizer = load(unigram("", kMetaspace));
  EXPECT_EQ(spelled(*tokenizer, "a <m>"), (Strings{kMark + "a=1", " <m>=0"}));
  EXPECT_EQ(spelled(*tokenizer, "a<m>"), (Strings{kMark + "a=1", "<m>=6"}));
}

TEST(SpelledPieces, UnknownWordOfAWordPieceModelIsItsUnknownPiece) {
  const auto tokenizer = load(kWordPiece);
  EXPECT_EQ(spelled(*tokenizer, "abc zz ab"), (Strings{"ab=2", "##c=3", "[UNK]=0", "ab=2"}));
}

TEST(SpelledPieces, EveryIdHasItsSpelling) {
  EXPECT_EQ(load(kWordPiece, {"[N]"})->spellings(), (Strings{"[UNK]", "[X]", "ab", "##c", "[N]"}));
  EXPECT_EQ(load(unigram("", kMetaspace))->spellings()[1], kMark + "a");
}

TEST(ExtraTokens, GetTheNextIdsAndAreCutOutOfWords) {
  const auto tokenizer = load(kWordPiece, {"[N0]", "[X]", "ab", "[N1]"});
  EXPECT_EQ(tokenizer->id_of("[X]"), 1) << "is there";
  EXPECT_EQ(tokenizer->id_of("ab"), 2) << "is a piece";
  EXPECT_EQ(tokenizer->vocab_size(), 6);
  EXPECT_EQ(spelled(*tokenizer, "abc[N1]c"), (Strings{"ab=2", "[UNK]=0", "[N1]=5", "[UNK]=0"}))
      << "a piece that is asked for is cut out, too";
}

TEST(ExtraTokens, SpelledPiecesHaveTheIdsOfEncode) {
  const auto tokenizer = load(unigram("", kMetaspace), {"[N0]"});
  const std::string text = "ab a <m>[N0] zz\xC3\xA9 b <m>b";
  const auto pieces = tokenizer->encode(text);
  const auto spelled_pieces = tokenizer->encode_spelled(text);
  ASSERT_EQ(pieces.size(), spelled_pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i) EXPECT_EQ(pieces[i].id, spelled_pieces[i].id);
}

TEST(PieceDecoder, MetaspaceDropsTheMarksOfTheFirstPieceOnly) {
  const auto tokenizer = load(unigram("", kMetaspace));
  ASSERT_NE(tokenizer->decoder(), nullptr);
  EXPECT_EQ(tokenizer->decoder()->decode(Strings{kMark + kMark + "a", "b", kMark, "c" + kMark}),
            "ab c ");
  const auto never =
      load(unigram("", R"({"type":"Metaspace","replacement":"\u2581","prepend_scheme":"never"})"));
  EXPECT_EQ(never->decoder()->decode(Strings{kMark + "a", kMark + "b"}), " a b");
}

TEST(PieceDecoder, WordPieceCleansUpWordByWord) {
  const WordPieceDecoder decoder("##", true);
  EXPECT_EQ(decoder.decode(Strings{"I", "do", "not", "go", "##ing", ".", "'s", "n't", "'", "tis"}),
            "I do not going.'sn't ' tis");
  EXPECT_EQ(decoder.decode(Strings{"I", "do not", "'"}), "I don't '");
  EXPECT_EQ(decoder.decode(Strings{"##ing", "( \" :", ","}), "##ing ( \" :,");
  EXPECT_EQ(WordPieceDecoder("##", false).decode(Strings{"a", "."}), "a .");
}

TEST(PieceDecoder, UnknownKindIsNoneAndNoError) {
  EXPECT_EQ(load(unigram("", R"({"type":"Fuse"})"))->decoder(), nullptr);
  EXPECT_EQ(load(unigram("", "null"))->decoder(), nullptr);
}

}  // namespace
}  // namespace pith
