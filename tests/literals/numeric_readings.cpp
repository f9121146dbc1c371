#include <array>

#include "tests/literals/extract.h"
#include "tests/literals/letters.h"

namespace pith::literals {
namespace {

std::size_t digits(std::string_view text, std::size_t at) { return skip(text, at, is_digit); }

/// `count` groups of `low` to `high` digits parted by one of `marks`; the end, or `at`.
std::size_t groups(std::string_view text, std::size_t at, int count, std::string_view marks,
                   std::size_t low, std::size_t high) {
  std::size_t i = at;
  for (int group = 0; group < count; ++group) {
    if (group > 0) {
      if (i >= text.size() || marks.find(text[i]) == std::string_view::npos) return at;
      ++i;
    }
    const std::size_t end = digits(text, i);
    if (end - i < low || end - i > high) return at;
    i = end;
  }
  return i;
}

/// "5 MB", "12 ms", "20 °C": a unit after one blank belongs to the number.
std::size_t with_unit(std::string_view text, std::size_t at) {
  if (char_at(text, at) != ' ') return at;
  for (const std::string_view unit :
       {"KB", "MB", "GB", "TB",  "kB",  "KiB",     "MiB",     "GiB",    "ms",
        "km", "kg", "cm", "mm",  "Hz",  "kHz",     "MHz",     "GHz",    "°C",
        "°F", "%",  "€",  "USD", "EUR", "million", "billion", "percent"}) {
    if (text.substr(at + 1).starts_with(unit) && at_word_end(text, at + 1 + unit.size()))
      return at + 1 + unit.size();
  }
  return at;
}

/// [+-]? digits with . , ' _ between digits, exponent, % or the letters of a unit; 0x1F.
std::size_t number(std::string_view text, std::size_t at) {
  std::size_t i = at;
  const char first = char_at(text, i);
  if ((first == '-' || first == '+') && is_digit(char_at(text, i + 1))) {
    // "3-5" is a range and "pre-2020" a compound: the sign is one only after something else.
    if (i > 0 && is_word_char(code_point_before(text, i).value)) return at;
    ++i;
  }
  for (const std::string_view currency : {"$", "€", "£", "¥"}) {
    if (text.substr(i).starts_with(currency)) i += currency.size();
  }
  if (first == '.' && is_digit(char_at(text, i + 1))) ++i;
  if (!is_digit(char_at(text, i))) return at;
  if (text[i] == '0' && (char_at(text, i + 1) | 0x20) == 'x' && is_hex(char_at(text, i + 2))) {
    return skip(text, i + 2, is_hex);
  }
  i = digits(text, i);
  while (i + 1 < text.size() && std::string_view(".,'_").find(text[i]) != std::string_view::npos &&
         is_digit(text[i + 1])) {
    i = digits(text, i + 1);
  }
  if ((char_at(text, i) | 0x20) == 'e') {
    const bool sign = char_at(text, i + 1) == '-' || char_at(text, i + 1) == '+';
    const std::size_t exponent = i + (sign ? 2 : 1);
    if (is_digit(char_at(text, exponent))) i = digits(text, exponent);
  }
  if (char_at(text, i) == '%') return i + 1;
  if (text.substr(i).starts_with("‰") || text.substr(i).starts_with("°")) {
    i += std::string_view("‰").size() - (text.substr(i).starts_with("°") ? 1 : 0);
  }
  const std::size_t end = skip(text, i, is_letter);  // 12ms, 3rd, 10GB
  return end > i ? end : with_unit(text, i);
}

/// "9:00 UTC": a zone after one blank.
std::size_t with_zone(std::string_view text, std::size_t at) {
  if (char_at(text, at) != ' ') return at;
  for (const std::string_view zone :
       {"UTC", "GMT", "EST", "EDT", "CST", "CDT", "MST", "PST", "PDT", "CET", "CEST", "JST"}) {
    if (text.substr(at + 1).starts_with(zone) && at_word_end(text, at + 1 + zone.size()))
      return at + 1 + zone.size();
  }
  return at;
}

std::size_t clock_time(std::string_view text, std::size_t at) {
  std::size_t i = groups(text, at, 3, ":", 1, 2);
  if (i == at) i = groups(text, at, 2, ":", 1, 2);
  if (i == at) {  // 9 PM, 10am
    i = digits(text, at);
    if (i == at || i - at > 2) return at;
  } else {
    if ((char_at(text, i) == '.' || char_at(text, i) == ',') && is_digit(char_at(text, i + 1))) {
      i = digits(text, i + 1);
    }
    if (char_at(text, i) == 'Z' && at_word_end(text, i + 1)) return i + 1;
    if ((char_at(text, i) == '+' || char_at(text, i) == '-') && is_digit(char_at(text, i + 1))) {
      i = digits(text, i + 1);
      if (char_at(text, i) == ':' && is_digit(char_at(text, i + 1))) i = digits(text, i + 1);
      return i;
    }
  }
  const std::size_t half = i + (char_at(text, i) == ' ' ? 1 : 0);
  const char a = static_cast<char>(char_at(text, half) | 0x20);
  if ((a == 'a' || a == 'p') && (char_at(text, half + 1) | 0x20) == 'm' &&
      at_word_end(text, half + 2)) {
    return half + 2;
  }
  return char_at(text, digits(text, at)) == ':' ? with_zone(text, i) : at;
}

std::size_t numeric_date(std::string_view text, std::size_t at) {
  std::size_t i = at;
  const std::size_t first = digits(text, at) - at;
  for (const char* mark : {"-", "/", "."}) {
    if (first == 4) {
      std::size_t end = groups(text, at + 5 <= text.size() ? at + 5 : at, 2, mark, 1, 2);
      if (char_at(text, at + 4) == mark[0] && end > at + 5) i = end;
    } else if (first == 1 || first == 2) {
      const std::size_t day = at + first + 1;
      const std::size_t month = digits(text, day);
      if (char_at(text, at + first) != mark[0] || month == day || month - day > 2) continue;
      if (char_at(text, month) != mark[0]) continue;
      const std::size_t year = digits(text, month + 1) - (month + 1);
      if (year == 2 || year == 4) i = month + 1 + year;
    }
  }
  if (i == at) return at;
  if (char_at(text, i) == 'T' || char_at(text, i) == ' ') {
    const std::size_t time = clock_time(text, i + 1);
    if (time > i + 1) i = time;
  }
  return i;
}

std::size_t month_name(std::string_view text, std::size_t at) {
  static constexpr std::array<std::string_view, 56> kMonths = {
      "January",   "February",  "March",    "April",    "May",      "June",       "July",
      "August",    "September", "October",  "November", "December", "Januar",     "Februar",
      "März",      "Mai",       "Juni",     "Juli",     "Oktober",  "Dezember",   "janvier",
      "février",   "mars",      "avril",    "mai",      "juin",     "juillet",    "août",
      "septembre", "octobre",   "novembre", "décembre", "enero",    "febrero",    "marzo",
      "abril",     "mayo",      "junio",    "julio",    "agosto",   "septiembre", "octubre",
      "noviembre", "diciembre", "января",   "февраля",  "марта",    "апреля",     "мая",
      "июня",      "июля",      "августа",  "сентября", "октября",  "ноября",     "декабря"};
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    const std::string_view month = kMonths[i];
    for (const std::string_view name : {month, i < 12 ? month.substr(0, 3) : month}) {
      if (text.substr(at).starts_with(name) && at_word_end(text, at + name.size())) {
        return at + name.size() + (char_at(text, at + name.size()) == '.' ? 1 : 0);
      }
    }
  }
  return at;
}

/// Mar 3, 2024 · 3 March 2024 · Mar 2024 · 3. März 2024 · 3 de mayo de 2024
std::size_t written_date(std::string_view text, std::size_t at) {
  const auto joint = [&](std::size_t i) {  // " ", " de "
    if (char_at(text, i) != ' ') return i;
    return text.substr(i).starts_with(" de ") ? i + 4 : i + 1;
  };
  if (is_digit(char_at(text, at))) {
    std::size_t i = digits(text, at);
    if (i - at > 2) return at;
    if (char_at(text, i) == '.') ++i;
    const std::size_t name = joint(i);
    const std::size_t month = name == i ? name : month_name(text, name);
    if (month == name) return at;
    const std::size_t year = joint(month);
    return year > month && digits(text, year) == year + 4 ? year + 4 : month;
  }
  std::size_t i = month_name(text, at);
  if (i == at || char_at(text, i) != ' ') return at;
  i = skip(text, i, [](char c) { return c == ' '; });  // "Jan  5" of ls -l
  const std::size_t day = digits(text, i);
  if (day == i || !(day - i <= 2 || day - i == 4) || !at_word_end(text, day)) return at;
  if (char_at(text, day) == ',' && char_at(text, day + 1) == ' ' &&
      digits(text, day + 2) == day + 6) {
    return day + 6;
  }
  return day;
}

/// 2024年5月1日, 5月1日
std::size_t cjk_date(std::string_view text, std::size_t at) {
  std::size_t i = at;
  for (const std::string_view unit : {"年", "月", "日"}) {
    const std::size_t end = digits(text, i);
    if (end > i && text.substr(end).starts_with(unit)) i = end + unit.size();
  }
  return i;
}

std::size_t version(std::string_view text, std::size_t at) {
  std::size_t i = at + ((char_at(text, at) | 0x20) == 'v' ? 1 : 0);
  std::size_t end = digits(text, i);
  if (end == i) return at;
  int parts = 1;
  while (char_at(text, end) == '.' && is_digit(char_at(text, end + 1))) {
    end = digits(text, end + 1);
    ++parts;
  }
  if (parts < (i > at ? 1 : 3)) return at;
  if ((char_at(text, end) == '-' || char_at(text, end) == '+') &&
      is_alnum(char_at(text, end + 1))) {
    end = skip(text, end + 1, [](char c) { return is_alnum(c) || c == '.' || c == '-'; });
    while (text[end - 1] == '.' || text[end - 1] == '-') --end;
  }
  return at_word_end(text, end) ? end : skip(text, end, is_name);
}

std::size_t ipv4(std::string_view text, std::size_t at) {
  std::size_t i = groups(text, at, 4, ".", 1, 3);
  if (i == at) return at;
  for (const char mark : {':', '/'}) {
    if (char_at(text, i) == mark && is_digit(char_at(text, i + 1))) i = digits(text, i + 1);
  }
  return i;
}

/// IPv6 and MAC: groups of hex digits with at least three colons, or one "::".
std::size_t colon_address(std::string_view text, std::size_t at) {
  const std::size_t end = skip(text, at, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
  const std::string_view run = text.substr(at, end - at);
  int colons = 0;
  std::size_t group = 0;
  bool short_groups = true;
  bool hex = false;
  for (const char c : run) {
    if (c == ':') ++colons;
    group = c == ':' || c == '.' ? 0 : group + 1;
    if (group > 4) short_groups = false;
    if (is_hex(c)) hex = true;
  }
  const bool doubled = run.find("::") != std::string_view::npos;
  const bool enough = colons >= 3 || (doubled && colons >= 2 && at_word_end(text, end));
  if (!short_groups || !hex || !enough) return at;
  std::size_t last = end;
  if (!at_word_end(text, end)) last = at + run.rfind(':');  // "0:0:0:Environment"
  while (last > at && (text[last - 1] == ':' || text[last - 1] == '.')) --last;
  return last;
}

std::size_t host_port(std::string_view text, std::size_t at) {
  std::size_t i = skip(text, at, [](char c) { return is_name(c) || c == '.' || c == '-'; });
  if (i == at || !is_letter(text[at]) || char_at(text, i) != ':') return at;
  const std::size_t port = digits(text, i + 1);
  return port - i - 1 >= 2 && port - i - 1 <= 5 && at_word_end(text, port) ? port : at;
}

}  // namespace

const std::vector<ClassReading>& numeric_readings() {
  static const std::vector<ClassReading> readings = {
      {LiteralClass::kAddress, ipv4},          {LiteralClass::kAddress, colon_address},
      {LiteralClass::kAddress, host_port},     {LiteralClass::kDateTime, numeric_date},
      {LiteralClass::kDateTime, written_date}, {LiteralClass::kDateTime, cjk_date},
      {LiteralClass::kDateTime, clock_time},   {LiteralClass::kVersion, version},
      {LiteralClass::kNumber, number},
  };
  return readings;
}

}  // namespace pith::literals
