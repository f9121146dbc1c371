#include "stages/structure/json_scan.h"

#include <string>

namespace pith {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Scanner {
 public:
  Scanner(std::string_view text, std::uint32_t begin) : text_(text), at_(begin) {}

  JsonScan run() {
    scan_.valid = value_tree();
    scan_.end = at_;
    scan_.cut = !scan_.valid && at_ == text_.size();
    if (scan_.cut && !scan_.blanks.empty() && scan_.blanks.back().end == at_)
      scan_.blanks.pop_back();
    if (!scan_.valid && !scan_.cut) {
      scan_.blanks.clear();
      scan_.long_strings.clear();
    }
    return std::move(scan_);
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool take(char c) {
    if (peek() != c || at_ >= text_.size()) return false;
    ++at_;
    return true;
  }

  void blanks() {
    const std::uint32_t begin = at_;
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ > begin) scan_.blanks.push_back({begin, at_});
  }

  bool string() {
    if (!take('"')) return false;
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20) return false;
      certain_ = at_++;  // should an escape be cut in two
      if (c == '\\' && !escape()) return false;
    }
    certain_ = at_;
    return false;
  }

  bool escape() {
    const char c = peek();
    if (c == 'u') {
      ++at_;
      for (int i = 0; i < 4; ++i, ++at_) {
        if (!is_hex(peek())) return false;
      }
      return true;
    }
    if (c == '\0' || std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos) return false;
    ++at_;
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    return true;
  }

  bool literal(std::string_view word) {
    const std::string_view found = text_.substr(at_, word.size());
    if (!word.starts_with(found)) return false;
    at_ += static_cast<std::uint32_t>(found.size());
    return found == word;
  }

  bool string_value() {
    const std::uint32_t begin = at_ + 1;
    if (!string()) {
      if (at_ == text_.size() && certain_ - begin > kLiteralStringBytesMax)
        scan_.long_strings.push_back({begin, certain_});
      return false;
    }
    if (at_ - 1 - begin > kLiteralStringBytesMax) scan_.long_strings.push_back({begin, at_ - 1});
    return true;
  }

  bool scalar() {
    switch (peek()) {
      case '"':
        return string_value();
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

  bool key() {
    if (!string()) return false;
    blanks();
    if (!take(':')) return false;
    blanks();
    return true;
  }

  // One value, with the open brackets on a stack of its own so that depth cannot overflow the
  // thread's.
  bool value_tree() {
    std::string open;
    for (;;) {
      const char c = peek();
      if (c == '{' || c == '[') {
        ++at_;
        blanks();
        const char close = c == '{' ? '}' : ']';
        if (!take(close)) {
          open.push_back(close);
          if (c == '{' && !key()) return false;
          continue;
        }
      } else if (!scalar()) {
        return false;
      }
      // A value has ended: close what ends here, then go on to the next sibling.
      while (!open.empty()) {
        blanks();
        if (take(',')) {
          blanks();
          if (open.back() == '}' && !key()) return false;
          break;
        }
        if (!take(open.back())) return false;
        open.pop_back();
      }
      if (open.empty()) return true;
    }
  }

  std::string_view text_;
  std::uint32_t at_;
  std::uint32_t certain_ = 0;  ///< In a string that fails: one past what is whole.
  JsonScan scan_;
};

}  // namespace

JsonScan scan_json(std::string_view text, std::uint32_t begin) {
  return Scanner(text, begin).run();
}

}  // namespace pith
