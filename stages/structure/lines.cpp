#include "stages/structure/lines.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace pith {
namespace {

enum ByteClass : std::uint8_t { kLetter, kOther, kSymbol, kPunctuation, kDigit, kSpace };

constexpr std::array<ByteClass, 256> make_classes() {
  std::array<ByteClass, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    ByteClass kind = kPunctuation;
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) kind = kLetter;
    if (c >= '0' && c <= '9') kind = kDigit;
    if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') kind = kSpace;
    if (c >= 0x80) kind = kOther;
    classes[static_cast<std::size_t>(c)] = kind;
  }
  for (const char c : std::string_view("{}[]();=<>|&_\\$@~^+%!")) {
    classes[static_cast<unsigned char>(c)] = kSymbol;
  }
  return classes;
}

constexpr std::array<ByteClass, 256> kClasses = make_classes();

ByteClass class_of(char c) { return kClasses[static_cast<unsigned char>(c)]; }

bool ends_a_word(char c) { return std::strchr(".,;:!?)\"'", c) != nullptr; }

// One word [begin, end) of a line: counts its bytes by class.
void measure_word(std::string_view text, std::uint32_t begin, std::uint32_t end, Line& line) {
  std::uint32_t core_end = end;
  while (core_end > begin && ends_a_word(text[core_end - 1])) --core_end;
  std::uint32_t core_begin = begin;
  if (core_begin < core_end && (text[core_begin] == '(' || text[core_begin] == '"')) ++core_begin;
  bool plain = core_begin < core_end;
  for (std::uint32_t i = begin; i < end; ++i) {
    const ByteClass kind = class_of(text[i]);
    line.num_symbols += kind == kSymbol ? 1U : 0U;
    line.num_other += kind == kOther ? 1U : 0U;
    line.num_commas += text[i] == ',' ? 1U : 0U;
    line.num_pipes += text[i] == '|' ? 1U : 0U;
    if (i >= core_begin && i < core_end && kind != kLetter && kind != kOther && text[i] != '\'' &&
        text[i] != '-') {
      plain = false;
    }
  }
  ++line.num_words;
  line.num_plain += plain ? 1U : 0U;
}

void measure(std::string_view text, Line& line) {
  std::uint32_t at = line.begin;
  for (; at < line.content_end && class_of(text[at]) == kSpace; ++at) {
    line.indent += text[at] == '\t' ? 4 - line.indent % 4 : 1;
  }
  line.text_begin = at;
  line.text_end = line.content_end;
  while (line.text_end > at && class_of(text[line.text_end - 1]) == kSpace) --line.text_end;
  if (line.blank()) {
    line.text_begin = line.text_end = line.begin;
    return;
  }
  line.look = LineLook::kProse;
  while (at < line.text_end) {
    std::uint32_t word_end = at;
    while (word_end < line.text_end && class_of(text[word_end]) != kSpace) ++word_end;
    measure_word(text, at, word_end, line);
    std::uint32_t next = word_end;
    bool tab = false;
    for (; next < line.text_end && class_of(text[next]) == kSpace; ++next) {
      if (text[next] == '\t') {
        tab = true;
        ++line.num_tabs;
      }
    }
    if (next < line.text_end && (tab || next - word_end >= 2)) ++line.num_gaps;
    at = next;
  }
}

}  // namespace

std::vector<Line> measure_lines(std::string_view text) {
  std::vector<Line> lines;
  lines.reserve(text.size() / 40 + 1);
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t newline = text.find('\n', begin);
    const std::size_t end = newline == std::string_view::npos ? text.size() : newline + 1;
    std::size_t content_end = newline == std::string_view::npos ? text.size() : newline;
    if (content_end > begin && newline != std::string_view::npos && text[content_end - 1] == '\r') {
      --content_end;
    }
    Line line;
    line.begin = static_cast<std::uint32_t>(begin);
    line.content_end = static_cast<std::uint32_t>(content_end);
    line.end = static_cast<std::uint32_t>(end);
    measure(text, line);
    lines.push_back(line);
    begin = end;
  }
  return lines;
}

}  // namespace pith
