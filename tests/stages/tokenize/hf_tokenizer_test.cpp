#include "stages/tokenize/hf_tokenizer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "stages/tokenize/charsmap.h"
#include "tests/temporary_dir.h"

namespace pith {
namespace {

Result<std::shared_ptr<const Tokenizer>> load_text(const std::string& json) {
  const TemporaryDir folder;
  std::ofstream(folder.file("tokenizer.json")) << json;
  return load_hf_tokenizer(folder.path());
}

/// "id:bytes" for every piece.
std::vector<std::string> pieces(const std::string& json, std::string_view text) {
  const auto tokenizer = load_text(json);
  EXPECT_TRUE(tokenizer) << tokenizer.error().detail;
  std::vector<std::string> out;
  if (!tokenizer) return out;
  for (const Piece& piece : (*tokenizer)->encode(text)) {
    out.push_back(std::to_string(piece.id) + ":" +
                  std::string(text.substr(piece.span.begin, piece.span.end - piece.span.begin)));
  }
  return out;
}

std::string error_of(const std::string& json) {
  const auto tokenizer = load_text(json);
  EXPECT_FALSE(tokenizer);
  if (tokenizer) return "";
  EXPECT_EQ(tokenizer.error().code, ErrorCode::kFileUnreadable);
  return tokenizer.error().detail;
}

using Strings = std::vector<std::string>;

std::string word_piece(const std::string& flags) {
  return R"({"added_tokens":[{"id":1,"content":"[X]","special":true}],
    "normalizer":{"type":"BertNormalizer",)" +
         flags + R"(},"pre_tokenizer":{"type":"BertPreTokenizer"},
    "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
      "max_input_chars_per_word":5,
      "vocab":{"[UNK]":0,"[X]":1,"ab":2,"##c":3,"a":4,"e":5,"!":6,"##ab":7,"A":8,"##i":9}}})";
}
const std::string kCased = R"("clean_text":true,"handle_chinese_chars":true,"strip_accents":null,
    "lowercase":false)";
const std::string kUncased = R"("lowercase":true)";

const std::string kVocab = R"([["<unk>",0],["\u2581a",-1],["\u2581",-2],["a",-2],["b",-2],["ab",-3],
    ["<m>",0]])";
std::string unigram(const std::string& pre_tokenizer, const std::string& normalizer = "null") {
  return R"({"added_tokens":[{"id":6,"content":"<m>","lstrip":true}],"normalizer":)" + normalizer +
         R"(,"pre_tokenizer":)" + pre_tokenizer +
         R"(,"model":{"type":"Unigram","unk_id":0,"vocab":)" + kVocab + "}}";
}
const std::string kPublished = R"({"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},
    {"type":"Metaspace","replacement":"\u2581","add_prefix_space":true}]})";
const std::string kMetaspace = R"({"type":"Metaspace","prepend_scheme":"always"})";

TEST(WordPieceTokenizer, TakesTheLongestPieceAndItsContinuations) {
  EXPECT_EQ(pieces(word_piece(kCased), "abc  aab\t!a"),
            (Strings{"2:ab", "3:c", "4:a", "7:ab", "6:!", "4:a"}));
}

TEST(WordPieceTokenizer, WordThatCannotBeSpelledOrIsTooLongIsUnknown) {
  EXPECT_EQ(pieces(word_piece(kCased),
                   "abq abcccc \xE4\xB8\xAD"
                   "a"),
            (Strings{"0:abq", "0:abcccc", "0:\xE4\xB8\xAD", "4:a"}));
}

TEST(WordPieceTokenizer, ControlsVanishInsideAWord) {
  EXPECT_EQ(pieces(word_piece(kCased),
                   "ab\x01\xE2\x80\x8D"
                   "c"),
            (Strings{"2:ab", "3:c"}));
  EXPECT_EQ(pieces(word_piece(kCased),
                   "a\xFF"
                   "b"),
            (Strings{"2:a\xFF"
                     "b"}));
}

TEST(WordPieceTokenizer, LowercaseStripsAccentsToo) {
  EXPECT_EQ(pieces(word_piece(kUncased),
                   "\xC3\x89 AB\xCC\x81"
                   "C"),
            (Strings{"5:\xC3\x89", "2:AB", "3:C"}));
  EXPECT_EQ(pieces(word_piece(kCased), "\xC3\x89 A"), (Strings{"0:\xC3\x89", "8:A"}));
}

TEST(WordPieceTokenizer, AddedTokenIsCutOutInsideAWord) {
  EXPECT_EQ(pieces(word_piece(kCased), "a[X]ab"), (Strings{"4:a", "1:[X]", "2:ab"}));
}

TEST(UnigramTokenizer, TakesTheBestPathAndFusesUnknownCharacters) {
  EXPECT_EQ(pieces(unigram(kPublished), "ab  qxa"), (Strings{"1:a", "4:b", "2:", "0:qx", "3:a"}));
}

TEST(UnigramTokenizer, TokenThatTookABlankIsUnknown) {
  EXPECT_EQ(pieces(unigram(kPublished), "a<m>a <m>"), (Strings{"1:a", "6:<m>", "1:a", "0: <m>"}));
}

TEST(UnigramTokenizer, MetaspaceAloneKeepsEveryBlank) {
  EXPECT_EQ(pieces(unigram(kMetaspace), " a  b"), (Strings{"1: a", "2: ", "2: ", "4:b"}));
  EXPECT_EQ(pieces(unigram(R"({"type":"Metaspace","add_prefix_space":false})"), "ab a"),
            (Strings{"5:ab", "1: a"}));
}

TEST(UnigramTokenizer, RunsOfBlanksAndTheEndAreReplacedAsTheFileSays) {
  const std::string normalizer = R"({"type":"Sequence","normalizers":[
      {"type":"Strip","strip_left":false,"strip_right":true},
      {"type":"Replace","pattern":{"Regex":" {2,}"},"content":"\u2581"}]})";
  EXPECT_EQ(pieces(unigram(kMetaspace, normalizer), "a   a \n"), (Strings{"1:a", "1:   a"}));
}

TEST(UnigramTokenizer, LongTextIsTheSameInStretches) {
  std::string text;
  while (text.size() < 3 * HfTokenizer::kStretchBytes) text += "ab q a  ";
  const auto tokenizer = load_text(unigram(kPublished));
  ASSERT_TRUE(tokenizer);
  const auto all = (*tokenizer)->encode(text);
  ASSERT_EQ(all.size() % 5, 0U);
  const std::int32_t wanted[] = {1, 4, 2, 0, 1};
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].id, wanted[i % 5]) << i;
  EXPECT_EQ(all.back().span.end, text.size() - 2);
}

TEST(HfTokenizerFile, ErrorsNameFileAndField) {
  EXPECT_NE(error_of("{").find("tokenizer.json: "), std::string::npos);
  EXPECT_NE(error_of("{}").find("\"model\""), std::string::npos);
  EXPECT_NE(error_of(R"({"model":{"type":"Unigram","unk_id":1,"vocab":[["a",0]]}})")
                .find("model.unk_id: not in"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"model":{"type":"Unigram","unk_id":0,"vocab":[["a",0],["b"]]}})")
                .find("model.vocab[1]: "),
            std::string::npos);
  EXPECT_NE(error_of(R"({"model":{"type":"WordPiece","vocab":{"[UNK]":-1}}})")
                .find("model.vocab.[UNK]: "),
            std::string::npos);
  EXPECT_NE(error_of(unigram(R"({"type":"Spells"})")).find("pre_tokenizer.type: "),
            std::string::npos);
  EXPECT_NE(error_of(unigram("null", R"({"type":"Precompiled","precompiled_charsmap":"!!!!"})"))
                .find("normalizer.precompiled_charsmap: not base64"),
            std::string::npos);
  const auto missing = load_hf_tokenizer("/nowhere");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().detail, "/nowhere/tokenizer.json: No such file or directory");
}

TEST(HfTokenizerFile, SequencesInSequencesEndSomewhere) {
  std::string deep = kMetaspace;
  for (int i = 0; i < 50; ++i) deep = R"({"type":"Sequence","pretokenizers":[)" + deep + "]}";
  EXPECT_NE(error_of(unigram(deep)).find("nested too deep"), std::string::npos);
}

TEST(HfTokenizerFile, NormalizerThatMultipliesTextIsRefused) {
  const auto steps = [](int count) {
    std::string list;
    for (int i = 0; i < count; ++i) {
      list += std::string(i > 0 ? "," : "") +
              R"({"type":"Replace","pattern":{"String":"a"},"content":"aaaa"})";
    }
    return R"({"type":"Sequence","normalizers":[)" + list + "]}";
  };
  EXPECT_TRUE(load_text(unigram(kMetaspace, steps(4))));
  EXPECT_NE(error_of(unigram(kMetaspace, steps(5))).find("normalizer: makes texts too long"),
            std::string::npos);
  std::string many = steps(100);
  for (std::size_t at = 0; (at = many.find("aaaa", at)) != std::string::npos;) {
    many.replace(at, 4, "a");
  }
  EXPECT_NE(error_of(unigram(kMetaspace, many)).find("normalizer.normalizers: too many steps"),
            std::string::npos);
}

TEST(HfTokenizerFile, MarkOfABlankIsOneCharacter) {
  EXPECT_NE(error_of(unigram(R"({"type":"Metaspace","replacement":"abcdefgh"})"))
                .find("pre_tokenizer: replacement: "),
            std::string::npos);
}

TEST(HfTokenizerFile, MembersAndPiecesThatAreGivenTwiceOrWrong) {
  EXPECT_NE(
      error_of(R"({"model":{"type":"WordPiece","vocab":{"[UNK]":0,"a":1,"a":2}}})").find("twice"),
      std::string::npos);
  EXPECT_NE(error_of(R"({"model":{"type":"Unigram","unk_id":0,"vocab":[["a",0],["b",1e300]]}})")
                .find("model.vocab[1][1]: out of range"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"model":{"type":"Unigram","unk_id":0,"vocab":[["a",0,1]]}})")
                .find("model.vocab[0]: not [piece, score]"),
            std::string::npos);
}

TEST(HfTokenizerFile, IdsFarBeyondTheNumberOfPiecesAreErrors) {
  EXPECT_NE(error_of(R"({"model":{"type":"WordPiece","vocab":{"[UNK]":0,"a":1073741824}}})")
                .find("model.vocab.a: an id"),
            std::string::npos);
  EXPECT_NE(error_of(R"({"model":{"type":"WordPiece","vocab":{"[UNK]":0}},
                         "added_tokens":[{"id":1000000,"content":"x"}]})")
                .find("added_tokens[0]: id: "),
            std::string::npos);
}

TEST(HfTokenizerFile, ChangedBytesGiveAnErrorOrATokenizerThatStaysInsideTheText) {
  const std::string normalizer = R"({"type":"Sequence","normalizers":[
      {"type":"Precompiled","precompiled_charsmap":"EAAAAAEEAABhAQAAAAAAgGIEAAB4AHkA"},
      {"type":"Strip"},{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"\u2581"}]})";
  const std::string text = " abc [X]\xC3\x89 A\xCC\x81<m>  \xE4\xB8\xAD!\xFF\r\n";
  std::mt19937 random(7);
  int loaded = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string json = i % 2 == 0 ? word_piece(kUncased) : unigram(kPublished, normalizer);
    for (auto left = random() % 3 + 1; left > 0; --left) {
      const char letters[] = "\"{}[],:0-9aAzZ+/=\\\x01\xC3";
      json[random() % json.size()] = letters[random() % (sizeof letters - 1)];
    }
    const auto tokenizer = load_text(json);
    if (!tokenizer) continue;
    ++loaded;
    std::uint32_t at = 0;
    for (const Piece& piece : (*tokenizer)->encode(text)) {
      ASSERT_LE(at, piece.span.begin) << json;
      at = piece.span.end;
    }
    ASSERT_LE(at, text.size()) << json;
  }
  EXPECT_GT(loaded, 300);
  EXPECT_LT(loaded, 2900);
}

TEST(HfVocabFiles, MalformedOnesAreErrors) {
  const TemporaryDir bert;
  std::ofstream(bert.file("vocab.txt")) << "a\nb\n";
  const auto no_unknown = load_hf_tokenizer(bert.path());
  ASSERT_FALSE(no_unknown);
  EXPECT_EQ(no_unknown.error().detail, bert.file("vocab.txt") + ": no line \"[UNK]\"");
  for (const std::string& bytes : {std::string(), std::string("\x0A\x7F"), std::string("\x0A"),
                                   std::string(20, '\xFF'), std::string("\x0A\0\x0A\0", 4)}) {
    const TemporaryDir xlm_r;
    std::ofstream(xlm_r.file("sentencepiece.bpe.model")) << bytes;
    EXPECT_FALSE(load_hf_tokenizer(xlm_r.path()));
  }
}

TEST(HfVocabFiles, BertIsLowercasedUnlessItsConfigSaysOtherwise) {
  const TemporaryDir folder;
  std::ofstream(folder.file("vocab.txt")) << "[UNK]\r\na\r\nA\r\n[MASK]";
  const auto lowercased = load_hf_tokenizer(folder.path());
  ASSERT_TRUE(lowercased);
  EXPECT_EQ((*lowercased)->encode("A").at(0).id, 1);
  EXPECT_EQ((*lowercased)->encode("[MASK]").at(0).id, 3);
  std::ofstream(folder.file("tokenizer_config.json")) << R"({"do_lower_case":false})";
  const auto cased = load_hf_tokenizer(folder.path());
  ASSERT_TRUE(cased);
  EXPECT_EQ((*cased)->encode("A").at(0).id, 2);
}

TEST(Charsmap, SizesThatDoNotFitAreErrors) {
  EXPECT_FALSE(Charsmap::parse(""));
  EXPECT_FALSE(Charsmap::parse(std::string_view("\x08\0\0\0abcd", 8)));
  EXPECT_FALSE(Charsmap::parse(std::string_view("\x03\0\0\0abcd", 8)));
}

TEST(Charsmap, TableThatPointsAnywhereIsHarmless) {
  std::string blob("\x40\0\0\0", 4);
  for (int i = 0; i < 64; ++i) blob.push_back(static_cast<char>(i * 37 + 11));
  const auto map = Charsmap::parse(blob + "x");
  ASSERT_TRUE(map);
  for (int c = 1; c < 128; ++c) {
    const std::string text(3, static_cast<char>(c));
    NormalizedText normal = normalized_text(text, {0, 3});
    map->apply(normal);
    EXPECT_EQ(normal.bytes.size(), normal.origin.size());
  }
}

TEST(Base64, RefusesWhatIsMalformed) {
  EXPECT_EQ(base64_decoded("aGk="), "hi");
  EXPECT_EQ(base64_decoded("aGkh"), "hi!");
  EXPECT_FALSE(base64_decoded("aGk"));
  EXPECT_FALSE(base64_decoded("a=k="));
}

}  // namespace
}  // namespace pith
