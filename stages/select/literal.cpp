#include "stages/select/literal.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "stages/select/negation.h"

namespace pith {
namespace {

using Text = std::string_view;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_alnum(char c) { return is_letter(c) || is_digit(c); }
bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool has(Text token, Text part) { return token.find(part) != Text::npos; }

/// What one pass over a token tells.
struct Form {
  std::size_t digits = 0;
  std::size_t uppers = 0;
  std::size_t lowers = 0;
  std::size_t hex = 0;
  bool camel = false;       ///< A lower-case letter, then an upper-case one.
  bool underscore = false;  ///< Between letters or digits.
  bool dot = false;         ///< Between letters or digits.
  bool slash = false;
  bool backslash = false;
  bool at = false;
  bool symbol = false;  ///< One of {}<>|=\^~$#&[] and the like.
};

Form form_of(Text token) {
  Form form;
  char before = ' ';
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    const char after = i + 1 < token.size() ? token[i + 1] : ' ';
    form.digits += is_digit(c) ? 1 : 0;
    form.uppers += is_upper(c) ? 1 : 0;
    form.lowers += is_lower(c) ? 1 : 0;
    form.hex += is_hex(c) ? 1 : 0;
    form.camel = form.camel || (is_lower(before) && is_upper(c));
    switch (c) {
      case '_':
        form.underscore = true;
        break;
      case '.':
        form.dot =
            form.dot || ((is_alnum(before) || before == '_') && (is_alnum(after) || after == '_'));
        break;
      case '/':
        form.slash = true;
        break;
      case '\\':
        form.backslash = true;
        break;
      case '@':
        form.at = true;
        break;
      case '{':
      case '}':
      case '<':
      case '>':
      case '|':
      case '=':
      case '^':
      case '~':
      case '$':
      case '#':
      case '&':
      case '%':
        form.symbol = true;
        break;
      default:
        break;
    }
    before = c;
  }
  return form;
}

// Brackets, quotes and sentence marks around a token say nothing about it.
Text core_of(Text token) {
  constexpr Text kBefore = "([{<\"'*`";
  constexpr Text kAfter = ")]}>\"'.,;:!?*`";
  while (!token.empty() && kBefore.find(token.front()) != Text::npos) token.remove_prefix(1);
  while (!token.empty() && kAfter.find(token.back()) != Text::npos) token.remove_suffix(1);
  return token;
}

// "and/or", "he/she", "km/h": a slash of prose.
bool is_prose_slash(Text token) {
  constexpr std::array<Text, 22> kPairs = {
      "and/or",       "he/she", "she/he",    "his/her",  "him/her", "her/his", "w/o",        "n/a",
      "N/A",          "yes/no", "either/or", "his/hers", "s/he",    "on/off",  "true/false", "km/h",
      "input/output", "I/O",    "ja/nein",   "o/a",      "él/ella", "et/ou"};
  return std::find(kPairs.begin(), kPairs.end(), token) != kPairs.end();
}

bool is_path(Text token, const Form& form) {
  if (form.backslash && token.size() > 2) {
    const std::size_t at = token.find('\\');
    if (at + 1 < token.size() &&
        (is_alnum(token[at + 1]) || token[at + 1] == '\\' || token[at + 1] == '_'))
      return true;
  }
  if (token.size() > 2 && is_letter(token[0]) && token[1] == ':' &&
      (token[2] == '\\' || token[2] == '/'))
    return true;
  if (!form.slash || token.size() < 2) return false;
  if (token[0] == '/' || token[0] == '~' || token.starts_with("./") || token.starts_with("../"))
    return true;
  if (token.find_first_not_of("/") == Text::npos) return false;
  return !is_prose_slash(token);
}

// "main.cpp", "os.path.join", "example.com": parts of letters joined by dots, but not "e.g" or
// "U.S".
bool is_dotted(Text token) {
  std::size_t longest = 0;
  std::size_t part = 0;
  for (const char c : token) {
    part = c == '.' ? 0 : part + 1;
    longest = std::max(longest, part);
  }
  return longest >= 2 && token != "Ph.D" && token != "ph.D" && token != "a.k.a";
}

bool is_flag(Text token) {
  if (token.starts_with("--")) return token.size() > 2 && is_letter(token[2]);
  return token.size() >= 2 && token.size() <= 3 && token[0] == '-' && is_letter(token[1]);
}

// `call(` and `a[i`: a bracket right after a name, but not the "(s)" of prose.
bool is_call(Text token) {
  const std::size_t bracket = token.find_first_of("([");
  if (bracket == Text::npos || bracket == 0 || bracket + 1 > token.size()) return false;
  if (!is_alnum(token[bracket - 1]) && token[bracket - 1] != '_') return false;
  const Text inner = token.substr(bracket + 1);
  return inner != "s" && inner != "es" && !inner.starts_with("s)") && !inner.starts_with("es)") &&
         !inner.starts_with("http");
}

bool is_operator(Text token) {
  return !token.empty() && token.size() <= 3 &&
         token.find_first_not_of("=<>!&|+~^:") == Text::npos && token != "!" && token != "!!" &&
         token != "!!!" && token != ":" && token != "|" && token != ">";
}

bool is_identifier(Text token, const Form& form) {
  const std::size_t letters = form.lowers + form.uppers;
  if (form.underscore && letters + form.digits > 0) return true;
  if (form.camel || has(token, "::") || is_flag(token)) return true;
  if (has(token, "->") || has(token, "=>")) return true;
  if (form.symbol && letters > 0) return true;
  if (form.dot && is_dotted(token)) return true;
  if (token.size() > 1 && (token[0] == '@' || token[0] == '$' || token[0] == '#') && letters > 0)
    return true;
  if (is_call(token)) return true;
  if (form.hex + std::count(token.begin(), token.end(), '-') == token.size() && form.hex >= 7 &&
      form.digits > 0)
    return true;
  // Keys and encoded bytes: long, and of all kinds.
  return token.size() >= 20 && form.digits > 0 && form.uppers > 0 && form.lowers > 0 &&
         letters + form.digits + 4 >= token.size();
}

bool is_email(Text token) {
  const std::size_t at = token.find('@');
  return at != Text::npos && at > 0 && at + 1 < token.size() && is_alnum(token[at - 1]) &&
         is_alnum(token[at + 1]);
}

}  // namespace

std::uint32_t literal_class(std::string_view whole) {
  const Text token = core_of(whole);
  // Opening and closing dashes of a flag are no sentence marks, and operators are all marks.
  if (is_operator(whole)) return kProtectIdentifiers;
  if (token.empty()) return 0;
  const Form form = form_of(token);
  if ((form.slash && has(token, "://")) || token.starts_with("www.") ||
      token.starts_with("mailto:") || has(token, "]("))
    return kProtectUrls;
  if (form.at && is_email(token)) return kProtectUrls;
  if (is_path(token, form)) return kProtectPaths;
  if (is_identifier(token, form)) return kProtectIdentifiers;
  if (has(whole, "()")) return kProtectIdentifiers;
  return form.digits > 0 ? static_cast<std::uint32_t>(kProtectNumbers) : 0U;
}

namespace {

enum class Joint : std::uint8_t { kBlank, kJoins, kAlone };

// Does a character continue a token, end it, or stand as a token of its own (scripts without
// blanks)?
Joint joint_of(UChar32 c) {
  if (c < 0x0E00) return c == 0xA0 || c == 0x85 || c == 0x1680 ? Joint::kBlank : Joint::kJoins;
  if (c >= 0xAC00 && c <= 0xD7A3) return Joint::kJoins;  // Hangul
  if (c >= 0x10A0 && c <= 0x10FF) return Joint::kJoins;  // Georgian
  if (c >= 0x1E00 && c <= 0x1FFF) return Joint::kJoins;  // Latin, Greek with marks
  if (c >= 0x2000 && c <= 0x206F) return u_isUWhiteSpace(c) ? Joint::kBlank : Joint::kJoins;
  if (c >= 0x2070 && c <= 0x22FF) return Joint::kJoins;  // signs, currency, arrows, mathematics
  return u_isUWhiteSpace(c) ? Joint::kBlank : Joint::kAlone;
}

bool is_unit(Text token) {
  constexpr std::array<Text, 56> kUnits = {
      "%",       "B",       "KB",       "MB",       "GB",      "TB",      "kB",      "KiB",
      "MiB",     "GiB",     "TiB",      "ms",       "s",       "sec",     "seconds", "min",
      "minutes", "h",       "hours",    "days",     "km",      "m",       "cm",      "mm",
      "kg",      "g",       "mg",       "lb",       "lbs",     "ft",      "mi",      "Hz",
      "kHz",     "MHz",     "GHz",      "W",        "kW",      "V",       "°C",      "°F",
      "USD",     "EUR",     "GBP",      "JPY",      "CNY",     "$",       "€",       "£",
      "million", "billion", "trillion", "thousand", "percent", "dollars", "euros",   "px"};
  return std::find(kUnits.begin(), kUnits.end(), token) != kUnits.end();
}

class LiteralScan {
 public:
  LiteralScan(Text text, ByteSpan within, std::uint32_t protect, std::vector<ProtectedSpan>& spans)
      : text_(text), within_(within), protect_(protect), spans_(spans) {}

  void run() {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text_.data());
    std::uint32_t begin = within_.begin;
    const auto end = static_cast<std::int32_t>(within_.end);
    bool wide_digit = false;
    for (auto i = static_cast<std::int32_t>(within_.begin); i < end;) {
      const auto at = static_cast<std::uint32_t>(i);
      const std::uint8_t first = bytes[i];
      Joint joint = Joint::kJoins;
      if (first < 0x80) {
        ++i;
        if (first <= ' ') joint = Joint::kBlank;
        if (first == '\n') line_start_ = true;
      } else {
        UChar32 c = 0;
        U8_NEXT(bytes, i, end, c);
        joint = c < 0 ? Joint::kJoins : joint_of(c);
        if (c > 0x7F && u_isdigit(c)) {
          wide_digit = true;
          if (joint == Joint::kAlone) add(at, static_cast<std::uint32_t>(i), kProtectNumbers);
        }
      }
      if (joint == Joint::kJoins) continue;
      const bool number = token(begin, at, wide_digit);
      begin = static_cast<std::uint32_t>(i);
      if (first != '\n' && first > ' ') wide_digit = false;
      if (joint == Joint::kAlone) {
        // 2024年: the character after a number is its unit.
        if (number) add(at, begin, kProtectNumbers);
        if (const std::size_t n = negation_bytes_at(text_, at))
          add(at, at + static_cast<std::uint32_t>(n), kProtectNegations);
      }
      if (first <= ' ') wide_digit = false;
    }
    token(begin, within_.end, wide_digit);
  }

 private:
  void add(std::uint32_t begin, std::uint32_t end, std::uint32_t reason) {
    if ((protect_ & reason) == 0) return;
    spans_.push_back({{begin, std::min(end, within_.end)}, reason});
  }

  // Returns whether the token ends with a number.
  bool token(std::uint32_t begin, std::uint32_t end, bool wide_digit) {
    if (begin >= end) return false;
    const Text whole = text_.substr(begin, end - begin);
    std::uint32_t reason = 0;
    if (plain_word(whole)) {
      if (was_number_ && is_unit(whole)) reason = kProtectNumbers;
    } else {
      reason = literal_class(whole);
      if (reason != 0 && (reason & protect_) == 0 && has_digit(whole)) reason = kProtectNumbers;
      if (reason == 0 && wide_digit) reason = kProtectNumbers;
      if (reason == 0 && was_number_ && is_unit(core_of(whole))) reason = kProtectNumbers;
      // The sign of an amount stands before it, too: "$ 5", "€ 10".
      if (reason == 0 && is_unit(whole) && whole.size() <= 3) reason = kProtectNumbers;
    }
    if (reason != 0) add(begin, end, reason);
    if ((protect_ & kProtectNegations) != 0) negations(begin, end);
    if ((protect_ & kProtectNames) != 0 && !line_start_ && !sentence_start_ && is_upper(whole[0]))
      add(begin, end, kProtectNames);
    line_start_ = false;
    sentence_start_ =
        whole.back() == '.' || whole.back() == '!' || whole.back() == '?' || whole.back() == ':';
    was_number_ = reason == kProtectNumbers && has_digit(whole);
    return is_digit(whole.back()) || (wide_digit && reason != 0);
  }

  static bool has_digit(Text token) { return std::any_of(token.begin(), token.end(), is_digit); }

  static bool plain_word(Text token) {
    bool camel = false;
    for (std::size_t i = 0; i < token.size(); ++i) {
      if (!is_letter(token[i])) {
        const bool tail = i + 1 == token.size() && (token[i] == ',' || token[i] == '.');
        if (!tail) return false;
      }
      camel = camel || (i > 0 && is_upper(token[i]) && is_lower(token[i - 1]));
    }
    return !camel;
  }

  // Every run of letters in a token, so that "non-negotiable" and "(not" count.
  void negations(std::uint32_t begin, std::uint32_t end) {
    std::uint32_t i = begin;
    while (i < end) {
      while (i < end && !is_letter(text_[i]) && !is_high(text_[i])) ++i;
      // A quote mark of three bytes before a word is no part of it.
      const std::uint32_t run = i;
      while (i < end && (is_letter(text_[i]) || is_high(text_[i]) ||
                         (text_[i] == '\'' && i + 1 < end && is_letter(text_[i + 1]))))
        ++i;
      Text word = text_.substr(run, i - run);
      while (word.size() > 3 && word.starts_with("\xE2\x80") && !word.starts_with("\xE2\x80\x8C"))
        word.remove_prefix(3);
      while (word.size() > 3 && word.substr(word.size() - 3).starts_with("\xE2\x80"))
        word.remove_suffix(3);
      if (word.size() >= 2 && (word.starts_with("\xC2\xAB") || word.starts_with("\xC2\xBF") ||
                               word.starts_with("\xC2\xA1")))
        word.remove_prefix(2);
      // What it negates stays with it: "non-negotiable".
      if (is_negation(word)) add(run, i < end && text_[i] == '-' ? end : i, kProtectNegations);
    }
  }

  Text text_;
  ByteSpan within_;
  std::uint32_t protect_;
  std::vector<ProtectedSpan>& spans_;
  bool line_start_ = true;
  bool sentence_start_ = true;
  bool was_number_ = false;
};

}  // namespace

void find_literals(std::string_view text, ByteSpan within, std::uint32_t protect,
                   std::vector<ProtectedSpan>& spans) {
  LiteralScan(text, within, protect, spans).run();
}

}  // namespace pith
