#include "apps/http/chunk_scanner.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace pith {
namespace {

struct Decoded {
  std::string data;
  std::size_t num_bytes = 0;  // Of the framed body.
};

/// The slow obvious twin: needs the whole body at once, follows RFC 9112 7.1 line by line.
std::optional<Decoded> decode_at_once(const std::string& in) {
  Decoded out;
  std::size_t at = 0;
  const auto line = [&]() -> std::optional<std::string> {
    const std::size_t end = in.find("\r\n", at);
    if (end == std::string::npos) return std::nullopt;
    std::string text = in.substr(at, end - at);
    at = end + 2;
    for (const char c : text) {
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return std::nullopt;
    }
    return text;
  };
  while (true) {
    const auto size_line = line();
    if (!size_line) return std::nullopt;
    const std::string digits = size_line->substr(0, size_line->find(';'));
    if (digits.empty() || digits.size() > 15 ||
        digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      return std::nullopt;
    }
    const std::size_t size = std::stoull(digits, nullptr, 16);
    if (size == 0) break;
    if (in.size() < at + size + 2 || in.compare(at + size, 2, "\r\n") != 0) return std::nullopt;
    out.data += in.substr(at, size);
    at += size + 2;
  }
  while (true) {
    const auto trailer = line();
    if (!trailer) return std::nullopt;
    if (trailer->empty()) break;
    const std::size_t colon = trailer->find(':');
    if (colon == 0 || colon == std::string::npos) return std::nullopt;
    for (std::size_t i = 0; i < colon; ++i) {
      if (!std::isalnum(static_cast<unsigned char>((*trailer)[i])) && (*trailer)[i] != '-')
        return std::nullopt;
    }
  }
  out.num_bytes = at;
  return out;
}

/// Feeds `in` cut at the given positions; nullopt unless the scanner says done.
std::optional<Decoded> decode_split(const std::string& in, const std::vector<std::size_t>& cuts) {
  ChunkScanner scanner, counter;
  Decoded out;
  std::size_t begin = 0;
  std::vector<std::size_t> ends = cuts;
  ends.push_back(in.size());
  for (const std::size_t end : ends) {
    const std::string_view piece = std::string_view(in).substr(begin, end - begin);
    const std::size_t taken = scanner.decode(piece, out.data);
    EXPECT_EQ(taken, counter.scan(piece));
    out.num_bytes += taken;
    if (scanner.done()) return out;
    if (scanner.bad()) return std::nullopt;
    EXPECT_EQ(taken, piece.size());
    begin = end;
  }
  return std::nullopt;
}

const char* const kBody =
    "5\r\nhello\r\n1;name=\"a b\"\r\n!\r\n00a\r\n0123456789\r\n0\r\nx-sum: 12\r\nother:\r\n\r\nGET "
    "/ HTTP/1.1\r\n";

TEST(ChunkScanner, EverySplitGivesTheSameBody) {
  const std::string in = kBody;
  const auto expected = decode_at_once(in);
  ASSERT_TRUE(expected);
  EXPECT_EQ(expected->data, "hello!0123456789");
  for (std::size_t a = 0; a <= in.size(); ++a) {
    for (std::size_t b = a; b <= in.size(); ++b) {
      const auto actual = decode_split(in, {a, b});
      ASSERT_TRUE(actual) << a << " " << b;
      ASSERT_EQ(actual->data, expected->data);
      ASSERT_EQ(actual->num_bytes, expected->num_bytes);
    }
  }
}

TEST(ChunkScanner, AgreesWithTheTwinOnMutatedBodies) {
  std::mt19937 random(7);
  const std::string alphabet = "0123aF\r\n;: \tx\x01\x7f";
  int num_refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string in = kBody;
    in.resize(in.size() - 16);
    for (unsigned i = 0; i < 1 + random() % 2; ++i)
      in[random() % in.size()] = alphabet[random() % alphabet.size()];
    const auto expected = decode_at_once(in);
    const auto actual = decode_split(in, {random() % in.size()});
    ASSERT_EQ(actual.has_value(), expected.has_value()) << testing::PrintToString(in);
    if (!expected) {
      ++num_refused;
      continue;
    }
    ASSERT_EQ(actual->data, expected->data) << testing::PrintToString(in);
    ASSERT_EQ(actual->num_bytes, expected->num_bytes);
  }
  EXPECT_GT(num_refused, 1000);
  EXPECT_LT(num_refused, 19'000);
}

TEST(ChunkScanner, RefusesWhatTwoServersCouldReadInTwoWays) {
  for (const std::string in : {
           "g\r\n",                          // not hex
           "-1\r\n",                         // sign
           "0x5\r\nhello\r\n",               // prefix
           "\r\n",                           // no size
           " 5\r\nhello\r\n",                // blank before
           "5 \r\nhello\r\n",                // blank after
           "5\nhello\r\n",                   // bare LF
           "5\rhello\r\n",                   // bare CR
           "5\r\nhelloo\r\n",                // longer than said
           "5\r\nhello\n0\r\n",              // data not followed by CRLF
           "5;a\nb\r\nhello\r\n",            // LF in an extension
           "5;\0\r\nhello\r\n",              // cut short by C++ at the NUL: "5;" alone
           "0000000000000005\r\nhello\r\n",  // 16 digits
           "fffffffffffffffff\r\n",          // overflow
           "0\r\n bad: trailer\r\n\r\n",     // folded trailer
           "0\r\nbad trailer: x\r\n\r\n",    // blank in a name
           "0\r\nbad\r\n\r\n",               // no colon
           "0\r\nX\r\n",
       }) {
    ChunkScanner scanner;
    const std::string_view bytes(in);
    scanner.scan(bytes);
    EXPECT_FALSE(scanner.done()) << testing::PrintToString(in);
    EXPECT_TRUE(scanner.bad() || in == "5;") << testing::PrintToString(in);
  }
}

TEST(ChunkScanner, NulInAnExtensionIsRefused) {
  ChunkScanner scanner;
  scanner.scan(std::string_view("5;\0\r\n", 5));
  EXPECT_TRUE(scanner.bad());
}

TEST(ChunkScanner, OldServersMayPadTheSizeWithBlanks) {
  ChunkScanner scanner(ChunkScanner::From::kResponse);
  std::string data;
  scanner.decode("5  \r\nhello\r\n0\r\n\r\n", data);
  EXPECT_TRUE(scanner.done());
  EXPECT_EQ(data, "hello");
}

TEST(ChunkScanner, ExtensionsAndTrailersAreBounded) {
  ChunkScanner scanner;
  for (int i = 0; i < 100 && !scanner.bad(); ++i)
    scanner.scan("1;" + std::string(1000, 'x') + "\r\ny\r\n");
  EXPECT_TRUE(scanner.bad());
}

}  // namespace
}  // namespace pith
