#include "tests/literals/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace pith::literals {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> values(std::string_view text, LiteralClass literal_class) {
  std::vector<std::string> out;
  for (const Literal& literal : extract_literals(text)) {
    if (literal.literal_class == literal_class)
      out.emplace_back(text.substr(literal.begin, literal.end - literal.begin));
  }
  return out;
}

struct Listed {
  LiteralClass literal_class;
  const char* text;
  const char* value;
};

/// Names of cases must not hold addresses.
void PrintTo(const Listed& listed, std::ostream* out) { *out << listed.value; }

class EveryForm : public ::testing::TestWithParam<Listed> {};

TEST_P(EveryForm, IsListedWhole) {
  EXPECT_THAT(values(GetParam().text, GetParam().literal_class), Contains(GetParam().value));
}

using C = LiteralClass;
INSTANTIATE_TEST_SUITE_P(
    Numbers, EveryForm,
    ::testing::Values(Listed{C::kNumber, "took 7 s", "7"}, Listed{C::kNumber, "a -3.5 b", "-3.5"},
                      Listed{C::kNumber, "1,024 rows", "1,024"},
                      Listed{C::kNumber, "(0x1F)", "0x1F"}, Listed{C::kNumber, "at 45%.", "45%"},
                      Listed{C::kNumber, "in 12ms,", "12ms"},
                      Listed{C::kNumber, "lr 1e-9 x", "1e-9"}, Listed{C::kNumber, "第3章", "3"},
                      Listed{C::kNumber, "costs $5.", "$5"},
                      Listed{C::kNumber, "of 5.7 KB,", "5.7 KB"}));
INSTANTIATE_TEST_SUITE_P(
    Dates, EveryForm,
    ::testing::Values(Listed{C::kDateTime, "on 2024-05-01.", "2024-05-01"},
                      Listed{C::kDateTime, "2024-05-01T12:30:05.123Z x",
                             "2024-05-01T12:30:05.123Z"},
                      Listed{C::kDateTime, "2024-05-01 12:30:05,7", "2024-05-01 12:30:05,7"},
                      Listed{C::kDateTime, "5/1/2024", "5/1/2024"},
                      Listed{C::kDateTime, "root Mar  3 09:14 a", "Mar  3"},
                      Listed{C::kDateTime, "Mar 3, 2024", "Mar 3, 2024"},
                      Listed{C::kDateTime, "3 March 2024", "3 March 2024"},
                      Listed{C::kDateTime, "am 3. März 2024 um", "3. März 2024"},
                      Listed{C::kDateTime, "el 3 de mayo de 2024", "3 de mayo de 2024"},
                      Listed{C::kDateTime, "9:00 UTC.", "9:00 UTC"},
                      Listed{C::kDateTime, "at 9 PM.", "9 PM"},
                      Listed{C::kDateTime, "at 9:30am", "9:30am"},
                      Listed{C::kDateTime, "于2024年5月1日", "2024年5月1日"}));
INSTANTIATE_TEST_SUITE_P(
    Machines, EveryForm,
    ::testing::Values(Listed{C::kVersion, "gcc 12.2.0", "12.2.0"},
                      Listed{C::kVersion, "v2.0,", "v2.0"},
                      Listed{C::kVersion, "4.18.0-rc1", "4.18.0-rc1"},
                      Listed{C::kAddress, "from 10.0.0.7:8080 to", "10.0.0.7:8080"},
                      Listed{C::kAddress, "10.0.0.0/8", "10.0.0.0/8"},
                      Listed{C::kAddress, "addr fe80::1c2a:7f", "fe80::1c2a:7f"},
                      Listed{C::kAddress, "localhost:5432 up", "localhost:5432"},
                      Listed{C::kAddress, "mac 0a:1b:2c:3d:4e:5f", "0a:1b:2c:3d:4e:5f"}));
INSTANTIATE_TEST_SUITE_P(Names, EveryForm,
                         ::testing::Values(Listed{C::kId, "flight HAT062.", "HAT062"},
                                           Listed{C::kId, "order #W123,", "#W123"},
                                           Listed{C::kId, "gift_card_7", "gift_card_7"},
                                           Listed{C::kId, "JIRA-12", "JIRA-12"},
                                           Listed{C::kId, "3f2a91c is", "3f2a91c"},
                                           Listed{C::kIdentifier, "a snake_case b", "snake_case"},
                                           Listed{C::kIdentifier, "camelCase", "camelCase"},
                                           Listed{C::kIdentifier, "os.path.join x", "os.path.join"},
                                           Listed{C::kIdentifier, "std::vector", "std::vector"},
                                           Listed{C::kIdentifier, "call main() now", "main()"},
                                           Listed{C::kIdentifier, "with --dry-run on", "--dry-run"},
                                           Listed{C::kIdentifier, "$HOME is", "$HOME"}));
INSTANTIATE_TEST_SUITE_P(Places, EveryForm,
                         ::testing::Values(Listed{C::kPath, "in /usr/lib/x.so:", "/usr/lib/x.so"},
                                           Listed{C::kPath, "C:\\Temp\\a.txt x", "C:\\Temp\\a.txt"},
                                           Listed{C::kPath, "./run it", "./run"},
                                           Listed{C::kPath, "src/main.cpp:12", "src/main.cpp"},
                                           Listed{C::kUrl, "see https://a.org/b?c=1.",
                                                  "https://a.org/b?c=1"},
                                           Listed{C::kEmail, "to a.b@c.org.", "a.b@c.org"}));
INSTANTIATE_TEST_SUITE_P(Quotes, EveryForm,
                         ::testing::Values(Listed{C::kQuoted, "said \"no way\" x", "\"no way\""},
                                           Listed{C::kQuoted, "key 'a b' x", "'a b'"},
                                           Listed{C::kQuoted, "run `ls -l`", "`ls -l`"},
                                           Listed{C::kQuoted, "a ``b`c`` d", "``b`c``"},
                                           Listed{C::kQuoted, "“a b”", "“a b”"},
                                           Listed{C::kQuoted, "「東京」", "「東京」"}));
INSTANTIATE_TEST_SUITE_P(Negations, EveryForm,
                         ::testing::Values(Listed{C::kNegation, "is Not ok", "Not"},
                                           Listed{C::kNegation, "don't", "don't"},
                                           Listed{C::kNegation, "can’t", "can’t"},
                                           Listed{C::kNegation, "without it", "without"},
                                           Listed{C::kNegation, "ist nicht da", "nicht"},
                                           Listed{C::kNegation, "ce n'est pas", "n'est"},
                                           Listed{C::kNegation, "ce n'est pas", "pas"},
                                           Listed{C::kNegation, "sin duda", "sin"},
                                           Listed{C::kNegation, "он не был", "не"},
                                           Listed{C::kNegation, "我不去", "不"},
                                           Listed{C::kNegation, "行かない", "ない"},
                                           Listed{C::kNegation, "行きません", "ません"}));

TEST(ExtractLiterals, PlainProseHasNone) {
  EXPECT_THAT(extract_literals("The engineer's tools and/or parts are well known; it works."),
              IsEmpty());
}

TEST(ExtractLiterals, ApostropheOpensNoQuote) {
  EXPECT_THAT(values("it's the dog's bone", C::kQuoted), IsEmpty());
}

TEST(ExtractLiterals, SignOfARangeIsNoMinus) {
  EXPECT_THAT(values("pages 3-5", C::kNumber), Not(Contains("-5")));
}

}  // namespace
}  // namespace pith::literals
