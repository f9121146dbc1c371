#include "stages/structure/log_line.h"

#include <array>
#include <cstddef>

namespace pith {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Length of a match of `pattern` at the start of `text`, or 0. 'd' a digit, 'a' a letter, '.' any
// byte.
std::size_t match(std::string_view text, std::string_view pattern) {
  if (text.size() < pattern.size()) return 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = text[i];
    switch (pattern[i]) {
      case 'd':
        if (!is_digit(c)) return 0;
        break;
      case 'a':
        if (!is_letter(c)) return 0;
        break;
      case '.':
        break;
      default:
        if (c != pattern[i]) return 0;
    }
  }
  return pattern.size();
}

// Full stamps: a date with a time of day. Nobody writes these at the start of a sentence.
constexpr std::array<std::string_view, 15> kFullStamps = {
    "dddd-dd-dd.dd:dd",  "dddd/dd/dd.dd:dd",   "dd/dd/dddd dd:dd:dd", "dd/aaa/dddd:dd:dd",
    "aaa dd dd:dd:dd",   "aaa  d dd:dd:dd",    "aaa aaa dd dd:dd:dd", "aaa aaa  d dd:dd:dd",
    "addd dd:dd:dd.ddd", "adddd dd:dd:dd.ddd", "dd-dd-dddd dd:dd:dd", "dddddd dddddd",
    "dd/dd/dd dd:dd:dd", "dddd.dd.dd.dd:dd",   "aaa d dd:dd:dd",
};

std::size_t full_stamp(std::string_view line) {
  for (const std::string_view pattern : kFullStamps) {
    if (const std::size_t n = match(line, pattern)) return n;
  }
  // Seconds since 1970, alone or with a fraction.
  if (match(line, "dddddddddd") != 0 && (line.size() == 10 || !is_digit(line[10]))) return 10;
  return 0;
}

bool is_level(std::string_view word) {
  constexpr std::array<std::string_view, 24> kLevels = {
      "INFO",   "WARN",    "WARNING", "ERROR", "DEBUG", "TRACE", "FATAL", "CRITICAL",
      "NOTICE", "SEVERE",  "VERBOSE", "info",  "warn",  "debug", "trace", "notice",
      "error",  "warning", "fatal",   "ERR",   "INF",   "WRN",   "DBG",   "PANIC"};
  for (const std::string_view level : kLevels) {
    if (word == level) return true;
  }
  return false;
}

// The letters at the start of `text`.
std::string_view letters(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && is_letter(text[n])) ++n;
  return text.substr(0, n);
}

bool level_within(std::string_view text, std::size_t limit) {
  bool at_start = true;
  for (std::size_t i = 0; i < text.size() && i < limit; ++i) {
    if (is_letter(text[i])) {
      const std::string_view word = letters(text.substr(i));
      if (at_start && is_level(word)) return true;
      i += word.size() - 1;
      at_start = false;
    } else {
      at_start = true;
    }
  }
  return false;
}

bool chat_follows(std::string_view rest) {
  std::size_t i = 0;
  while (i < rest.size() &&
         (rest[i] == ' ' || rest[i] == ']' || is_digit(rest[i]) || rest[i] == ':'))
    ++i;
  if (i < rest.size() && rest[i] == '<' && rest.find('>', i) != std::string_view::npos) return true;
  return rest.substr(i).starts_with("- ") &&
         rest.substr(i, 40).find(": ") != std::string_view::npos;
}

// A full stamp as one of the second to fifth words of a line whose words before it are no prose.
bool late_full_stamp(std::string_view line) {
  std::size_t at = 0;
  for (int word = 0; word < 5; ++word) {
    const std::size_t blank = line.find(' ', at);
    if (blank == std::string_view::npos || blank > 64) return false;
    at = line.find_first_not_of(' ', blank);
    if (at == std::string_view::npos) return false;
    std::string_view rest = line.substr(at);
    const bool bracketed = rest[0] == '[';
    if (bracketed) rest.remove_prefix(1);
    // Ten digits are often just a number; they count at the start of a line only.
    if (!rest.empty() && is_digit(rest[0]) && match(rest, "dddddddddd") == 0 &&
        full_stamp(rest) != 0) {
      return bracketed ||
             line.substr(0, at).find_first_of("|-:/.0123456789") != std::string_view::npos;
    }
  }
  return false;
}

}  // namespace

bool is_log_line(std::string_view line) {
  if (line.empty()) return false;
  if (line.starts_with("- ")) line.remove_prefix(2);
  if (line.empty()) return false;
  const bool bracketed = line[0] == '[' || line[0] == '(';
  const std::string_view inner = bracketed ? line.substr(1) : line;
  if (const std::size_t n = full_stamp(inner)) {
    return !chat_follows(inner.substr(n));
  }
  // After a host, a container's name or an address: "web-1  | 2024-05-01 10:00:00 ...".
  if (late_full_stamp(line)) return true;
  // A time of day alone is a log's only with a fraction or a level beside it.
  if (match(inner, "dd:dd:dd") != 0) {
    const std::string_view rest = inner.substr(8);
    if (chat_follows(rest)) return false;
    if (match(rest, ".ddd") != 0 || match(rest, ",ddd") != 0) return true;
    if (level_within(rest, 24)) return true;
  }
  const std::string_view first = letters(inner);
  if (is_level(first)) {
    const std::string_view rest = inner.substr(first.size());
    if (bracketed) return rest.starts_with("]") || rest.starts_with(")");
    const bool shouted = first.size() >= 3 && first[0] < 'a';
    if (rest.starts_with(":") || rest.starts_with("[")) return true;
    return shouted && (rest.starts_with(" [") || rest.starts_with("  ") || rest.starts_with("\t") ||
                       rest.starts_with(" - "));
  }
  // "[    0.123456] usb 1-1": the kernel's clock.
  if (bracketed) {
    std::size_t i = 0;
    while (i < inner.size() && inner[i] == ' ') ++i;
    std::size_t digits = i;
    while (digits < inner.size() && is_digit(inner[digits])) ++digits;
    if (digits > i && match(inner.substr(digits), ".dddddd]") != 0) return true;
  }
  return false;
}

}  // namespace pith
