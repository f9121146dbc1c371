#include "stages/structure/line_look.h"

#include <algorithm>
#include <array>

#include "stages/structure/log_line.h"

namespace pith {
namespace {

using Text = std::string_view;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_name(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '$'; }

Text name_at(Text line, std::size_t from = 0) {
  std::size_t end = from;
  while (end < line.size() && is_name(line[end])) ++end;
  return line.substr(from, end - from);
}

bool has(Text line, Text part) { return line.find(part) != Text::npos; }

template <std::size_t N>
bool one_of(Text word, const std::array<Text, N>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <std::size_t N>
bool starts_with_any(Text line, const std::array<Text, N>& starts) {
  return std::any_of(starts.begin(), starts.end(), [&](Text s) { return line.starts_with(s); });
}

bool starts_as_code(Text line) {
  constexpr std::array<Text, 34> kStarts = {"#include",
                                            "#define",
                                            "#ifdef",
                                            "#ifndef",
                                            "#endif",
                                            "#pragma",
                                            "#if ",
                                            "#!/",
                                            "<?",
                                            "<!",
                                            "/*",
                                            "*/",
                                            "// ",
                                            "///",
                                            "diff --git ",
                                            "@@ ",
                                            "Index: ",
                                            "rename from ",
                                            "new file mode ",
                                            "deleted file mode ",
                                            "+++ ",
                                            "--- a/",
                                            "Traceback (",
                                            "goroutine ",
                                            "Caused by: ",
                                            "\tat ",
                                            "Exception in thread ",
                                            ">>> ",
                                            "... ",
                                            "$ ",
                                            "PS C:",
                                            "PS /",
                                            "%% ",
                                            "\"\"\""};
  return starts_with_any(line, kStarts);
}

// "    at fn (file:1:2)", "  File "x.py", line 3, in f", "\tat a.b.C(D.java:1)".
bool is_trace(Text line) {
  if (line.starts_with("at ") && (line.ends_with(")") || is_digit(line.back())))
    return has(line, ":") || has(line, "(");
  return line.starts_with("File \"") && has(line, "\", line ");
}

// "user@host:~/x$ make", "root@box:/# ls", "C:\Users\x>dir".
bool is_prompt(Text line) {
  const std::size_t at = line.substr(0, 40).find('@');
  if (at != Text::npos && at > 0 && line.substr(0, at).find(' ') == Text::npos) {
    const std::size_t sign = line.substr(0, 120).find_first_of("$#", at);
    if (sign != Text::npos && has(line.substr(at, sign - at), ":") &&
        (sign + 1 == line.size() || line[sign + 1] == ' '))
      return true;
  }
  return line.size() > 3 && is_letter(line[0]) && line[1] == ':' && line[2] == '\\' &&
         has(line.substr(0, 120), ">");
}

// "  12→x", "12:x", "12| x", "12\tx" as file readers print; and "path/file.c:12:x" as grep does.
bool is_numbered(Text line) {
  std::size_t i = 0;
  while (i < line.size() && is_digit(line[i])) ++i;
  if (i > 0 && i <= 7 && i < line.size()) {
    const Text rest = line.substr(i);
    // An arrow, a bar or a block, as file readers and repository maps draw them.
    if (rest.starts_with("\xE2\x86\x92") || rest.starts_with("\xE2\x94\x82") ||
        rest.starts_with("\xE2\x96\x88") || rest[0] == '\t')
      return true;
    if (rest.starts_with(": ") || rest.starts_with("| ") || rest.starts_with(" | ") ||
        rest == "|" || rest == " |")
      return true;
    if (rest[0] == ':' && rest.size() > 1 && !is_digit(rest[1])) return true;
    if (rest[0] == '-' && rest.size() > 1 && (rest[1] == ' ' || rest[1] == '\t') &&
        rest.starts_with("-  "))
      return true;
  }
  const std::size_t colon = line.substr(0, 200).find(':');
  if (colon == Text::npos || colon == 0 || colon + 1 >= line.size()) return false;
  const Text path = line.substr(0, colon);
  if (!is_digit(line[colon + 1]) || path.find(' ') != Text::npos) return false;
  if (!has(path, ".") && !has(path, "/")) return false;
  std::size_t j = colon + 1;
  while (j < line.size() && is_digit(line[j])) ++j;
  return j < line.size() && (line[j] == ':' || line[j] == '-');
}

bool is_statement_word(Text word) {
  constexpr std::array<Text, 44> kWords = {
      "def",    "class",   "fn",        "func",      "function", "import", "from", "package",
      "using",  "public",  "private",   "protected", "static",   "const",  "let",  "var",
      "return", "if",      "for",       "while",     "else",     "elif",   "try",  "except",
      "catch",  "finally", "with",      "switch",    "case",     "struct", "enum", "impl",
      "pub",    "use",     "mod",       "export",    "async",    "await",  "void", "int",
      "raise",  "throw",   "namespace", "template"};
  return one_of(word, kWords);
}

// Hits of what only code writes: "==", "=>", "::", "();" ...
int count_operators(Text line) {
  constexpr std::array<Text, 17> kOperators = {" == ", " != ", "=>", "->",   "::",  "&&",
                                               "||",   " := ", "+=", "()",   "();", "</",
                                               "/>",   "[]",   "{}", " <- ", "={"};
  int hits = 0;
  for (const Text op : kOperators) hits += has(line, op) ? 1 : 0;
  return hits;
}

// `name = value`, `a.b[c] += value`, `KEY=value`.
bool is_assignment(Text line, const Line& measured) {
  std::size_t i = 0;
  if (line.starts_with("export ")) i = 7;
  const std::size_t begin = i;
  while (i < line.size() && (is_name(line[i]) || line[i] == '.' || line[i] == '[' ||
                             line[i] == ']' || line[i] == '-' || line[i] == '"' || line[i] == '\''))
    ++i;
  if (i == begin) return false;
  std::size_t sign = i;
  while (sign < line.size() && line[sign] == ' ') ++sign;
  if (sign < line.size() &&
      (line[sign] == ':' || line[sign] == '+' || line[sign] == '-' || line[sign] == '?'))
    ++sign;
  if (sign >= line.size() || line[sign] != '=') return false;
  return sign + 1 >= line.size() || line[sign + 1] != '=' || measured.num_words < 8;
}

// "key: value" with a short value, "- key: value", "[section]": configuration, or a label of prose.
bool is_setting(Text line, const Line& measured) {
  if (line.starts_with("- ")) line.remove_prefix(2);
  if (line.front() == '[' && line.back() == ']' && measured.num_words <= 2) return true;
  std::size_t i = 0;
  while (i < line.size() &&
         (is_name(line[i]) || line[i] == '.' || line[i] == '-' || line[i] == '"' || line[i] == '/'))
    ++i;
  if (i == 0 || i >= line.size() || line[i] != ':') return false;
  if (i + 1 == line.size()) return measured.indent > 0 || line[0] < 'A' || line[0] > 'Z';
  return line[i + 1] == ' ' && measured.num_words <= 5 && line[0] >= 'a' && line[0] <= 'z';
}

// Share of `line` inside <...>, in bytes.
double tag_share(Text line) {
  std::size_t inside = 0;
  std::size_t at = 0;
  while ((at = line.find('<', at)) != Text::npos) {
    const std::size_t close = line.find('>', at);
    if (close == Text::npos) break;
    if (at + 1 < line.size() &&
        (is_letter(line[at + 1]) || line[at + 1] == '/' || line[at + 1] == '!'))
      inside += close + 1 - at;
    at = close + 1;
  }
  return static_cast<double>(inside) / static_cast<double>(line.size());
}

// Letters in a mostly ASCII line that hardly has a blank: minified code, base64, a key.
bool is_blob(Text line, const Line& measured) {
  return line.size() >= 120 && measured.num_other * 3 < line.size() &&
         line.size() / measured.num_words >= 60;
}

bool is_table_row(Text line, const Line& measured) {
  if (measured.num_pipes >= 2 && line.front() == '|') return true;
  // File modes, and the branches that tree draws.
  if (line.size() > 10 && (line[0] == '-' || line[0] == 'd' || line[0] == 'l') &&
      line.substr(1, 9).find_first_not_of("rwxsStT-") == Text::npos &&
      line.substr(1, 9) != "---------")
    return true;
  if (line.starts_with("\xE2\x94\x94") || line.starts_with("\xE2\x94\x9C") ||
      line.starts_with("\xE2\x94\x82"))
    return true;
  // The rule under a header: |---|---|, ---|---, +----+----+, ==== ====.
  if (line.size() >= 5 && line.find_first_not_of("-=+| :") == Text::npos &&
      line.find_first_of("|+ ") != Text::npos)
    return true;
  return false;
}

// "=====", "-----": a rule, or what makes the line above a heading.
bool is_rule(Text line) {
  return line.size() >= 3 && Text("=-~^*_#.+").find(line[0]) != Text::npos &&
         line.find_first_not_of(line[0]) == Text::npos;
}

// "[12:30] <ann> hi": the angle brackets hold a name.
bool is_chat(Text line) {
  if (line.size() < 10 || line[0] != '[' || !is_digit(line[1]) || !is_digit(line[2]) ||
      line[3] != ':')
    return false;
  const std::size_t close = line.substr(0, 12).find("] <");
  return close != Text::npos && line.find("> ", close) != Text::npos;
}

}  // namespace

std::size_t list_marker_bytes(std::string_view line) {
  std::size_t i = 0;
  if (line.starts_with("\xE2\x80\xA2")) {
    i = 3;
  } else if (!line.empty() && (line[0] == '-' || line[0] == '*' || line[0] == '+')) {
    i = 1;
  } else {
    while (i < line.size() && i < 4 && is_digit(line[i])) ++i;
    if (i == 0 || i >= line.size() || (line[i] != '.' && line[i] != ')')) return 0;
    ++i;
  }
  const std::size_t marker = i;
  while (i < line.size() && (line[i] == ' ' || line[i] == '\t')) ++i;
  return i > marker ? i : 0;
}

bool is_heading(std::string_view line) {
  std::size_t i = 0;
  while (i < line.size() && line[i] == '#') ++i;
  return i >= 1 && i <= 6 && i < line.size() && line[i] == ' ';
}

LineLook look_of(std::string_view all, const Line& measured) {
  Line line = measured;
  // What is quoted with "> " is judged without it.
  while (line.text_begin < line.text_end && all[line.text_begin] == '>' &&
         (line.text_begin + 1 == line.text_end || all[line.text_begin + 1] == ' ' ||
          all[line.text_begin + 1] == '>')) {
    ++line.text_begin;
    line.num_symbols -= std::min(line.num_symbols, 1U);
    while (line.text_begin < line.text_end && all[line.text_begin] == ' ') ++line.text_begin;
    line.num_words -= std::min(line.num_words, 1U);
  }
  if (line.blank()) return LineLook::kProse;
  line.num_words = std::max(line.num_words, 1U);
  const Text text = line.text(all);
  if (is_log_line(text)) return LineLook::kLog;
  if (is_table_row(text, line)) return LineLook::kTable;
  if (is_heading(text) || is_rule(text) || is_chat(text)) return LineLook::kProse;
  if (starts_as_code(text) || is_trace(text) || is_prompt(text) || is_numbered(text) ||
      is_blob(text, line)) {
    return LineLook::kStrongCode;
  }
  const double bytes = static_cast<double>(text.size());
  // A markdown link is prose although it has four symbols.
  std::uint32_t symbols = line.num_symbols;
  for (std::size_t at = text.find("]("); at != Text::npos; at = text.find("](", at + 2))
    symbols -= std::min(symbols, 4U);
  if (symbols > 0) {
    if (text.front() == '<' && tag_share(text) >= 0.25) return LineLook::kStrongCode;
    if (symbols >= 4 && tag_share(text) >= 0.4) return LineLook::kStrongCode;
  }
  // The literal of an object, in JSON or in the notation of a language.
  if (has(text, "{\"") || has(text, "{'")) return LineLook::kStrongCode;
  // Long lines of words are prose whatever they quote.
  const bool wordy = line.num_words >= 12 && line.num_plain * 4 >= line.num_words * 3;
  if (wordy) return LineLook::kProse;

  const Text first = name_at(text);
  const char last = text.back();
  const bool statement = is_statement_word(first);
  if (symbols > 0) {
    if (symbols == text.size() && text.size() <= 6) return LineLook::kStrongCode;  // "});"
    if (last == '{' || (text.front() == '}' && text.size() <= 40)) return LineLook::kStrongCode;
    if (last == ';' && (symbols >= 2 || statement || line.num_words <= 2))
      return LineLook::kStrongCode;
    if (is_assignment(text, line)) return LineLook::kStrongCode;
    if (statement && symbols >= 2 && line.num_words <= 14 && last != '.')
      return LineLook::kStrongCode;
    const int operators = count_operators(text);
    if (operators >= 2) return LineLook::kStrongCode;
    if (symbols >= 3 && symbols / bytes >= 0.15) return LineLook::kStrongCode;
    if (operators == 1 || symbols / bytes >= 0.12) return LineLook::kWeakCode;
  }
  if (text.front() == '@' && line.num_words == 1) return LineLook::kWeakCode;
  if (statement) {
    if (last == ':' && line.num_words <= 10) return LineLook::kStrongCode;
    if ((first == "import" || first == "from" || first == "package" || first == "using") &&
        line.num_words <= 4 && last != '.')
      return LineLook::kStrongCode;
    if ((first == "return" || first == "raise" || first == "export") && line.num_words <= 3 &&
        last != '.')
      return LineLook::kStrongCode;
    if (line.indent >= 4 && line.num_words <= 6 && last != '.') return LineLook::kWeakCode;
  }
  if (is_setting(text, line)) return LineLook::kWeakCode;
  if (text.starts_with("* ") && line.indent % 4 == 1) return LineLook::kWeakCode;  // inside /* */
  if (text.starts_with("--") && line.num_words <= 12) return LineLook::kWeakCode;
  if (line.num_words == 1 && (text.find('/') != Text::npos || text.find('\\') != Text::npos) &&
      line.num_plain == 0)
    return LineLook::kWeakCode;
  return LineLook::kProse;
}

}  // namespace pith
