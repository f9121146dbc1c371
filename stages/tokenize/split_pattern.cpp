#include "stages/tokenize/split_pattern.h"

#include "stages/tokenize/code_point_class.h"
#include "stages/tokenize/utf8.h"

namespace pith {
namespace {

constexpr std::uint8_t kSpaceLetterNumber = kClassSpace | kClassLetter | kClassNumber;

struct Unit {
  std::uint8_t flags;
  std::uint32_t bytes;
};

/// A text with its character classes at hand.
class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::size_t size() const { return text_.size(); }
  char byte(std::size_t at) const { return text_[at]; }
  bool newline(std::size_t at) const { return text_[at] == '\n' || text_[at] == '\r'; }

  Unit unit(std::size_t at) const {
    const auto lead = static_cast<unsigned char>(text_[at]);
    if (lead < 0x80) return {classes_.ascii(lead), 1};
    const Utf8Char c = utf8_char_at(text_, at);
    return {c.code_point == kNoCodePoint ? std::uint8_t{0} : classes_.of(c.code_point), c.bytes};
  }

  /// First place from `at` on that is not in one of the classes of `any`.
  std::size_t skip(std::size_t at, std::uint8_t any) const {
    while (at < text_.size()) {
      const Unit next = unit(at);
      if ((next.flags & any) == 0) break;
      at += next.bytes;
    }
    return at;
  }

  std::size_t skip_numbers(std::size_t at) const {
    for (int digits = 0; digits < 3 && at < text_.size(); ++digits) {
      const Unit next = unit(at);
      if ((next.flags & kClassNumber) == 0) break;
      at += next.bytes;
    }
    return at;
  }

  /// [^\s\p{L}\p{N}]* and then line ends (and slashes).
  std::size_t skip_symbols(std::size_t at, bool slashes) const {
    while (at < text_.size()) {
      const Unit next = unit(at);
      if ((next.flags & kSpaceLetterNumber) != 0) break;
      at += next.bytes;
    }
    while (at < text_.size() && (newline(at) || (slashes && text_[at] == '/'))) ++at;
    return at;
  }

  /// Bytes of (?i:'s|'t|'re|'ve|'m|'ll|'d) at `at`, else 0. U+017F folds to s.
  std::size_t contraction(std::size_t at) const {
    if (at + 1 >= text_.size() || text_[at] != '\'') return 0;
    const auto lower = [&](std::size_t i) { return i < text_.size() ? text_[i] | 0x20 : 0; };
    switch (lower(at + 1)) {
      case 's':
      case 't':
      case 'm':
      case 'd':
        return 2;
      case 'l':
        return lower(at + 2) == 'l' ? 3 : 0;
      case 'v':
      case 'r':
        return lower(at + 2) == 'e' ? 3 : 0;
      default:
        return text_.substr(at + 1, 2) == "\xC5\xBF" ? 3 : 0;
    }
  }

  /// The white space at `at`, which no earlier alternative took.
  /// `to_end`: the alternative \s++$ stands first.
  std::size_t skip_blanks(std::size_t at, bool to_end) const {
    std::size_t end = at;
    std::size_t last = at;           // where the last blank begins
    std::size_t after_newline = at;  // where the last line end ends
    while (end < text_.size()) {
      const Unit next = unit(end);
      if ((next.flags & kClassSpace) == 0) break;
      last = end;
      end += next.bytes;
      if (newline(last)) after_newline = end;
    }
    if (to_end && end == text_.size()) return end;
    if (after_newline > at) return after_newline;
    if (end == text_.size() || last == at) return end;
    return last;  // \s+(?!\S): the last blank goes with what follows
  }

 private:
  std::string_view text_;
  const CodePointClasses& classes_ = CodePointClasses::instance();
};

/// U*W+ or, with `or_upper`, else U+W*; from `at`. Gives `at` itself where neither matches.
std::size_t skip_cased(const Scan& scan, std::size_t at, bool or_upper) {
  std::size_t end = at;
  std::size_t after_both = at;  // end of the last character that is in U and in W
  while (end < scan.size()) {
    const Unit next = scan.unit(end);
    if ((next.flags & kClassUpperish) == 0) {
      if ((next.flags & kClassLowerish) != 0) return scan.skip(end, kClassLowerish);
      break;
    }
    end += next.bytes;
    if ((next.flags & kClassLowerish) != 0) after_both = end;
  }
  // The engine now gives back characters of U* until W+ can have one.
  if (after_both > at) return after_both;
  return or_upper ? end : at;
}

}  // namespace

std::size_t cl100k_split(std::string_view text, std::size_t at) {
  const Scan scan(text);
  if (const std::size_t bytes = scan.contraction(at)) return at + bytes;
  const Unit first = scan.unit(at);
  const std::size_t next = at + first.bytes;
  if ((first.flags & kClassLetter) != 0) return scan.skip(next, kClassLetter);
  if ((first.flags & kClassNumber) != 0) return scan.skip_numbers(at);
  if (next < scan.size() && !scan.newline(at)) {
    const Unit second = scan.unit(next);
    if ((second.flags & kClassLetter) != 0) return scan.skip(next + second.bytes, kClassLetter);
    if (scan.byte(at) == ' ' && (second.flags & kSpaceLetterNumber) == 0) {
      return scan.skip_symbols(next, false);
    }
  }
  if ((first.flags & kClassSpace) == 0) return scan.skip_symbols(next, false);
  return scan.skip_blanks(at, true);
}

std::size_t o200k_split(std::string_view text, std::size_t at) {
  const Scan scan(text);
  const Unit first = scan.unit(at);
  const std::size_t next = at + first.bytes;
  if ((first.flags & kClassNumber) != 0) return scan.skip_numbers(at);
  const auto with_contraction = [&](std::size_t end) { return end + scan.contraction(end); };
  if ((first.flags & kClassLetter) != 0) return with_contraction(skip_cased(scan, at, true));
  const bool mark = (first.flags & kClassUpperish) != 0;
  if (next < scan.size() && !scan.newline(at)) {
    // The character before a word goes with it. A mark can also be a word by itself, and the engine
    // tries that (U*W+ without the character in front) before it tries U+W*.
    const std::size_t end = skip_cased(scan, next, !mark);
    if (end > next) return with_contraction(end);
  }
  if (mark) return with_contraction(next);
  if ((first.flags & kClassSpace) == 0) return scan.skip_symbols(next, true);
  if (scan.byte(at) == ' ' && next < scan.size() &&
      (scan.unit(next).flags & kSpaceLetterNumber) == 0) {
    return scan.skip_symbols(next, true);
  }
  return scan.skip_blanks(at, false);
}

}  // namespace pith
