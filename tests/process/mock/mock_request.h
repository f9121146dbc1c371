// One request as the mock upstream received it, and what its text said.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pith::mock {

struct MockRequest {
  std::uint64_t number = 0;
  std::string head;  ///< Raw, with the blank line that ends it.
  std::string method, target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;        ///< Decoded from its framing, else raw.
  std::string framing;     ///< "none", "length", "chunked".
  std::int64_t at_ms = 0;  ///< Unix time at which the head was complete.
  std::string connection;  ///< Which connection it came over.

  std::string_view header(std::string_view name) const;  ///< Empty when absent.
  long number_of(std::string_view name, long absent) const;
  std::string_view path() const;
  bool has_query(std::string_view field) const;  ///< "alt=sse"
};

/// Parses a head that ends in CRLFCRLF; nullopt when it is no HTTP/1 request.
std::optional<MockRequest> parse_head(std::string_view head);

/// What the answer tells about the body.
struct BodyFacts {
  std::string sha256;
  std::size_t bytes = 0;
  std::size_t messages = 0;        ///< Elements of messages, input or contents.
  std::vector<std::string> texts;  ///< sha256 of each string below them, 16 hex digits, in order.
  std::string model;
  bool json = false;
  boost::json::value value;
};
BodyFacts read_body(const std::string& body);

std::string sha256_hex(std::string_view bytes);
std::string base64(std::string_view bytes);

}  // namespace pith::mock
