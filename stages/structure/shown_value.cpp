#include "stages/structure/shown_value.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace pith {
namespace {

using Text = std::string_view;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Strings are checked before they get here: an escape is always whole.
std::uint32_t escape_bytes(Text text, std::uint32_t at) { return text[at + 1] == 'u' ? 6 : 2; }

bool is_blank_escape(char c) { return Text("nrtbf").find(c) != Text::npos; }

// Encoded JSON begins like this; "[1] Smith" and "[Home](/)" do not.
bool begins_document(Text value) {
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (value.empty()) return true;
  if (value[0] == '{' || value[0] == '<' || value.starts_with("\\u003c")) return true;
  if (value[0] != '[' || value.size() < 2) return false;
  if (is_letter(value[1])) return false;
  const std::size_t number_end = value.find_first_not_of("0123456789", 1);
  return !(is_digit(value[1]) && number_end != Text::npos && value[number_end] == ']');
}

std::uint32_t code_of(Text hex) {
  std::uint32_t code = 0;
  for (const char c : hex) {
    const auto digit = static_cast<std::uint32_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    code = code * 16 + digit;
  }
  return code;
}

bool is_blank_code(std::uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x3000;
}

bool is_line_end_code(std::uint32_t c) { return c == '\n' || c == 0x2028 || c == 0x2029; }

constexpr std::uint32_t kApostrophe = 0x2019;
constexpr std::uint32_t kWideCodeMin =
    0x2E80;  // Chinese, Japanese, Korean: quotations follow at once

// Dashes, quotation marks but the apostrophe, bullet, ellipsis; ideographic comma and full stop.
bool is_sign_code(std::uint32_t c) {
  return (c >= 0x2010 && c <= 0x2015) || c == 0x2018 || (c >= 0x201C && c <= 0x201F) ||
         c == 0x2022 || c == 0x2026 || c == 0x2039 || c == 0x203A || c == 0x3001 || c == 0x3002;
}

char byte_of_code(std::uint32_t code) {
  if (code == '\t' || code == '\r') return static_cast<char>(code);
  if (is_line_end_code(code)) return '\n';
  if (is_blank_code(code)) return ' ';
  return code > 0x20 && code < 0x7F ? static_cast<char>(code) : kEscapedLetter;
}

char byte_of_short_escape(char c) {
  constexpr Text kEscapes = "nrtbf";
  const std::size_t blank = kEscapes.find(c);
  return blank == Text::npos ? c : Text("\n\r\t  ")[blank];
}

class Shower {
 public:
  Shower(Text text, ByteSpan value) : value_(text.substr(0, value.end)), base_(value.begin) {
    shown_.text = value_.substr(value.begin);
  }

  ShownValue run() {
    for (std::size_t at = value_.find('\\', base_); at != Text::npos; at = value_.find('\\', at_)) {
      at_ = static_cast<std::uint32_t>(at);
      const std::uint32_t bytes = escape_bytes(value_, at_);
      assert(at_ + bytes <= value_.size());
      if (bytes == 6) {
        code_point(code_of(value_.substr(at_ + 2, 4)));
      } else {
        short_escape(value_[at_ + 1]);
      }
      at_ += bytes;
    }
    return std::move(shown_);
  }

 private:
  void put(Text stand_in) {
    std::copy(stand_in.begin(), stand_in.end(),
              shown_.text.begin() + static_cast<std::ptrdiff_t>(at_ - base_));
  }
  void put_word(Text stand_in) {
    put(stand_in);
    shown_.escapes.push_back({at_, at_ + static_cast<std::uint32_t>(stand_in.size())});
  }

  void short_escape(char c) {
    if (c == 'n') {
      put(" \n");
      open_ = false;
    } else if (is_blank_escape(c)) {
      put("  ");
    } else if (c == '"') {
      put_word(quote(2) ? kOpeningQuote : kClosingQuote);
    } else {
      put_word(c == '/' ? "//" : "\\\\");
    }
  }

  void code_point(std::uint32_t code) {
    if (is_line_end_code(code)) {
      put("     \n");
      open_ = false;
    } else if (is_blank_code(code)) {
      put("      ");
    } else if (code == '"') {
      put_word(thrice(quote(6) ? kOpeningQuote : kClosingQuote));
    } else if (code == 0xAB || code == 0xBB) {
      put_word(thrice(code == 0xAB ? kOpeningQuote : kClosingQuote));
    } else if (is_sign_code(code) || (code == kApostrophe && !letter_at(at_ + 6))) {
      const std::array<char, 3> sign = {static_cast<char>(0xE0U | (code >> 12U)),
                                        static_cast<char>(0x80U | ((code >> 6U) & 0x3FU)),
                                        static_cast<char>(0x80U | (code & 0x3FU))};
      const Text once(sign.data(), sign.size());
      put_word(std::string(once) + std::string(once));
    } else {
      put_word(std::string(6, kEscapedLetter));
      if (code >= kWideCodeMin) wide_end_ = at_ + 6;
    }
  }

  static std::string thrice(Text mark) { return std::string(mark).append(mark).append(mark); }

  bool letter_at(std::uint32_t at) const {
    if (at >= value_.size()) return false;
    const char c = value_[at];
    return is_letter(c) || static_cast<unsigned char>(c) >= 0x80 ||
           value_.substr(at).starts_with("\\u");
  }

  // Whether the quotation mark of `bytes` bytes at at_ opens.
  bool quote(std::uint32_t bytes) {
    const char before = at_ == base_ ? ' ' : shown_.text[at_ - base_ - 1];
    const std::uint32_t next = at_ + bytes;
    const bool blank_follows = next >= value_.size() || value_[next] == ' ' ||
                               (value_[next] == '\\' && is_blank_escape(value_[next + 1]));
    // " Tour ", " Business ": transcripts put blanks around everything.
    const bool stop_follows = !blank_follows && Text(",.;:!?)").find(value_[next]) != Text::npos;
    const bool clear =
        Text(" \n([{<").find(before) != Text::npos && !blank_follows && !stop_follows;
    const bool in_word =
        at_ != wide_end_ && (is_letter(before) || is_digit(before) || before == '_');
    open_ = clear || (!open_ && !in_word);
    return open_;
  }

  Text value_;
  std::uint32_t base_;
  std::uint32_t at_ = 0;
  bool open_ = false;           ///< A quotation on this line.
  std::uint32_t wide_end_ = 0;  ///< One past the last escape of a kWideCodeMin letter.
  ShownValue shown_;
};

}  // namespace

bool is_long_prose(std::string_view text, ByteSpan value) {
  constexpr std::size_t kWordsMin = 40;
  constexpr std::size_t kBytesPerQuoteMin = 25;
  const Text inside = text.substr(value.begin, value.end - value.begin);
  if (begins_document(inside)) return false;
  std::size_t words = 0;
  std::size_t wide = 0;  // halves of a word: letters of scripts without blanks
  std::size_t quotes = 0;
  bool in_word = false;
  for (std::uint32_t i = 0; i < inside.size(); ++i) {
    const char c = inside[i];
    bool blank = c == ' ';
    if (c == '\\') {
      blank = is_blank_escape(inside[i + 1]);
      quotes += inside[i + 1] == '"' ? 1 : 0;
      i += escape_bytes(inside, i) - 1;
    }
    words += !blank && !in_word ? 1 : 0;
    in_word = !blank;
    const auto byte = static_cast<unsigned char>(c);
    wide += byte >= 0xE3 && byte <= 0xE9 ? 1 : 0;
  }
  return words + wide / 2 >= kWordsMin && quotes * kBytesPerQuoteMin < inside.size();
}

DecodedValue decode_value(std::string_view text, ByteSpan value) {
  const Text before_end = text.substr(0, value.end);
  DecodedValue decoded;
  decoded.text.reserve(value.end - value.begin);
  std::uint32_t at = value.begin;
  for (std::size_t found; (found = before_end.find('\\', at)) != Text::npos;) {
    const auto escape = static_cast<std::uint32_t>(found);
    decoded.text += text.substr(at, escape - at);
    at = escape + escape_bytes(text, escape);
    decoded.escapes.push_back({escape, at});
    decoded.text += at - escape == 6 ? byte_of_code(code_of(text.substr(escape + 2, 4)))
                                     : byte_of_short_escape(text[escape + 1]);
  }
  decoded.text += text.substr(at, value.end - at);
  return decoded;
}

ShownValue show_value(std::string_view text, ByteSpan value) { return Shower(text, value).run(); }

}  // namespace pith
