#include "tests/literals/reader_view.h"

#include <algorithm>
#include <cstdint>

#include "tests/literals/letters.h"

namespace pith::literals {
namespace {

constexpr std::size_t kShortString = 400;
constexpr std::size_t kShortLine = 200;

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  return is_hex(c) ? (c & 0x5F) - 'A' + 10 : -1;
}

/// The four hex digits at text[at], or -1.
int code_unit(std::string_view text, std::size_t at) {
  int value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const int digit = hex_value(char_at(text, i));
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/// The end of the string that opens at `at`, behind its closing mark; or `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < 0x20) return at;
    if (text[i] == '"') return i + 1;
    if (text[i] != '\\') continue;
    ++i;
    const char c = char_at(text, i);
    if (c == 'u' ? code_unit(text, i + 1) < 0
                 : std::string_view("\"\\/bfnrt").find(c) == std::string_view::npos)
      return at;
  }
  return at;
}

/// text[begin, end) stands where JSON has a value (or a key) that another one follows.
bool is_value(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin > 0 && is_blank(text[begin - 1])) --begin;
  const char after = char_at(text, skip(text, end, is_blank));
  const char before = begin == 0 ? '\0' : text[begin - 1];
  return (before == ':' || before == ',' || before == '[') &&
         (after == ',' || after == '}' || after == ']');
}

/// The end of the value that opens at `at`, if somebody cut the text short inside it: it runs up to
/// the text's end, or to the end of a line with nothing but one more short line behind. An escape
/// that is cut in two is none of it. Otherwise `at`.
std::size_t unfinished_end(std::string_view text, std::size_t at) {
  std::size_t before = at;
  while (before > 0 && is_blank(text[before - 1])) --before;
  if (before == 0 || std::string_view(":,[").find(text[before - 1]) == std::string_view::npos)
    return at;
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != '"' && static_cast<unsigned char>(text[end]) >= 0x20) {
    const char next = char_at(text, end + 1);
    if (text[end] == '\\' && (next == 'u' ? code_unit(text, end + 2) < 0 : next < 0x20)) break;
    end += text[end] != '\\' ? 1 : next == 'u' ? 6 : 2;
  }
  std::size_t line = end;
  if (char_at(text, end) == '\\') line = skip(text, end, [](char c) { return !is_blank(c); });
  line = skip(text, line, is_blank);
  std::string_view behind = text.substr(line);
  while (!behind.empty() && is_blank(behind.back())) behind.remove_suffix(1);
  const bool cut = char_at(text, end) != '"' && behind.size() <= kShortLine &&
                   behind.find('\n') == std::string_view::npos;
  return cut ? end : at;
}

void append_utf8(std::uint32_t c, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0 | c >> 6);
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3F));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3F));
    put(0x80 | (c >> 6 & 0x3F));
  }
  put(0x80 | (c & 0x3F));
}

class Viewer {
 public:
  explicit Viewer(std::string_view text) : text_(text) {}

  ReaderView run() {
    while (at_ < text_.size()) {
      const std::size_t end = text_[at_] == '"' ? string_end(text_, at_) : at_;
      const std::size_t cut = text_[at_] == '"' && end == at_ ? unfinished_end(text_, at_) : at_;
      if (cut > at_ + kShortString) {
        decode(cut);
      } else if (end == at_ || !is_value(text_, at_, end)) {
        show(text_.substr(at_, 1), 1);
      } else if (end - at_ - 2 <= kShortString) {
        while (at_ < end) show(text_.substr(at_, 1), 1);
      } else {
        decode(end - 1);
        show("\n", 1);
      }
    }
    return std::move(view_);
  }

 private:
  void show(std::string_view shown, std::size_t bytes) {
    view_.text += shown;
    const ByteSpan source = {static_cast<std::uint32_t>(at_),
                             static_cast<std::uint32_t>(at_ + bytes)};
    view_.source.insert(view_.source.end(), shown.size(), source);
    at_ += bytes;
  }

  void decode(std::size_t closing) {
    show("\n", 1);
    while (at_ < closing) {
      if (text_[at_] != '\\') {
        show(text_.substr(at_, 1), 1);
        continue;
      }
      const char c = text_[at_ + 1];
      constexpr std::string_view kShort = "bfnrt";
      const std::size_t found = kShort.find(c);
      if (c == 'u') {
        code_point();
      } else if (found != std::string_view::npos) {
        show(std::string_view("\b\f\n\r\t").substr(found, 1), 2);
      } else {
        show(text_.substr(at_ + 1, 1), 2);
      }
    }
  }

  void code_point() {
    auto c = static_cast<std::uint32_t>(code_unit(text_, at_ + 2));
    std::size_t bytes = 6;
    if (c >= 0xD800 && c < 0xDC00 && text_.substr(at_ + 6).starts_with("\\u")) {
      const auto low = static_cast<std::uint32_t>(code_unit(text_, at_ + 8));
      if (low >= 0xDC00 && low < 0xE000) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        bytes = 12;
      }
    }
    std::string shown;
    append_utf8(c, shown);
    show(shown, bytes);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  ReaderView view_;
};

}  // namespace

ReaderView reader_view(std::string_view text) { return Viewer(text).run(); }

ViewSpans kept_of_view(const ReaderView& view, std::string_view text,
                       const std::vector<ByteSpan>& kept) {
  std::vector<char> is_kept(text.size(), 0);
  for (const ByteSpan& span : kept)
    std::fill(&is_kept[span.begin], &is_kept[span.begin] + (span.end - span.begin), 1);
  ViewSpans out;
  for (std::size_t i = 0; i < view.text.size(); ++i) {
    std::size_t bytes = 0;
    const ByteSpan source = view.source[i];
    for (std::size_t at = source.begin; at < source.end; ++at) bytes += is_kept[at];
    if (bytes == 0) continue;
    if (bytes < source.end - source.begin) out.half_kept.push_back(i);
    const auto at = static_cast<std::uint32_t>(i);
    if (!out.kept.empty() && out.kept.back().end == at) {
      ++out.kept.back().end;
    } else {
      out.kept.push_back({at, at + 1});
    }
  }
  return out;
}

}  // namespace pith::literals
