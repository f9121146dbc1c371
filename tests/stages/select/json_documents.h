// Random JSON documents with long prose in them, and what must not change when words go from it.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace pith::testing {

class Documents {
 public:
  explicit Documents(unsigned seed) : random_(seed) {}

  std::string document() {
    std::string out = blank();
    value(3, out);
    return out + blank();
  }
  unsigned number() { return static_cast<unsigned>(random_()); }

 private:
  unsigned below(unsigned n) { return number() % n; }
  std::string blank() {
    static const std::vector<std::string> kBlanks = {"", "", " ", "\n", "  ", "\r\n", "\t"};
    return kBlanks[below(7)];
  }

  void string(std::string& out) {
    static const std::vector<std::string> kParts = {
        "the ",      "word ",     "of ",
        "it's ",     "not ",      "a long sentence ends. ",
        "12 ",       "été ",      "漢字を書く",
        "слово ",    "\\n",       "\\n\\n",
        "\\t",       "\\r\\n",    "\\b\\f",
        "\\\"",      "\\\"so ",   "by\\\" ",
        "\\\\",      "\\\\n ",    "\\/",
        "\\u00e9",   "\\u2019s ", "\\ud83d\\ude00 ",
        "\\u201c",   "\\u201d ",  "\\u0022",
        "\\u000a",   "\\u00a0",   "https:\\/\\/a.b\\/c ",
        "# Head\\n", "- item ",   "```\\nx = 1\\n```\\n",
        "\\u2014",   "\\u002F ",  "\U0001F600 ",
        "and then ", "as if ",    "on top of ",
        "while "};
    out += '"';
    const unsigned parts = below(5) == 0 ? below(200) + 60 : below(6);
    for (unsigned i = 0; i < parts; ++i) {
      // Mostly words, so that long strings are prose.
      out += kParts[below(3) == 0 ? below(static_cast<unsigned>(kParts.size())) : below(6)];
    }
    out += '"';
  }

  void value(int depth, std::string& out) {
    const unsigned kind = below(depth == 0 ? 3 : 6);
    if (depth == 3 || kind > 3) {
      const bool object = below(2) == 0;
      out += object ? '{' : '[';
      const unsigned members = below(5);
      for (unsigned i = 0; i < members; ++i) {
        out += blank();
        if (object) {
          string(out);
          out += blank() + ":" + blank();
        }
        value(depth - 1, out);
        out += blank();
        if (i + 1 < members) out += ',';
      }
      out += object ? '}' : ']';
    } else if (kind == 0) {
      out += below(2) == 0 ? "-1.50e3" : "null";
    } else {
      string(out);
    }
  }

  std::mt19937 random_;
};

/// Same keys, structure and scalars; strings as they were, or shorter where they were long.
inline void expect_same_but_prose(simdjson::dom::element before, simdjson::dom::element after) {
  ASSERT_EQ(before.type(), after.type());
  if (before.is_object()) {
    simdjson::dom::object a = before.get_object().value();
    simdjson::dom::object b = after.get_object().value();
    ASSERT_EQ(a.size(), b.size());
    for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y) {
      ASSERT_EQ(x.key(), y.key());
      ASSERT_NO_FATAL_FAILURE(expect_same_but_prose(x.value(), y.value()));
    }
  } else if (before.is_array()) {
    simdjson::dom::array a = before.get_array().value();
    simdjson::dom::array b = after.get_array().value();
    ASSERT_EQ(a.size(), b.size());
    for (auto x = a.begin(), y = b.begin(); x != a.end(); ++x, ++y)
      ASSERT_NO_FATAL_FAILURE(expect_same_but_prose(*x, *y));
  } else if (before.is_string()) {
    const std::string_view a = before.get_string().value();
    const std::string_view b = after.get_string().value();
    if (a == b) return;
    ASSERT_LT(b.size(), a.size());
    ASSERT_GT(a.size(), 100U);  // 400 bytes with their escapes
    // Nothing new, nothing out of order.
    std::size_t at = 0;
    for (const char c : b) {
      at = a.find(c, at);
      ASSERT_NE(at, std::string_view::npos) << a << "\n" << b;
      ++at;
    }
  } else {
    ASSERT_EQ(simdjson::minify(before), simdjson::minify(after));
  }
}

}  // namespace pith::testing
