// Reads the head of a request or a response, and refuses whatever two servers could read in two
// ways.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "apps/http/header_list.h"

namespace pith {

struct HeadLimits {
  std::size_t bytes_max = 64U << 10;
  std::size_t fields_max = 200;
};

/// Views into the bytes given to parse(); valid while those stay where they are.
struct ParsedHead {
  std::string_view method, target;  ///< Of a request.
  unsigned status = 0;              ///< Of a response.
  std::string_view reason;
  unsigned version = 11;  ///< 10 or 11.
  std::vector<HeaderView> headers;
  std::size_t num_bytes = 0;  ///< Of the head, its empty line included.
};

/// Strict: no bare CR or LF, no folded lines, no blanks before the colon, no control characters.
class HeadParser {
 public:
  enum class Kind : std::uint8_t { kRequest, kResponse };
  enum class State : std::uint8_t { kIncomplete, kComplete, kMalformed, kTooLarge };

  HeadParser(Kind kind, HeadLimits limits) : kind_(kind), limits_(limits) {}

  /// `bytes` is all that has arrived of this head; a later call gives the same bytes and more.
  State parse(std::string_view bytes);
  const ParsedHead& head() const { return head_; }
  /// What is wrong with it, after kMalformed: a static text without any of the received bytes.
  const char* problem() const { return problem_; }
  void reset();

 private:
  State malformed(const char* problem);
  State parse_lines(std::string_view bytes);
  bool parse_request_line(std::string_view line);
  bool parse_status_line(std::string_view line);
  bool parse_field(std::string_view line);

  Kind kind_;
  HeadLimits limits_;
  std::size_t scanned_ = 0;     // Bytes already searched for the empty line.
  std::size_t line_begin_ = 0;  // Of the line being searched.
  ParsedHead head_;
  const char* problem_ = "";
};

}  // namespace pith
