#include "stages/model_files/json_text.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <vector>

namespace pith {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// -1 where `c` is no hexadecimal digit.
int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The four digits at `at`, or -1.
std::int32_t hex_unit(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return -1;
  std::int32_t unit = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = hex_value(text[at + i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool is_high_surrogate(std::int32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low_surrogate(std::int32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

/// One pass over a document of unknown quality.
class Checker {
 public:
  explicit Checker(std::string_view text) : text_(text) {}

  bool document() {
    blanks();
    if (!value()) return false;
    while (!open_.empty()) {
      if (!member_or_end()) return false;
    }
    blanks();
    return at_ == text_.size() || fault("something behind the value");
  }

  std::string what() const { return "byte " + std::to_string(at_) + ": " + what_; }

 private:
  struct Open {
    bool object = false;
    bool empty = true;
    std::size_t first_key = 0;
  };

  bool fault(const char* what) {
    what_ = what;
    return false;
  }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void blanks() { at_ = json_begin(text_, at_); }

  /// A value without parts, or the bracket that opens one.
  bool value() {
    switch (peek()) {
      case '{':
      case '[':
        if (open_.size() == kJsonDepthMax) return fault("nested too deep");
        open_.push_back({peek() == '{', true, keys_.size()});
        ++at_;
        return true;
      case '"':
        return string();
      case 't':
        return literal("true");
      case 'f':
        return literal("false");
      case 'n':
        return literal("null");
      default:
        return number();
    }
  }

  /// What follows in the innermost open object or array.
  bool member_or_end() {
    Open& innermost = open_.back();
    blanks();
    if (peek() == (innermost.object ? '}' : ']')) {
      ++at_;
      if (innermost.object && !keys_differ(innermost.first_key)) return false;
      open_.pop_back();
      return true;
    }
    if (!innermost.empty) {
      if (peek() != ',') return fault("no comma");
      ++at_;
      blanks();
    }
    innermost.empty = false;
    if (innermost.object && !key()) return false;
    return value();
  }

  bool key() {
    const std::size_t begin = at_;
    if (peek() != '"') return fault("no key");
    if (!string()) return false;
    keys_.push_back(std::hash<std::string>{}(json_unescaped(text_.substr(begin, at_ - begin))));
    blanks();
    if (peek() != ':') return fault("no colon");
    ++at_;
    blanks();
    return true;
  }

  bool keys_differ(std::size_t first) {
    const auto begin = keys_.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(begin, keys_.end());
    if (std::adjacent_find(begin, keys_.end()) != keys_.end()) {
      return fault("an object that ends here names a member twice");
    }
    keys_.resize(first);
    return true;
  }

  bool literal(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return fault("not a value");
    at_ += word.size();
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return fault("not a value");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      return digits();
    }
    return true;
  }

  bool string() {
    for (++at_; at_ < text_.size(); ++at_) {
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') {
        ++at_;
        return true;
      }
      if (byte < 0x20) return fault("a control character in a string");
      if (byte == '\\' && !escape()) return false;
    }
    return fault("a string without end");
  }

  /// From the backslash to the escape's last byte.
  bool escape() {
    ++at_;
    if (peek() != 'u') {
      return (peek() != '\0' && std::string_view("\"\\/bfnrt").find(peek()) != std::string::npos) ||
             fault("not an escape");
    }
    const std::int32_t unit = hex_unit(text_, at_ + 1);
    if (unit < 0) return fault("not an escape");
    if (is_low_surrogate(unit)) return fault("half a surrogate pair");
    if (is_high_surrogate(unit)) {
      if (text_.substr(at_ + 5, 2) != "\\u" || !is_low_surrogate(hex_unit(text_, at_ + 7))) {
        return fault("half a surrogate pair");
      }
      at_ += 6;
    }
    at_ += 4;
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  const char* what_ = "";
  std::vector<Open> open_;
  std::vector<std::size_t> keys_;
};

std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

/// What a byte does to the depth outside of strings; kQuote begins a string.
constexpr std::int8_t kQuote = 2;
constexpr std::array<std::int8_t, 256> kDepthChange = [] {
  std::array<std::int8_t, 256> change{};
  change['{'] = change['['] = 1;
  change['}'] = change[']'] = -1;
  change['"'] = kQuote;
  return change;
}();

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0U | c >> 6U);
    put(0x80U | (c & 0x3FU));
  } else if (c < 0x10000) {
    put(0xE0U | c >> 12U);
    put(0x80U | (c >> 6U & 0x3FU));
    put(0x80U | (c & 0x3FU));
  } else {
    put(0xF0U | c >> 18U);
    put(0x80U | (c >> 12U & 0x3FU));
    put(0x80U | (c >> 6U & 0x3FU));
    put(0x80U | (c & 0x3FU));
  }
}

char plain_escape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

}  // namespace

std::optional<std::string> json_fault(std::string_view document) {
  if (!simdjson::validate_utf8(document.data(), document.size())) return "not UTF-8";
  Checker checker(document);
  if (checker.document()) return std::nullopt;
  return checker.what();
}

std::size_t json_begin(std::string_view document, std::size_t at) {
  while (at < document.size() && is_blank(document[at])) ++at;
  return at;
}

std::size_t json_end(std::string_view document, std::size_t at) {
  if (document[at] == '"') return string_end(document, at);
  if (document[at] == '{' || document[at] == '[') {
    int depth = 0;
    do {
      const std::int8_t change = kDepthChange[static_cast<unsigned char>(document[at])];
      if (change == kQuote) {
        at = string_end(document, at);
        continue;
      }
      depth += change;
      ++at;
    } while (depth > 0);
    return at;
  }
  const auto inside = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '.' || c == 'E' || c == '+' || c == '-';
  };
  while (at < document.size() && inside(document[at])) ++at;
  return at;
}

std::string json_unescaped(std::string_view quoted) {
  quoted = quoted.substr(1, quoted.size() - 2);
  if (quoted.find('\\') == std::string_view::npos) return std::string(quoted);
  std::string out;
  out.reserve(quoted.size());
  for (std::size_t at = 0; at < quoted.size(); ++at) {
    if (quoted[at] != '\\') {
      out += quoted[at];
      continue;
    }
    if (quoted[++at] != 'u') {
      out += plain_escape(quoted[at]);
      continue;
    }
    auto c = static_cast<std::uint32_t>(hex_unit(quoted, at + 1));
    at += 4;
    if (c >= 0xD800 && c < 0xDC00) {
      c = 0x10000 + ((c - 0xD800) << 10U) +
          (static_cast<std::uint32_t>(hex_unit(quoted, at + 3)) - 0xDC00);
      at += 6;
    }
    append_utf8(out, c);
  }
  return out;
}

std::string printable_name(std::string_view name) {
  constexpr std::size_t kBytesMax = 80;
  const bool cut = name.size() > kBytesMax;
  if (cut) {
    std::size_t end = kBytesMax;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0U) == 0x80) --end;
    name = name.substr(0, end);
  }
  std::string out(name);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F || c == '"') c = '?';
  }
  return cut ? out + "..." : out;
}

}  // namespace pith
