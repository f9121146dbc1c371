#include "stages/tokenize/word.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/brkiter.h>
#include <unicode/utext.h>

#include <ctime>
#include <random>
#include <set>
#include <string>

#include "stages/tokenize/word_segments.h"

namespace pith {
namespace {

using testing::ElementsAre;

ByteSpan all(std::string_view text) { return {0, static_cast<std::uint32_t>(text.size())}; }

/// Each word with its blanks.
std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  for (const Word& word : split_words(text, all(text))) {
    out.emplace_back(text.substr(word.begin, word.end - word.begin));
  }
  return out;
}

std::vector<Word> icu_words(std::string_view text) {
  std::vector<Word> out;
  WordJoiner joiner(out);
  add_icu_segments(text, 0, static_cast<std::uint32_t>(text.size()), joiner);
  return out;
}

void expect_sound(std::string_view text, ByteSpan within) {
  const std::vector<Word> got = split_words(text, within);
  std::uint32_t at = got.empty() ? within.end : got.front().begin;
  for (const Word& word : got) {
    ASSERT_EQ(word.begin, at) << testing::PrintToString(text);
    ASSERT_LT(word.begin, word.text_end);
    ASSERT_LE(word.text_end, word.end);
    at = word.end;
  }
  ASSERT_EQ(at, within.end) << testing::PrintToString(text);
}

std::string random_ascii(std::mt19937& random) {
  static constexpr std::string_view kLikely = "aZ09_.,;:'\"()- \n\t\r/@";
  std::string text(random() % 24, '\0');
  for (char& c : text) {
    c = random() % 4 == 0 ? static_cast<char>(random() % 128) : kLikely[random() % kLikely.size()];
  }
  return text;
}

std::string random_mixed(std::mt19937& random) {
  static const std::vector<std::string> kAtoms = {
      "a",
      "word ",
      "don't",
      " ",
      "  ",
      "\n",
      "\r\n",
      ".",
      ",",
      "(",
      "_",
      "7",
      ":",
      "é",
      "e\xCC\x81",
      "\xCC\x81",
      "中文字",
      "、",
      "。",
      "カタカナ",
      "ひらがな",
      "ภาษาไทย",
      "🙂",
      "👩‍👩‍👧",
      "🇩🇪",
      "👍🏽",
      "\xC2\xA0",
      "\xE2\x80\xAF",
      "\xE2\x80\x8B",
      "\xE2\x80\x8D",
      "\xEF\xBB\xBF",
      "한국어",
      "\xE1\x84\x80\xE1\x85\xA1",
      "שלום",
      "ש\"ל",
      "नमस्ते",
      "\xD8\x80",
      "©",
      "\xFF",
      "\xE4\xB8",
      "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn oooo pppp"};
  std::string text;
  for (std::size_t left = random() % 12; left-- > 0;) text += kAtoms[random() % kAtoms.size()];
  return text;
}

/// ICU's grapheme boundaries.
std::set<std::uint32_t> grapheme_boundaries(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::BreakIterator> iterator(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  UText utext = UTEXT_INITIALIZER;
  utext_openUTF8(&utext, text.data(), static_cast<std::int64_t>(text.size()), &status);
  iterator->setText(&utext, status);
  std::set<std::uint32_t> out;
  for (auto at = iterator->first(); at != icu::BreakIterator::DONE; at = iterator->next()) {
    out.insert(static_cast<std::uint32_t>(at));
  }
  utext_close(&utext);
  return out;
}

TEST(SplitWords, GivesEachWordItsPunctuationAndBlanks) {
  EXPECT_THAT(words("Hello, world!  It's 3.14 -- done.\n"),
              ElementsAre("Hello, ", "world!  ", "It's ", "3.14 ", "-- ", "done.\n"));
}

TEST(SplitWords, OpeningMarksBelongToWhatFollowsThem) {
  EXPECT_THAT(words("see (the \"big\" one) [a] $5 f(x)"),
              ElementsAre("see ", "(the ", "\"big\" ", "one) ", "[a] ", "$5 ", "f(", "x)"));
  EXPECT_THAT(words("il dit « oui »"), ElementsAre("il ", "dit ", "« ", "oui ", "»"));
}

TEST(SplitWords, TextEndStopsBeforeTheBlanks) {
  EXPECT_THAT(split_words(" a.\t b", {0, 6}), ElementsAre(Word{1, 3, 5}, Word{5, 6, 6}));
}

TEST(SplitWords, StaysInsideItsRange) {
  EXPECT_THAT(split_words("one two three", {4, 8}), ElementsAre(Word{4, 7, 8}));
  EXPECT_TRUE(split_words("one", {1, 1}).empty());
  EXPECT_TRUE(split_words(" \n\t ", {0, 4}).empty());
}

TEST(SplitWords, CutsChineseJapaneseAndThaiByDictionary) {
  EXPECT_THAT(words("我们喜欢北京。"), ElementsAre("我们", "喜欢", "北京。"));
  EXPECT_THAT(words("ภาษาไทย"), ElementsAre("ภาษา", "ไทย"));
  EXPECT_GT(words("東京は日本の首都です").size(), 4U);
}

TEST(SplitWords, EmojiAreWords) {
  EXPECT_THAT(words("ok👍🏽 🇩🇪🇫🇷 👩‍👩‍👧!"),
              ElementsAre("ok", "👍🏽 ", "🇩🇪", "🇫🇷 ", "👩‍👩‍👧!"));
}

TEST(SplitWords, TreatsUnicodeBlanksAsBlanks) {
  EXPECT_THAT(words("a\u00A0b\u3000c\u2028d"), ElementsAre("a\u00A0", "b\u3000", "c\u2028", "d"));
  EXPECT_THAT(words("1\u202F000 x\u202F y"), ElementsAre("1\u202F000 ", "x\u202F ", "y"));
}

TEST(SplitWords, AsciiByHandEqualsIcu) {
  std::mt19937 random(3);
  for (int round = 0; round < 60'000; ++round) {
    const std::string text = random_ascii(random);
    ASSERT_EQ(split_words(text, all(text)), icu_words(text)) << testing::PrintToString(text);
  }
}

TEST(SplitWords, StretchesGiveWhatIcuGivesForTheWholeText) {
  std::mt19937 random(4);
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = random_mixed(random);
    ASSERT_EQ(split_words(text, all(text)), icu_words(text)) << testing::PrintToString(text);
  }
}

TEST(SplitWords, CoversTheRangeAndNeverCutsAGrapheme) {
  std::mt19937 random(5);
  for (int round = 0; round < 10'000; ++round) {
    const std::string text = random_mixed(random);
    expect_sound(text, all(text));
    const std::set<std::uint32_t> graphemes = grapheme_boundaries(text);
    for (const Word& word : split_words(text, all(text))) {
      ASSERT_TRUE(graphemes.contains(word.begin)) << testing::PrintToString(text) << word.begin;
      // Formally, a number sign that stands in front of digits (Prepend) is one with a blank after
      // it.
      if (std::string_view(text).substr(0, word.text_end).ends_with("\xD8\x80")) continue;
      ASSERT_TRUE(graphemes.contains(word.text_end))
          << testing::PrintToString(text) << word.text_end;
    }
  }
}

TEST(SplitWords, TakesAnyBytes) {
  std::mt19937 random(6);
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes(random() % 100, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const auto begin = static_cast<std::uint32_t>(random() % (bytes.size() + 1));
    expect_sound(bytes, {begin, static_cast<std::uint32_t>(bytes.size())});
  }
}

TEST(SplitWords, IsLinearInOneLongRun) {
  std::string text;
  while (text.size() < (1U << 20U)) text += "的一是不了人我在有他这中大来上个国";
  text +=
      std::string(1U << 20U, '=') + std::string(1U << 20U, ' ') + std::string(1U << 20U, 'a') + "é";
  const std::clock_t start = std::clock();  // CPU time: other work on the machine does not count
  expect_sound(text, all(text));
  const double taken_s = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  EXPECT_LT(taken_s, 10.0);
}

}  // namespace
}  // namespace pith
