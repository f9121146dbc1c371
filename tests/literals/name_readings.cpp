#include <algorithm>

#include "tests/literals/extract.h"
#include "tests/literals/letters.h"

namespace pith::literals {
namespace {

/// Drops the punctuation that ends a sentence or closes a bracket, not what belongs to the name.
std::size_t without_tail(std::string_view text, std::size_t at, std::size_t end) {
  while (end > at) {
    const char last = text[end - 1];
    const std::string_view inside = text.substr(at, end - at);
    if (last == ')' && std::ranges::count(inside, '(') >= std::ranges::count(inside, ')')) break;
    if (std::string_view(".,;:!?)]}'\"*>").find(last) == std::string_view::npos) break;
    --end;
  }
  return end;
}

bool is_link_char(char c) {
  return !is_blank(c) && std::string_view("<>\"`{}|\\^").find(c) == std::string_view::npos &&
         static_cast<unsigned char>(c) >= 0x21 && static_cast<unsigned char>(c) < 0x80;
}

std::size_t url(std::string_view text, std::size_t at) {
  if (!is_letter(char_at(text, at))) return at;
  std::size_t i =
      skip(text, at, [](char c) { return is_alnum(c) || c == '+' || c == '.' || c == '-'; });
  const bool scheme = text.substr(i).starts_with("://") && is_link_char(char_at(text, i + 3));
  const bool bare = text.substr(at).starts_with("www.") && is_alnum(char_at(text, at + 4));
  if (!scheme && !bare) return at;
  if (scheme) i += 3;
  return without_tail(text, at, skip(text, i, is_link_char));
}

std::size_t email(std::string_view text, std::size_t at) {
  const auto local = [](char c) {
    return is_name(c) || c == '.' || c == '%' || c == '+' || c == '-';
  };
  const std::size_t sign = skip(text, at, local);
  if (sign == at || char_at(text, sign) != '@' || !is_alnum(char_at(text, sign + 1))) return at;
  std::size_t end =
      skip(text, sign + 1, [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
  end = without_tail(text, at, end);
  return text.substr(sign, end - sign).find('.') == std::string_view::npos ? at : end;
}

bool is_path_char(char c) {
  return is_name(c) || std::string_view("/.@+%~=-").find(c) != std::string_view::npos;
}

/// Letters with marks anywhere; Chinese and Japanese ones only in a part that begins with them,
/// for else the sentence goes on right after the path.
std::size_t path_end(std::string_view text, std::size_t at) {
  bool cjk_part = false;
  while (at < text.size()) {
    const CodePoint c = code_point_at(text, at);
    if (is_cjk(c.value)) {
      cjk_part = cjk_part || (at > 0 && text[at - 1] == '/');
      if (!cjk_part) break;
    } else if (c.value >= 0x80 ? !is_word_char(c.value) : !is_path_char(text[at])) {
      break;
    }
    if (!is_cjk(c.value)) cjk_part = false;
    at += c.length;
  }
  return at;
}

/// /usr/lib, ~/x, ./x, ../x; a/b.ext; a/b/c. Not "and/or", not the end of a tag.
std::size_t unix_path(std::string_view text, std::size_t at) {
  const char before = at == 0 ? ' ' : text[at - 1];
  const std::string_view rest = text.substr(at);
  const bool rooted = rest.starts_with("/") || rest.starts_with("~/") || rest.starts_with("./") ||
                      rest.starts_with("../");
  if (rooted && (before == '<' || before == '/' || before == '.' || before == ':')) return at;
  if (!rooted && !is_name(char_at(text, at)) && char_at(text, at) != '.') return at;
  const std::size_t end = without_tail(text, at, path_end(text, at));
  const std::string_view path = text.substr(at, end - at);
  if (path.find("//") != std::string_view::npos) return at;
  const bool has_letter = std::ranges::any_of(path, is_letter);
  if (rooted) return has_letter && path.size() > 1 ? end : at;
  const auto slashes = std::ranges::count(path, '/');
  if (slashes == 0 || !has_letter) return at;
  const std::string_view last = path.substr(path.rfind('/') + 1);
  const std::size_t dot = last.rfind('.');
  const bool extension = dot != std::string_view::npos && dot + 1 < last.size() &&
                         last.size() - dot <= 9 &&
                         std::ranges::all_of(last.substr(dot + 1), is_alnum);
  return extension || slashes >= 2 ? end : at;
}

std::size_t windows_path(std::string_view text, std::size_t at) {
  const auto path_char = [](char c) {
    return !is_blank(c) && std::string_view("\"'<>|*?,;()[]`").find(c) == std::string_view::npos &&
           static_cast<unsigned char>(c) < 0x80;
  };
  const bool drive = is_letter(char_at(text, at)) && char_at(text, at + 1) == ':' &&
                     char_at(text, at + 2) == '\\' && is_name(char_at(text, at + 3));
  const bool share = text.substr(at).starts_with("\\\\") && is_alnum(char_at(text, at + 2)) &&
                     text.substr(at + 2, skip(text, at + 2, path_char) - at - 2).find('\\') !=
                         std::string_view::npos;
  return drive || share ? without_tail(text, at, skip(text, at, path_char)) : at;
}

/// Letters and digits mixed, also through - and _ and #: HAT062, #W2378156, gift_card_7, 3f2a91c.
std::size_t id(std::string_view text, std::size_t at) {
  const std::size_t begin = at + (char_at(text, at) == '#' ? 1 : 0);
  std::size_t i = skip(text, begin, is_name);
  if (i == begin) return at;
  while (char_at(text, i) == '-' && is_alnum(char_at(text, i + 1))) i = skip(text, i + 1, is_name);
  const std::string_view run = text.substr(begin, i - begin);
  const bool digit = std::ranges::any_of(run, is_digit);
  const bool letter = std::ranges::any_of(run, is_letter);
  if (digit && (letter || begin > at)) return i;
  // A hash may lack digits; forty letters of a to f are no word.
  return run.size() >= 16 && std::ranges::all_of(run, is_hex) ? i : at;
}

bool looks_like_code(std::string_view name) {
  bool camel = false;
  for (std::size_t i = 1; i < name.size(); ++i) {
    if (is_lower(name[i - 1]) && is_upper(name[i])) camel = true;
  }
  return camel || (name.find('_') != std::string_view::npos && std::ranges::any_of(name, is_alnum));
}

/// snake_case, camelCase, CONST_CASE, a.b.c, a::b, a->b, f(), $VAR, @name, #tag.
std::size_t identifier(std::string_view text, std::size_t at) {
  const char first = char_at(text, at);
  const bool sigil = (first == '$' || first == '@') &&
                     (is_letter(char_at(text, at + 1)) || char_at(text, at + 1) == '_');
  if (!sigil && !is_letter(first) && first != '_') return at;
  std::size_t i = skip(text, at + (sigil ? 1 : 0), is_name);
  bool joined = sigil;
  for (;;) {
    const std::string_view rest = text.substr(i);
    std::size_t next = i;
    if (rest.starts_with(".")) next = i + 1;
    if (rest.starts_with("::") || rest.starts_with("->")) next = i + 2;
    if (next == i || !(is_letter(char_at(text, next)) || char_at(text, next) == '_')) break;
    i = skip(text, next, is_name);
    joined = true;
  }
  const bool call = text.substr(i).starts_with("()");
  const std::string_view name = text.substr(at, i - at);
  if (name == "e.g" || name == "i.e") return at;
  if (!joined && !call && !looks_like_code(text.substr(at, i - at))) return at;
  return call ? i + 2 : i;
}

std::size_t flag(std::string_view text, std::size_t at) {
  if (at > 0 && !is_blank(text[at - 1]) && text[at - 1] != '[' && text[at - 1] != '(') return at;
  if (text.substr(at).starts_with("--") && is_letter(char_at(text, at + 2))) {
    return skip(text, at + 2, [](char c) { return is_name(c) || c == '-'; });
  }
  const bool one = char_at(text, at) == '-' && is_letter(char_at(text, at + 1)) &&
                   at_word_end(text, at + 2) && char_at(text, at + 2) != '-';
  return one ? at + 2 : at;
}

}  // namespace

const std::vector<ClassReading>& name_readings() {
  static const std::vector<ClassReading> readings = {
      {LiteralClass::kUrl, url},         {LiteralClass::kEmail, email},
      {LiteralClass::kPath, unix_path},  {LiteralClass::kPath, windows_path},
      {LiteralClass::kId, id},           {LiteralClass::kIdentifier, identifier},
      {LiteralClass::kIdentifier, flag},
  };
  return readings;
}

}  // namespace pith::literals
