#include "stages/select/protect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "stages/select/literal.h"
#include "stages/select/negation.h"
#include "tests/stages/select/prompt.h"

namespace pith {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The stretches of protected words in `text`, all of it taken as prose.
std::vector<std::string> protected_of(std::string_view text, const CompressOptions& options = {},
                                      SegmentKind kind = SegmentKind::kPlain) {
  Structure structure;
  structure.regions = {{{0, static_cast<std::uint32_t>(text.size())}, RegionKind::kProse}};
  const std::vector<Word> words = split_words(text, structure.regions[0].span);
  const auto reasons = protected_words(protected_spans(text, structure, kind, options), words);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (reasons[i] == 0) continue;
    const std::string_view word = text.substr(words[i].begin, words[i].text_end - words[i].begin);
    const bool joins = i > 0 && reasons[i - 1] != 0 && words[i - 1].text_end == words[i].begin;
    if (joins) {
      out.back() += word;
    } else {
      out.emplace_back(word);
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& stretches) {
  std::string out;
  for (const std::string& stretch : stretches) out += (out.empty() ? "" : " ") + stretch;
  return out;
}

TEST(Protect, Numbers) {
  EXPECT_EQ(joined(protected_of("They paid $1,200.50 or 30% in 2024 for the 3rd one.")),
            "$1,200.50 30% 2024 3rd");
  EXPECT_EQ(joined(protected_of("It took 5 GB and 3 million runs of -7 each")),
            "5 GB 3 million -7");
  EXPECT_EQ(joined(protected_of("في ٢٠٢٤ كان")), "٢٠٢٤");
  const std::string chinese = joined(protected_of("他在2024年出生"));
  EXPECT_NE(chinese.find("2024"), std::string::npos);
  EXPECT_NE(chinese.find("年"), std::string::npos);
}

TEST(Protect, NegationsInTenLanguages) {
  for (const std::string_view word :
       {"not",   "Never",   "don't", "doesn’t", "cannot", "without", "nicht",
        "Keine", "niemals", "n'est", "jamais",  "sans",   "nunca",   "ningún",
        "senza", "não",     "не",    "Нет",     "без",    "않다"}) {
    EXPECT_TRUE(is_negation(word)) << word;
  }
  for (const std::string_view word :
       {"note", "known", "the", "noon", "nichte", "sinus", "нести", "knot", "keinesfallsig"}) {
    EXPECT_FALSE(is_negation(word)) << word;
  }
  EXPECT_EQ(joined(protected_of("It is not, however, (never) a non-negotiable thing.")),
            "not, (never) non-negotiable");
  EXPECT_NE(joined(protected_of("我不喜欢这个东西")).find("不"), std::string::npos);
  EXPECT_NE(joined(protected_of("それは正しくない。")).find("ない"), std::string::npos);
  EXPECT_THAT(protected_of("这个非常好"), IsEmpty());
}

TEST(Protect, Literals) {
  EXPECT_EQ(literal_class("https://example.com/a?b=c"), kProtectUrls);
  EXPECT_EQ(literal_class("<ann.lee@example.org>,"), kProtectUrls);
  EXPECT_EQ(literal_class("/etc/hosts"), kProtectPaths);
  EXPECT_EQ(literal_class("src/main"), kProtectPaths);
  EXPECT_EQ(literal_class("C:\\Users\\ann"), kProtectPaths);
  for (const std::string_view token :
       {"snake_case", "camelCase", "std::vector", "os.path.join", "main.cpp", "HTTP_STATUS",
        "--verbose", "-x", "deadbeef01", "550e8400-e29b-41d4-a716-446655440000", "$HOME", "@user",
        "key=value", "f(x)", "run()", "a->b", "==", "dGhpcyBpcyBhIHRlc3Q1Mjk="}) {
    EXPECT_EQ(literal_class(token), kProtectIdentifiers) << token;
  }
  EXPECT_EQ(literal_class("42"), kProtectNumbers);
  for (const std::string_view token :
       {"word", "Word,", "and/or", "he/she", "e.g.", "item(s)", "well-known", "(aside)",
        "\"quoted\"", "**bold**", "-", "...", "it's", "!"}) {
    EXPECT_EQ(literal_class(token), 0U) << token;
  }
}

TEST(Protect, DatesInWordsAndTimesOfDay) {
  EXPECT_EQ(joined(protected_of("It leaves on May 22, 2024 at 6:45 AM EST then")),
            "May 22, 2024 6:45 AM EST");
  EXPECT_EQ(joined(protected_of("Everybody may leave in May or so")), "");
  EXPECT_EQ(joined(protected_of("sagte er am 3. März 2024 um 9 Uhr dazu")), "3. März 2024 9 Uhr");
  EXPECT_EQ(joined(protected_of("dijo el 3 de mayo de 2024 que bueno")), "3 de mayo de 2024");
  EXPECT_EQ(joined(protected_of("le train du 12 février 2025 est parti")), "12 février 2025");
  EXPECT_EQ(joined(protected_of("поезд ушёл 5 мая 2024 года")), "5 мая 2024");
  EXPECT_EQ(joined(protected_of("Source: Jan–June 2012 sales")), "Jan–June 2012");
}

TEST(Protect, AUnitStaysWithItsNumberWhateverMarkFollows) {
  EXPECT_EQ(joined(protected_of("drove (160 km/h) through 5.7 KB, of $1.7 billion. Then")),
            "(160 km/h) 5.7 KB, $1.7 billion.");
}

TEST(Protect, NegationsBesideDashesQuotesAndAccents) {
  EXPECT_EQ(joined(protected_of("all is well—no reporting")), "no");
  EXPECT_EQ(joined(protected_of("ich weiß es auch nicht« gesagt")), "nicht«");
  EXPECT_EQ(joined(protected_of("elles n'étaient là")), "n'étaient");
  EXPECT_NE(joined(protected_of("同意なしに送る")).find("なし"), std::string::npos);
}

TEST(Protect, LiteralsWithoutBlanksKeepAPartingCharacter) {
  const std::string kept =
      joined(protected_of("ログはorder_77.logに残っています。問い合わせはa@b.jpまで"));
  EXPECT_NE(kept.find("はorder_77.logに"), std::string::npos);
  EXPECT_NE(kept.find("はa@b.jpま"), std::string::npos);
  EXPECT_NE(joined(protected_of("在/home/用户/说明书.pdf里")).find("/home/用户/说明书.pdf"),
            std::string::npos);
}

TEST(Protect, QuotesOfEveryKind) {
  EXPECT_EQ(joined(protected_of("press 't' for text")), "'t'");
  EXPECT_EQ(joined(protected_of("he put \\\"so it is\\\" there")), "\\\"so it is\\\"");
  EXPECT_EQ(joined(protected_of("they say \" Tour \" or so")), "\" Tour \"");
  EXPECT_EQ(joined(protected_of("the dogs' toy and 'Roman Peace' too")), "'Roman Peace'");
}

TEST(Protect, QuotesCodeLinksAndTagsAreKeptWhole) {
  EXPECT_EQ(joined(protected_of("She said \"come over here\" to us")), "\"come over here\"");
  EXPECT_EQ(joined(protected_of("It's the dog's and 'the other one' too")), "'the other one'");
  EXPECT_EQ(joined(protected_of("ein „kurzes Wort“ und «un autre mot» hier")),
            "„kurzes Wort“ «un autre mot»");
  EXPECT_EQ(joined(protected_of("run `make all` now")), "`make all`");
  EXPECT_EQ(joined(protected_of("see [the long page](docs/a.md) now")),
            "[the long page](docs/a.md)");
  EXPECT_EQ(joined(protected_of("the <b>word</b> here")), "<b>word</b>");
  EXPECT_THAT(protected_of("an inch is \" and that is all"), IsEmpty());
}

TEST(Protect, ErrorLinesAreKeptWhole) {
  EXPECT_EQ(joined(protected_of("All is well here\nerror: cannot open the file\nGo on")),
            "error: cannot open the file");
  EXPECT_EQ(joined(protected_of("build failed because of it", {}, SegmentKind::kToolResult)),
            "build failed because of it");
  EXPECT_THAT(protected_of("build failed because of it"), IsEmpty());
  const std::string longest =
      std::string(300, 'a') + " goes on. Then error: it broke badly. And " + std::string(300, 'b');
  EXPECT_EQ(joined(protected_of(longest)), "Then error: it broke badly.");
}

TEST(Protect, TagsHeadingsForceTokensAndParagraphs) {
  EXPECT_EQ(joined(protected_of("one <pith-keep>two three</pith-keep> four")),
            "<pith-keep>two three</pith-keep>");
  EXPECT_EQ(joined(protected_of("# A Title here\ntext")), "# A Title here");
  CompressOptions options;
  options.force_tokens = {"budget", "the plan"};
  EXPECT_EQ(joined(protected_of("our budgets and the plan hold", options)), "budgets the plan");
  EXPECT_EQ(joined(protected_of("Ask this please.\n\nmiddle part here\n\nAnd answer so.", {},
                                SegmentKind::kUserText)),
            "Ask this please. And answer so.");
  EXPECT_EQ(joined(protected_of("Ask this please.\nmiddle part here\nAnd answer so.", {},
                                SegmentKind::kUserText)),
            "Ask this please. And answer so.");
}

TEST(Protect, EachClassCanBeSwitchedOff) {
  const std::string text =
      "on 12 not `x y` http://a.b/c /usr/bin snake_case \"a quote\" <pith-keep>k</pith-keep>";
  const std::vector<std::pair<std::uint32_t, std::string>> cases = {
      {kProtectNumbers, "12"},        {kProtectNegations, "not"},
      {kProtectCode, "`x y`"},        {kProtectUrls, "http://a.b/c"},
      {kProtectPaths, "/usr/bin"},    {kProtectIdentifiers, "snake_case"},
      {kProtectQuoted, "\"a quote\""}};
  for (const auto& [bit, word] : cases) {
    CompressOptions only;
    only.protect = bit;
    EXPECT_NE(joined(protected_of(text, only)).find(word), std::string::npos) << word;
    CompressOptions without;
    without.protect = kProtectDefault & ~bit;
    EXPECT_EQ(joined(protected_of(text, without)).find(word), std::string::npos) << word;
  }
  CompressOptions none;
  none.protect = 0;
  EXPECT_THAT(protected_of(text, none), IsEmpty());
}

TEST(Protect, NamesOnlyWhenAsked) {
  const std::string text = "Yesterday the team met Ann Lee in Rome. They talked.";
  EXPECT_THAT(protected_of(text), IsEmpty());
  CompressOptions options;
  options.protect |= kProtectNames;
  EXPECT_THAT(protected_of(text, options), ElementsAre("Ann", "Lee", "Rome."));
}

TEST(Protect, SurvivesInvalidUtf8) {
  EXPECT_NO_FATAL_FAILURE(protected_of("a \xff\xfe\x80 12 \xe4\xb8 \"x\xf0\" `\xe2"));
}

}  // namespace
}  // namespace pith
