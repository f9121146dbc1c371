#include <algorithm>
#include <array>

#include "stages/select/literal.h"

namespace pith {
namespace {

using Text = std::string_view;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_lower(c) || is_upper(c); }
bool is_alnum(char c) { return is_letter(c) || is_digit(c); }
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

// Parts joined by dots ("main.cpp", "os.path.join", "U.S", "S.p.A") name something; two are glue.
bool is_dotted(Text token) { return token != "e.g" && token != "i.e"; }

bool is_flag(Text token) {
  if (token.starts_with("--")) return token.size() > 2 && is_letter(token[2]);
  if (token.size() < 2 || token[0] != '-' || !is_letter(token[1])) return false;
  return token.size() <= 3 || token[2] == ':';  // -x, -rf, -b:v
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
  if (form.at && letters > 0) return true;
  if (form.camel || has(token, "::") || is_flag(token)) return true;
  if (has(token, "->") || has(token, "=>")) return true;
  if (form.symbol && letters > 0) return true;
  if (form.dot && letters > 0 && is_dotted(token)) return true;
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

std::string_view core_of(std::string_view token) {
  constexpr Text kBefore = "([{<\"'*`";
  constexpr Text kAfter = ")]}>\"'.,;:!?*`";
  while (!token.empty() && kBefore.find(token.front()) != Text::npos) token.remove_prefix(1);
  while (!token.empty() && kAfter.find(token.back()) != Text::npos) token.remove_suffix(1);
  return token;
}

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

}  // namespace pith
