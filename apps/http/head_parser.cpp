#include "apps/http/head_parser.h"

#include <cstring>

namespace pith {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_token(std::string_view text) {
  for (const char c : text) {
    if (!is_token_char(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

/// Field values and reason phrases: no controls but TAB.
bool no_controls(std::string_view text) {
  for (const char ch : text) {
    const auto c = static_cast<unsigned char>(ch);
    if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

/// "HTTP/1.0" or "HTTP/1.1" -> 10, 11; else 0.
unsigned version_of(std::string_view text) {
  if (text == "HTTP/1.1") return 11;
  if (text == "HTTP/1.0") return 10;
  return 0;
}

}  // namespace

void HeadParser::reset() {
  scanned_ = line_begin_ = 0;
  head_.headers.clear();
  head_.num_bytes = 0;
  problem_ = "";
}

HeadParser::State HeadParser::malformed(const char* problem) {
  problem_ = problem;
  return State::kMalformed;
}

HeadParser::State HeadParser::parse(std::string_view bytes) {
  if (scanned_ == 0 && !bytes.empty() && bytes[0] != '\r' &&
      !is_token_char(static_cast<unsigned char>(bytes[0]))) {
    return malformed("not HTTP");  // A TLS hello, say: no reason to wait for its end.
  }
  const std::string_view searched = bytes.substr(0, limits_.bytes_max);
  while (true) {
    const void* found = scanned_ < searched.size() ? std::memchr(searched.data() + scanned_, '\n',
                                                                 searched.size() - scanned_)
                                                   : nullptr;
    if (found == nullptr) {
      scanned_ = searched.size();
      return bytes.size() >= limits_.bytes_max ? State::kTooLarge : State::kIncomplete;
    }
    const auto lf = static_cast<std::size_t>(static_cast<const char*>(found) - searched.data());
    if (lf == line_begin_ || searched[lf - 1] != '\r')
      return malformed("line feed without carriage return");
    scanned_ = lf + 1;
    const bool empty_line = lf - 1 == line_begin_;
    // RFC 9112 2.2: empty lines before a request line are skipped.
    if (empty_line && line_begin_ == 0 && kind_ == Kind::kRequest) {
      return malformed("empty line before the request");
    }
    line_begin_ = lf + 1;
    if (empty_line) {
      head_.num_bytes = lf + 1;
      return parse_lines(searched.substr(0, lf - 1));
    }
  }
}

HeadParser::State HeadParser::parse_lines(std::string_view bytes) {
  std::size_t num_fields = 0;
  bool first = true;
  while (!bytes.empty()) {
    const std::size_t lf = bytes.find('\n');  // Never npos: parse() has seen the line's end.
    const std::string_view line = bytes.substr(0, lf - 1);
    bytes.remove_prefix(lf + 1);
    if (first) {
      first = false;
      if (!(kind_ == Kind::kRequest ? parse_request_line(line) : parse_status_line(line))) {
        return State::kMalformed;
      }
      continue;
    }
    if (++num_fields > limits_.fields_max) return State::kTooLarge;
    if (!parse_field(line)) return State::kMalformed;
  }
  return State::kComplete;
}

bool HeadParser::parse_request_line(std::string_view line) {
  const auto fail = [&](const char* what) { return malformed(what), false; };
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return fail("request line without three parts");
  head_.method = line.substr(0, first);
  head_.target = line.substr(first + 1, last - first - 1);
  head_.version = version_of(line.substr(last + 1));
  if (!all_token(head_.method) || head_.method.size() > 32) return fail("method is not a token");
  if (head_.target.empty()) return fail("empty target");
  for (const char c : head_.target) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f)
      return fail("blank or control in the target");
  }
  if (head_.version == 0) return fail("unsupported HTTP version");
  return true;
}

bool HeadParser::parse_status_line(std::string_view line) {
  const auto fail = [&](const char* what) { return malformed(what), false; };
  if (line.size() < 12 || line[8] != ' ') return fail("bad status line");
  head_.version = version_of(line.substr(0, 8));
  if (head_.version == 0) return fail("unsupported HTTP version");
  if (!is_digit(line[9]) || !is_digit(line[10]) || !is_digit(line[11])) return fail("bad status");
  head_.status =
      static_cast<unsigned>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
  if (head_.status < 100) return fail("bad status");
  if (line.size() > 12 && line[12] != ' ') return fail("bad status line");
  head_.reason = line.size() > 13 ? line.substr(13) : std::string_view();
  if (!no_controls(head_.reason)) return fail("control character in the reason");
  return true;
}

bool HeadParser::parse_field(std::string_view line) {
  const auto fail = [&](const char* what) { return malformed(what), false; };
  if (line.front() == ' ' || line.front() == '\t') return fail("folded header line");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return fail("header without a colon");
  HeaderView field;
  field.name = line.substr(0, colon);
  field.value = trim_blanks(line.substr(colon + 1));
  if (!all_token(field.name)) return fail("header name is not a token");
  if (!no_controls(field.value)) return fail("control character in a header");
  field.kind = header_kind(field.name);
  head_.headers.push_back(field);
  return true;
}

}  // namespace pith
