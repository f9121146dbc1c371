#include "stages/select/literal.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>

#include "stages/select/negation.h"
#include "stages/select/written_date.h"

namespace pith {
namespace {

using Text = std::string_view;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_alnum(char c) { return is_letter(c) || is_digit(c); }
bool is_high(char c) { return static_cast<unsigned char>(c) >= 0x80; }

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
  const Text unit = token.substr(0, token.find_first_of("/)+,;"));  // km/h, "°C)+"
  return std::find(kUnits.begin(), kUnits.end(), unit) != kUnits.end();
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
      const std::uint32_t kept = token(begin, at, wide_digit);
      begin = static_cast<std::uint32_t>(i);
      if (first != '\n' && first > ' ') wide_digit = false;
      if (joint == Joint::kAlone) {
        // 2024年: the character after a number is its unit; after other literals it keeps them from
        // growing together with the next word that stays, as the one before them does.
        if (kept != 0) add(at, begin, kept);
        alone_ = {at, begin};
        path_part(at, begin);
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

  // /home/用户/文件.txt: a path goes on behind a slash and ends with the next sign.
  void path_part(std::uint32_t begin, std::uint32_t end) {
    if (path_end_ != begin || begin == 0) return;
    const Text sign = text_.substr(begin, 2);
    if (sign == "\xE3\x80" || sign == "\xEF\xBC" || sign == "\xEF\xBD") return;
    add(begin, end, kProtectPaths);
    path_end_ = end;
  }

  // Returns why the token is kept when it ends like a word; else 0.
  std::uint32_t token(std::uint32_t begin, std::uint32_t end, bool wide_digit) {
    if (begin >= end) return 0;
    const Text whole = text_.substr(begin, end - begin);
    std::uint32_t reason = 0;
    const bool plain = plain_word(whole);
    const bool number = !plain && has_digit(whole);
    if (plain) {
      if (was_number_ && is_unit(core_of(whole))) reason = kProtectNumbers;
    } else {
      reason = literal_class(whole);
      if (reason != 0 && (reason & protect_) == 0 && number) reason = kProtectNumbers;
      if (reason == 0 && wide_digit) reason = kProtectNumbers;
      if (reason == 0 && was_number_ && is_unit(core_of(whole))) reason = kProtectNumbers;
      // The sign of an amount stands before it, too: "$ 5", "€ 10".
      if (reason == 0 && is_unit(whole) && whole.size() <= 3) reason = kProtectNumbers;
    }
    if (reason != 0) add(begin, end, reason);
    if (reason != 0 && alone_.end == begin) add(alone_.begin, alone_.end, reason);
    if (path_end_ == begin && begin > 0) add(begin, end, kProtectPaths);
    if (whole.back() == '/' || whole.back() == '\\') path_end_ = end;
    if ((protect_ & kProtectNegations) != 0) negations(begin, end);
    if ((protect_ & kProtectNames) != 0 && !line_start_ && !sentence_start_ && is_upper(whole[0]))
      add(begin, end, kProtectNames);
    date_part(begin, end, number);
    line_start_ = false;
    sentence_start_ =
        whole.back() == '.' || whole.back() == '!' || whole.back() == '?' || whole.back() == ':';
    was_number_ = reason != 0 && number && (reason == kProtectNumbers || is_digit(whole.back()));
    return is_alnum(whole.back()) || is_high(whole.back()) ? reason : 0;
  }

  // Also an end of "Jan–June", "May/June" or "July.—He".
  static bool names_month(Text word) {
    if (is_month(word)) return true;
    std::size_t first = Text::npos;
    std::size_t last = 0;
    for (std::size_t i = 0; i < word.size(); ++i) {
      const bool dash = word.substr(i).starts_with("\xE2\x80");
      if (!dash && word[i] != '-' && word[i] != '/' && word[i] != '.') continue;
      first = std::min(first, i);
      last = i + (dash ? 3 : 1);
    }
    return first != Text::npos &&
           (is_month(word.substr(0, first)) || is_month(word.substr(std::min(last, word.size()))));
  }

  // "3 March", "9 PM", "mayo de 2024": a month or half of the day beside a number is kept, and the
  // "de" between them.
  void date_part(std::uint32_t begin, std::uint32_t end, bool number) {
    const Text token = text_.substr(begin, end - begin);
    bool time = false;  // "AM EST": the zone may follow the half of the day
    if (number_is_near_) {
      const Text word = core_of(token);
      time = is_time_suffix(word);
      if (time || names_month(word)) add(before_.end, end, kProtectNumbers);
    }
    if (number && names_month(core_of(text_.substr(before_.begin, before_.end - before_.begin))))
      add(before_.begin, begin, kProtectNumbers);
    if (token.size() <= 3 && is_date_joint(token)) return;
    before_ = {begin, end};
    number_is_near_ = number || time;
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

  // Every run of letters in a token, so that "non-negotiable", "(not" and "well—no" count.
  void negations(std::uint32_t begin, std::uint32_t end) {
    for (std::uint32_t i = begin; i < end;) {
      if (const std::uint32_t sign = sign_bytes(i); sign > 0) {
        i += sign;
        continue;
      }
      const std::uint32_t run = i;
      while (i < end) {
        const std::uint32_t sign = sign_bytes(i);
        if (sign > 0 && !is_apostrophe(i, end)) break;
        i += std::max<std::uint32_t>(1, sign);
      }
      // What it negates stays with it: "non-negotiable".
      if (is_negation(text_.substr(run, i - run)))
        add(run, i < end && text_[i] == '-' ? end : i, kProtectNegations);
    }
  }

  // The length of the sign at text_[i]; 0 for a byte of a letter.
  std::uint32_t sign_bytes(std::uint32_t i) const {
    if (!is_high(text_[i])) return is_letter(text_[i]) ? 0 : 1;
    if (text_[i] == '\xC2') return 2;                        // « ¿ and the like
    return text_.substr(i).starts_with("\xE2\x80") ? 3 : 0;  // dashes and quotation marks
  }
  bool is_apostrophe(std::uint32_t i, std::uint32_t end) const {
    const bool curly = text_.substr(i).starts_with("\xE2\x80\x99");
    const std::uint32_t next = i + (curly ? 3 : 1);
    return (text_[i] == '\'' || curly) && next < end && sign_bytes(next) == 0;
  }

  Text text_;
  ByteSpan within_;
  std::uint32_t protect_;
  std::vector<ProtectedSpan>& spans_;
  bool line_start_ = true;
  bool sentence_start_ = true;
  bool was_number_ = false;
  ByteSpan alone_;              ///< The last character that is a token of its own.
  std::uint32_t path_end_ = 0;  ///< Where a path may go on without a blank.
  ByteSpan before_;             ///< The last token that is no joint of a date.
  bool number_is_near_ = false;
};

}  // namespace

void find_literals(std::string_view text, ByteSpan within, std::uint32_t protect,
                   std::vector<ProtectedSpan>& spans) {
  LiteralScan(text, within, protect, spans).run();
}

}  // namespace pith
