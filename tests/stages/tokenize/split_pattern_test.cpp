#include "stages/tokenize/split_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unicode/regex.h>

#include <random>
#include <string>
#include <vector>

namespace pith {
namespace {

using testing::ElementsAre;

std::vector<std::string> split(SplitPattern pattern, std::string_view text) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = pattern(text, at);
    if (end <= at || end > text.size()) {
      ADD_FAILURE() << "no progress";
      break;
    }
    pieces.emplace_back(text.substr(at, end - at));
    at = end;
  }
  return pieces;
}

/// The same by ICU's regular expressions. \s there is White_Space too.
class Regex {
 public:
  explicit Regex(const char* pattern) {
    UErrorCode status = U_ZERO_ERROR;
    regex_.reset(icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(pattern), 0, status));
    EXPECT_TRUE(U_SUCCESS(status)) << u_errorName(status);
  }
  std::vector<std::string> split(const std::string& text) const {
    UErrorCode status = U_ZERO_ERROR;
    const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(text);
    const std::unique_ptr<icu::RegexMatcher> matcher(regex_->matcher(wide, status));
    std::vector<std::string> pieces;
    while (matcher->find()) matcher->group(status).toUTF8String(pieces.emplace_back());
    EXPECT_TRUE(U_SUCCESS(status));
    return pieces;
  }

 private:
  std::unique_ptr<icu::RegexPattern> regex_;
};

// tiktoken's patterns, with \s spelled as what Rust means by it.
#define WS "[\\p{White_Space}]"
#define NOT_SPACE_LETTER_NUMBER "[^\\p{White_Space}\\p{L}\\p{N}]"
#define UPPERISH "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define LOWERISH "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define CONTRACTION "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
constexpr const char* kCl100k =
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?" NOT_SPACE_LETTER_NUMBER
    "++[\\r\\n]*+|" WS "++\\z|" WS "*[\\r\\n]|" WS "+(?![^\\p{White_Space}])|" WS;
constexpr const char* kO200k = "[^\\r\\n\\p{L}\\p{N}]?" UPPERISH "*" LOWERISH "+" CONTRACTION
                               "?|[^\\r\\n\\p{L}\\p{N}]?" UPPERISH "+" LOWERISH "*" CONTRACTION
                               "?|\\p{N}{1,3}| ?" NOT_SPACE_LETTER_NUMBER "+[\\r\\n/]*|" WS
                               "*[\\r\\n]+|" WS "+(?![^\\p{White_Space}])|" WS "+";

std::string random_text(std::mt19937& random) {
  // One of every kind that the patterns tell apart, several of the ones with special rules.
  static const std::vector<std::string> kAtoms = {"a",
                                                  "e",
                                                  "s",
                                                  "t",
                                                  "l",
                                                  "v",
                                                  "r",
                                                  "S",
                                                  "L",
                                                  "B",
                                                  "\xC7\x85" /* Dž titlecase */,
                                                  "\xCA\xB0" /* modifier */,
                                                  "中",
                                                  "ß",
                                                  "É",
                                                  "\xC5\xBF" /* long s */,
                                                  "\xCC\x81" /* acute mark */,
                                                  "\xE2\x83\x9D" /* enclosing */,
                                                  "1",
                                                  "7",
                                                  "\xE2\x85\xA7",
                                                  "½",
                                                  " ",
                                                  " ",
                                                  "\t",
                                                  "\n",
                                                  "\r",
                                                  "\xC2\x85",
                                                  "\xC2\xA0",
                                                  "\xE3\x80\x80",
                                                  "\xE2\x80\xA8",
                                                  "\xEF\xBB\xBF",
                                                  "'",
                                                  "'",
                                                  "/",
                                                  ".",
                                                  "-",
                                                  "(",
                                                  "🙂",
                                                  "\xE2\x80\x8D",
                                                  "\x01"};
  std::string text;
  for (std::size_t left = random() % 14; left-- > 0;) text += kAtoms[random() % kAtoms.size()];
  return text;
}

TEST(Cl100kSplit, EqualsTheRegularExpression) {
  const Regex regex(kCl100k);
  std::mt19937 random(1);
  for (int round = 0; round < 40'000; ++round) {
    const std::string text = random_text(random);
    ASSERT_EQ(split(cl100k_split, text), regex.split(text)) << testing::PrintToString(text);
  }
}

TEST(O200kSplit, EqualsTheRegularExpression) {
  const Regex regex(kO200k);
  std::mt19937 random(2);
  for (int round = 0; round < 40'000; ++round) {
    const std::string text = random_text(random);
    ASSERT_EQ(split(o200k_split, text), regex.split(text)) << testing::PrintToString(text);
  }
}

TEST(Cl100kSplit, CutsContractionsOffInAnyCase) {
  EXPECT_THAT(split(cl100k_split, "I'LL don't x'\xC5\xBF y'bc"),
              ElementsAre("I", "'LL", " don", "'t", " x", "'\xC5\xBF", " y", "'bc"));
}

TEST(O200kSplit, KeepsContractionsAndSplitsCamelCase) {
  EXPECT_THAT(split(o200k_split, "I'LL don't HTTPServer camelCase"),
              ElementsAre("I'LL", " don't", " HTTPServer", " camel", "Case"));
}

TEST(O200kSplit, GivesCapitalsBackUntilAnUncasedLetter) {
  EXPECT_THAT(split(o200k_split, "AB中CD"), ElementsAre("AB中", "CD"));
}

TEST(SplitPattern, TreatsBadBytesAsSymbols) {
  EXPECT_THAT(split(cl100k_split, "a\xFF\xC3(b"), ElementsAre("a", "\xFF\xC3(", "b"));
  EXPECT_THAT(split(o200k_split, "\xE4\xB8"), ElementsAre("\xE4\xB8"));
}

}  // namespace
}  // namespace pith
